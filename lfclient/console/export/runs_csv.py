"""Export a list of runs as CSV: a row for each run, with its inputs and outputs."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from lfclient.common.formatting import clip, humanize
from lfclient.common.json_types import JsonObject
from lfclient.common.redaction import Redactor
from lfclient.console.config.prices import PriceTable
from lfclient.console.content.csv_writer import csv_bytes
from lfclient.console.export.comparison_csv import MAX_CELL_LENGTH, output_text
from lfclient.console.store.omissions import FLOW_MISSING
from lfclient.console.store.run_record import RunRecord, RunSummary
from lfclient.console.wording.component_names import ComponentNames
from lfclient.console.wording.input_values import full_text
from lfclient.console.wording.statuses import run_status_label
from lfclient.flows.model import Flow, stored_secrets
from lfclient.flows.run_inputs import describe_inputs
from lfclient.runs.model import Run
from lfclient.wire.modes import MODES

MAX_FULL_RUNS = 1_000  # to read a run takes one or two milliseconds, with a large response more
MAX_FULL_LENGTH = 20_000_000  # characters of all inputs and outputs; several times that in memory


def runs_csv(
    runs: Sequence[RunSummary],
    load: Callable[[RunSummary], RunRecord | None],
    flows: Mapping[tuple[str, str], Flow],
    prices: PriceTable | None = None,
    secrets: Iterable[str] = (),
) -> bytes:
    """Return runs as CSV, the first of them with all inputs and outputs.

    These are at most `MAX_FULL_RUNS`, until they have `MAX_FULL_LENGTH` characters. The others, and
    those that `load` can't read or that have no outputs, have the summary line. Each output has a
    column, by the name of its component.

    `flows` has the flow of a run by its owner and flow id. It names the run's inputs and
    components, and the file contains none of the secrets that these flows store, nor of `secrets`.
    A run whose flow is missing has its texts as they were recorded, and a note that says so.
    """
    stored = [secret for flow in flows.values() for secret in stored_secrets(flow)]
    redactor = Redactor([*secrets, *stored])

    def clean(cells: JsonObject) -> JsonObject:
        """Redact the cells before they are cut: of a secret that is cut, a part would stay."""
        redacted = redactor.redact_value(cells)
        return {
            name: clip(cell, MAX_CELL_LENGTH) if isinstance(cell, str) else cell
            for name, cell in redacted.items()
        }

    texts: list[JsonObject] = []
    room = MAX_FULL_LENGTH
    for number, run in enumerate(runs):
        record = load(run) if number < MAX_FULL_RUNS and room > 0 else None
        texts.append(clean(_texts(run, record, flows.get((run.owner, run.flow_id)))))
        room -= sum(map(len, texts[-1].values()))
    before = [clean(_cells_before_texts(run)) for run in runs]
    after = [
        clean(_cells_after_texts(run, prices, has_flow=(run.owner, run.flow_id) in flows))
        for run in runs
    ]
    names = dict.fromkeys(name for cells in (*before, *texts, *after) for name in cells)
    rows = [one | two | three for one, two, three in zip(before, texts, after, strict=True)]
    return csv_bytes(rows, names)


def _texts(run: RunSummary, record: RunRecord | None, flow: Flow | None) -> dict[str, str]:
    """Return the cells of a run's inputs and outputs, by column."""
    values = describe_inputs(record.overrides, record.flow_defaults, flow) if record else ()
    inputs = "\n".join(f"{value.qualified_label}: {full_text(value)}" for value in values)
    outputs = _outputs(record.run, flow) if record and record.run else {}
    summary = "\n".join(": ".join(filter(None, pair)) for pair in run.input_summary)
    return {"inputs": inputs or summary, **(outputs or {"output": run.output_summary})}


def _outputs(run: Run, flow: Flow | None) -> dict[str, str]:
    names = ComponentNames(flow, run.components, run.outputs)
    return {
        " · ".join(filter(None, (f"output: {names.label(id)}", humanize(part)))): output_text(
            output
        )
        for id, whole in run.outputs.items()
        for part, output in (whole.parts or {"": whole}).items()
        if not output.is_error and output.value not in (None, "", b"")
    }


def _cells_before_texts(run: RunSummary) -> JsonObject:
    return {
        "run": run.id,
        "flow": run.flow_name,
        "status": run_status_label(run),
        "mode": MODES[run.mode].label,
        "started": run.created_at.isoformat(timespec="seconds"),
        "ended": run.ended_at.isoformat(timespec="seconds") if run.ended_at else "",
        "seconds": run.seconds,
    }


def _cells_after_texts(run: RunSummary, prices: PriceTable | None, *, has_flow: bool) -> JsonObject:
    amount = prices.cost(run.usage_by_model or {}).amount if prices else None
    cost = "" if amount is None else f"{amount:f}"
    return {
        "tokens": run.tokens,
        **({f"cost ({prices.currency})": cost} if prices else {}),
        "labels": ", ".join(run.labels),
        "starred": "yes" if run.starred else "",
        "session": run.session_id,
        "times sent": run.attempts,
        "server": run.server_name,
        "flow id": run.flow_id,
        "job id": run.job_id,
        **({} if has_flow else {"note": FLOW_MISSING}),
    }

"""Export a list of runs or a comparison as CSV."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lfclient.common.formatting import clip, humanize
from lfclient.common.json_types import JsonObject
from lfclient.common.redaction import Redactor
from lfclient.console.compare import survey
from lfclient.console.compare.inputs import UNKNOWN, ComparedInputs, plain_text
from lfclient.console.compare.survey import ComparedRun, MatchKey, have_same_flow, match_outputs
from lfclient.console.config.prices import PriceTable
from lfclient.console.content.output_kinds import handler_for
from lfclient.console.content.tables import csv_bytes
from lfclient.console.store.run_record import FLOW_MISSING, RunRecord, RunSummary
from lfclient.console.wording.component_names import ComponentNames
from lfclient.console.wording.input_values import full_text, value_text
from lfclient.console.wording.statuses import run_status_label
from lfclient.console.wording.tokens import usage_text
from lfclient.flows.model import Flow, stored_secrets
from lfclient.flows.run_inputs import describe_inputs
from lfclient.outputs.model import Output
from lfclient.runs.model import Run
from lfclient.wire.modes import MODES

MAX_CELL_LENGTH = 30_000  # characters; spreadsheets take 32,767
MAX_FULL_RUNS = 1_000  # to read a run takes one or two milliseconds, with a large response more
MAX_FULL_LENGTH = 20_000_000  # characters of all inputs and outputs; several times that in memory


def comparison_csv(
    runs: Sequence[ComparedRun],
    names: Sequence[str],
    inputs: ComparedInputs,
    *,
    load: Callable[[RunRecord], RunRecord | None],
    secrets: Iterable[str] = (),
) -> bytes:
    """Return a comparison as CSV, in the order of `runs`, of which the first is the baseline.

    `names` are the headings of their columns. `load` returns a run with its values, None if it was
    deleted; two are in memory at a time. The file contains none of `secrets`, nor of the secrets
    that the flows store; a run without its flow has a note that says so.
    """
    stored = [secret for run in runs for secret in stored_secrets(run.flow)]
    redact = Redactor([*secrets, *stored]).redact_text
    headings = [redact(name) for name in names]
    rows: list[JsonObject] = []
    for part, name, cells in _CsvRows(runs, inputs, load):
        texts = [clip(redact(cell), MAX_CELL_LENGTH) for cell in cells]
        rows.append({"Part": part, "Name": redact(name), **dict(zip(headings, texts, strict=True))})
    return csv_bytes(rows)


@dataclass(frozen=True)
class _CsvRows:
    """The part, name and cells of each row."""

    runs: Sequence[ComparedRun]
    inputs: ComparedInputs
    load: Callable[[RunRecord], RunRecord | None]

    def __iter__(self) -> Iterator[tuple[str, str, list[str]]]:
        yield from self._facts()
        yield from self._inputs()
        yield from self._outputs()

    def _facts(self) -> Iterator[tuple[str, str, list[str]]]:
        now, records = datetime.now(UTC), [run.record for run in self.runs]
        facts = {
            "Status": [run_status_label(record) for record in records],
            "Error": [record.failure for record in records],
            "Started": [record.created_at.isoformat(timespec="seconds") for record in records],
            "Seconds": [_number(record.elapsed(now)) for record in records],
            "Tokens": [usage_text(record.usage) for record in records],
            "Mode": [MODES[record.mode].label for record in records],
            "Run": [record.id for record in records],
        }
        if not all(run.flow for run in self.runs):
            facts["Note"] = ["" if run.flow else FLOW_MISSING for run in self.runs]
        for name, cells in facts.items():
            yield "Run", name, cells

    def _inputs(self) -> Iterator[tuple[str, str, list[str]]]:
        columns = [run.number for run in self.inputs.stored]
        for row in self.inputs.rows:
            cells = [plain_text(row, index) for index in range(len(columns))]
            by_run = dict(zip(columns, cells, strict=True))
            name = row.parameter.qualified_label
            yield "Input", name, [by_run.get(run.number, UNKNOWN) for run in self.runs]

    def _outputs(self) -> Iterator[tuple[str, str, list[str]]]:
        """Yield how each output compares with the baseline's, and its text in each run."""
        by_age = sorted(self.runs, key=lambda run: run.number)
        baseline = self._load(self.runs[0])
        texts = [self._texts(baseline, run) for run in self.runs]
        for key in survey.output_keys(by_age):
            name = survey.output_title(by_age, key)
            words = [survey.cell_text(by_age, run, self.runs[0], key) for run in self.runs]
            yield "Comparison", name, words
            yield "Output", name, [found.get(key, "") for found in texts]

    def _texts(self, baseline: Run | None, run: ComparedRun) -> dict[MatchKey, str]:
        """Return the beginning of each output of a run that is text or data."""
        if run.survey.problem:
            return {}
        loaded = baseline if run is self.runs[0] else self._load(run)
        pairs = match_outputs(baseline, loaded, one_flow=have_same_flow(self.runs))
        return {pair.key: output_text(pair.after) for pair in pairs if pair.after}

    def _load(self, run: ComparedRun) -> Run | None:
        if run.survey.problem:
            return None
        record = self.load(run.record)
        return record.run if record else None


def _number(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.3f}"


def output_text(output: Output) -> str:
    """Return an output as text, JSON if it is data; the kind of an image or a file."""
    return value_text(output.value) if handler_for(output).has_text else output.kind.value


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
        "starred": "yes" if run.starred else "",
        "session": run.session_id,
        "times sent": run.attempts,
        "server": run.server_name,
        "flow id": run.flow_id,
        "job id": run.job_id,
        **({} if has_flow else {"note": FLOW_MISSING}),
    }

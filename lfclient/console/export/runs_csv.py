"""Export a list of runs as CSV: a row for each run, with its inputs and outputs."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lfclient.common.formatting import clip
from lfclient.common.redaction import Redactor
from lfclient.console.config.prices import PriceTable
from lfclient.console.content.csv_writer import csv_bytes
from lfclient.console.export.comparison_csv import MAX_CELL_LENGTH, output_text
from lfclient.console.store.run_record import RunRecord, RunSummary
from lfclient.flows.field import value_to_json
from lfclient.outputs.model import OutputKind

MAX_FULL_RUNS = 1_000  # to read a run takes one or two milliseconds, with a large response more


def runs_csv(
    runs: Sequence[RunSummary],
    load: Callable[[RunSummary], RunRecord | None],
    prices: PriceTable | None = None,
    secrets: Iterable[str] = (),
) -> bytes:
    """Return runs as CSV, with all inputs and outputs of the first `MAX_FULL_RUNS`.

    `load` returns a run with its response, None if that can't be read; one is in memory at a time.
    The others, and those without stored outputs, have the lines of lists. The inputs and outputs
    contain none of `secrets`.
    """
    redact = Redactor(secrets).redact_text
    values = [_values(load(run)) for run in runs[:MAX_FULL_RUNS]]
    values += [("", [])] * (len(runs) - len(values))
    count = max((len(outputs) for _, outputs in values), default=0)
    rows = []
    for run, (inputs, outputs) in zip(runs, values, strict=True):
        outputs = outputs or [run.output_summary]
        cells = {"output": outputs[0]}
        for number in range(1, count):
            cells[f"output {number + 1}"] = "".join(outputs[number : number + 1])
        cells["all inputs"] = inputs
        texts = {name: clip(redact(text), MAX_CELL_LENGTH) for name, text in cells.items()}
        rows.append(_row(run, texts, prices))
    return csv_bytes(rows)


def _values(record: RunRecord | None) -> tuple[str, list[str]]:
    """Return a run's inputs as JSON, "" without any, and the texts of its outputs."""
    if record is None:
        return "", []
    inputs = json.dumps(value_to_json(record.inputs), ensure_ascii=False) if record.inputs else ""
    outputs = [
        clip(output_text(output), MAX_CELL_LENGTH)
        for output in (record.run.outputs.values() if record.run else ())
        if output.kind is not OutputKind.ERROR and output.value not in (None, "", b"")
    ]
    return clip(inputs, MAX_CELL_LENGTH), outputs


def _row(run: RunSummary, texts: dict[str, str], prices: PriceTable | None) -> dict[str, Any]:
    amount = prices.cost(run.usage_by_model or {}).amount if prices else None
    cost = "" if amount is None else f"{amount:f}"
    return {
        "run": run.id,
        "flow": run.flow_name,
        "status": run.status.value,
        "mode": run.mode,
        "started": run.created_at.isoformat(timespec="seconds"),
        "ended": run.ended_at.isoformat(timespec="seconds") if run.ended_at else "",
        "seconds": run.seconds,
        "inputs": run.input_summary,
        **texts,
        "tokens": run.tokens,
        **({f"cost ({prices.currency})": cost} if prices else {}),
        "labels": ", ".join(run.labels),
        "starred": "yes" if run.starred else "",
        "session": run.session_id,
        "times sent": run.attempts,
        "server": run.server_name,
        "flow id": run.flow_id,
        "job id": run.job_id,
    }

"""Export a comparison as CSV: a row for each fact, input and output, a column for each run."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lfclient.common.formatting import clip
from lfclient.common.json_types import JsonObject
from lfclient.common.redaction import Redactor
from lfclient.console.compare import overview
from lfclient.console.compare.inputs import UNKNOWN, ComparedInputs, plain_text
from lfclient.console.compare.survey import ComparedRun, MatchKey, have_same_flow, match_outputs
from lfclient.console.content.csv_writer import csv_bytes
from lfclient.console.content.output_kinds import handler_for
from lfclient.console.store.omissions import FLOW_MISSING
from lfclient.console.store.run_record import RunRecord
from lfclient.console.wording.input_values import value_text
from lfclient.console.wording.statuses import run_status_label
from lfclient.console.wording.tokens import usage_text
from lfclient.flows.model import stored_secrets
from lfclient.outputs.model import Output
from lfclient.runs.model import Run
from lfclient.wire.modes import MODES

MAX_CELL_LENGTH = 30_000  # characters; spreadsheets take 32,767


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
        for key in overview.output_keys(by_age):
            name = overview.title(by_age, key)
            words = [overview.cell_text(by_age, run, self.runs[0], key) for run in self.runs]
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

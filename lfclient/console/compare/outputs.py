"""Match the outputs of several runs, and say whether they are equal."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from lfclient.console.compare.equality import is_equal
from lfclient.outputs.model import FileRef, Output, OutputKind
from lfclient.runs.model import Run

_MatchKey = tuple[str, str, int]  # component, part, number among equal names


class OutputMatch(StrEnum):
    """How the outputs of one component compare."""

    EQUAL = "equal"
    DIFFERENT = "different"
    MISSING = "missing"  # not every run has it
    UNKNOWN = "unknown"  # files with the same name and size


@dataclass(frozen=True)
class OutputRow:
    """One component's output, or one of its named parts, with an entry per run.

    `not_run` gives the reason why a component did not run, "" if it ran or the reason is unknown.
    """

    component: str
    part: str
    outputs: tuple[Output | None, ...]
    not_run: tuple[str, ...]
    match: OutputMatch

    @property
    def kind(self) -> OutputKind | None:
        """The kind of all outputs, or None if they are of different kinds."""
        kinds = {output.kind for output in self.outputs if output is not None}
        return kinds.pop() if len(kinds) == 1 else None


def compare_outputs(runs: Sequence[Run | None], *, one_flow: bool) -> list[OutputRow]:
    """Return the outputs in the order of the first run, then those that only other runs have.

    With `one_flow`, outputs are matched by component. Otherwise they are matched by component name;
    the second of a name is matched with the second. If each run has a single output, these match.
    """
    columns = [_column(run, one_flow) for run in runs]
    if not one_flow and all(len(column) == 1 for column in columns):
        columns = [{("", "", 0): next(iter(column.values()))} for column in columns]
    rows = []
    for match_key in dict.fromkeys(key for column in columns for key in column):
        entries = [column.get(match_key) for column in columns]
        component, part, _ = next(filter(None, entries))
        outputs = tuple(entry and entry[2] for entry in entries)
        not_run = tuple(
            "" if match_key in column else _not_run_reason(run, match_key, one_flow)
            for run, column in zip(runs, columns, strict=True)
        )
        rows.append(OutputRow(component, part, outputs, not_run, _match_of(outputs)))
    return rows


def _column(run: Run | None, one_flow: bool) -> dict[_MatchKey, tuple[str, str, Output]]:
    column: dict[_MatchKey, tuple[str, str, Output]] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for output in run.outputs.values() if run else ():
        title = output.display_name or output.component_id
        for part, value in (output.parts or {"": output}).items():
            name = (output.component_id if one_flow else title.casefold(), part)
            column[(*name, counts[name])] = (title, part, value)
            counts[name] += 1
    return column


def _not_run_reason(run: Run | None, match_key: _MatchKey, one_flow: bool) -> str:
    for skipped in run.not_run if run else ():
        if match_key[0] == (skipped.component_id if one_flow else skipped.display_name.casefold()):
            return skipped.reason
    return ""


def _match_of(outputs: Sequence[Output | None]) -> OutputMatch:
    present = [output for output in outputs if output is not None]
    if len(present) < len(outputs):
        return OutputMatch.MISSING
    first = present[0]
    if not all(is_equal_output(output, first) for output in present[1:]):
        return OutputMatch.DIFFERENT
    return OutputMatch.UNKNOWN if first.kind is OutputKind.FILE else OutputMatch.EQUAL


def is_equal_output(a: Output, b: Output) -> bool:
    """Return whether two outputs have the same kind and value; for files, name and size."""
    if a.kind is not b.kind:
        return False
    if isinstance(a.value, FileRef) and isinstance(b.value, FileRef):
        return (a.value.name, a.value.size) == (b.value.name, b.value.size)
    return is_equal(a.value, b.value)

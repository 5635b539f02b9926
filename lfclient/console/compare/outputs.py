"""Which outputs of several runs belong together, and whether they are the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lfclient.console.compare.equality import is_equal
from lfclient.outputs.model import FileRef, Output, OutputKind
from lfclient.runs.model import Run


class OutputMatch(StrEnum):
    """How the outputs of one component stand to each other."""

    EQUAL = "equal"
    DIFFERENT = "different"
    MISSING = "missing"  # not every run has it
    UNKNOWN = "unknown"  # files, of which only the names are known


@dataclass(frozen=True)
class OutputRow:
    """One component's output, or one of its named parts, with a place for each run.

    `not_run` says why a component did not run, "" where it did or that is not known.
    """

    component: str
    part: str
    outputs: tuple[Output | None, ...]
    not_run: tuple[str, ...]
    match: OutputMatch

    @property
    def kind(self) -> OutputKind | None:
        """The kind of all of them; None if they are of several."""
        kinds = {output.kind for output in self.outputs if output is not None}
        return kinds.pop() if len(kinds) == 1 else None


def compare_outputs(runs: Sequence[Run | None], *, one_flow: bool) -> list[OutputRow]:
    """The rows in the order of the first run, then what only others have.

    With `one_flow` outputs are matched by component, else by the component's name, the second of a
    name with the second; where each run has one output only, these belong together.
    """
    columns = [_column(run, one_flow) for run in runs]
    if not one_flow and all(len(column) == 1 for column in columns):
        columns = [{"": next(iter(column.values()))} for column in columns]
    names: dict[Hashable, tuple[str, str]] = {}
    for column in columns:
        for name, (component, part, _) in column.items():
            names.setdefault(name, (component, part))
    rows = []
    for name, (component, part) in names.items():
        outputs = tuple(column[name][2] if name in column else None for column in columns)
        silent = tuple(
            "" if name in column else _not_run_reason(run, name, one_flow)
            for run, column in zip(runs, columns, strict=True)
        )
        rows.append(OutputRow(component, part, outputs, silent, _match_of(outputs)))
    return rows


def _column(run: Run | None, one_flow: bool) -> dict[Hashable, tuple[str, str, Output]]:
    found: dict[Hashable, tuple[str, str, Output]] = {}
    so_far: Counter[Hashable] = Counter()
    for output in run.outputs.values() if run else ():
        title = output.display_name or output.component_id
        for part, value in (output.parts or {"": output}).items():
            name = (output.component_id if one_flow else title.casefold(), part)
            found[(*name, so_far[name])] = (title, part, value)
            so_far[name] += 1
    return found


def _not_run_reason(run: Run | None, name: Hashable, one_flow: bool) -> str:
    if run is None or not isinstance(name, tuple):
        return ""
    for entry in run.not_run:
        if name[0] in (entry.component_id if one_flow else entry.display_name.casefold(),):
            return entry.reason
    return ""


def _match_of(outputs: Sequence[Output | None]) -> OutputMatch:
    there = [output for output in outputs if output is not None]
    if len(there) < len(outputs):
        return OutputMatch.MISSING
    first = there[0]
    if not all(is_equal_output(each, first) for each in there[1:]):
        return OutputMatch.DIFFERENT
    return OutputMatch.UNKNOWN if first.kind is OutputKind.FILE else OutputMatch.EQUAL


def is_equal_output(one: Output, other: Output) -> bool:
    """Whether two are of one kind and value; of files, whether they have the same name and size."""
    if one.kind is not other.kind:
        return False
    if isinstance(one.value, FileRef) and isinstance(other.value, FileRef):
        return (one.value.name, one.value.size) == (other.value.name, other.value.size)
    return is_equal(one.value, other.value)

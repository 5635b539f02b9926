"""Match a run's outputs with the baseline's, and keep only what a table of runs needs.

A response may have hundreds of megabytes: two of them are in memory at a time, and what stays of
each are a few words for every output.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeAlias

from lfclient.common.formatting import (
    clip,
    clip_middle,
    humanize,
    remove_bidi_controls,
    replace_surrogates,
)
from lfclient.console.compare.differences import Difference, OutputMatch, compare_pair
from lfclient.console.compare.equality import OwnValues, own_values
from lfclient.console.compare.volatile import IgnoredNames
from lfclient.console.store.run_record import RunRecord
from lfclient.console.wording.component_names import ComponentNames
from lfclient.console.wording.statuses import not_run_label
from lfclient.flows.model import Flow
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.model import Run

MatchKey: TypeAlias = tuple[str, str, int]  # component, part, number among equal names
MAX_TITLE_LENGTH = 40
MAX_NOTE_LENGTH = 80
BASELINE, SAME = "baseline", "same"
NO_OUTPUT, NOT_IN_BASELINE, NOT_EXPECTED = "missing", "not in the baseline", "–"


@dataclass(frozen=True)
class OutputPair:
    """One component's output, or one of its named parts, in two runs; None where it is missing.

    `component` is its label, see `ComponentNames`. `key` is that of the first run that has it: a
    comparison of other runs with the same first run gives it the same key. `not_run` is the reason
    why a component did not run, "" if it ran or the reason is unknown.
    """

    key: MatchKey
    component: str
    part: str
    before: Output | None
    after: Output | None
    not_run: str = ""


def match_outputs(
    before: Run | None,
    after: Run | None,
    flows: tuple[Flow | None, Flow | None] = (None, None),
    *,
    one_flow: bool,
) -> list[OutputPair]:
    """Return the outputs in the order of the first run, then those that only the second has.

    With `one_flow`, outputs are matched by component. Otherwise they are matched by component name;
    the second of a name is matched with the second. If each run has a single output, these match.
    The `flows` of the runs name their components.
    """
    first, second = (
        _column(run, flow, one_flow) for run, flow in zip((before, after), flows, strict=True)
    )
    if not one_flow and len(first) == len(second) == 1:
        second = dict(zip(first, second.values(), strict=True))
    pairs = []
    for key in dict.fromkeys([*first, *second]):
        one, other = first.get(key), second.get(key)
        component, part, _ = one or other or ("", "", None)
        reason = _not_run_reason(after if one else before, key, one_flow)
        outputs = one and one[2], other and other[2]
        pairs.append(OutputPair(key, component, part, *outputs, "" if one and other else reason))
    return pairs


def _column(
    run: Run | None, flow: Flow | None, one_flow: bool
) -> dict[MatchKey, tuple[str, str, Output]]:
    column: dict[MatchKey, tuple[str, str, Output]] = {}
    if run is None:
        return column
    counts: Counter[tuple[str, str]] = Counter()
    names = ComponentNames(flow, run.components, run.outputs)
    for id, output in run.outputs.items():
        title = replace_surrogates(output.component_name)
        component = replace_surrogates(names.label(id, output.component_name))
        for key, value in (output.parts or {"": output}).items():
            part = replace_surrogates(key)
            name = (output.component_id if one_flow else title.casefold(), part)
            column[(*name, counts[name])] = (component, part, value)
            counts[name] += 1
    return column


def _not_run_reason(run: Run | None, key: MatchKey, one_flow: bool) -> str:
    for skipped in run.not_run if run else ():
        if key[0] == (skipped.component_id if one_flow else skipped.display_name.casefold()):
            return skipped.reason
    return ""


@dataclass(frozen=True)
class OutputCell:
    """How one output of a run compares with the baseline's.

    `kind` is that of the run's output, or of the baseline's if the run has none. `not_run` says why
    its component did not run, "" if it ran or the reason is unknown.
    """

    component: str
    part: str
    kind: OutputKind
    difference: Difference
    not_run: str = ""


@dataclass(frozen=True)
class SurveyedRun:
    """A run without its values, and its cells by output.

    `own_values` are those of the whole run. `problem` says why it could not be read, "" if it was.
    """

    record: RunRecord
    cells: Mapping[MatchKey, OutputCell]
    own_values: OwnValues
    problem: str = ""


def survey_run(
    baseline: RunRecord | None,
    record: RunRecord,
    *,
    flows: tuple[Flow | None, Flow | None],
    one_flow: bool,
    ignored_names: IgnoredNames,
) -> SurveyedRun:
    """Compare a run with the baseline, None if that could not be read. Takes bounded time.

    The `flows` of the two name the outputs. The second also tells which components are tools.
    """
    before = baseline.run if baseline else None
    both = own_values(baseline or record), own_values(record)
    cells = {}
    for pair in match_outputs(before, record.run, flows, one_flow=one_flow):
        difference = compare_pair(pair.before, pair.after, ignored_names, both)
        if baseline is None:
            note = "the baseline could not be read"
            difference = replace(difference, match=OutputMatch.UNKNOWN, note=note)
        cells[pair.key] = OutputCell(
            pair.component, pair.part, _kind(pair), difference, pair.not_run
        )
    return SurveyedRun(without_values(record.with_tool_states(flows[1])), cells, both[1])


def _kind(pair: OutputPair) -> OutputKind:
    output = pair.after or pair.before
    return output.kind if output else OutputKind.UNKNOWN


def without_values(record: RunRecord) -> RunRecord:
    """Return a record whose run has no values, messages and raw response, but all other facts."""
    return replace(record, run=record.run and _without_values(record.run))


def _without_values(run: Run) -> Run:
    components = {
        id: replace(component, output=None, log=()) for id, component in run.components.items()
    }
    outputs = {
        id: replace(output, value=None, parts={}, extras=()) for id, output in run.outputs.items()
    }
    return replace(run, outputs=outputs, components=components, messages={}, raw={}, metadata={})


@dataclass(frozen=True)
class ComparedRun:
    """A run of a comparison, surveyed against the baseline.

    `flow` has its names, `number` is its place by age.
    """

    number: int
    flow: Flow | None
    survey: SurveyedRun

    @property
    def record(self) -> RunRecord:
        """The run without its values."""
        return self.survey.record

    @property
    def name(self) -> str:
        """The run's heading."""
        return f"Run {self.number}"


def have_same_flow(runs: Sequence[ComparedRun]) -> bool:
    """Return whether all runs are of one flow."""
    return len({run.record.flow_id for run in runs}) == 1


def output_keys(runs: Sequence[ComparedRun]) -> list[MatchKey]:
    """Return the keys of all outputs, those that differ first."""
    keys = list(dict.fromkeys(chain.from_iterable(run.survey.cells for run in runs)))
    return sorted(keys, key=lambda key: not is_different(runs, key))


def is_different(runs: Sequence[ComparedRun], key: MatchKey) -> bool:
    """Return whether an output differs in any of the runs, or can't be compared."""
    return any(_differs(run.survey.cells.get(key)) for run in runs)


def has_differences(run: ComparedRun) -> bool:
    """Return whether an output differs from the baseline's, or can't be compared."""
    return bool(run.survey.problem) or any(map(_differs, run.survey.cells.values()))


def _differs(cell: OutputCell | None) -> bool:
    return cell is None or cell.difference.match is not OutputMatch.EQUAL


def output_title(runs: Sequence[ComparedRun], key: MatchKey) -> str:
    """Return the heading of an output."""
    cell = next(run.survey.cells[key] for run in runs if key in run.survey.cells)
    names = filter(None, (cell.component, humanize(cell.part)))
    return remove_bidi_controls(clip_middle(" · ".join(names), MAX_TITLE_LENGTH))


def cell_text(
    runs: Sequence[ComparedRun], run: ComparedRun, baseline: ComparedRun, key: MatchKey
) -> str:
    """Return how a run's output compares with the baseline's, in a few words.

    `runs` are in the order of their numbers.
    """
    cell = run.survey.cells.get(key)
    if run.survey.problem:
        return clip(f"not compared: {run.survey.problem}", MAX_NOTE_LENGTH)
    if cell is None:  # only another run has it
        return NOT_EXPECTED
    if run is baseline:
        return BASELINE
    if is_of_another_flow(cell, run, baseline) and not cell.difference.note:
        return NOT_EXPECTED
    words = clip(describe_cell(cell, is_running=not run.record.ended), MAX_NOTE_LENGTH)
    equal = _first_equal(runs[: run.number - 1], cell, key)
    return f"{words}, same as {equal.name}" if equal else words


def is_of_another_flow(cell: OutputCell, run: ComparedRun, baseline: ComparedRun) -> bool:
    """Return whether only one of the runs has this output because their flows are different."""
    is_missing = cell.difference.match is OutputMatch.MISSING
    return is_missing and not have_same_flow((run, baseline))


def _first_equal(
    runs: Sequence[ComparedRun], cell: OutputCell, key: MatchKey
) -> ComparedRun | None:
    """Return the first of the runs that differs from the baseline in the same way."""
    if cell.difference.match is not OutputMatch.DIFFERENT or not cell.difference.fingerprint:
        return None
    return next(
        (
            run
            for run in runs
            if key in run.survey.cells
            and run.survey.cells[key].difference.match is OutputMatch.DIFFERENT
            and run.survey.cells[key].difference.fingerprint == cell.difference.fingerprint
        ),
        None,
    )


def describe_cell(cell: OutputCell, *, is_running: bool = False) -> str:
    """Return how an output compares with the baseline's."""
    difference = cell.difference
    match difference.match:
        case OutputMatch.EQUAL:
            return ", ".join(filter(None, (SAME, difference.note)))
        case OutputMatch.DIFFERENT:
            return f"≠ {difference.note}"
        case OutputMatch.MISSING:
            if difference.note:
                return NOT_IN_BASELINE
            if cell.not_run:
                return not_run_label(cell.not_run)
            return "no output yet" if is_running else NO_OUTPUT
    return f"not compared: {difference.note}"

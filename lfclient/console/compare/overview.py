"""How each output of the compared runs compares with the baseline's, in a few words."""

from collections.abc import Sequence
from itertools import chain

from lfclient.common.formatting import clip, clip_middle, humanize, remove_bidi_controls
from lfclient.console.compare.differences import OutputMatch
from lfclient.console.compare.survey import ComparedRun, MatchKey, OutputCell, have_same_flow
from lfclient.console.wording.statuses import not_run_label

MAX_TITLE_LENGTH = 40
MAX_NOTE_LENGTH = 80
BASELINE, SAME = "baseline", "same"
NO_OUTPUT, NOT_IN_BASELINE, NOT_EXPECTED = "missing", "not in the baseline", "–"


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


def title(runs: Sequence[ComparedRun], key: MatchKey) -> str:
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
    words = clip(describe(cell, is_running=not run.record.ended), MAX_NOTE_LENGTH)
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


def describe(cell: OutputCell, *, is_running: bool = False) -> str:
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

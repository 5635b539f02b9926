"""A table that says for each run and output how it compares with the baseline."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import chain

import pandas as pd
import streamlit as st

from lfclient.common.formatting import (
    clip,
    clip_middle,
    format_count,
    format_duration,
    remove_bidi_controls,
    unused_name,
)
from lfclient.console.compare.differences import OutputMatch
from lfclient.console.compare.outputs import MatchKey
from lfclient.console.compare.survey import OutputCell
from lfclient.console.wording.statuses import not_run_label
from lfclient.console.wording.tokens import usage_text
from pages._ui.compare.runs import ComparedRun, have_same_flow
from pages._ui.state import compare_page
from pages._ui.widgets import status_badges
from pages._ui.widgets.markdown import humanize

MAX_OUTPUTS = 12  # columns
MAX_TITLE_LENGTH = 40
MAX_NOTE_LENGTH = 80
RUN_COLUMN = "Run"
BASELINE, SAME = "baseline", "same"
NO_OUTPUT, NOT_IN_BASELINE, NOT_EXPECTED = "missing", "not in the baseline", "–"
_COLORS = {
    OutputMatch.DIFFERENT: "background-color: rgba(245, 158, 11, 0.22)",
    OutputMatch.MISSING: "background-color: rgba(245, 158, 11, 0.22)",
    OutputMatch.UNKNOWN: "font-style: italic",
}


def draw(runs: Sequence[ComparedRun], baseline: ComparedRun, inputs: Mapping[str, str]) -> None:
    """Draw the table. A press on a cell shows that run's differences in detail.

    `inputs` has a few words by run name that say how its inputs compare.
    """
    all_keys = output_keys(runs)
    keys = all_keys[:MAX_OUTPUTS]
    facts = pd.DataFrame([_facts(run, inputs.get(run.name, "")) for run in runs])
    with_flow = not have_same_flow(runs)
    names = pd.Series([remove_bidi_controls(run.full_name(with_flow=with_flow)) for run in runs])
    columns: list[str] = []
    for key in keys:
        columns.append(unused_name(title(runs, key), [RUN_COLUMN, *facts.columns, *columns]))
    cells = [[cell_text(runs, run, baseline, key) for key in keys] for run in runs]
    outputs = pd.DataFrame(cells, columns=columns)
    table = pd.concat(
        [names.rename(RUN_COLUMN), outputs, facts.dropna(axis="columns", how="all").fillna("")],
        axis="columns",
    )
    styles = pd.DataFrame("", index=table.index, columns=table.columns)
    for position, run in enumerate(runs):
        for key, column in zip(keys, columns, strict=True):
            cell = run.survey.cells.get(key)
            if cell and run is not baseline and not _is_of_another_flow(cell, run, baseline):
                styles.loc[position, column] = _COLORS.get(cell.difference.match, "")
    with st.container(key="compared-overview"):
        st.dataframe(
            table.style.apply(lambda _: styles, axis=None),
            key=compare_page.compare_key(f"overview-{baseline.number}"),
            on_select=partial(_choose_run, runs, f"overview-{baseline.number}"),
            selection_mode="single-cell",
            hide_index=True,
            column_config={RUN_COLUMN: st.column_config.Column(pinned=True)},
            height="content",
            placeholder="",
            alt="How the outputs of each run compare with the baseline",
        )
    hidden = all_keys[MAX_OUTPUTS:]
    if hidden:
        count = sum(_is_different(runs, key) for key in hidden)
        words = f"{count:,} of them differ" if count else "they are the same in all runs"
        st.caption(f"{format_count(len(hidden), 'more output')} not listed: {words}.")


def _choose_run(runs: Sequence[ComparedRun], key: str) -> None:
    cells = st.session_state[compare_page.compare_key(key)]["selection"]["cells"]
    for row, _ in cells:
        if 0 <= row < len(runs):
            compare_page.CHOSEN_RUN.set(runs[row].record.id)


def output_keys(runs: Sequence[ComparedRun]) -> list[MatchKey]:
    """Return the keys of all outputs, those that differ first."""
    keys = list(dict.fromkeys(chain.from_iterable(run.survey.cells for run in runs)))
    return sorted(keys, key=lambda key: not _is_different(runs, key))


def _is_different(runs: Sequence[ComparedRun], key: MatchKey) -> bool:
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


def _facts(run: ComparedRun, inputs: str) -> dict[str, str | None]:
    now = datetime.now(UTC)
    record = run.record
    return {
        "Inputs": inputs,
        "Status": status_badges.status_text(record),
        "Duration": format_duration(record.elapsed(now)),
        "Tokens": usage_text(record.usage) or None,
    }


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
    if _is_of_another_flow(cell, run, baseline) and not cell.difference.note:
        return NOT_EXPECTED
    words = clip(describe(cell, is_running=not run.record.ended), MAX_NOTE_LENGTH)
    equal = _first_equal(runs[: run.number - 1], cell, key)
    return f"{words}, same as {equal.name}" if equal else words


def _is_of_another_flow(cell: OutputCell, run: ComparedRun, baseline: ComparedRun) -> bool:
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

"""A table that says for each run and output how it compares with the baseline."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

import pandas as pd
import streamlit as st

from lfclient.common.formatting import (
    format_count,
    format_duration,
    remove_bidi_controls,
    unused_name,
)
from lfclient.console.compare.differences import OutputMatch
from lfclient.console.compare.survey import (
    cell_text,
    have_same_flow,
    is_different,
    is_of_another_flow,
    output_keys,
    output_title,
)
from lfclient.console.wording.tokens import usage_text
from pages._ui.compare.runs import ShownRun
from pages._ui.state import compare_page
from pages._ui.widgets import status_badges

MAX_OUTPUTS = 12  # columns
RUN_COLUMN = "Run"
_COLORS = {
    OutputMatch.DIFFERENT: "background-color: rgba(245, 158, 11, 0.22)",
    OutputMatch.MISSING: "background-color: rgba(245, 158, 11, 0.22)",
    OutputMatch.UNKNOWN: "font-style: italic",
}


def draw(runs: Sequence[ShownRun], baseline: ShownRun, inputs: Mapping[str, str]) -> None:
    """Draw the table. A click on a cell shows that run's differences in detail.

    `inputs` has a few words by run name that say how its inputs compare.
    """
    all_keys = output_keys(runs)
    keys = all_keys[:MAX_OUTPUTS]
    facts = pd.DataFrame([_facts(run, inputs.get(run.name, "")) for run in runs])
    with_flow = not have_same_flow(runs)
    names = pd.Series([remove_bidi_controls(run.full_name(with_flow=with_flow)) for run in runs])
    columns: list[str] = []
    for key in keys:
        columns.append(unused_name(output_title(runs, key), [RUN_COLUMN, *facts.columns, *columns]))
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
            if cell and run is not baseline and not is_of_another_flow(cell, run, baseline):
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
        count = sum(is_different(runs, key) for key in hidden)
        words = f"{count:,} of them differ" if count else "they are the same in all runs"
        st.caption(f"{format_count(len(hidden), 'more output')} not listed: {words}.")


def _choose_run(runs: Sequence[ShownRun], key: str) -> None:
    cells = st.session_state[compare_page.compare_key(key)]["selection"]["cells"]
    for row, _ in cells:
        if 0 <= row < len(runs):
            compare_page.CHOSEN_RUN.set(runs[row].record.id)


def _facts(run: ShownRun, inputs: str) -> dict[str, str | None]:
    now = datetime.now(UTC)
    record = run.record
    return {
        "Inputs": inputs,
        "Status": status_badges.status_text(record),
        "Duration": format_duration(record.elapsed(now)),
        "Tokens": usage_text(record.usage) or None,
    }

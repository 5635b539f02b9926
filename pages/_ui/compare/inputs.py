"""The compared runs' inputs, those that differ first."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lfclient.common.formatting import clip, format_count
from lfclient.console.compare.inputs import ParameterRow, compare_inputs
from lfclient.console.store import omissions
from pages._ui.compare.runs import ComparedRun, have_same_flow, versions_key
from pages._ui.form import input_values
from pages._ui.state import compare_page
from pages._ui.widgets import controls, diffs
from pages._ui.widgets.markdown import escape

MAX_ROWS = 100
MAX_CELL_LENGTH = 200  # characters
MAX_LONG_VALUES = 15  # long values that have a panel with their differences
FLOW_DEFAULT, NOT_IN_FLOW, UNKNOWN = "*flow default*", "*not in this flow*", "*unknown*"


def draw(runs: Sequence[ComparedRun]) -> None:
    """Draw a table with a row for each parameter and a column for each run."""
    st.markdown("## Inputs", anchors=False)
    stored = []  # the runs whose inputs are stored
    for run in runs:
        reason = omissions.explain_missing_inputs(run.record)
        if reason:
            st.caption(f":material/info: {run.name}: {escape(reason)}")
        else:
            stored.append(run)
    rows = compare_inputs(
        [run.record.overrides for run in stored],
        [run.flow for run in stored],
        one_flow=have_same_flow(runs),
    )
    different = [row for row in rows if row.is_different]
    identical = [row for row in rows if not row.is_different]
    with st.container(key="compared-inputs"):
        if len(stored) > 1:
            if different:
                _draw_table(different, runs, stored)
            else:
                st.markdown(":green[:material/check:] Inputs are identical.")
            long_rows = [row for row in different if _is_long(row)][:MAX_LONG_VALUES]
            for number, row in enumerate(long_rows):
                _draw_long_value(row, runs, stored, number)
        secrets = sum(row.is_uncertain for row in identical)
        if secrets:
            count = format_count(secrets, "secret")
            st.caption(f":material/lock: Can't compare {count}: secret values are not saved.")
        if identical:
            label = f"Show identical inputs ({len(identical)})"
            if st.toggle(label, key=compare_page.compare_key("same-inputs")):
                _draw_table(identical, runs, stored)


def _draw_table(
    rows: Sequence[ParameterRow], runs: Sequence[ComparedRun], stored: list[ComparedRun]
) -> None:
    shown = rows[:MAX_ROWS]
    cells = {run.name: [UNKNOWN] * len(shown) for run in runs}
    for index, run in enumerate(stored):
        cells[run.name] = [_cell_text(row, index) for row in shown]
    names = [
        f"**{escape(clip(parameter.label, 80))}** :gray[· {escape(parameter.component_label(40))}]"
        for parameter in (row.parameter for row in shown)
    ]
    st.table(pd.DataFrame(cells, index=names))
    if len(rows) > MAX_ROWS:
        st.caption(f"Shows the first {MAX_ROWS} of {len(rows):,}.")


def _cell_text(row: ParameterRow, index: int) -> str:
    value = row.values[index]
    if value is None:
        return NOT_IN_FLOW if row.is_missing[index] else FLOW_DEFAULT
    text = input_values.one_line(value) or input_values.value_text(value.value)
    return escape(clip(text, MAX_CELL_LENGTH))


def _is_long(row: ParameterRow) -> bool:
    """Return whether at least two runs have a value that does not fit into a cell."""
    return (
        sum(value is not None and input_values.one_line(value) is None for value in row.values) > 1
    )


@st.fragment
def _draw_long_value(
    row: ParameterRow, runs: Sequence[ComparedRun], stored: list[ComparedRun], number: int
) -> None:
    name = escape(row.parameter.qualified_label)
    controls.lazy_expander(
        f"Differences in {name}",
        ":material/difference:",
        compare_page.compare_key(f"input-{number}-{name}"),
        lambda: _draw_differences(row, runs, stored, number),
    )


def _draw_differences(
    row: ParameterRow, runs: Sequence[ComparedRun], stored: list[ComparedRun], number: int
) -> None:
    """Compare the value of the first run that has one with the value of each other run."""
    pairs = zip(stored, row.values, strict=True)
    (base, first), *others = [(run, value) for run, value in pairs if value is not None]
    for run, value in others:
        st.markdown(f"**{base.name} → {run.name}**")
        diffs.draw_text_diff(
            versions_key(runs),
            f"input-{number}-{base.number}-{run.number}",
            input_values.value_text(first.value),
            input_values.value_text(value.value),
        )

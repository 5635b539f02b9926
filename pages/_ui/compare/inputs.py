"""The compared runs' inputs, those that differ first."""

from collections.abc import Hashable, Mapping, Sequence

import pandas as pd
import streamlit as st

from lfclient.common.formatting import clip, clip_middle, format_count
from lfclient.console.compare.inputs import UNKNOWN, ComparedInputs, ParameterRow, plain_text
from lfclient.console.compare.survey import ComparedRun
from lfclient.console.store import run_record
from lfclient.console.wording import input_values
from pages._ui.compare.runs import (
    MAX_SIDE_BY_SIDE,
    versions_key,
)
from pages._ui.state import compare_page
from pages._ui.widgets import controls, diffs
from pages._ui.widgets.markdown import escape, escape_lines

MAX_ROWS = 100
MAX_CELL_LENGTH = 200  # characters
MAX_LONG_VALUES = 15  # long values that have a panel with their differences


def draw(runs: Sequence[ComparedRun], compared: ComparedInputs) -> None:
    """Draw a table with a row for each parameter and a column for each run."""
    st.markdown("## Inputs", anchors=False)
    stored = compared.stored
    for run in runs:
        reason = run_record.explain_missing_inputs(run.record)
        if reason:
            st.caption(f":material/info: {run.name}: {escape(reason)}")
    different = [row for row in compared.rows if compared.is_different(row)]
    others = [row for row in compared.rows if not compared.is_different(row)]
    with st.container(key="compared-inputs"):
        if len(stored) > 1:
            if different:
                _draw_table(different, runs, stored)
            else:
                is_all = len(stored) == len(runs) and not any(map(_is_open, others))
                words = "Inputs are identical." if is_all else "No other input differs."
                st.markdown(f":green[:material/check:] {words}")
            long_rows = [row for row in different if _is_long(row)][:MAX_LONG_VALUES]
            for number, row in enumerate(long_rows):
                _draw_long_value(row, runs, stored, number)
        comparable = [row for row in others if not row.is_uncertain]
        secrets = len(others) - len(comparable)
        if secrets:
            count = format_count(secrets, "secret")
            st.caption(f":material/lock: Can't compare {count}: secret values are not saved.")
        if comparable:
            ignored = sum(row.is_different for row in comparable)
            kinds = ["identical"] * (ignored < len(comparable)) + ["ignored"] * (ignored > 0)
            label = f"Show {' and '.join(kinds)} inputs ({len(comparable)})"
            if st.toggle(label, key=compare_page.compare_key("same-inputs")):
                _draw_table(comparable, runs, stored)


def _is_open(row: ParameterRow) -> bool:
    """Return whether the values of a parameter are not known to be equal."""
    return row.is_different or row.is_uncertain


def _draw_table(
    rows: Sequence[ParameterRow], runs: Sequence[ComparedRun], stored: Sequence[ComparedRun]
) -> None:
    shown = rows[:MAX_ROWS]
    cells = {run.name: [f"*{UNKNOWN}*"] * len(shown) for run in runs}
    texts = [[plain_text(row, index) for index in range(len(stored))] for row in shown]
    drawn = [_cell_texts(row, of_row) for row, of_row in zip(shown, texts, strict=True)]
    for index, run in enumerate(stored):
        cells[run.name] = [of_row[index] for of_row in drawn]
    names = [
        f"**{escape(clip(parameter.label, 80))}** :gray[· {escape(parameter.component_label(40))}]"
        for parameter in (row.parameter for row in shown)
    ]
    table = pd.DataFrame(cells, index=names)
    if len(runs) > MAX_SIDE_BY_SIDE:
        values = {run.name: _value_key(shown, texts, index) for index, run in enumerate(stored)}
        table = _merge_equal(table, runs, values)
    st.table(table)
    if len(rows) > MAX_ROWS:
        st.caption(f"Shows the first {MAX_ROWS} of {len(rows):,}.")


def _value_key(
    rows: Sequence[ParameterRow], texts: Sequence[Sequence[str]], index: int
) -> Hashable:
    """Return a key that is equal for runs with equal values."""
    values = [row.values[index] for row in rows]
    return tuple(
        (of_row[index], value and value.is_default)
        for of_row, value in zip(texts, values, strict=True)
    )


def _merge_equal(
    table: pd.DataFrame, runs: Sequence[ComparedRun], values: Mapping[str, Hashable]
) -> pd.DataFrame:
    """Return a table with one row for all runs with the same values, named by their numbers.

    `values` maps the names of runs to keys of their values. Runs that it lacks share a row.
    """
    groups: dict[Hashable, list[ComparedRun]] = {}
    for run in runs:
        groups.setdefault(values.get(run.name), []).append(run)
    names = [
        f"Run{'s' * (len(each) > 1)} {_ranges([run.number for run in each])}"
        for each in groups.values()
    ]
    cells = [list(table[each[0].name]) for each in groups.values()]
    return pd.DataFrame(cells, index=names, columns=table.index)


def _ranges(numbers: Sequence[int]) -> str:
    """Return numbers in ascending order as "1-3, 5", with dashes."""
    ranges: list[list[int]] = []
    for number in sorted(numbers):
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1].append(number)
        else:
            ranges.append([number])
    return ", ".join(str(each[0]) if len(each) == 1 else f"{each[0]}–{each[-1]}" for each in ranges)


def _cell_texts(row: ParameterRow, texts: Sequence[str]) -> list[str]:
    """Return the cells of all runs with these values, without the middle of a long value."""
    cells = []
    for value, whole in zip(row.values, texts, strict=True):
        text = clip_middle(whole, MAX_CELL_LENGTH)
        if value is None:
            cells.append(f"*{text}*")
        else:
            mark = " :gray[(flow default)]" if value.is_default else ""
            cells.append(escape_lines(text) + mark)
    return cells


def _is_long(row: ParameterRow) -> bool:
    """Return whether at least two runs have a value that does not fit into a cell."""
    return (
        sum(value is not None and input_values.one_line(value) is None for value in row.values) > 1
    )


@st.fragment
def _draw_long_value(
    row: ParameterRow, runs: Sequence[ComparedRun], stored: Sequence[ComparedRun], number: int
) -> None:
    name = escape(row.parameter.qualified_label)
    controls.lazy_expander(
        f"Differences in {name}",
        compare_page.compare_key(f"input-{number}-{name}"),
        lambda: _draw_differences(row, runs, stored, number),
    )


def _draw_differences(
    row: ParameterRow, runs: Sequence[ComparedRun], stored: Sequence[ComparedRun], number: int
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

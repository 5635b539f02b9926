"""What the compared runs were given: what differs first."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.compare.inputs import ParameterRow, parameter_rows
from lfclient.console.store import omissions
from lfclient.flows.run_inputs import InputValue
from pages._ui.compare.runs import Column, mark, one_flow
from pages._ui.form import input_values
from pages._ui.state import compare_page
from pages._ui.widgets import controls, diffs
from pages._ui.widgets.markdown import plain

MOST = 100  # rows
LETTERS = 200  # of a value in its cell
LONG = 15  # values whose differences can be looked at by themselves
AS_IN_FLOW, NOT_IN_FLOW, NOT_KNOWN = "*as in the flow*", "*not in this flow*", "*not known*"


def draw(columns: Sequence[Column]) -> None:
    """One row a parameter, one column a run."""
    st.markdown("##### Inputs", anchors=False)
    known = [column for column in columns if not omissions.of_inputs(column.record)]
    for column in columns:
        if column not in known:
            why = omissions.of_inputs(column.record)
            st.caption(f":material/info: {column.name}: {plain(why)}")
    rows = parameter_rows(
        [column.record.overrides for column in known],
        [column.flow for column in known],
        one_flow=one_flow(columns),
    )
    differing = [row for row in rows if row.differs]
    others = [row for row in rows if not row.differs]
    with st.container(key="compared-inputs"):
        if differing and len(known) > 1:
            _table(differing, columns, known)
        elif len(known) > 1:
            st.markdown(":green[:material/check:] They were given the same.")
        if len(known) > 1:
            for number, row in enumerate([row for row in differing if _is_long(row)][:LONG]):
                _long(row, columns, known, number)
        unsure = sum(row.unsure for row in others)
        if unsure:
            st.caption(
                f":material/lock: Secrets are not kept, so whether {unsure} of them "
                f"{'was' if unsure == 1 else 'were'} the same is not known."
            )
        if others:
            words = f"Show {len(others)} that {'is' if len(others) == 1 else 'are'} the same"
            if st.toggle(words, key=compare_page.compare_key("same-inputs")):
                _table(others, columns, known)


def _table(rows: Sequence[ParameterRow], columns: Sequence[Column], known: list[Column]) -> None:
    shown = rows[:MOST]
    cells = {column.name: [_cell(row, column, known) for row in shown] for column in columns}
    names = [
        f"**{plain(clip(row.label, 80))}** :gray[· {plain(row.component_label(40))}]"
        for row in shown
    ]
    st.table(pd.DataFrame(cells, index=names))
    if len(rows) > MOST:
        st.caption(f"The first {MOST} of {len(rows):,}.")


def _cell(row: ParameterRow, column: Column, known: list[Column]) -> str:
    if column not in known:
        return NOT_KNOWN
    place = known.index(column)
    one = row.given[place]
    if one is None:
        return NOT_IN_FLOW if row.absent[place] else AS_IN_FLOW
    return plain(clip(_words(one), LETTERS))


def _words(one: InputValue) -> str:
    return input_values.in_words(one) or input_values.text_of(one.value)[: 10 * LETTERS]


def _is_long(row: ParameterRow) -> bool:
    return sum(one is not None and input_values.in_words(one) is None for one in row.given) > 1


@st.fragment
def _long(row: ParameterRow, columns: Sequence[Column], known: list[Column], number: int) -> None:
    """The differences of values that do not fit into a cell."""
    controls.folded(
        f"Differences in {plain(row.name)}",
        ":material/difference:",
        compare_page.compare_key(f"input-{number}-{plain(row.name)}"),
        lambda: _differences(row, columns, known, number),
    )


def _differences(
    row: ParameterRow, columns: Sequence[Column], known: list[Column], number: int
) -> None:
    """Of the first run that was given it with each other."""
    there = [(column, one) for column, one in zip(known, row.given, strict=True) if one is not None]
    (base, first), *others = there
    for column, one in others:
        st.markdown(f"**{base.name} → {column.name}**")
        key = f"input-{number}-{base.number}-{column.number}"
        diffs.text(
            mark(columns), key, input_values.text_of(first.value), input_values.text_of(one.value)
        )

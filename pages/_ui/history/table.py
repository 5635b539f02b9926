"""The table of the run history, in which runs are selected and opened."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pyarrow  # type: ignore[import-untyped]  # has no stubs
import streamlit as st

from pages._ui.connection.app_context import app_context
from pages._ui.history.columns import COLUMNS, ListContext, table_columns
from pages._ui.history.rows import ListRow
from pages._ui.state import history as history_state
from pages._ui.state.history import history_key

_OPEN = "Open"  # the column of buttons
_IMAGE_ROW_HEIGHT = 44  # pixels, if a run has a thumbnail


def draw(rows: Sequence[ListRow], *, with_server: bool) -> None:
    """Draw the table. `with_server` adds a column with each run's server.

    Streamlit stores a selection by row number, so the table's key depends on its runs. A new list
    is a new table, and the selection is transferred by run ID.
    """
    ids = tuple(row.run.id for row in rows)
    key = history_key(f"table-{history_state.short_hash(ids)}")
    has_images = any(row.run.thumbnail for row in rows)
    selected = [number for number, id in enumerate(ids) if id in history_state.selected()]
    state = st.session_state.get(key)
    if state and state["selection"]["rows"] != selected:  # changed by a button
        st.session_state[key] = {"selection": {"rows": selected}}
    context = ListContext(rows, with_server, app_context().settings.prices)
    st.dataframe(
        pyarrow.table({_OPEN: [_OPEN] * len(rows), **table_columns(context)}),
        key=key,
        on_select=partial(_select_rows, key, ids),
        selection_mode="multi-row",
        # for a browser without a selection in this table
        selection_default={"selection": {"rows": selected}},
        column_config={
            _OPEN: _open_column(f"{key}-open", rows),
            **{column.name: column.configure(context) for column in COLUMNS},
        },
        height="content",
        row_height=_IMAGE_ROW_HEIGHT if has_images else None,
        placeholder="",
        alt="Runs by result" if rows[0].group else "Runs, newest first",
    )


def _open_column(key: str, rows: Sequence[ListRow]) -> Any:
    return st.column_config.ButtonColumn(
        "",
        width=72,
        help="Keyboard: Shift+Space selects the run, O opens it.",
        on_click=_open_clicked,
        args=(key, [(row.run.id, row.run.flow_id) for row in rows]),
        key=key,
    )


def _select_rows(key: str, ids: tuple[str, ...]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    history_state.select([ids[row] for row in rows if row < len(ids)])


def _open_clicked(key: str, runs: list[tuple[str, str]]) -> None:
    click = st.session_state.get(key)
    if click and click["row"] < len(runs):
        history_state.REQUESTED.set(runs[click["row"]])

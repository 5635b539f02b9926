"""The runs, selected and opened in a table, or as cards in windows too narrow for the table."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pyarrow  # type: ignore[import-untyped]  # has no stubs
import streamlit as st

from lfclient.common.formatting import clean_text, clip
from lfclient.console.store.text_search import FOUND, FOUND_END
from pages._ui.app import window
from pages._ui.connection.app_context import app_context
from pages._ui.history import rows as list_rows
from pages._ui.history.columns import (
    COLUMNS,
    MAX_NAME_LENGTH,
    ListContext,
    card_facts,
    table_columns,
)
from pages._ui.history.rows import ListRow
from pages._ui.state import history as history_state
from pages._ui.state.history import history_key
from pages._ui.widgets import status_badges
from pages._ui.widgets.markdown import escape
from pages._ui.widgets.times import format_time

_OPEN = "Open"  # the column of buttons
_IMAGE_ROW_HEIGHT = 44  # pixels, if a run has a thumbnail


def draw(rows: Sequence[ListRow], *, with_server: bool) -> None:
    """Draw the runs. `with_server` adds each run's server."""
    context = ListContext(rows, with_server, app_context().settings.prices)
    if window.is_narrow():
        _draw_cards(context)
    else:
        _draw_table(context)


def _draw_table(context: ListContext) -> None:
    """Draw the table.

    Streamlit stores a selection by row number, so the table's key depends on its runs. A new list
    is a new table, and the selection is transferred by run ID.
    """
    rows = context.rows
    ids = tuple(row.run.id for row in rows)
    key = history_key(f"table-{history_state.short_hash(ids)}")
    has_images = any(row.run.thumbnail for row in rows)
    selected = [number for number, id in enumerate(ids) if id in history_state.selected()]
    state = st.session_state.get(key)
    if state and state["selection"]["rows"] != selected:  # changed by a button
        st.session_state[key] = {"selection": {"rows": selected}}
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
        alt="Runs, newest first",
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


def _draw_cards(context: ListContext) -> None:
    with st.container(key=history_key("cards"), gap="small"):
        for row in context.rows:
            _draw_card(row, context)


def _draw_card(row: ListRow, context: ListContext) -> None:
    run = row.run
    name = escape(clip(clean_text(run.flow_name), MAX_NAME_LENGTH))
    with st.container(key=history_key(f"card-{run.id}"), border=True, horizontal=True):
        key = history_key(f"select-{run.id}")
        st.session_state[key] = run.id in history_state.selected()
        st.checkbox(
            f"Select {name}",
            key=key,
            label_visibility="collapsed",
            on_change=_toggle,
            args=(run.id, key),
        )
        st.markdown(_card_text(row, context))
        # the stylesheet places the button over the card, with the icon at the right
        st.button(
            f"Open {name}, {format_time(run.created_at, context.now, seconds=True)}",
            key=history_key(f"open-{run.id}"),
            type="tertiary",
            icon=":material/chevron_right:",
            icon_position="right",
            on_click=history_state.REQUESTED.set,
            args=((run.id, run.flow_id),),
        )


def _card_text(row: ListRow, context: ListContext) -> str:
    """Return the card as Markdown, one line for each: name and status, output, facts."""
    run = row.run
    star = f"{list_rows.STAR} " * run.starred
    name = escape(clip(clean_text(run.flow_name), MAX_NAME_LENGTH))
    image = list_rows.image_url(run)
    picture = f"![Image]({image}) " if image else ""
    output = _mark_found(row.found) or escape(row.output)
    facts = [
        *map(escape, card_facts(row, context)),
        list_rows.attempts_text(run),
        "Shared" if row.is_shared else "",
    ]
    inputs = escape(row.inputs)
    lines = [
        f"{star}**{name}** {status_badges.markdown_badge(run)}",
        f"{picture}{output}",
        f":small[:gray[{' · '.join(filter(None, facts))}]]",
        f":small[:gray[{inputs}]]" if inputs else "",
    ]
    return "  \n".join(filter(None, lines))


def _mark_found(text: str) -> str:
    """Return a search match's text as Markdown, with the words marked.

    Bold doesn't work: Markdown ignores asterisks between a letter and punctuation, as in “.com”.
    """
    marked = escape(clip(text, list_rows.MAX_CARD_TEXT))
    marked += FOUND_END * (marked.count(FOUND) - marked.count(FOUND_END))
    return marked.replace(FOUND, ":yellow-background[").replace(FOUND_END, "]")


def _toggle(run_id: str, key: str) -> None:
    others = [id for id in history_state.selected() if id != run_id]
    history_state.select([*others, run_id] if st.session_state[key] else others)

"""The table of the run history, in which runs are selected and opened.

To add a column of a run: add it to `RunRow` (with a migration) and to `RunSummary`, then its values
to `table_columns` and, if it needs a width or help, an entry to `_column_config`.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pyarrow  # type: ignore[import-untyped]  # has no stubs
import streamlit as st

from lfclient.common.formatting import (
    FIRST_WIDE_CHARACTER,
    clean_text,
    clip,
    format_duration,
)
from lfclient.console.config.prices import PriceTable
from lfclient.console.store.result_groups import ResultGroup
from lfclient.console.store.text_search import FOUND, FOUND_END
from lfclient.console.wording.tokens import known_cost_text
from lfclient.runs.model import RunStatus
from lfclient.wire.modes import MODES
from pages._ui.app.navigation import ASSETS
from pages._ui.connection.app_context import app_context
from pages._ui.history import rows as list_rows
from pages._ui.history.rows import ListRow
from pages._ui.state import history as history_state
from pages._ui.state.history import history_key
from pages._ui.state.run_options import named_session
from pages._ui.widgets import status_badges
from pages._ui.widgets.theme import theme_color
from pages._ui.widgets.times import format_time, timezone_name

MAX_NAME_LENGTH = 60
_OPTIONAL_COLUMNS = frozenset(
    {"Runs", "Found", "Image", "Labels", "Fingerprint", "Cost", "Session", "Server"}
)
_TEXT_WIDTH = 280  # pixels
_TEXT_WIDTH_BESIDE_FINGERPRINTS = 240  # so both fit into a window of 1,440 pixels
_MAX_FOUND_WIDTH = 440  # pixels; the words of most searches are in sight
_BRACKETS = str.maketrans({FOUND: "[", FOUND_END: "]"})  # cells are plain text
_IMAGE_ROW_HEIGHT = 44  # pixels, if a run has a thumbnail

_open_row_component = st.components.v2.component(
    "open_row", js=(ASSETS / "open_row.js").read_text(encoding="utf-8")
)


def draw(rows: Sequence[ListRow], *, with_server: bool) -> None:
    """Draw the table. `with_server` adds a column with each run's server.

    Streamlit stores a selection by row number, so the table's key depends on its runs: another
    list is another table, and the selection is carried over by run id.
    """
    ids = tuple(row.run.id for row in rows)
    key = history_key(f"table-{history_state.short_hash(ids)}")
    has_images = any(row.run.thumbnail for row in rows)
    selected = [number for number, id in enumerate(ids) if id in history_state.selected()]
    state = st.session_state.get(key)
    if state and state["selection"]["rows"] != selected:  # changed by a button
        st.session_state[key] = {"selection": {"rows": selected}}
    prices = app_context().settings.prices
    st.dataframe(
        pyarrow.table(
            table_columns(rows, datetime.now(UTC), with_server=with_server, prices=prices)
        ),
        key=key,
        on_select=partial(_select_rows, key, ids),
        selection_mode="multi-row",
        # for a browser that has no selection of this table yet
        selection_default={"selection": {"rows": selected}},
        column_config=_column_config(f"{key}-open", rows),
        height="content",
        row_height=_IMAGE_ROW_HEIGHT if has_images else None,
        placeholder="",
        alt="Runs by result" if rows[0].group else "Runs, newest first",
    )
    enter_key = history_key(f"enter-{key}")
    with st.container(key=history_key("open-row")):
        _open_row_component(
            key=enter_key, data={"table": key}, on_row_change=partial(_open_row, enter_key, rows)
        )


def table_columns(
    rows: Sequence[ListRow],
    now: datetime,
    *,
    with_server: bool,
    prices: PriceTable | None = None,
) -> dict[str, list[Any]]:
    """Return the values of each column; an optional one is left out if no run fills it.

    The others stay in their places from page to page.
    """
    runs = [row.run for row in rows]
    columns: dict[str, list[Any]] = {
        "Open": ["Open"] * len(runs),
        "Runs": [[row.group_text] * bool(row.group_text) for row in rows],
        "Flow": [
            f"{list_rows.STAR} " * run.starred + clip(clean_text(run.flow_name), MAX_NAME_LENGTH)
            for run in runs
        ],
        "Status": [_status_labels(row) for row in rows],
        "Started": [format_time(run.created_at, now, seconds=True) for run in runs],
        "Duration": ["" if run.seconds is None else format_duration(run.seconds) for run in runs],
        "Found": [row.found.translate(_BRACKETS) for row in rows],
        "Output": [row.output for row in rows],
        "Image": [list_rows.image_url(run) for run in runs],
        "Labels": [[clean_text(label) for label in run.labels] for run in runs],
        "Inputs": [row.inputs for row in rows],
        "Tokens": [run.tokens for run in runs],
        "Cost": [known_cost_text(run.usage_by_model or {}, prices) for run in runs],
        "Fingerprint": [row.fingerprint for row in rows],
        "Mode": [MODES[run.mode].label for run in runs],
        "Session": [clean_text(named_session(run.session_id)) for run in runs],
        "Server": [clean_text(run.server_name) if with_server else "" for run in runs],
    }
    return {
        name: values
        for name, values in columns.items()
        if name not in _OPTIONAL_COLUMNS or any(value not in (None, "", []) for value in values)
    }


def _status_labels(row: ListRow) -> list[str]:
    run = row.run
    labels = [status_badges.status_text(run), list_rows.attempts_text(run)]
    return [label for label in (*labels, "Shared" * row.is_shared) if label]


def _column_config(open_key: str, rows: Sequence[ListRow]) -> dict[str, Any]:
    column, now = st.column_config, datetime.now(UTC)
    started = [format_time(row.run.created_at, now, seconds=True) for row in rows]
    labels = ["Labels", *("   ".join(row.run.labels) for row in rows)]
    groups = {row.group_text: row.group for row in rows if row.group and row.group_text}
    has_fingerprints = any(row.fingerprint for row in rows)
    text_width = _TEXT_WIDTH_BESIDE_FINGERPRINTS if has_fingerprints else _TEXT_WIDTH
    colors = {
        status_badges.status_text(row.run): status_badges.STATUS_STYLES[row.run.status].color
        for row in rows
    }
    return {
        "Open": column.ButtonColumn(
            "",
            width=72,
            help="Keyboard: Enter opens the run, Shift+Space selects it.",
            on_click=_open_clicked,
            args=(open_key, [(row.run.id, row.run.flow_id) for row in rows]),
            key=open_key,
        ),
        "Runs": column.MultiselectColumn(
            width=125,
            options=groups,
            color=[_group_color(group) for group in groups.values()],
            help="Runs of the flow with these inputs and this result. Not compared: runs in "
            "progress, and those whose result is unknown.",
        ),
        "Flow": column.TextColumn(width=_text_width([row.run.flow_name for row in rows], 180)),
        "Status": column.MultiselectColumn(
            options=colors,
            color=[theme_color(f"{color}BackgroundColor") or color for color in colors.values()],
            width=_status_width(rows),
        ),
        "Started": column.TextColumn(
            width=_text_width(started, 140),
            help=f"Time zone: {timezone_name()}",
        ),
        "Duration": column.TextColumn(
            width=84, alignment="right", help="From pressing Run to the end"
        ),
        "Tokens": column.NumberColumn(width=88, format="localized", help="Input and output tokens"),
        "Cost": column.TextColumn(
            width=110,
            alignment="right",
            help="By the configured prices. Empty if a model is unknown or has no price.",
        ),
        "Inputs": column.TextColumn(
            width=text_width,
            help="The message and the values that were changed. Those that differ come first.",
        ),
        "Found": column.TextColumn(
            width=_text_width(["Found", *(row.found for row in rows)], _MAX_FOUND_WIDTH),
            help="Where the inputs and outputs have the [words] of the search",
        ),
        "Image": column.ImageColumn(width=72),
        "Output": column.TextColumn(
            width=text_width,
            help="The beginning of the output, and where it differs from others of the flow",
        ),
        "Fingerprint": column.TextColumn(
            width=100,
            help="Runs of a flow with the same fingerprint have the same result. Empty where the "
            "outputs of a flow all look different, or the result is unknown.",
        ),
        "Labels": column.MultiselectColumn(width=_text_width(labels, 220), color="auto"),
        "Mode": column.TextColumn(width=110),
        "Session": column.TextColumn(width=170),
        "Server": column.TextColumn(width=140),
    }


def _status_width(rows: Sequence[ListRow]) -> int:
    if any(row.run.attempts > 1 or row.is_shared for row in rows):
        return 210
    if any(row.run.status is RunStatus.SUSPENDED for row in rows):
        return 175
    return 120 if all(row.run.status is RunStatus.COMPLETED for row in rows) else 145


def _text_width(texts: Iterable[str], max_width: int) -> int:
    """Return the width of a column with these texts, in pixels; a star or an icon fits as well."""
    return min(max_width, 30 + max(map(_pixels, texts)))


def _pixels(text: str) -> int:
    # to look at each character takes 4 ms for a page
    may_be_wide = max(text, default="") >= FIRST_WIDE_CHARACTER
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in text) if may_be_wide else 0
    return round(13 * wide + 5.75 * (len(text) - wide))


def _group_color(group: ResultGroup) -> str:
    color = "orange" if group.is_odd else "gray"
    return theme_color(f"{color}BackgroundColor") or color


def _select_rows(key: str, ids: tuple[str, ...]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    history_state.select([ids[row] for row in rows if row < len(ids)])


def _open_clicked(key: str, runs: list[tuple[str, str]]) -> None:
    click = st.session_state.get(key)
    if click and click["row"] < len(runs):
        history_state.REQUESTED.set(runs[click["row"]])


def _open_row(key: str, rows: Sequence[ListRow]) -> None:
    row = st.session_state[key].row
    if isinstance(row, int) and row < len(rows):
        run = rows[row].run
        history_state.REQUESTED.set((run.id, run.flow_id))

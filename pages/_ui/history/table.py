"""The table of the run history, in which runs are selected and opened.

To add a column of a run: add it to `RunRow` (with a migration) and to `RunSummary`, then its values
to `table_columns` and, if it needs a width or help, an entry to `_column_config`.
"""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pyarrow  # type: ignore[import-untyped]  # has no stubs
import streamlit as st

from lfclient.common.formatting import (
    clip,
    elide_common_prefix,
    format_duration,
    remove_bidi_controls,
    replace_surrogates,
)
from lfclient.console.config.prices import PriceTable
from lfclient.console.presentation.modes import MODE_NAMES
from lfclient.console.presentation.statuses import run_status_label
from lfclient.console.presentation.tokens import format_cost
from lfclient.console.store.run_record import RunSummary
from lfclient.runs.model import Mode, RunStatus
from pages._ui.connection.app_context import app_context
from pages._ui.state import history as history_state
from pages._ui.state.history import history_key
from pages._ui.widgets import status_badges
from pages._ui.widgets.markdown import browser_timezone, format_time, timezone_name
from pages._ui.widgets.theme import theme_color

MAX_NAME_LENGTH = 60
_STAR = "★"
_IMAGE_ROW_HEIGHT = 44  # pixels, if a run has a thumbnail


def draw(
    runs: Sequence[RunSummary], *, with_server: bool, group_texts: Sequence[str] | None = None
) -> None:
    """Draw the table. `with_server` adds a column with each run's server.

    With `group_texts`, each run stands for a group, described by its text.

    Streamlit stores a selection by row number, so the table's key depends on its runs: another
    list is another table, and the selection is carried over by run id.
    """
    ids = tuple(run.id for run in runs)
    key = history_key(f"table-{history_state.short_hash(ids)}")
    has_images = any(run.thumbnail for run in runs)
    selected = [row for row, id in enumerate(ids) if id in history_state.selected()]
    if selected and key not in st.session_state:
        st.session_state[key] = {"selection": {"rows": selected}}
    st.dataframe(
        pyarrow.table(
            table_columns(
                runs,
                datetime.now(UTC),
                with_server=with_server,
                prices=app_context().settings.prices,
                group_texts=group_texts,
            )
        ),
        key=key,
        on_select=partial(_select_rows, key, ids),
        selection_mode="multi-row",
        column_config=_column_config(f"{key}-open", runs, list(dict.fromkeys(group_texts or ()))),
        height="content",
        row_height=_IMAGE_ROW_HEIGHT if has_images else None,
        placeholder="",
        alt="Runs by result" if group_texts else "Runs, newest first",
    )


def table_columns(
    runs: Sequence[RunSummary],
    now: datetime,
    *,
    with_server: bool,
    prices: PriceTable | None = None,
    group_texts: Sequence[str] | None = None,
) -> dict[str, list[Any]]:
    """Return the values of each column, without those that may be empty in each row."""
    columns: dict[str, list[Any]] = {
        "Open": ["Open"] * len(runs),
        "Runs": [[text] for text in group_texts or ()],
        "Flow": [
            f"{_STAR} " * run.starred + clip(_plain(run.flow_name), MAX_NAME_LENGTH) for run in runs
        ],
        "Status": [_status_labels(run) for run in runs],
        "Started": [_started_text(run.created_at, now) for run in runs],
        "Duration": ["" if run.seconds is None else format_duration(run.seconds) for run in runs],
        "Image": [_image_url(run) for run in runs],
        "Output": [_plain(run.output_summary) for run in runs],
        "Labels": [[_plain(label) for label in run.labels] for run in runs],
        "Inputs": elide_common_prefix([_plain(run.input_summary) for run in runs]),
        "Tokens": [run.tokens for run in runs],
        "Cost": [_cost_text(run, prices) for run in runs],
        "Mode": [MODE_NAMES[run.mode] for run in runs],
        "Session": [_plain(run.session_id or "") for run in runs],
    }
    for name in ("Runs", "Image", "Labels", "Cost"):
        if not any(columns[name]):
            del columns[name]
    if all(run.tokens is None for run in runs):
        del columns["Tokens"]
    if with_server:
        columns["Server"] = [_plain(run.server_name) for run in runs]
    return columns


def _plain(text: str) -> str:
    """Return a text that a cell can show and that reverses nothing in it."""
    return remove_bidi_controls(replace_surrogates(text))


def _image_url(run: RunSummary) -> str | None:
    if run.thumbnail is None:
        return None
    return f"data:image/webp;base64,{base64.b64encode(run.thumbnail).decode('ascii')}"


def _cost_text(run: RunSummary, prices: PriceTable | None) -> str:
    """Return what a run cost; "" if that is unknown."""
    cost = prices.cost(run.usage_by_model or {}).amount if prices else None
    return "" if prices is None or cost is None else format_cost(cost, prices)


def _status_labels(run: RunSummary) -> list[str]:
    labels = [_status_text(run.status, run.mode)]
    if run.attempts == 2:
        labels.append("sent twice")
    elif run.attempts > 2:
        labels.append(f"sent {run.attempts} times")
    return labels


def _started_text(started: datetime, now: datetime) -> str:
    """Return date and time in the browser's timezone, with "today" and "yesterday" as dates."""
    started, now = started.astimezone(browser_timezone()), now.astimezone(browser_timezone())
    days = (now.date() - started.date()).days
    if days in (0, 1):
        return f"{'yesterday' if days else 'today'} {started:%H:%M:%S}"
    return format_time(started, now, seconds=True)


def _column_config(
    open_key: str, runs: Sequence[RunSummary], group_texts: Sequence[str]
) -> dict[str, Any]:
    column = st.column_config
    colors = {
        _status_text(status, mode): style.color
        for status, style in status_badges.STATUS_STYLES.items()
        for mode in MODE_NAMES
    }
    return {
        "Open": column.ButtonColumn(
            "",
            width=72,
            help="Keyboard: select a run with Shift+Space, then press O to open it.",
            on_click=_open_clicked,
            args=(open_key, [(run.id, run.flow_id) for run in runs]),
            key=open_key,
        ),
        "Runs": column.MultiselectColumn(
            width=125,
            options=group_texts,
            color=[_group_color(text) for text in group_texts],
            help="Runs of the flow with this result. Not compared: runs in progress, and those "
            "whose result is unknown",
        ),
        "Flow": column.TextColumn(width=200),
        "Status": column.MultiselectColumn(
            options=colors,
            color=[theme_color(f"{color}BackgroundColor") or color for color in colors.values()],
            width=210 if any(run.attempts > 1 for run in runs) else 145,
        ),
        "Started": column.TextColumn(width=140, help=f"Timezone: {timezone_name()}"),
        "Duration": column.TextColumn(
            width=88, alignment="right", help="From pressing Run to the end"
        ),
        "Tokens": column.NumberColumn(width=88, format="localized", help="Input and output tokens"),
        "Cost": column.TextColumn(
            width=110,
            alignment="right",
            help="By the configured prices. Empty if a model is unknown or has no price.",
        ),
        "Inputs": column.TextColumn(
            width=260,
            help="Values that differ from the flow's defaults, without a common beginning",
        ),
        "Image": column.ImageColumn("", width=72),
        "Output": column.TextColumn(width=300, help="The first line of the output"),
        "Labels": column.MultiselectColumn(width=120, color="auto"),
        "Mode": column.TextColumn(width=110),
        "Session": column.TextColumn(width=170),
        "Server": column.TextColumn(width=140),
    }


def _group_color(text: str) -> str:
    color = "orange" if "differ" in text else "gray"
    return theme_color(f"{color}BackgroundColor") or color


def _status_text(status: RunStatus, mode: Mode) -> str:
    symbol = status_badges.STATUS_STYLES[status].symbol
    return f"{symbol} {run_status_label(status, mode)}"


def _select_rows(key: str, ids: tuple[str, ...]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    history_state.select([ids[row] for row in rows if row < len(ids)])


def _open_clicked(key: str, runs: list[tuple[str, str]]) -> None:
    click = st.session_state.get(key)
    if click and click["row"] < len(runs):
        history_state.REQUESTED.set(runs[click["row"]])

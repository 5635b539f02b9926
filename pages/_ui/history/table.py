"""The rows of the list of runs: a table in which runs are opened by their name, and ticked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pyarrow
import streamlit as st

from lfclient.common.formatting import (
    clip,
    elide_common_prefix,
    format_duration,
    replace_surrogates,
)
from lfclient.console.presentation.modes import MODE_NAMES, MODES_SHORT
from lfclient.console.store.run_history import RunSummary
from lfclient.runs.model import Mode, RunStatus
from pages._ui.state import history as history_state
from pages._ui.state.history import history_key
from pages._ui.widgets import status_badges
from pages._ui.widgets.markdown import browser_timezone, format_time, timezone_name

MAX_NAME_LENGTH = 60
_STAR = "★"


def draw(entries: Sequence[RunSummary], *, servers: bool) -> None:
    """The table. `servers`: also tell which server each was run on.

    Its key is that of its runs: rows are told by their place, so a list of others is another
    table, and what is ticked is taken along by the runs' ids.
    """
    ids = tuple(entry.id for entry in entries)
    key = history_key(f"table-{history_state.short_hash(ids)}")
    ticked = [place for place, run in enumerate(ids) if run in history_state.selected()]
    if ticked and key not in st.session_state:
        st.session_state[key] = {"selection": {"rows": ticked}}
    st.dataframe(
        pyarrow.table(table_columns(entries, datetime.now(UTC), servers=servers)),
        key=key,
        on_select=partial(_select_rows, key, ids),
        selection_mode="multi-row",
        column_config=_column_config(f"{key}-open", entries),
        height="content",
        placeholder="",
        alt="Runs, the newest first",
    )


def table_columns(
    entries: Sequence[RunSummary], now: datetime, *, servers: bool
) -> dict[str, list[Any]]:
    """The table's columns; labels only if there are any."""
    found: dict[str, list[Any]] = {
        "Open": ["Open"] * len(entries),
        "Flow": [
            f"{_STAR} " * entry.starred + clip(entry.flow_name, MAX_NAME_LENGTH)
            for entry in entries
        ],
        "Status": [status_badges_text(entry) for entry in entries],
        "Started": [started_text(entry.created_at, now) for entry in entries],
        "Took": [
            "" if entry.seconds is None else format_duration(entry.seconds) for entry in entries
        ],
        "Labels": [[replace_surrogates(label) for label in entry.labels] for entry in entries],
        "Inputs": elide_common_prefix([entry.input_summary for entry in entries]),
        "Answer": [entry.output_summary for entry in entries],
        "Mode": [MODES_SHORT[entry.mode] for entry in entries],
        "Session": [replace_surrogates(entry.session_id or "") for entry in entries],
    }
    if not any(entry.labels for entry in entries):
        del found["Labels"]
    if servers:
        found["Server"] = [entry.server_name for entry in entries]
    return found


def status_badges_text(entry: RunSummary) -> list[str]:
    """The status, and how often the run was sent if that was more than once."""
    words = [_status_text(entry.status, entry.mode)]
    if entry.attempts == 2:
        words.append("sent twice")
    elif entry.attempts > 2:
        words.append(f"sent {entry.attempts} times")
    return words


def started_text(then: datetime, now: datetime) -> str:
    """The day and time by the person's clock; the day as today and yesterday."""
    then, now = then.astimezone(browser_timezone()), now.astimezone(browser_timezone())
    days = (now.date() - then.date()).days
    if days in (0, 1):
        return f"{'yesterday' if days else 'today'} {then:%H:%M}"
    return format_time(then, now)


def _column_config(open_key: str, entries: Sequence[RunSummary]) -> dict[str, Any]:
    column = st.column_config
    looks = {
        _status_text(each, mode): look.colour
        for each, look in status_badges.STATUS_STYLES.items()
        for mode in MODE_NAMES
    }
    colours = [_theme_color(f"{colour}BackgroundColor") or colour for colour in looks.values()]
    return {
        "Open": column.ButtonColumn(
            "",
            width=72,
            help="With the keyboard: Shift and Space tick a run, then O opens it.",
            on_click=_open_clicked,
            args=(open_key, [(entry.id, entry.flow_id) for entry in entries]),
            key=open_key,
        ),
        "Flow": column.TextColumn(width=200),
        "Status": column.MultiselectColumn(
            options=looks,
            color=colours,
            width=210 if any(entry.attempts > 1 for entry in entries) else 145,
        ),
        "Started": column.TextColumn(width=122, help=f"By your clock: {timezone_name()}"),
        "Took": column.TextColumn(width=88, alignment="right", help="From the click to the end"),
        "Inputs": column.TextColumn(
            width=260,
            help="The values that differ from the flow's; of long ones that begin alike, the rest",
        ),
        "Answer": column.TextColumn(width=300, help="The first line of what came of it"),
        "Labels": column.MultiselectColumn(width=120, color="auto"),
        "Mode": column.TextColumn(width=110),
        "Session": column.TextColumn(width=170),
        "Server": column.TextColumn(width=140),
    }


def _theme_color(name: str) -> str | None:
    return st.get_option(f"theme.{st.context.theme.type or 'light'}.{name}")


def _status_text(each: RunStatus, mode: Mode) -> str:
    return f"{status_badges.STATUS_STYLES[each].symbol} {status_badges.status_label(each, mode)}"


def _select_rows(key: str, ids: tuple[str, ...]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    history_state.select([ids[row] for row in rows if row < len(ids)])


def _open_clicked(key: str, runs: list[tuple[str, str]]) -> None:
    click = st.session_state.get(key)
    if click and click["row"] < len(runs):
        history_state.request_run(*runs[click["row"]])

"""The run history's filters and their controls. The URL has them, so a list can be shared."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

import streamlit as st

from lfclient.common.formatting import clip, remove_bidi_controls
from lfclient.console.store.column_types import from_microseconds, to_microseconds
from lfclient.console.store.run_queries import Cursor, RunFilter
from lfclient.console.store.search_text import MAX_SEARCHABLE_CHARACTERS
from lfclient.runs.model import RunStatus
from lfclient.wire.modes import MODES, Mode
from pages._ui.app import window
from pages._ui.state import history as history_state
from pages._ui.state import query_params
from pages._ui.state.history import history_key
from pages._ui.widgets import controls, status_badges
from pages._ui.widgets.markdown import escape
from pages._ui.widgets.times import browser_timezone

T = TypeVar("T")

TODAY, WEEK, MONTH, BETWEEN = "today", "7d", "30d", "dates"
# labels by the value in the URL
PERIODS: dict[str, str] = {
    "": "Any time",
    TODAY: "Today",
    WEEK: "Last 7 days",
    MONTH: "Last 30 days",
    BETWEEN: "From – to",
}
_DAYS = {WEEK: 7, MONTH: 30}
MIN_DATE, MAX_DATE = date(2000, 1, 1), date(2099, 12, 31)
_CURSOR = re.compile(r"(\d{1,17})-([0-9A-Za-z-]{1,64})")
SEARCH_HELP = (
    f"Searches errors and the first {MAX_SEARCHABLE_CHARACTERS:,} characters of inputs "
    'and outputs. Finds all words in any order; quote a phrase: "annual report" 2026.'
)
_MAIN_FILTERS = ("flow", "statuses", "when")  # in narrow windows in the panel as well
_EXTRA_FILTERS = ("mode", "server", "starred", "shared")  # in the panel


@dataclass(frozen=True)
class Filters:
    """The filters that a person chose.

    `when` is a key of `PERIODS`. `start` and `end` are days, both included. `server` is a name.
    """

    flow: str | None = None
    statuses: tuple[RunStatus, ...] = ()
    mode: Mode | None = None
    when: str = ""
    start: date | None = None
    end: date | None = None
    server: str | None = None
    starred: bool = False
    shared: bool = False
    text: str = ""

    def to_run_filter(self) -> RunFilter:
        """Convert the filters for the store, with days in the browser's time zone."""
        since, until = self._bounds()
        return RunFilter(
            flow_id=self.flow,
            statuses=self.statuses,
            mode=self.mode,
            starred=True if self.starred else None,
            shared=self.shared,
            since=since,
            until=until,
            text=self.text,
        )

    def _bounds(self) -> tuple[datetime | None, datetime | None]:
        if self.when in _DAYS:
            return datetime.now(UTC) - timedelta(days=_DAYS[self.when]), None
        if self.when == TODAY:
            return start_of_day(datetime.now(browser_timezone()).date()), None
        until = start_of_day(self.end + timedelta(days=1)) if self.end else None
        return start_of_day(self.start) if self.start else None, until


def start_of_day(day: date) -> datetime:
    """Return the start of the day in the browser's time zone, as UTC."""
    return datetime.combine(day, time(), browser_timezone()).astimezone(UTC)


def read() -> tuple[Filters, list[str]]:
    """Return the filters in the URL, and a sentence about each value that was ignored."""
    ignored: list[str] = []
    when = _read_option(history_state.PERIOD, PERIODS, "period", ignored) or ""
    start, end = (_read_date(name, ignored) for name in (history_state.SINCE, history_state.UNTIL))
    if start or end:
        when = BETWEEN
    if start and end and start > end:
        ignored.append(f"The date {end} is before {start}.")
        start = end = None
    filters = Filters(
        flow=_read_text(query_params.FLOW),
        statuses=_read_options(history_state.STATUS, RunStatus, "status", ignored),
        mode=_read_option(history_state.MODE, Mode, "mode", ignored),
        when=when,
        start=start,
        end=end,
        server=_read_text(history_state.SERVER),
        starred=_read_option(history_state.STARRED, ["yes"], "star filter", ignored) == "yes",
        shared=_read_option(history_state.SHARED, ["yes"], "share filter", ignored) == "yes",
        text=_read_text(history_state.SEARCH) or "",
    )
    return filters, ignored


def write(filters: Filters) -> None:
    """Write the filters to the URL, and return to the first page."""
    start, end = (filters.start, filters.end) if filters.when == BETWEEN else (None, None)
    values: dict[str, str | list[str] | None] = {
        query_params.FLOW: filters.flow,
        history_state.STATUS: [status.value for status in filters.statuses],
        history_state.MODE: filters.mode,
        history_state.PERIOD: None if start or end else filters.when,
        history_state.SINCE: start.isoformat() if start else None,
        history_state.UNTIL: end.isoformat() if end else None,
        history_state.SERVER: filters.server,
        history_state.STARRED: "yes" if filters.starred else None,
        history_state.SHARED: "yes" if filters.shared else None,
        history_state.SEARCH: filters.text.strip(),
        history_state.OLDER: None,
        history_state.NEWER: None,
    }
    history_state.write_filters_to_url(values)


def is_narrowed(filters: Filters) -> bool:
    """Return whether any filter is set. A date range without dates does not count."""
    effective = replace(filters, when="") if filters.when == BETWEEN else filters
    return effective != Filters()


def read_cursors() -> tuple[Cursor | None, Cursor | None]:
    """Return the place in the list: older than the first cursor, or newer than the second cursor.

    At most one cursor is set. Without a cursor, the list starts with the newest run.
    """
    older = _parse_cursor(_read_text(history_state.OLDER))
    newer = _parse_cursor(_read_text(history_state.NEWER))
    return older, None if older else newer


def go_to_page(*, older: Cursor | None = None, newer: Cursor | None = None) -> None:
    """Go to the runs older than `older` or newer than `newer`, or to the newest runs."""
    if not older and not newer:
        history_state.list_newest()
    cursors = {history_state.OLDER: older, history_state.NEWER: newer}
    history_state.write_filters_to_url(
        {
            name: f"{to_microseconds(at.created_at)}-{at.id}" if at else None
            for name, at in cursors.items()
        }
    )


def _parse_cursor(text: str | None) -> Cursor | None:
    match = _CURSOR.fullmatch(text or "")
    return Cursor(from_microseconds(int(match[1])), match[2]) if match else None


def _read_text(name: str) -> str | None:
    return next(iter(history_state.read_filter(name)), None)


def _read_option(name: str, options: Iterable[T], noun: str, ignored: list[str]) -> T | None:
    return next(iter(_read_options(name, options, noun, ignored)), None)


def _read_options(name: str, options: Iterable[T], noun: str, ignored: list[str]) -> tuple[T, ...]:
    by_text = {str(option): option for option in options}
    texts = list(dict.fromkeys(history_state.read_filter(name)))
    ignored += [f"Unknown {noun} “{clip(text, 40)}”." for text in texts if text not in by_text]
    return tuple(by_text[text] for text in texts if text in by_text)


def _read_date(name: str, ignored: list[str]) -> date | None:
    text = _read_text(name)
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not MIN_DATE <= day <= MAX_DATE:
        ignored.append(f"“{clip(text, 40)}” is not a date such as 2026-03-31.")
        return None
    return day


@dataclass(frozen=True)
class FilterOptions:
    """The available flow names by ID and server names."""

    flows: dict[str, str]
    servers: list[str]


def draw(filters: Filters, options: FilterOptions) -> None:
    """Draw the controls with the URL's values. Changes are written only to the URL."""
    for name, value in vars(filters).items():
        st.session_state[history_key(name)] = list(value) if name == "statuses" else value

    with st.container(
        horizontal=True, vertical_alignment="bottom", gap="small", key=history_key("filters")
    ):
        st.text_input(
            "Search",
            **_widget(filters, "text"),
            type="search",
            max_chars=history_state.MAX_TEXT_LENGTH,
            placeholder="Search inputs and outputs",
            icon=":material/search:",
            help=SEARCH_HELP,
        )
        narrow = window.is_narrow()
        if not narrow:
            _draw_main_filters(filters, options)
        _draw_panel(filters, options, has_all=narrow)
        if is_narrowed(filters):
            clear_button("clear-filters")


def _widget(filters: Filters, name: str) -> dict[str, Any]:
    """Return the arguments of the widget that changes this filter."""
    return {"key": history_key(name), "on_change": _apply_change, "args": (filters,)}


def clear_button(name: str) -> None:
    """Draw a button that removes all filters."""
    st.button(
        "Clear filters",
        key=history_key(name),
        type="tertiary",
        icon=":material/filter_alt_off:",
        on_click=write,
        args=(Filters(),),
    )


def unknown_values(filters: Filters, options: FilterOptions) -> list[str]:
    """Return a sentence about each filter whose value no run has."""
    values = (
        (filters.flow, options.flows, "No runs of the flow “{}”."),
        (filters.server, options.servers, "No server “{}”. Connect to it on the Connection page."),
    )
    return [
        text.format(escape(clip(value, 40)))
        for value, existing, text in values
        if value and value not in existing
    ]


def _draw_panel(filters: Filters, options: FilterOptions, *, has_all: bool) -> None:
    """Draw a panel with the other filters or all filters. Its label counts the filters in use.

    The filters are drawn only while the panel is open: the browser keeps the values of a closed
    panel's controls, and would restore a filter that was cleared outside.
    """
    label = "Filters" if has_all else "More filters"
    names = (*_MAIN_FILTERS, *_EXTRA_FILTERS) if has_all else _EXTRA_FILTERS
    used = sum(bool(getattr(filters, name)) for name in names)
    panel = st.popover(
        f"{label} ({used})" if used else label,
        icon=":material/filter_list:",
        key=history_key("more"),
        on_change="rerun",
    )
    if panel.open:
        with panel:
            if has_all:
                _draw_main_filters(filters, options)
            _draw_extra_filters(filters, options)


def _draw_main_filters(filters: Filters, options: FilterOptions) -> None:
    _draw_select(filters, "Flow", "flow", options.flows, "All flows")
    st.multiselect(
        "Status",
        list(status_badges.STATUS_STYLES),
        **_widget(filters, "statuses"),
        format_func=status_badges.filter_text,
        placeholder="Any status",
    )
    started = _widget(filters, "when")
    st.selectbox("Started", list(PERIODS), **started, format_func=PERIODS.__getitem__)
    if filters.when == BETWEEN:
        st.date_input("From", None, MIN_DATE, MAX_DATE, **_widget(filters, "start"))
        st.date_input("To", None, MIN_DATE, MAX_DATE, **_widget(filters, "end"))


def _draw_extra_filters(filters: Filters, options: FilterOptions) -> None:
    modes = {str(mode): traits.label for mode, traits in MODES.items()}
    _draw_select(filters, "Mode", "mode", modes, "Any mode")
    if len(options.servers) > 1 or filters.server:
        names = {name: name for name in options.servers}
        _draw_select(filters, "Server", "server", names, "All servers")
    st.toggle("Starred only", **_widget(filters, "starred"))
    st.toggle("Shared only", **_widget(filters, "shared"))


def _draw_select(
    filters: Filters, label: str, name: str, options: dict[str, str], placeholder: str
) -> None:
    """Draw a select box. An unknown value in the URL is added to its options."""
    names = {option: remove_bidi_controls(text) for option, text in options.items()}
    value = getattr(filters, name)
    if value is not None and value not in names:
        names[value] = f"{clip(remove_bidi_controls(value), 36)} (unknown)"
    labels = controls.unique_labels(names)
    st.selectbox(
        label,
        list(names),
        **_widget(filters, name),
        format_func=lambda option: labels.get(option, option),
        placeholder=placeholder,
    )


def _apply_change(before: Filters) -> None:
    """Write a change to the URL. Controls that were not drawn keep their values."""
    after = {
        name: st.session_state.get(history_key(name), value) for name, value in vars(before).items()
    }
    after["statuses"] = tuple(RunStatus(status) for status in after["statuses"])
    after["text"] = after["text"] or ""
    write(replace(before, **after))

"""What narrows the list of runs: kept in the address, so that a list can be reloaded and shared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import get_args

from lfclient.common.formatting import clip
from lfclient.console.store.run_queries import Cursor, RunFilter
from lfclient.runs.model import Mode, RunStatus
from pages._ui.state import history as history_state
from pages._ui.state import query_params
from pages._ui.widgets.markdown import browser_timezone

TODAY, WEEK, MONTH, BETWEEN = "today", "7d", "30d", "dates"
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


@dataclass(frozen=True)
class Filters:
    """What a person asked for. `start` and `end` are days, both included; `server` is a name."""

    flow: str | None = None
    statuses: tuple[RunStatus, ...] = ()
    mode: Mode | None = None
    when: str = ""
    start: date | None = None
    end: date | None = None
    server: str | None = None
    label: str | None = None
    starred: bool = False
    text: str = ""

    def to_run_filter(self) -> RunFilter:
        """The same for the store; days are those of the browser's clock."""
        since, until = self._bounds()
        return RunFilter(
            flow_id=self.flow,
            statuses=self.statuses,
            mode=self.mode,
            label=self.label,
            starred=True if self.starred else None,
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
    """When that day begins by the browser's clock."""
    return datetime.combine(day, time(), browser_timezone()).astimezone(UTC)


def read() -> tuple[Filters, list[str]]:
    """The filters in the address, and what of it was left aside because it makes no sense."""
    said: list[str] = []
    when = _read_option(history_state.PERIOD, PERIODS, "time", said) or ""
    start, end = (_read_date(name, said) for name in (history_state.SINCE, history_state.UNTIL))
    if start or end:
        when = BETWEEN
    if start and end and start > end:
        said.append(f"{start} to {end} ends before it begins.")
        start = end = None
    filters = Filters(
        flow=_read_text(query_params.FLOW),
        statuses=_read_statuses(said),
        mode=_read_option(
            history_state.MODE, {mode: mode for mode in get_args(Mode)}, "mode", said
        ),
        when=when,
        start=start,
        end=end,
        server=_read_text(history_state.SERVER),
        label=_read_text(history_state.LABEL),
        starred=_read_option(history_state.STARRED, {"yes": "yes"}, "star", said) is not None,
        text=_read_text(history_state.SEARCH) or "",
    )
    return filters, said


def write(filters: Filters) -> None:
    """Put the filters into the address; the list begins with the newest again."""
    between = filters.when == BETWEEN
    dated = between and (filters.start or filters.end)
    one = {
        query_params.FLOW: filters.flow,
        history_state.MODE: filters.mode,
        history_state.PERIOD: "" if dated else filters.when,
        history_state.SINCE: filters.start and between and filters.start.isoformat(),
        history_state.UNTIL: filters.end and between and filters.end.isoformat(),
        history_state.SERVER: filters.server,
        history_state.LABEL: filters.label,
        history_state.STARRED: "yes" if filters.starred else "",
        history_state.SEARCH: filters.text.strip(),
        history_state.OLDER: None,
        history_state.NEWER: None,
    }
    statuses = [status.value for status in filters.statuses]
    history_state.write_filters_to_url(
        **{name: [text] if text else [] for name, text in one.items()}, status=statuses
    )


def is_narrowed(filters: Filters) -> bool:
    """Whether anything is asked for."""
    nothing = replace(filters, when="") if filters.when == BETWEEN else filters
    return nothing != Filters()


def read_cursors() -> tuple[Cursor | None, Cursor | None]:
    """Where in the list one is: behind the first, or before the second; None is the newest."""
    older, newer = (
        _parse_cursor(_read_text(name)) for name in (history_state.OLDER, history_state.NEWER)
    )
    return older, None if older else newer


def go_to_page(*, older: Cursor | None = None, newer: Cursor | None = None) -> None:
    """Go to the runs behind, or before, a place; to the newest with neither."""
    if not older and not newer:
        history_state.list_newest()
    places = {history_state.OLDER: older, history_state.NEWER: newer}
    history_state.write_filters_to_url(
        **{name: [f"{at.created_at}-{at.id}"] if at else [] for name, at in places.items()}
    )


def _parse_cursor(text: str | None) -> Cursor | None:
    match = _CURSOR.fullmatch(text or "")
    return Cursor(int(match[1]), match[2]) if match else None


def _read_text(name: str) -> str | None:
    return next(iter(history_state.read_filter(name)), None)


def _read_option(name: str, known: Mapping[str, str], what: str, said: list[str]) -> str | None:
    text = _read_text(name)
    if text is None or text in known:
        return text
    said.append(f"There is no {what} “{clip(text, 40)}”.")
    return None


def _read_statuses(said: list[str]) -> tuple[RunStatus, ...]:
    known = {status.value: status for status in RunStatus}
    texts = list(dict.fromkeys(history_state.read_filter(history_state.STATUS)))
    said += [f"There is no status “{clip(text, 40)}”." for text in texts if text not in known]
    return tuple(known[text] for text in texts if text in known)


def _read_date(name: str, said: list[str]) -> date | None:
    text = _read_text(name)
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not MIN_DATE <= day <= MAX_DATE:
        said.append(f"“{clip(text, 40)}” is no day; one is written 2026-03-31.")
        return None
    return day

"""Times in the browser's time zone."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st


def browser_timezone() -> tzinfo:
    """Return the browser's time zone, UTC if it is unknown."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def format_time(then: datetime, now: datetime | None = None, *, seconds: bool = False) -> str:
    """Return a time in the browser's time zone, such as "Today, 06:14" or "30 Mar, 06:14"."""
    zone = browser_timezone()
    then, now = then.astimezone(zone), (now or datetime.now(UTC)).astimezone(zone)
    days = (now.date() - then.date()).days
    day = {0: "Today", 1: "Yesterday"}.get(days, "%d %b" if then.year == now.year else "%d %b %Y")
    return then.strftime(f"{day}, %H:%M:%S" if seconds else f"{day}, %H:%M")


def format_age(then: datetime, now: datetime | None = None) -> str:
    """Return "just now", or the age such as "2 min ago" or "3 h ago", or the time after a day."""
    now = now or datetime.now(UTC)
    minutes = int((now - then).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 24 * 60 else format_time(then, now)


def format_short_time(then: datetime, now: datetime | None = None) -> str:
    """Return a time of today, else the day, else the month of another year; 8 characters at most.

    In the browser's time zone.
    """
    zone = browser_timezone()
    then, now = then.astimezone(zone), (now or datetime.now(UTC)).astimezone(zone)
    if then.date() == now.date():
        return then.strftime("%H:%M")
    return then.strftime("%d %b" if then.year == now.year else "%b %Y")


def format_full_time(then: datetime) -> str:
    """Return date, time and time zone, in the browser's time zone."""
    return f"{then.astimezone(browser_timezone()):%d %b %Y, %H:%M:%S} ({timezone_name()})"


def timezone_name() -> str:
    """Return the name of the browser's time zone, such as Europe/Berlin."""
    return getattr(browser_timezone(), "key", "UTC").replace("_", " ")

"""The runner's clock, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def format_time(time: datetime) -> str:
    """Return a UTC time as `HH:MM:SS UTC`."""
    return f"{time:%H:%M:%S} UTC"

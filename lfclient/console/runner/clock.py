"""Times of the runner, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The time in UTC."""
    return datetime.now(UTC)


def format_time(time: datetime) -> str:
    """A time for a note."""
    return f"{time:%H:%M:%S} UTC"

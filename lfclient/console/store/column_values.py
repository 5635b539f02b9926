"""Convert values to the form in which columns hold them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import overload

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def sanitize_text(text: str) -> str:
    """Return `text` without what no database takes: NUL and halves of surrogate pairs."""
    if "\0" in text:
        text = text.replace("\0", "�")
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


@overload
def to_microseconds(time: datetime) -> int: ...
@overload
def to_microseconds(time: datetime | None) -> int | None: ...
def to_microseconds(time: datetime | None) -> int | None:
    """Return the microseconds since 1970, UTC."""
    return None if time is None else (time - _EPOCH) // _MICROSECOND


@overload
def from_microseconds(microseconds: int) -> datetime: ...
@overload
def from_microseconds(microseconds: int | None) -> datetime | None: ...
def from_microseconds(microseconds: int | None) -> datetime | None:
    """Return the time that is `microseconds` after 1970, UTC."""
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)

"""Values as the database's columns hold them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def sanitize_text(text: str) -> str:
    """`text` as every database takes it: without NUL and halves of surrogate pairs."""
    if "\0" in text:
        text = text.replace("\0", "�")
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def to_microseconds(time: datetime | None) -> int | None:
    """Microseconds since 1970, UTC."""
    return None if time is None else (time - _EPOCH) // _MICROSECOND


def from_microseconds(microseconds: int | None) -> datetime | None:
    """The time of `microseconds`."""
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)

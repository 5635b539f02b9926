"""The types of columns: how Python values are written to the database and read back."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, LargeBinary, String, TypeDecorator

from lfclient.common.formatting import replace_surrogates
from lfclient.console.store.notes import Notes, dump_notes, load_notes
from lfclient.console.store.run_record import InputSummary
from lfclient.console.store.serialization import dump_value, load_value
from lfclient.runs.components import Usage

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Text(TypeDecorator[str]):
    """Text, sanitized when written and when compared."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return value if value is None else sanitize_text(value)


class EnumText(TypeDecorator[StrEnum]):
    """A member of an enumeration, by its value."""

    impl = String
    cache_ok = True

    def __init__(self, enumeration: type[StrEnum]) -> None:
        super().__init__()
        self.enumeration = enumeration

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return value and str(value)

    def process_result_value(self, value: str | None, dialect: Any) -> StrEnum | None:
        return None if value is None else self.enumeration(value)


class NotesText(TypeDecorator[Notes]):
    """Notes as JSON; sentences that version 0.2.0 wrote are read as well."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Notes | None, dialect: Any) -> str | None:
        if value is None:
            return None
        return dump_notes(tuple(replace(note, text=sanitize_text(note.text)) for note in value))

    def process_result_value(self, value: str | None, dialect: Any) -> Notes | None:
        return None if value is None else load_notes(value)


class InputSummaryText(TypeDecorator[InputSummary]):
    """Pairs of a label and a text as JSON; a line that version 0.2.0 wrote has no label."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: InputSummary | None, dialect: Any) -> str | None:
        if not value:
            return ""
        pairs = [(sanitize_text(label), sanitize_text(text)) for label, text in value]
        return json.dumps(pairs, ensure_ascii=False)

    def process_result_value(self, value: str | None, dialect: Any) -> InputSummary:
        if not value:
            return ()
        try:
            return tuple((str(label), str(text)) for label, text in json.loads(value))
        except (TypeError, ValueError):
            return (("", value),)


class Timestamp(TypeDecorator[datetime]):
    """A time in UTC, as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        return None if value is None else from_microseconds(value)


class Serialized(TypeDecorator[Any]):
    """A value of the types that `dump_value` takes."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> bytes | None:
        return None if value is None else dump_value(value)

    def process_result_value(self, value: bytes | None, dialect: Any) -> Any:
        return None if value is None else load_value(value)


class UsageByModel(TypeDecorator[dict[str, Usage]]):
    """Tokens by the model's name."""

    impl = Serialized
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Any) -> dict[str, Usage] | None:
        return value and {name: Usage(**tokens) for name, tokens in value.items()}


def sanitize_text(text: str) -> str:
    """Return `text` without what no database takes: NUL and halves of surrogate pairs."""
    return replace_surrogates(text.replace("\0", "�"))


def to_microseconds(time: datetime) -> int:
    """Return the microseconds since 1970, UTC."""
    return (time - _EPOCH) // _MICROSECOND


def from_microseconds(microseconds: int) -> datetime:
    """Return the time that is `microseconds` after 1970, UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)

"""JSON of any type read as the type wanted, and quick copies of frozen dataclasses."""

from __future__ import annotations

from typing import Any, TypeVar

T = TypeVar("T")


def as_dict(value: object) -> dict[str, Any]:
    """An object."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """A list."""
    return value if isinstance(value, list) else []


def as_str(value: object) -> str:
    """A text."""
    return value if isinstance(value, str) else ""


def with_changes(one: T, /, **changes: Any) -> T:
    """As `dataclasses.replace` for a plain dataclass, which sets a frozen one field by field and so
    takes several times as long. The names of fields are not checked.
    """
    made = object.__new__(type(one))
    made.__dict__.update(one.__dict__, **changes)
    return made

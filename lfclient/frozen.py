"""Frozen values, made quickly: of outputs, messages and runs there are thousands in a stream."""

from __future__ import annotations

from typing import Any, TypeVar

T = TypeVar("T")


def with_changes(one: T, /, **changes: Any) -> T:
    """As `dataclasses.replace` for a plain dataclass, which sets a frozen one field by field and so
    takes several times as long. The names of fields are not checked.
    """
    made = object.__new__(type(one))
    made.__dict__.update(one.__dict__, **changes)
    return made

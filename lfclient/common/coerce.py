"""Read JSON of any type as the expected type, and copy frozen dataclasses fast."""

from math import isfinite
from typing import Any, TypeVar

from lfclient.common.json_types import Json, JsonObject

T = TypeVar("T")


def as_dict(value: object) -> JsonObject:
    """Return the value if it is a dict, else an empty dict."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Json]:
    """Return the value if it is a list, else an empty list."""
    return value if isinstance(value, list) else []


def as_str(value: object) -> str:
    """Return the value if it is a string, else ""."""
    return value if isinstance(value, str) else ""


def as_float(value: object) -> float | None:
    """Return a number as a finite float, or None for other values and too large numbers."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:  # JSON has integers of any size
        return None
    return number if isfinite(number) else None


def with_changes(instance: T, /, **changes: Any) -> T:  # Any: the fields' own types
    """Return a copy with other field values, like `dataclasses.replace` for a plain dataclass.

    `replace` sets the fields of a frozen dataclass one by one, which takes several times as long.
    Field names are not checked.
    """
    made = object.__new__(type(instance))
    made.__dict__.update(instance.__dict__, **changes)
    return made

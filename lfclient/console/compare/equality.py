"""Whether two values are the same: one answer for inputs, outputs, tables and data."""

from __future__ import annotations

from typing import Any


def is_equal(one: Any, other: Any) -> bool:
    """As `==`, however deep they are, but True is not 1, and what is no number (NaN) is like
    itself, as it comes back from a record. 1 is 1.0.
    """
    pairs = [(one, other)]
    while pairs:
        a, b = pairs.pop()
        if a is b:
            continue
        if isinstance(a, dict) and isinstance(b, dict):
            if a.keys() != b.keys():
                return False
            pairs += [(value, b[name]) for name, value in a.items()]
        elif isinstance(a, list) and isinstance(b, list):
            if len(a) != len(b):
                return False
            pairs += zip(a, b, strict=True)
        elif not _is_equal_leaf(a, b):
            return False
    return True


def _is_equal_leaf(a: Any, b: Any) -> bool:
    if type(a) is not type(b) and not (_is_number(a) and _is_number(b)):
        return False
    return bool(a == b or (a != a and b != b))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)

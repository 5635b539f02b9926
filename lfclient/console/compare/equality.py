"""Equality of values, for inputs, outputs, tables and JSON alike."""

from lfclient.common.json_types import Json


def is_equal(first: Json, second: Json) -> bool:
    """Return whether two JSON values are equal, at any depth and without recursion.

    Unlike with `==`, True differs from 1, and NaN equals NaN: a record that is stored and read back
    equals itself. 1 equals 1.0.
    """
    pairs = [(first, second)]
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
        else:
            is_comparable = type(a) is type(b) or {type(a), type(b)} == {int, float}
            if not is_comparable or (a != b and (a == a or b == b)):
                return False
    return True

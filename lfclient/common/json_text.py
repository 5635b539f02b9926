"""JSON as a person reads and types it."""

import json
from typing import NoReturn

from lfclient.common.json_types import Json

LONE_SURROGATE = (
    "This contains a lone surrogate, such as \\ud800, which is no character. Remove it."
)


def has_lone_surrogate(value: Json) -> bool:
    """Return whether a text in a value contains half a surrogate pair.

    JSON and JavaScript can contain it, but no browser, server or database accepts it.
    """
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        text.encode()
    except UnicodeEncodeError:
        return True
    except (TypeError, ValueError, RecursionError):
        return False  # not JSON
    return False


def to_json(value: Json) -> str:
    """Return readable JSON.

    Raise `ValueError` for a value that JSON can't represent.
    """
    try:
        return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)
    except (TypeError, RecursionError) as error:
        raise ValueError("This is not a JSON value.") from error


def from_json(text: str) -> Json:
    """Return the value of JSON text. Raise `ValueError` with the line and column."""
    try:
        value = json.loads(text, parse_constant=_reject_constant)
    except json.JSONDecodeError as error:
        fault = error.msg.removesuffix(" at")  # for a string or a control character
        place = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"This is not valid JSON: {fault} at {place}.") from error
    except RecursionError as error:
        raise ValueError("This JSON is nested too deeply.") from error
    if "\\u" in text and has_lone_surrogate(value):
        raise ValueError(LONE_SURROGATE)
    return value


def _reject_constant(name: str) -> NoReturn:
    """Raise `ValueError` for NaN and Infinity, which Python's parser accepts and JSON lacks."""
    raise ValueError(f"{name} is not a valid number in JSON.")

"""JSON as a person reads and types it."""

import json
from typing import NoReturn

from lfclient.common.json_types import Json


def to_json(value: Json) -> str:
    """Return readable JSON.

    Raises `ValueError` for a value that JSON can't represent.
    """
    try:
        return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)
    except (TypeError, RecursionError) as error:
        raise ValueError("This is not a JSON value.") from error


def from_json(text: str) -> Json:
    """Parse JSON text. Raises `ValueError` that names line and column."""
    try:
        value = json.loads(text, parse_constant=_reject_constant)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"This is not valid JSON: {error.msg} at {place}.") from error
    except UnicodeEncodeError as error:  # no browser and no server accepts these
        raise ValueError("This JSON contains a lone surrogate, such as \\ud800.") from error
    except RecursionError as error:
        raise ValueError("This JSON is nested too deeply.") from error


def _reject_constant(name: str) -> NoReturn:
    """Raise `ValueError` for NaN and Infinity, which Python's parser accepts and JSON lacks."""
    raise ValueError(f"{name} is not a valid number in JSON.")

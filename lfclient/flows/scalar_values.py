"""The kinds of texts, numbers and switches."""

from __future__ import annotations

import math
import string
from collections.abc import Iterable
from dataclasses import replace

from lfclient.common.json_types import Json
from lfclient.flows.field import Field, FieldKind
from lfclient.flows.kind_handler import KindHandler, is_none

_EXPECTED_TEXT = "Enter text."
_EXPECTED_INTEGER = "Enter a whole number, such as 5."
_EXPECTED_NUMBER = "Enter a number, such as 0.5."
_EXPECTED_SWITCH = "Enter true or false."
_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0", ""}


def coerce_text(_: Field, raw: Json) -> str:
    if isinstance(raw, dict):
        raw = raw.get("text")  # a flow saved after a run may contain a Message
    if raw is None or isinstance(raw, (list, dict)):
        return ""
    if isinstance(raw, bool):
        return str(raw).lower()
    return raw if isinstance(raw, str) else str(raw)


def check_text(_: Field, value: Json) -> Iterable[str]:
    if not isinstance(value, str):
        yield _EXPECTED_TEXT


def parse_text(_: Field, text: str) -> str:
    return text


def write_text(_: Field, value: Json) -> str:
    return "" if value is None else str(value)


def coerce_integer(_: Field, raw: Json) -> int | None:
    if isinstance(raw, str):
        try:
            return int(raw)
        except ValueError:
            return None
    if isinstance(raw, float):
        return int(raw) if raw.is_integer() else None
    return raw if isinstance(raw, int) and not isinstance(raw, bool) else None


def check_integer(_: Field, value: Json) -> Iterable[str]:
    whole = isinstance(value, float) and value.is_integer()
    if isinstance(value, bool) or not (isinstance(value, int) or whole):
        yield _EXPECTED_INTEGER


def parse_integer(_: Field, text: str) -> int | None:
    cleaned = text.strip().replace("\u2212", "-")
    if not cleaned:
        return None
    digits = cleaned[1:] if cleaned[0] in "+-" else cleaned
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(_EXPECTED_INTEGER)
    try:
        return int(cleaned)
    except ValueError as error:  # Python parses at most 4,300 digits
        raise ValueError("This number has too many digits.") from error


def coerce_decimal(_: Field, raw: Json) -> float | None:
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        return None
    try:
        number = float(raw)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def check_decimal(_: Field, value: Json) -> Iterable[str]:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or (isinstance(value, float) and not math.isfinite(value)):
        yield _EXPECTED_NUMBER


def parse_decimal(_: Field, text: str) -> float | None:
    cleaned = text.strip().replace("\u2212", "-")
    if not cleaned:
        return None
    try:
        number = float(cleaned)
    except ValueError as error:
        comma = " Use a point instead of the comma." if "," in cleaned else ""
        raise ValueError(f"{_EXPECTED_NUMBER}{comma}") from error
    if not math.isfinite(number) or "_" in cleaned:
        raise ValueError(_EXPECTED_NUMBER)
    return number


def write_decimal(_: Field, value: Json) -> str:
    if value is None:
        return ""
    short = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return str(int(value)) if short else repr(value)


def coerce_switch(_: Field, raw: Json) -> bool:
    if isinstance(raw, str):
        return raw.strip().lower() in _TRUE
    return bool(raw)


def check_switch(_: Field, value: Json) -> Iterable[str]:
    if not isinstance(value, bool):
        yield _EXPECTED_SWITCH


def parse_switch(_: Field, text: str) -> bool:
    word = text.strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError(_EXPECTED_SWITCH)
    return word in _TRUE


def write_switch(_: Field, value: Json) -> str:
    return "true" if value else "false"


def check_select(field: Field, value: Json) -> Iterable[str]:
    if not isinstance(value, str):
        yield _EXPECTED_TEXT
    elif value not in ("", *field.options) and not field.free_text:
        yield f"Choose one of: {', '.join(field.options)}."


def check_tab(field: Field, value: Json) -> Iterable[str]:
    if value not in field.options:
        yield f"Choose one of: {', '.join(field.options)}."


def prompt_variables(text: str, *, double_braces: bool) -> set[str]:
    """Return the variables that a prompt template uses.

    Raises `ValueError` if its braces don't match.
    """
    if double_braces:
        parts = text.split("{{")[1:]
        return {part.split("}}")[0].strip() for part in parts if "}}" in part}
    names = (name for _, name, _, _ in string.Formatter().parse(text))
    return {name.strip() for name in names if name is not None and name.strip()}


def check_prompt(field: Field, value: Json) -> Iterable[str]:
    yield from check_text(field, value)
    if not isinstance(value, str) or value == field.default:
        return
    try:
        variables = prompt_variables(value, double_braces=field.double_braces)
    except ValueError:
        yield "The curly braces don't match. Write {{ and }} for literal braces."
        return
    for name in sorted(variables - set(field.variables)):
        yield f"The prompt has no variable “{name}”. Add new variables in Langflow."


_TEXT = KindHandler(coerce_text, check_text, parse_text, write_text)
_DECIMAL = KindHandler(coerce_decimal, check_decimal, parse_decimal, write_decimal, is_none)

HANDLERS: dict[FieldKind, KindHandler] = {
    FieldKind.TEXT: _TEXT,
    FieldKind.MULTILINE: _TEXT,
    FieldKind.SECRET: _TEXT,
    FieldKind.PROMPT: replace(_TEXT, check=check_prompt),
    FieldKind.SELECT: replace(_TEXT, check=check_select),
    FieldKind.TAB: replace(_TEXT, check=check_tab),
    FieldKind.INTEGER: KindHandler(
        coerce_integer, check_integer, parse_integer, write_text, is_none
    ),
    FieldKind.DECIMAL: _DECIMAL,
    FieldKind.SLIDER: _DECIMAL,
    FieldKind.SWITCH: KindHandler(coerce_switch, check_switch, parse_switch, write_switch, is_none),
}

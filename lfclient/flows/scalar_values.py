"""Kinds whose value is one text, number or switch: read, check, parse, write (see `kinds.Kind`)."""

from __future__ import annotations

import math
import string
from collections.abc import Iterable
from typing import Any

from lfclient.flows.field import Field

_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0", ""}


def coerce_text(_: Field, raw: Any) -> str:
    if isinstance(raw, dict):
        raw = raw.get("text")  # a Message, as a flow saved after a run may hold one
    if raw is None or isinstance(raw, (list, dict)):
        return ""
    if isinstance(raw, bool):
        return str(raw).lower()
    return raw if isinstance(raw, str) else str(raw)


def check_text(_: Field, value: Any) -> Iterable[str]:
    if not isinstance(value, str):
        yield "A text is needed."


def parse_text(_: Field, text: str) -> str:
    return text


def write_text(_: Field, value: Any) -> str:
    return "" if value is None else str(value)


def coerce_integer(_: Field, raw: Any) -> int | None:
    if isinstance(raw, str):
        try:
            return int(raw)
        except ValueError:
            return None
    if isinstance(raw, float):
        return int(raw) if raw.is_integer() else None
    return raw if isinstance(raw, int) and not isinstance(raw, bool) else None


def check_integer(_: Field, value: Any) -> Iterable[str]:
    whole = isinstance(value, float) and value.is_integer()
    if isinstance(value, bool) or not (isinstance(value, int) or whole):
        yield "A whole number is needed, such as 5."


def parse_integer(_: Field, text: str) -> int | None:
    cleaned = text.strip().replace("\u2212", "-")
    if not cleaned:
        return None
    digits = cleaned[1:] if cleaned[0] in "+-" else cleaned
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("A whole number is needed, such as 5.")
    try:
        return int(cleaned)
    except ValueError as error:  # Python reads at most 4,300 digits
        raise ValueError("This number has too many digits.") from error


def coerce_decimal(_: Field, raw: Any) -> float | None:
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        return None
    try:
        number = float(raw)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def check_decimal(_: Field, value: Any) -> Iterable[str]:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or (isinstance(value, float) and not math.isfinite(value)):
        yield "A number is needed, such as 0.5."


def parse_decimal(_: Field, text: str) -> float | None:
    cleaned = text.strip().replace("\u2212", "-")
    if not cleaned:
        return None
    try:
        number = float(cleaned)
    except ValueError as error:
        comma = " Write a point instead of the comma." if "," in cleaned else ""
        raise ValueError(f"A number is needed, such as 0.5.{comma}") from error
    if not math.isfinite(number) or "_" in cleaned:
        raise ValueError("A number is needed, such as 0.5.")
    return number


def write_decimal(_: Field, value: Any) -> str:
    if value is None:
        return ""
    short = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return str(int(value)) if short else repr(value)


def coerce_switch(_: Field, raw: Any) -> bool:
    if isinstance(raw, str):
        return raw.strip().lower() in _TRUE
    return bool(raw)


def check_switch(_: Field, value: Any) -> Iterable[str]:
    if not isinstance(value, bool):
        yield "True or false is needed."


def parse_switch(_: Field, text: str) -> bool:
    word = text.strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError("True or false is needed.")
    return word in _TRUE


def write_switch(_: Field, value: Any) -> str:
    return "true" if value else "false"


def check_select(field: Field, value: Any) -> Iterable[str]:
    if not isinstance(value, str):
        yield "A text is needed."
    elif value not in ("", *field.options) and not field.free_text:
        yield f"Choose one of: {', '.join(field.options)}."


def check_tab(field: Field, value: Any) -> Iterable[str]:
    if value not in field.options:
        yield f"Choose one of: {', '.join(field.options)}."


def prompt_variables(text: str, *, double_braces: bool) -> set[str]:
    """The names that a prompt template uses; raises `ValueError` if its braces do not match."""
    if double_braces:
        parts = text.split("{{")[1:]
        return {part.split("}}")[0].strip() for part in parts if "}}" in part}
    names = (name for _, name, _, _ in string.Formatter().parse(text))
    return {name.strip() for name in names if name is not None and name.strip()}


def check_prompt(field: Field, value: Any) -> Iterable[str]:
    yield from check_text(field, value)
    if not isinstance(value, str) or value == field.default:
        return
    try:
        used = prompt_variables(value, double_braces=field.double_braces)
    except ValueError:
        yield "The curly braces do not match: write {{ and }} for braces that are part of the text."
        return
    for name in sorted(used - set(field.variables)):
        yield f"The flow has no variable “{name}”; a new one can only be added in Langflow."

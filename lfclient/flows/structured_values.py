"""The kinds of lists, objects, tables and files."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import NoReturn

from lfclient.common.json_types import Json, JsonObject
from lfclient.flows.field import Field, FieldKind
from lfclient.flows.kind_handler import KindHandler, is_none
from lfclient.flows.scalar_values import parse_decimal, write_decimal


def to_json(value: Json, indent: int | None = 2) -> str:
    """Return readable JSON.

    Raises `ValueError` for a value that JSON can't represent.
    """
    try:
        return json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False)
    except (TypeError, RecursionError) as error:
        raise ValueError("This is not a JSON value.") from error


def from_json(text: str) -> Json:
    """Parse JSON text. Raises `ValueError` that names line and column."""
    try:
        value = json.loads(text, parse_constant=reject_constant)
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


def reject_constant(name: str) -> NoReturn:
    """Raise `ValueError` for NaN and Infinity, which Python's parser accepts and JSON lacks."""
    raise ValueError(f"{name} is not a valid number in JSON.")


def option_names(items: Iterable[Json]) -> list[str]:
    """Return the names of options, which flows store as texts or as dicts with a name."""
    names = (item.get("name") if isinstance(item, dict) else item for item in items)
    return [name if isinstance(name, str) else str(name) for name in names if name is not None]


def _is_list_of_named(value: Json) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, dict) and isinstance(item.get("name"), str) for item in value
    )


def coerce_text_list(_: Field, raw: Json) -> list[str]:
    if isinstance(raw, str):
        return [raw] if raw else []
    return option_names(raw) if isinstance(raw, list) else []


def check_text_list(_: Field, value: Json) -> Iterable[str]:
    if not isinstance(value, list) or any(not isinstance(item, str) for item in value):
        yield "Enter a list of texts."


def check_multiselect(field: Field, value: Json) -> Iterable[str]:
    yield from check_text_list(field, value)
    if isinstance(value, list) and not field.free_text:
        for item in value:
            if isinstance(item, str) and item not in field.options:
                yield f"“{item}” is not one of: {', '.join(field.options)}."


def parse_lines(_: Field, text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def write_lines(_: Field, value: Json) -> str:
    return "\n".join(value or ())


def coerce_ordered_list(_: Field, raw: Json) -> list[JsonObject]:
    if isinstance(raw, str):
        raw = [raw] if raw else []
    return [{"name": name} for name in option_names(raw)] if isinstance(raw, list) else []


def check_ordered_list(field: Field, value: Json) -> Iterable[str]:
    if not _is_list_of_named(value):
        yield 'Enter a list of names, such as [{"name": "First"}].'
        return
    for item in value:
        if item["name"] not in field.options and not field.free_text:
            yield f"“{item['name']}” is not one of: {', '.join(field.options)}."
    if field.max_choices and len(value) > field.max_choices:
        yield f"Choose at most {field.max_choices}."


def parse_ordered_list(field: Field, text: str) -> list[JsonObject]:
    return [{"name": line.strip()} for line in parse_lines(field, text)]


def write_ordered_list(_: Field, value: Json) -> str:
    return "\n".join(option_names(value or ()))


def coerce_mapping(_: Field, raw: Json) -> JsonObject:
    if isinstance(raw, str):
        try:
            raw = from_json(raw)
        except ValueError:
            return {}
    if isinstance(raw, list):  # rows of key and value, as stored by older editors
        pairs = [item for item in raw if isinstance(item, dict) and "key" in item]
        return {str(item["key"]): item.get("value") for item in pairs}
    return raw if isinstance(raw, dict) else {}


def check_mapping(field: Field, value: Json) -> Iterable[str]:
    if not isinstance(value, dict):
        yield 'Enter an object, such as {"name": "value"}.'
    else:
        yield from check_json(field, value)


def parse_mapping(field: Field, text: str) -> JsonObject:
    value = from_json(text) if text.strip() else {}
    for message in check_mapping(field, value):
        raise ValueError(message)
    return value


def coerce_unknown(_: Field, raw: Json) -> Json:
    return raw


def check_json(_: Field, value: Json) -> Iterable[str]:
    try:
        to_json(value)
    except ValueError:
        yield "This is not a JSON value."


def parse_json(_: Field, text: str) -> Json:
    return from_json(text) if text.strip() else None


def write_json(_: Field, value: Json) -> str:
    return "" if value is None else to_json(value)


def coerce_rows(_: Field, raw: Json) -> list[JsonObject]:
    if isinstance(raw, dict):
        raw = [raw]
    return [row for row in raw if isinstance(row, dict)] if isinstance(raw, list) else []


def check_rows(field: Field, value: Json) -> Iterable[str]:
    if not isinstance(value, list) or any(not isinstance(row, dict) for row in value):
        yield 'Enter a list of rows, such as [{"column": "value"}].'
    else:
        yield from check_json(field, value)


def parse_rows(field: Field, text: str) -> list[JsonObject]:
    value = from_json(text) if text.strip() else []
    for message in check_rows(field, value):
        raise ValueError(message)
    return value


def coerce_file(field: Field, raw: Json) -> str | list[str]:
    paths = coerce_text_list(field, raw)
    return paths if field.is_list else (paths[0] if paths else "")


def check_file(field: Field, value: Json) -> Iterable[str]:
    if field.is_list and not isinstance(value, str):
        yield from check_text_list(field, value)
    elif not isinstance(value, str):
        yield "Enter a path."


def parse_file(field: Field, text: str) -> str | list[str]:
    paths = [line.strip() for line in parse_lines(field, text)]
    if field.is_list:
        return paths
    if len(paths) > 1:
        raise ValueError("Enter only one file.")
    return paths[0] if paths else ""


def write_file(field: Field, value: Json) -> str:
    return value if isinstance(value, str) else write_lines(field, value)


def coerce_duration(_: Field, raw: Json) -> JsonObject | None:
    if not isinstance(raw, dict) or "value" not in raw:
        return None
    return {"value": raw["value"], "unit": str(raw.get("unit") or "")}


def check_duration(field: Field, value: Json) -> Iterable[str]:
    number = value.get("value") if isinstance(value, dict) else None
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        yield 'Enter a number and a unit, such as {"value": 3, "unit": "Days"}.'
        return
    if number < 0 or not math.isfinite(number):
        yield "A duration can't be negative or infinite."
    if field.units and value.get("unit") not in field.units:
        yield f"Choose a unit from: {', '.join(field.units)}."


def parse_duration(field: Field, text: str) -> JsonObject | None:
    if not text.strip():
        return None
    number, _, unit = text.strip().partition(" ")
    parsed = parse_decimal(field, number)
    value = int(parsed) if parsed is not None and parsed.is_integer() else parsed
    return {"value": value, "unit": unit.strip() or (field.units[0] if field.units else "")}


def write_duration(field: Field, value: Json) -> str:
    return f"{write_decimal(field, value['value'])} {value['unit']}".strip() if value else ""


def coerce_model(_: Field, raw: Json) -> list[JsonObject]:
    if isinstance(raw, str):
        return [{"name": raw}] if raw else []
    items = raw if isinstance(raw, list) else [raw]
    return [item for item in items if isinstance(item, dict) and item.get("name")]


def check_model(field: Field, value: Json) -> Iterable[str]:
    if not isinstance(value, str) and not _is_list_of_named(value):
        yield "Enter a model's name, or a list with its name and provider."


def parse_model(field: Field, text: str) -> list[JsonObject]:
    name = text.strip()
    known = [choice for choice in field.choices if name in (choice["name"], model_label(choice))]
    return known[:1] or ([{"name": name}] if name else [])


def write_model(_: Field, value: Json) -> str:
    if isinstance(value, str):
        return value
    return ", ".join(model_label(item) for item in value or ())


def model_label(choice: JsonObject) -> str:
    """Return a model's label: provider, then name."""
    provider = choice.get("provider")
    return f"{provider}: {choice['name']}" if provider else str(choice["name"])


_MAPPING = KindHandler(coerce_mapping, check_mapping, parse_mapping, write_json)

HANDLERS: dict[FieldKind, KindHandler] = {
    FieldKind.MULTISELECT: KindHandler(
        coerce_text_list, check_multiselect, parse_lines, write_lines
    ),
    FieldKind.ORDERED_LIST: KindHandler(
        coerce_ordered_list, check_ordered_list, parse_ordered_list, write_ordered_list
    ),
    FieldKind.TEXT_LIST: KindHandler(coerce_text_list, check_text_list, parse_lines, write_lines),
    FieldKind.DICT: _MAPPING,
    FieldKind.JSON: _MAPPING,
    FieldKind.TABLE: KindHandler(coerce_rows, check_rows, parse_rows, write_json),
    FieldKind.FILE: KindHandler(coerce_file, check_file, parse_file, write_file),
    FieldKind.DURATION: KindHandler(
        coerce_duration, check_duration, parse_duration, write_duration
    ),
    FieldKind.MODEL: KindHandler(coerce_model, check_model, parse_model, write_model),
    FieldKind.UNKNOWN: KindHandler(coerce_unknown, check_json, parse_json, write_json, is_none),
}

"""The kinds of fields: how values of each are read, checked, and typed as text.

To add one, add a member to `FieldKind`, a class to `KIND_HANDLERS`, its input types to
`field_extraction`, and a widget to the form.
"""

import math
import sys
from collections.abc import Iterable

from lfclient.common.json_text import from_json, to_json
from lfclient.common.json_types import Json, JsonObject
from lfclient.flows.field import Field, FieldKind
from lfclient.flows.prompts import check_prompt
from lfclient.resources.models import model_label

_EXPECTED_INTEGER = "Enter a whole number, such as 5."
_EXPECTED_NUMBER = "Enter a number, such as 0.5."


class KindHandler:
    """Any JSON value, and the base class of all kinds."""

    def coerce(self, field: Field, raw: Json) -> Json:
        """Return a flow's stored value in this kind's shape, or None."""
        return raw

    def check(self, field: Field, value: Json) -> Iterable[str]:
        """Yield a value's problems as sentences."""
        try:
            to_json(value)
        except ValueError:
            yield "This is not a JSON value."

    def parse(self, field: Field, text: str) -> Json:
        """Return the value that a person typed as text, None for the flow's own.

        Raises `ValueError` with a sentence.
        """
        return from_json(text) if text.strip() else None

    def write(self, value: Json) -> str:
        """Return a value as text that `parse` can read."""
        return "" if value is None else to_json(value)


class TextKind(KindHandler):
    def coerce(self, field: Field, raw: Json) -> str:
        if isinstance(raw, dict):
            raw = raw.get("text")  # a flow saved after a run may contain a Message
        if raw is None or isinstance(raw, (list, dict)):
            return ""
        if isinstance(raw, bool):
            return str(raw).lower()
        return str(raw)

    def check(self, field: Field, value: Json) -> Iterable[str]:
        if not isinstance(value, str):
            yield "Enter text."

    def parse(self, field: Field, text: str) -> str:
        return text

    def write(self, value: Json) -> str:
        return "" if value is None else str(value)


class PromptKind(TextKind):
    def check(self, field: Field, value: Json) -> Iterable[str]:
        yield from super().check(field, value)
        if isinstance(value, str) and value != field.default:
            yield from check_prompt(field, value)


class SelectKind(TextKind):
    def check(self, field: Field, value: Json) -> Iterable[str]:
        yield from super().check(field, value)
        if isinstance(value, str) and value and not (field.free_text or field.resource):
            yield from _check_options(field, [value])


class TabKind(TextKind):
    def check(self, field: Field, value: Json) -> Iterable[str]:
        yield from _check_options(field, [value])


class IntegerKind(KindHandler):
    def coerce(self, field: Field, raw: Json) -> int | None:
        if isinstance(raw, str):
            try:
                return int(raw)
            except ValueError:
                return None
        if isinstance(raw, float):
            return int(raw) if raw.is_integer() else None
        return raw if isinstance(raw, int) and not isinstance(raw, bool) else None

    def check(self, field: Field, value: Json) -> Iterable[str]:
        is_whole = isinstance(value, float) and value.is_integer()
        if isinstance(value, bool) or not (isinstance(value, int) or is_whole):
            yield _EXPECTED_INTEGER

    def parse(self, field: Field, text: str) -> int | None:
        cleaned = _clean_number(text)
        if not cleaned:
            return None
        digits = cleaned[1:] if cleaned[0] in "+-" else cleaned
        if not (digits.isascii() and digits.isdigit()):
            raise ValueError(_EXPECTED_INTEGER)
        try:
            return int(cleaned)
        except ValueError as error:  # Python parses at most 4,300 digits
            raise ValueError("This number has too many digits.") from error


class DecimalKind(KindHandler):
    def coerce(self, field: Field, raw: Json) -> float | None:
        if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
            return None
        try:
            number = float(raw)
        except (ValueError, OverflowError):
            return None
        return number if math.isfinite(number) else None

    def check(self, field: Field, value: Json) -> Iterable[str]:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or (isinstance(value, float) and not math.isfinite(value)):
            yield _EXPECTED_NUMBER

    def parse(self, field: Field, text: str) -> float | None:
        cleaned = _clean_number(text)
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

    def write(self, value: Json) -> str:
        if value is None:
            return ""
        is_short = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
        return str(int(value)) if is_short else repr(value)


class SwitchKind(KindHandler):
    def coerce(self, field: Field, raw: Json) -> bool:
        if isinstance(raw, str):
            return raw.strip().lower() in ("true", "yes", "on", "1")
        return bool(raw)

    def check(self, field: Field, value: Json) -> Iterable[str]:
        if not isinstance(value, bool):
            yield "Enter true or false."


class TextListKind(KindHandler):
    def coerce(self, field: Field, raw: Json) -> Json:
        if isinstance(raw, str):
            return [raw] if raw else []
        return option_names(raw) if isinstance(raw, list) else []

    def check(self, field: Field, value: Json) -> Iterable[str]:
        if not isinstance(value, list) or any(not isinstance(item, str) for item in value):
            yield "Enter a list of texts."

    def parse(self, field: Field, text: str) -> Json:
        return _parse_lines(text)

    def write(self, value: Json) -> str:
        return "\n".join(value or ())


class MultiselectKind(TextListKind):
    def check(self, field: Field, value: Json) -> Iterable[str]:
        problems = list(super().check(field, value))
        return problems if problems or field.free_text else _check_options(field, value)


class FileKind(TextListKind):
    """A path as str, or a list of paths where `is_list`."""

    def coerce(self, field: Field, raw: Json) -> Json:
        paths = super().coerce(field, raw)
        return paths if field.is_list else next(iter(paths), "")

    def check(self, field: Field, value: Json) -> Iterable[str]:
        if field.is_list and not isinstance(value, str):
            yield from super().check(field, value)
        elif not isinstance(value, str):
            yield "Enter a path."

    def parse(self, field: Field, text: str) -> Json:
        paths = [line.strip() for line in _parse_lines(text)]
        if field.is_list:
            return paths
        if len(paths) > 1:
            raise ValueError("Enter only one file.")
        return next(iter(paths), "")

    def write(self, value: Json) -> str:
        return value if isinstance(value, str) else super().write(value)


class OrderedListKind(TextListKind):
    def coerce(self, field: Field, raw: Json) -> list[JsonObject]:
        return name_items(super().coerce(field, raw))

    def check(self, field: Field, value: Json) -> Iterable[str]:
        if not (isinstance(value, list) and all(map(_is_named, value))):
            yield 'Enter a list of names, such as [{"name": "First"}].'
            return
        if not field.free_text:
            yield from _check_options(field, option_names(value))
        if field.max_choices and len(value) > field.max_choices:
            yield f"Choose at most {field.max_choices}."

    def parse(self, field: Field, text: str) -> list[JsonObject]:
        return [{"name": line.strip()} for line in _parse_lines(text)]

    def write(self, value: Json) -> str:
        return super().write(option_names(value or ()))


class MappingKind(KindHandler):
    def coerce(self, field: Field, raw: Json) -> JsonObject:
        if isinstance(raw, str):
            try:
                raw = from_json(raw)
            except ValueError:
                return {}
        if isinstance(raw, list):  # rows of key and value, as stored by older editors
            pairs = [item for item in raw if isinstance(item, dict) and "key" in item]
            return {str(item["key"]): item.get("value") for item in pairs}
        return raw if isinstance(raw, dict) else {}

    def check(self, field: Field, value: Json) -> Iterable[str]:
        if isinstance(value, dict):
            return super().check(field, value)
        return ['Enter an object, such as {"name": "value"}.']


class TableKind(KindHandler):
    def coerce(self, field: Field, raw: Json) -> list[JsonObject]:
        if isinstance(raw, dict):
            raw = [raw]
        return [row for row in raw if isinstance(row, dict)] if isinstance(raw, list) else []

    def check(self, field: Field, value: Json) -> Iterable[str]:
        if isinstance(value, list) and all(isinstance(row, dict) for row in value):
            return super().check(field, value)
        return ['Enter a list of rows, such as [{"column": "value"}].']


class DurationKind(KindHandler):
    def coerce(self, field: Field, raw: Json) -> JsonObject | None:
        if not isinstance(raw, dict) or "value" not in raw:
            return None
        return {"value": raw["value"], "unit": str(raw.get("unit") or "")}

    def check(self, field: Field, value: Json) -> Iterable[str]:
        number = value.get("value") if isinstance(value, dict) else None
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            yield 'Enter a number and a unit, such as {"value": 3, "unit": "Days"}.'
            return
        if not 0 <= number <= sys.float_info.max:
            yield "A duration can't be negative or infinite."
        if field.units and value.get("unit") not in field.units:
            yield f"Choose a unit from: {', '.join(field.units)}."

    def parse(self, field: Field, text: str) -> JsonObject | None:
        if not text.strip():
            return None
        number, _, unit = text.strip().partition(" ")
        value = KIND_HANDLERS[FieldKind.DECIMAL].parse(field, number)
        if value is not None and value.is_integer():
            value = int(value)
        return {"value": value, "unit": unit.strip() or next(iter(field.units), "")}

    def write(self, value: Json) -> str:
        if not value:
            return ""
        number = KIND_HANDLERS[FieldKind.DECIMAL].write(value["value"])
        return f"{number} {value['unit']}".strip()


class ModelKind(KindHandler):
    def coerce(self, field: Field, raw: Json) -> list[JsonObject]:
        if isinstance(raw, str):
            return [{"name": raw}] if raw else []
        items = raw if isinstance(raw, list) else [raw]
        return [item for item in items if _is_model(item) and item["name"]]

    def check(self, field: Field, value: Json) -> Iterable[str]:
        is_list = isinstance(value, list) and all(map(_is_model, value))
        if not isinstance(value, str) and not is_list:
            yield "Enter a model's name, or a list with its name and provider."

    def parse(self, field: Field, text: str) -> list[JsonObject]:
        name = text.strip()
        for choice in field.choices:
            if name in (choice["name"], model_label(choice)):
                return [choice]
        provider, is_named, rest = name.partition(": ")
        if is_named and rest.strip():
            return [{"name": rest.strip(), "provider": provider}]
        return [{"name": name}] if name else []

    def write(self, value: Json) -> str:
        if isinstance(value, str):
            return value
        return ", ".join(model_label(item) for item in value or ())


def option_names(items: Iterable[Json]) -> list[str]:
    """Return the names of options, which flows store as texts or as dicts with a name."""
    names = (item.get("name") if isinstance(item, dict) else item for item in items)
    return [str(name) for name in names if name is not None]


def name_items(items: Iterable[Json]) -> list[Json]:
    """Return the items of an ordered list with only their names, as the form produces them."""
    return [{"name": name} for name in option_names(items)]


def _check_options(field: Field, names: Iterable[Json]) -> Iterable[str]:
    for name in names:
        if name not in field.options:
            problem = f"“{name}” is not an option. " if name else ""
            yield f"{problem}Choose from: {', '.join(field.options)}."


def _clean_number(text: str) -> str:
    return text.strip().replace("\u2212", "-")


def _parse_lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def _is_named(item: Json) -> bool:
    return isinstance(item, dict) and isinstance(item.get("name"), str)


def _is_model(item: Json) -> bool:
    return _is_named(item) and isinstance(item.get("provider"), str | None)


KIND_HANDLERS: dict[FieldKind, KindHandler] = {
    FieldKind.TEXT: TextKind(),
    FieldKind.MULTILINE: TextKind(),
    FieldKind.PROMPT: PromptKind(),
    FieldKind.INTEGER: IntegerKind(),
    FieldKind.DECIMAL: DecimalKind(),
    FieldKind.SLIDER: DecimalKind(),
    FieldKind.SWITCH: SwitchKind(),
    FieldKind.SELECT: SelectKind(),
    FieldKind.TAB: TabKind(),
    FieldKind.MULTISELECT: MultiselectKind(),
    FieldKind.ORDERED_LIST: OrderedListKind(),
    FieldKind.SECRET: TextKind(),
    FieldKind.TEXT_LIST: TextListKind(),
    FieldKind.DICT: MappingKind(),
    FieldKind.JSON: MappingKind(),
    FieldKind.TABLE: TableKind(),
    FieldKind.FILE: FileKind(),
    FieldKind.DURATION: DurationKind(),
    FieldKind.MODEL: ModelKind(),
    FieldKind.UNKNOWN: KindHandler(),
}

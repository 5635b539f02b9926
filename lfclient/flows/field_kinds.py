"""The registry of field kinds.

To add one, add a member to `FieldKind`, a handler to `KIND_HANDLERS`, its input types to
`field_extraction.py`, and a widget to the form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lfclient.common.json_types import Json
from lfclient.flows import scalar_values, structured_values
from lfclient.flows.field import Field, FieldKind


@dataclass(frozen=True)
class KindHandler:
    """Reads, checks and writes the values of one kind.

    `coerce` returns a flow's stored value in this kind's shape, or None. `check` yields a value's
    problems as sentences. `parse` returns the value that a person typed as text, and raises
    `ValueError` with a sentence; `write` returns a value as such text. `is_empty` returns whether
    a value counts as missing where one is required.
    """

    coerce: Callable[[Field, Json], Json]
    check: Callable[[Field, Json], Iterable[str]]
    parse: Callable[[Field, str], Json]
    write: Callable[[Field, Json], str]
    is_empty: Callable[[Json], bool] = lambda value: not value


def _is_none(value: Json) -> bool:
    return value is None  # unlike the default, zero and False count as values


_TEXT = KindHandler(
    scalar_values.coerce_text,
    scalar_values.check_text,
    scalar_values.parse_text,
    scalar_values.write_text,
)
_DECIMAL = KindHandler(
    scalar_values.coerce_decimal,
    scalar_values.check_decimal,
    scalar_values.parse_decimal,
    scalar_values.write_decimal,
    _is_none,
)
_MAPPING = KindHandler(
    structured_values.coerce_mapping,
    structured_values.check_mapping,
    structured_values.parse_mapping,
    structured_values.write_json,
)

KIND_HANDLERS: dict[FieldKind, KindHandler] = {
    FieldKind.TEXT: _TEXT,
    FieldKind.MULTILINE: _TEXT,
    FieldKind.SECRET: _TEXT,
    FieldKind.PROMPT: KindHandler(
        scalar_values.coerce_text,
        scalar_values.check_prompt,
        scalar_values.parse_text,
        scalar_values.write_text,
    ),
    FieldKind.INTEGER: KindHandler(
        scalar_values.coerce_integer,
        scalar_values.check_integer,
        scalar_values.parse_integer,
        scalar_values.write_text,
        _is_none,
    ),
    FieldKind.DECIMAL: _DECIMAL,
    FieldKind.SLIDER: _DECIMAL,
    FieldKind.SWITCH: KindHandler(
        scalar_values.coerce_switch,
        scalar_values.check_switch,
        scalar_values.parse_switch,
        scalar_values.write_switch,
        _is_none,
    ),
    FieldKind.SELECT: KindHandler(
        scalar_values.coerce_text,
        scalar_values.check_select,
        scalar_values.parse_text,
        scalar_values.write_text,
    ),
    FieldKind.TAB: KindHandler(
        scalar_values.coerce_text,
        scalar_values.check_tab,
        scalar_values.parse_text,
        scalar_values.write_text,
    ),
    FieldKind.MULTISELECT: KindHandler(
        structured_values.coerce_text_list,
        structured_values.check_multiselect,
        structured_values.parse_lines,
        structured_values.write_lines,
    ),
    FieldKind.ORDERED_LIST: KindHandler(
        structured_values.coerce_ordered_list,
        structured_values.check_ordered_list,
        structured_values.parse_ordered_list,
        structured_values.write_ordered_list,
    ),
    FieldKind.TEXT_LIST: KindHandler(
        structured_values.coerce_text_list,
        structured_values.check_text_list,
        structured_values.parse_lines,
        structured_values.write_lines,
    ),
    FieldKind.DICT: _MAPPING,
    FieldKind.JSON: _MAPPING,
    FieldKind.TABLE: KindHandler(
        structured_values.coerce_rows,
        structured_values.check_rows,
        structured_values.parse_rows,
        structured_values.write_json,
    ),
    FieldKind.FILE: KindHandler(
        structured_values.coerce_file,
        structured_values.check_file,
        structured_values.parse_file,
        structured_values.write_file,
    ),
    FieldKind.DURATION: KindHandler(
        structured_values.coerce_duration,
        structured_values.check_duration,
        structured_values.parse_duration,
        structured_values.write_duration,
    ),
    FieldKind.MODEL: KindHandler(
        structured_values.coerce_model,
        structured_values.check_model,
        structured_values.parse_model,
        structured_values.write_model,
    ),
    FieldKind.UNKNOWN: KindHandler(
        structured_values.coerce_unknown,
        structured_values.check_json,
        structured_values.parse_json,
        structured_values.write_json,
        _is_none,
    ),
}

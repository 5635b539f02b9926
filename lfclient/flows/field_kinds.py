"""The registry of kinds: how each is read from a flow, checked, read from text and written as text.

To add one: give it a member of `FieldKind`, a `Kind` in `KINDS`, its input types in `template.py`,
and its widget in the form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from lfclient.flows import scalar_values, structured_values
from lfclient.flows.field import Field, FieldKind


@dataclass(frozen=True)
class Kind:
    """What is particular to one kind.

    `coerce`: a flow's stored value, in this kind's shape; None if it has none. `check`: what is
    wrong with a value, as sentences; empty if nothing is. `parse`: text that a person wrote to a
    value; raises `ValueError` with a sentence. `write`: a value as such text. `empty`: whether a
    value counts as none where one is required.
    """

    coerce: Callable[[Field, Any], Any]
    check: Callable[[Field, Any], Iterable[str]]
    parse: Callable[[Field, str], Any]
    write: Callable[[Field, Any], str]
    empty: Callable[[Any], bool] = lambda value: not value


_PLAIN = Kind(
    scalar_values.text, scalar_values.check_text, scalar_values.as_is, scalar_values.write
)
_NEVER_EMPTY: Callable[[Any], bool] = lambda value: value is None  # noqa: E731 - zero counts
_DECIMAL = Kind(
    scalar_values.decimal,
    scalar_values.check_decimal,
    scalar_values.parse_decimal,
    scalar_values.write_decimal,
    _NEVER_EMPTY,
)
_MAPPING = Kind(
    structured_values.mapping,
    structured_values.check_mapping,
    structured_values.parse_mapping,
    structured_values.write_json,
)

KINDS: dict[FieldKind, Kind] = {
    FieldKind.TEXT: _PLAIN,
    FieldKind.MULTILINE: _PLAIN,
    FieldKind.SECRET: _PLAIN,
    FieldKind.PROMPT: Kind(
        scalar_values.text, scalar_values.check_prompt, scalar_values.as_is, scalar_values.write
    ),
    FieldKind.INTEGER: Kind(
        scalar_values.integer,
        scalar_values.check_integer,
        scalar_values.parse_integer,
        scalar_values.write,
        _NEVER_EMPTY,
    ),
    FieldKind.DECIMAL: _DECIMAL,
    FieldKind.SLIDER: _DECIMAL,
    FieldKind.SWITCH: Kind(
        scalar_values.switch,
        scalar_values.check_switch,
        scalar_values.parse_switch,
        scalar_values.write_switch,
        _NEVER_EMPTY,
    ),
    FieldKind.SELECT: Kind(
        scalar_values.text, scalar_values.check_select, scalar_values.as_is, scalar_values.write
    ),
    FieldKind.TAB: Kind(
        scalar_values.text, scalar_values.check_tab, scalar_values.as_is, scalar_values.write
    ),
    FieldKind.MULTISELECT: Kind(
        structured_values.texts,
        structured_values.check_multiselect,
        structured_values.parse_lines,
        structured_values.write_lines,
    ),
    FieldKind.ORDERED_LIST: Kind(
        structured_values.named,
        structured_values.check_named,
        structured_values.parse_named,
        structured_values.write_named,
    ),
    FieldKind.TEXT_LIST: Kind(
        structured_values.texts,
        structured_values.check_texts,
        structured_values.parse_lines,
        structured_values.write_lines,
    ),
    FieldKind.DICT: _MAPPING,
    FieldKind.JSON: _MAPPING,
    FieldKind.TABLE: Kind(
        structured_values.rows,
        structured_values.check_rows,
        structured_values.parse_rows,
        structured_values.write_json,
    ),
    FieldKind.FILE: Kind(
        structured_values.file,
        structured_values.check_file,
        structured_values.parse_file,
        structured_values.write_file,
    ),
    FieldKind.DURATION: Kind(
        structured_values.duration,
        structured_values.check_duration,
        structured_values.parse_duration,
        structured_values.write_duration,
    ),
    FieldKind.MODEL: Kind(
        structured_values.model,
        structured_values.check_model,
        structured_values.parse_model,
        structured_values.write_model,
    ),
    FieldKind.UNKNOWN: Kind(
        structured_values.as_stored,
        structured_values.check_json,
        structured_values.parse_json,
        structured_values.write_json,
        _NEVER_EMPTY,
    ),
}

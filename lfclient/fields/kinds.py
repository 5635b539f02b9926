"""The registry of kinds: how each is read from a flow, checked, read from text and written as text.

To add one: give it a member of `FieldKind`, a `Kind` in `KINDS`, its input types in `template.py`,
and its widget in the form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from lfclient.fields import scalars, structures
from lfclient.fields.model import Field, FieldKind


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


_PLAIN = Kind(scalars.text, scalars.check_text, scalars.as_is, scalars.write)
_NEVER_EMPTY: Callable[[Any], bool] = lambda value: value is None  # noqa: E731 - zero counts
_DECIMAL = Kind(
    scalars.decimal,
    scalars.check_decimal,
    scalars.parse_decimal,
    scalars.write_decimal,
    _NEVER_EMPTY,
)
_MAPPING = Kind(
    structures.mapping,
    structures.check_mapping,
    structures.parse_mapping,
    structures.write_json,
)

KINDS: dict[FieldKind, Kind] = {
    FieldKind.TEXT: _PLAIN,
    FieldKind.MULTILINE: _PLAIN,
    FieldKind.SECRET: _PLAIN,
    FieldKind.PROMPT: Kind(scalars.text, scalars.check_prompt, scalars.as_is, scalars.write),
    FieldKind.INTEGER: Kind(
        scalars.integer, scalars.check_integer, scalars.parse_integer, scalars.write, _NEVER_EMPTY
    ),
    FieldKind.DECIMAL: _DECIMAL,
    FieldKind.SLIDER: _DECIMAL,
    FieldKind.SWITCH: Kind(
        scalars.switch,
        scalars.check_switch,
        scalars.parse_switch,
        scalars.write_switch,
        _NEVER_EMPTY,
    ),
    FieldKind.SELECT: Kind(scalars.text, scalars.check_select, scalars.as_is, scalars.write),
    FieldKind.TAB: Kind(scalars.text, scalars.check_tab, scalars.as_is, scalars.write),
    FieldKind.MULTISELECT: Kind(
        structures.texts,
        structures.check_multiselect,
        structures.parse_lines,
        structures.write_lines,
    ),
    FieldKind.ORDERED_LIST: Kind(
        structures.named, structures.check_named, structures.parse_named, structures.write_named
    ),
    FieldKind.TEXT_LIST: Kind(
        structures.texts, structures.check_texts, structures.parse_lines, structures.write_lines
    ),
    FieldKind.DICT: _MAPPING,
    FieldKind.JSON: _MAPPING,
    FieldKind.TABLE: Kind(
        structures.rows, structures.check_rows, structures.parse_rows, structures.write_json
    ),
    FieldKind.FILE: Kind(
        structures.file, structures.check_file, structures.parse_file, structures.write_file
    ),
    FieldKind.DURATION: Kind(
        structures.duration,
        structures.check_duration,
        structures.parse_duration,
        structures.write_duration,
    ),
    FieldKind.MODEL: Kind(
        structures.model, structures.check_model, structures.parse_model, structures.write_model
    ),
    FieldKind.UNKNOWN: Kind(
        structures.as_stored,
        structures.check_json,
        structures.parse_json,
        structures.write_json,
        _NEVER_EMPTY,
    ),
}

"""Editors for rows: tables and key-value pairs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from lfclient.common.formatting import clip
from lfclient.flows.field import Field, FieldKind
from pages._ui.form.widgets import Widget, WidgetSpec, WidgetStates
from pages._ui.widgets.markdown import escape

_BOOLEANS = frozenset({"bool", "boolean"})
_NUMBERS = frozenset({"int", "integer", "float", "number"})
_MAX_ROWS = 500  # larger tables are edited as JSON


class TableEditor(Widget):
    """A table editor; its widget state holds only the changes to the rows it started with."""

    seeded = False

    def seed(self, field: Field, value: Any) -> WidgetStates:
        return {"": {}}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        rows = apply_edits(self.rows(base), states[""] or {}, table_columns(field, base))
        return self.value(
            [row for row in rows if any(not _is_blank(cell) for cell in row.values())]
        )

    def rows(self, value: Any) -> list[dict[str, Any]]:
        """Convert a value to rows."""
        return [dict(row) for row in value or []]

    def value(self, rows: list[dict[str, Any]]) -> Any:
        """Convert rows to a value."""
        return rows

    def draw(self, spec: WidgetSpec) -> None:
        base = st.session_state[base_rows_key(spec.key)]
        columns = table_columns(spec.field, base)
        rows = self.rows(base)
        frame = pd.DataFrame(
            {
                name: pd.Series(
                    [_parse_boolean(row.get(name), column) for row in rows], dtype=_dtype(column)
                )
                for name, column in columns.items()
            }
        )
        st.data_editor(
            frame,
            key=spec.key,
            num_rows="dynamic",
            hide_index=True,
            width="stretch",
            column_config={name: _column_config(name, column) for name, column in columns.items()},
            alt=spec.label,
        )


class KeyValueEditor(TableEditor):
    """An editor for an object whose values are texts."""

    def rows(self, value: Any) -> list[dict[str, Any]]:
        return [{"key": key, "value": text} for key, text in (value or {}).items()]

    def value(self, rows: list[dict[str, Any]]) -> Any:
        keys = [str(row.get("key") or "").strip() for row in rows]
        if not all(keys):
            raise ValueError("A value has no key. Enter one, or delete the row.")
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice:
            raise ValueError(f"The key “{twice}” is used twice.")
        return {key: str(row.get("value") or "") for key, row in zip(keys, rows, strict=True)}


def base_rows_key(key: str) -> str:
    """Return the session key of the rows that an editor started with."""
    return f"{key}-rows"


def fits_table(field: Field, value: Any) -> bool:
    """Return whether a value can be edited as a table without loss."""
    if field.kind is FieldKind.DICT:
        return all(isinstance(text, str) for text in (value or {}).values())
    columns = table_columns(field, value)
    return (
        bool(columns)
        and len(value or []) <= _MAX_ROWS
        and all(
            _fits_column(row[name], column)
            for row in value or []
            for name, column in columns.items()
            if name in row
        )
    )


def table_columns(field: Field, value: Any) -> dict[str, dict[str, Any]]:
    """Return the columns by name: those the flow declares, then others found in rows."""
    if field.kind is FieldKind.DICT:
        return {"key": {"display_name": "Key"}, "value": {"display_name": "Value"}}
    columns = {column["name"]: column for column in field.columns}
    for row in value or []:
        for name, cell in row.items():
            columns.setdefault(name, {"type": _infer_type(cell)})
    return columns


def apply_edits(
    rows: list[dict[str, Any]], changes: Mapping[str, Any], columns: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Apply an editor's changes, which refer to rows by their original positions."""
    for position, cells in (changes.get("edited_rows") or {}).items():
        if int(position) < len(rows):
            row = {**rows[int(position)], **cells}
            emptied = {name for name, cell in cells.items() if cell is None}
            rows[int(position)] = {n: cell for n, cell in row.items() if n not in emptied}
    gone = set(changes.get("deleted_rows") or [])
    kept = [row for position, row in enumerate(rows) if position not in gone]
    for cells in changes.get("added_rows") or []:
        given = {n: cell for n, cell in cells.items() if n in columns and not _is_blank(cell)}
        if given:
            defaults = {name: column.get("default") for name, column in columns.items()}
            kept.append(
                {n: c for n, c in defaults.items() if _is_usable_default(c, columns[n])} | given
            )
    return kept


def _is_blank(cell: Any) -> bool:
    return cell is None or cell == ""


def _parse_boolean(cell: Any, column: Mapping[str, Any]) -> Any:
    """Convert a cell of a boolean column: flows sometimes store booleans as text."""
    if isinstance(cell, str) and _column_type(column) in _BOOLEANS:
        return {"true": True, "false": False}.get(cell.lower(), cell)
    return cell


def _is_usable_default(default: Any, column: Mapping[str, Any]) -> bool:
    return default is not None and _fits_column(default, column)


def _infer_type(cell: Any) -> str:
    if isinstance(cell, bool):
        return "boolean"
    return "number" if isinstance(cell, (int, float)) else "str"


def _column_type(column: Mapping[str, Any]) -> str:
    return str(column.get("type") or "str").lower()


def _fits_column(cell: Any, column: Mapping[str, Any]) -> bool:
    kind = _column_type(column)
    if cell is None:
        return True
    if kind in _BOOLEANS:
        return isinstance(_parse_boolean(cell, column), bool)
    if kind in _NUMBERS:
        return isinstance(cell, (int, float)) and not isinstance(cell, bool) and abs(cell) < 2**53
    return isinstance(cell, str)


def _dtype(column: Mapping[str, Any]) -> str:
    kind = _column_type(column)
    if kind in _BOOLEANS:
        return "boolean"
    return "Float64" if kind in _NUMBERS else "string"


def _column_config(name: str, column: Mapping[str, Any]) -> Any:
    label = escape(str(column.get("display_name") or name))
    words = clip(escape(str(column.get("description") or "")), 300) or None
    kind = _column_type(column)
    options = column.get("options")
    if kind in _BOOLEANS:
        return st.column_config.CheckboxColumn(label, help=words)
    if kind in _NUMBERS:
        return st.column_config.NumberColumn(label, help=words)
    if isinstance(options, list) and options:
        return st.column_config.SelectboxColumn(label, help=words, options=[*map(str, options)])
    return st.column_config.TextColumn(label, help=words)

"""Editors for rows: tables and key-value pairs."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from lfclient.common.formatting import clip
from lfclient.flows.field import Field, FieldKind
from pages._ui.form.widgets import Widget, WidgetSpec, WidgetStates
from pages._ui.widgets.markdown import escape

_MAX_ROWS = 500  # larger tables are edited as JSON
_DTYPES = {"boolean": "boolean", "number": "Float64", "text": "string"}
# flows' own names; any other is a text
_COLUMN_TYPES = {"bool": "boolean", "boolean": "boolean"} | dict.fromkeys(
    ("int", "integer", "float", "number"), "number"
)


class TableEditor(Widget):
    """A table editor; its widget state holds only the changes to the rows it started with."""

    seeded = False

    def seed(self, field: Field, value: Any) -> WidgetStates:
        return {"": {}}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        rows = _apply_edits(self.rows(base), states[""] or {}, _columns(field, base))
        return self.value([row for row in rows if not all(map(_is_blank, row.values()))])

    def rows(self, value: Any) -> list[dict[str, Any]]:
        """Convert a value to rows."""
        return [dict(row) for row in value or []]

    def value(self, rows: list[dict[str, Any]]) -> Any:
        """Convert rows to a value."""
        return rows

    def draw(self, spec: WidgetSpec) -> None:
        columns = _columns(spec.field, spec.seed_value)
        rows = self.rows(spec.seed_value)
        series = {}
        for name, column in columns.items():
            cells = [_parse_boolean(row.get(name), column) for row in rows]
            series[name] = pd.Series(cells, dtype=_DTYPES[_column_type(column)])
        st.data_editor(
            pd.DataFrame(series),
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


def fits_table(field: Field, value: Any) -> bool:
    """Return whether a value can be edited as a table without loss."""
    if field.kind is FieldKind.DICT:
        return all(isinstance(text, str) for text in (value or {}).values())
    rows, columns = value or [], _columns(field, value)
    return (
        bool(columns)
        and len(rows) <= _MAX_ROWS
        and all(_fits_column(cell, columns[name]) for row in rows for name, cell in row.items())
    )


def _columns(field: Field, value: Any) -> dict[str, dict[str, Any]]:
    """Return the columns by name: those the flow declares, then others found in rows."""
    if field.kind is FieldKind.DICT:
        return {"key": {"display_name": "Key"}, "value": {"display_name": "Value"}}
    columns = {column["name"]: column for column in field.columns}
    for row in value or []:
        for name, cell in row.items():
            is_number = isinstance(cell, (int, float))
            kind = "boolean" if isinstance(cell, bool) else "number" if is_number else "text"
            columns.setdefault(name, {"type": kind})
    return columns


def _apply_edits(
    rows: list[dict[str, Any]], changes: Mapping[str, Any], columns: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Apply an editor's changes, which refer to rows by their original positions."""
    for position, cells in (changes.get("edited_rows") or {}).items():
        if int(position) < len(rows):
            row = {**rows[int(position)], **cells}
            emptied = {name for name, cell in cells.items() if cell is None}
            rows[int(position)] = {n: cell for n, cell in row.items() if n not in emptied}
    deleted = set(changes.get("deleted_rows") or [])
    edited = [row for position, row in enumerate(rows) if position not in deleted]
    defaults = {
        name: column["default"]
        for name, column in columns.items()
        if column.get("default") is not None and _fits_column(column["default"], column)
    }
    for cells in changes.get("added_rows") or []:
        entered = {n: cell for n, cell in cells.items() if n in columns and not _is_blank(cell)}
        if entered:
            edited.append(defaults | entered)
    return edited


def _is_blank(cell: Any) -> bool:
    return cell is None or cell == ""


def _column_type(column: Mapping[str, Any]) -> str:
    return _COLUMN_TYPES.get(str(column.get("type")).lower(), "text")


def _parse_boolean(cell: Any, column: Mapping[str, Any]) -> Any:
    """Convert a cell of a boolean column: flows sometimes store booleans as text."""
    if isinstance(cell, str) and _column_type(column) == "boolean":
        return {"true": True, "false": False}.get(cell.lower(), cell)
    return cell


def _fits_column(cell: Any, column: Mapping[str, Any]) -> bool:
    kind = _column_type(column)
    if cell is None:
        return True
    if kind == "boolean":
        return isinstance(_parse_boolean(cell, column), bool)
    if kind == "number":
        return isinstance(cell, (int, float)) and not isinstance(cell, bool) and abs(cell) < 2**53
    return isinstance(cell, str)


def _column_config(name: str, column: Mapping[str, Any]) -> Any:
    label = escape(str(column.get("display_name") or name))
    words = clip(escape(str(column.get("description") or "")), 300) or None
    kind, options = _column_type(column), column.get("options")
    if kind == "boolean":
        return st.column_config.CheckboxColumn(label, help=words)
    if kind == "number":
        return st.column_config.NumberColumn(label, help=words)
    if isinstance(options, list) and options:
        return st.column_config.SelectboxColumn(label, help=words, options=[*map(str, options)])
    return st.column_config.TextColumn(label, help=words)

"""A result as a file to keep: tables as CSV and Parquet, anything as JSON."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pandas as pd


def frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """A table's rows as a frame; a cell that holds a list or an object becomes its JSON text.

    Columns that mix kinds of values become text, since neither the screen nor Parquet has a type
    for them.
    """
    table = pd.DataFrame.from_records(rows)
    for name in [name for name, kind in table.dtypes.items() if kind.kind == "O"]:
        column = table[name]
        kinds = {type(value) for value in column if value is not None and value == value}
        if kinds - {str} and (len(kinds) > 1 or kinds & {dict, list}):
            table[name] = [_cell(value) for value in column]
    table.columns = [str(name) for name in table.columns]
    return table


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def csv(table: pd.DataFrame) -> bytes:
    """UTF-8 with a byte order mark, so that spreadsheets read accents right."""
    return table.to_csv(index=False).encode("utf-8-sig")


def parquet(table: pd.DataFrame) -> bytes:
    """The same table with its types."""
    file = io.BytesIO()
    table.to_parquet(file, index=False)
    return file.getvalue()


def json_bytes(value: Any) -> bytes:
    """Indented JSON in UTF-8; what JSON has no form for becomes its text."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str).encode()


def file_name(*parts: str, ending: str) -> str:
    """A file name that every system takes, from texts of somebody else."""
    stem = "-".join(re.sub(r"[^\w-]+", "-", part).strip("-") for part in parts if part)
    return f"{stem[:80] or 'output'}.{ending}"

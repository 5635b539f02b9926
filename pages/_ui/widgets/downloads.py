"""A result as a file to keep: tables as Parquet, anything as JSON, under a safe name."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pandas as pd

from lfclient.common.filenames import safe_name
from lfclient.common.formatting import replace_surrogates
from lfclient.console.content.json_writer import json_chunks


def to_dataframe(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """A table's rows as a frame; a cell that holds a list or an object becomes its JSON text.

    Columns that mix kinds of values, or hold whole numbers of more than 64 bits, become text,
    since neither the screen nor Parquet has a type for them.
    """
    try:
        table = pd.DataFrame.from_records(rows)
    except UnicodeEncodeError:
        table = pd.DataFrame.from_records([_readable_row(row) for row in rows])
    for name in [name for name, kind in table.dtypes.items() if kind.kind == "O"]:
        column = table[name]
        kinds = {type(value) for value in column if value is not None and value == value}
        if kinds - {str} and (len(kinds) > 1 or kinds & {dict, list, int}):
            table[name] = [_cell_text(value) for value in column]
    table.columns = [str(name) for name in table.columns]
    return table


def _readable_row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        replace_surrogates(name): replace_surrogates(cell) if isinstance(cell, str) else cell
        for name, cell in row.items()
    }


def _cell_text(value: Any) -> str | None:
    if value is None or value != value:
        return None
    if isinstance(value, str):
        return replace_surrogates(value)
    return replace_surrogates(json.dumps(value, ensure_ascii=False, default=str))


def to_parquet(table: pd.DataFrame) -> bytes:
    """The same table with its types."""
    file = io.BytesIO()
    table.to_parquet(file, index=False)
    return file.getvalue()


def to_json_bytes(value: Any) -> bytes:
    """Indented JSON in UTF-8."""
    # half a character is an escape in JSON, too
    return "".join(json_chunks(value)).encode("utf-8", "backslashreplace")


def file_name(*parts: str, ending: str) -> str:
    """A file name that every system takes, from texts of somebody else."""
    stem = "-".join(re.sub(r"[^\w-]+", "-", part).strip("-") for part in parts if part)
    return safe_name(f"{stem[:80] or 'output'}.{ending}")

"""Outputs as files: tables as data frames, any value as JSON, safe file names, save buttons."""

import json
import re
from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from lfclient.common.filenames import safe_name
from lfclient.common.formatting import replace_surrogates
from lfclient.console.content.json_writer import json_chunks


def to_dataframe(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return a table's rows as a data frame; lists and objects in cells become JSON text.

    Columns of mixed types, or with integers of more than 64 bits, become text, since neither the
    screen nor Parquet has a type for them.
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


def to_json_bytes(value: Any) -> bytes:
    """Return a value as indented JSON in UTF-8."""
    # an unpaired surrogate becomes an escape
    return "".join(json_chunks(value)).encode("utf-8", "backslashreplace")


def file_name(*parts: str, extension: str) -> str:
    """Return a file name that is valid on every system, from untrusted parts."""
    stem = "-".join(re.sub(r"[^\w-]+", "-", part).strip("-") for part in parts if part)
    return safe_name(f"{stem[:80] or 'output'}.{extension}")


def draw_button(
    label: str, data: bytes | str | Callable[[], bytes], name: str, key: str, **kwargs: Any
) -> None:
    """Draw a button that saves `data` as a file, without a rerun of the page.

    A callable `data` runs when the button is pressed. `kwargs` go to `st.download_button`.
    """
    style = {"type": "tertiary", "icon": ":material/download:"}
    st.download_button(label, data, name, key=key, on_click="ignore", **style | kwargs)

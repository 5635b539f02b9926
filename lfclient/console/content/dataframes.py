"""Tables as data frames."""

import json
from typing import Any

import pandas as pd

from lfclient.common.formatting import replace_surrogates


def to_dataframe(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return a table's rows as a data frame, with lists and objects in cells as JSON text.

    Columns of mixed types, or with integers of more than 64 bits, become text: neither the screen
    nor Parquet has a type for them.
    """
    try:
        table = pd.DataFrame.from_records(rows)
    except UnicodeEncodeError:
        table = pd.DataFrame.from_records([_readable_row(row) for row in rows])
    for name in [name for name, kind in table.dtypes.items() if kind == object]:  # noqa: E721
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

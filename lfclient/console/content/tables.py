"""Write tables as data frames and CSV, and values as JSON.

CSV and JSON are written in chunks, so that a large text is never in memory as a whole. Formulas in
CSV are escaped so that no spreadsheet evaluates them.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from lfclient.common.formatting import replace_surrogates
from lfclient.common.json_types import Json

BYTE_ORDER_MARK = "\ufeff"  # makes spreadsheets read the file as UTF-8
_CHUNK_LENGTH = 100_000  # characters
# The characters that start formulas in OWASP's list ("CSV Injection"), and their full-width forms.
# Some spreadsheets skip invisible characters before them.
_INVISIBLE = r"[\s\0\ufeff\u200b-\u200f\u2060]*"
_FORMULA = re.compile(rf"[\t\r\n]|{_INVISIBLE}[=+\-@＝＋－＠]")
_NUMBER_TEXT = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_NUMBER = re.compile(_NUMBER_TEXT)
# Where a comma is the decimal separator, spreadsheets start a new cell at a semicolon, and a new
# row at a line break. List items ("- one") and ";-)" are left unchanged.
_FORMULA_WITHIN = re.compile(
    r"([;\n](?:[^\S\n]|[\0\ufeff\u200b-\u200f\u2060])*)"
    rf"(?!{_NUMBER_TEXT}\s*(?:[;\n]|$))"
    r"(?=[=@＝＠]|[+\-＋－](?![\s)\-]))"
)


def csv_chunks(
    rows: Iterable[Mapping[str, Json]],
    redact: Callable[[Mapping[str, Json]], Mapping[str, Json]] = lambda row: row,
    *,
    names: Iterable[str] | None = None,
    delimiter: str = ",",
) -> Iterator[bytes]:
    """Yield the CSV of a table in UTF-8 with a byte order mark, in small chunks.

    The columns are `names`, or else all columns of the rows, which are then iterated twice. Each
    row is redacted as it is read. A cell that contains a list or an object becomes JSON.
    """
    columns = list(names or dict.fromkeys(name for row in rows for name in redact(row)))
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    buffer.write(BYTE_ORDER_MARK)
    writer.writerow([escape_formulas(str(name)) for name in columns])
    for row in map(redact, rows):
        writer.writerow([_cell(row.get(name)) for name in columns])
        if buffer.tell() >= _CHUNK_LENGTH:
            yield _flush(buffer)
    yield _flush(buffer)


def csv_bytes(rows: Iterable[Mapping[str, Json]], names: Iterable[str] | None = None) -> bytes:
    """Return a table's CSV. The columns are `names`, or else all columns of the rows."""
    return b"".join(csv_chunks(rows, names=names))


def tab_separated(rows: Iterable[Mapping[str, Json]]) -> str:
    """Return a table as the text that spreadsheets paste as cells."""
    chunks = csv_chunks(rows, delimiter="\t")
    return b"".join(chunks).decode().removeprefix(BYTE_ORDER_MARK)


def escape_formulas(text: str) -> str:
    """Put an apostrophe before each part of a text that a spreadsheet would read as a formula.

    Numbers such as -5 are left unchanged, because an apostrophe would exclude them from sums.
    """
    is_formula = _FORMULA.match(text) and not _NUMBER.fullmatch(text.strip(" "))
    # a spreadsheet starts a new row at a lone carriage return
    text = re.sub(r"\r\n?", "\n", text)
    text = _FORMULA_WITHIN.sub(r"\1'", text)
    return f"'{text}" if is_formula else text


def _cell(value: Json) -> Json:
    if isinstance(value, str):
        return escape_formulas(value)
    if value is None or value != value:
        return ""
    if isinstance(value, (bool, int, float)):
        return value
    return escape_formulas(json.dumps(value, ensure_ascii=False, default=str))


def _flush(buffer: io.StringIO) -> bytes:
    chunk = buffer.getvalue().encode("utf-8", "replace")
    buffer.seek(0)
    buffer.truncate()
    return chunk


def json_chunks(value: Json, redact: Callable[[Json], Json] = lambda value: value) -> Iterator[str]:
    """Yield a value's redacted JSON in chunks. Values that are not JSON are written as their text.

    Raise `RecursionError` if the value is nested too deeply.
    """
    encoder = json.JSONEncoder(ensure_ascii=False, indent=2, default=lambda item: redact(str(item)))
    parts: list[str] = []
    length = 0
    for part in encoder.iterencode(redact(value)):
        parts.append(part)
        length += len(part)
        if length >= _CHUNK_LENGTH:
            yield "".join(parts)
            parts, length = [], 0
    yield "".join(parts)


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

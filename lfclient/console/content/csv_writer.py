"""Tables as CSV that no spreadsheet takes for formulas: the one way in which they are written."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

BYTE_ORDER_MARK = "\ufeff"  # makes spreadsheets read the file as UTF-8
_CHUNK_LENGTH = 100_000  # characters
# what a spreadsheet reads as a formula, by OWASP's list ("CSV Injection") and its wide forms; some
# drop what is not seen before it
_INVISIBLE = r"[\s\0\ufeff\u200b-\u200f\u2060]*"
_FORMULA = re.compile(rf"[\t\r\n]|{_INVISIBLE}[=+\-@＝＋－＠]")
_NUMBER_TEXT = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_NUMBER = re.compile(_NUMBER_TEXT)
# where a comma is the decimal point, spreadsheets begin another cell at a semicolon, and another
# row at the end of a line; the items of a list, "- one", and ";-)" stay as they are
_FORMULA_WITHIN = re.compile(
    r"([;\n](?:[^\S\n]|[\0\ufeff\u200b-\u200f\u2060])*)"
    rf"(?!{_NUMBER_TEXT}\s*(?:[;\n]|$))"
    r"(?=[=@＝＠]|[+\-＋－](?![\s)\-]))"
)


def csv_chunks(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """The CSV of a table, in UTF-8 with its mark, piece by piece, so that a large one takes little
    memory. `rows` are gone through twice. A cell that holds a list or an object is its JSON.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    text.write(BYTE_ORDER_MARK)
    writer.writerow([escape_formulas(str(name)) for name in names])
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in names])
        if text.tell() >= _CHUNK_LENGTH:
            yield _flush(text)
    yield _flush(text)


def csv_bytes(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """The CSV of a table, whole."""
    return b"".join(csv_chunks(rows))


def escape_formulas(text: str) -> str:
    """A text that a spreadsheet would take for a formula, with an apostrophe before it.

    -5 stays what it is, as a number and as the text of one: a spreadsheet reads the number -5,
    computes nothing, and an apostrophe would make text of it that no sum counts. The same goes
    for what follows a semicolon or stands first in a line within the text.
    """
    risky = _FORMULA.match(text) and not _NUMBER.fullmatch(text.strip(" "))
    # after a lone return a spreadsheet begins another row, whose first cell would be a formula
    text = re.sub(r"\r\n?", "\n", text)
    text = _FORMULA_WITHIN.sub(r"\1'", text)
    return f"'{text}" if risky else text


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return escape_formulas(value)
    if value is None or value != value:
        return ""
    if isinstance(value, (bool, int, float)):
        return value
    return escape_formulas(json.dumps(value, ensure_ascii=False, default=str))


def _flush(text: io.StringIO) -> bytes:
    piece = text.getvalue().encode("utf-8", "replace")
    text.seek(0)
    text.truncate()
    return piece

"""Parse tables of all shapes that servers send into a list of dicts, one per row."""

import json
import re
from collections.abc import Collection
from itertools import chain
from math import isfinite
from typing import TypeGuard

from lfclient.common.json_types import Json, JsonObject

_TRUNCATION_MARK = re.compile(r"\.\.\. \[truncated (\d{1,15}) items\]")
_SEPARATOR_LINE = re.compile(r"\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?", re.IGNORECASE)
_MAX_INTEGER_LENGTH = 15  # characters; pandas and browsers may round longer numbers, such as ids
_MESSAGE_FIELDS = frozenset({"sender", "sender_name", "session_id", "text"})
# the fields of `Message` in Langflow 1.8 to 1.13 (lfx/schema/message.py) and the id that the server
# adds, but for those that a person reads: text, sender_name, timestamp, files and error
_MESSAGE_INTERNALS = frozenset(
    {
        "category",
        "content_blocks",
        "context_id",
        "data",
        "default_value",
        "duration",
        "edit",
        "flow_id",
        "id",
        "properties",
        "run_id",
        "sender",
        "session_id",
        "session_metadata",
        "text_key",
    }
)
_WRAPPERS = ("results", "result", "rows", "records", "data", "table", "dataframe", "value")


def strip_truncation_mark(content: Json) -> tuple[Json, bool, int | None]:
    """Return a list without the server's truncation mark, whether it had one, and the lost count.

    Events and build records are truncated twice, and the second time counts the first mark as an
    item. So a mark of one item doesn't tell how many rows there were, and the count is None.
    """
    if isinstance(content, list) and content and isinstance(content[-1], str):
        match = _TRUNCATION_MARK.fullmatch(content[-1])
        if match:
            return content[:-1], True, int(match[1]) if match[1] != "1" else None
    return content, False, None


def is_rows(value: Json) -> TypeGuard[list[JsonObject]]:
    """Return whether a value is a list of dicts, which may be empty."""
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def internal_names(names: Collection[str]) -> list[str]:
    """Return which columns of a table, or keys of an object, hold what only Langflow uses.

    Those are the ids and the state of a stored message, and names that begin with an underscore.
    Empty if nothing else would remain.
    """
    is_message = set(names) >= _MESSAGE_FIELDS
    internal = [
        name
        for name in names
        if name.startswith("_") or (is_message and name in _MESSAGE_INTERNALS)
    ]
    return internal if len(internal) < len(names) else []


def internals_of(value: Json) -> list[str]:
    """Return the `internal_names` of an object's keys or of a table's columns, else nothing."""
    if isinstance(value, dict):
        return internal_names(value)
    return internal_names(dict.fromkeys(chain.from_iterable(value))) if is_rows(value) else []


def without_internals(value: Json) -> Json:
    """Return an object, or a table's rows, without what only Langflow uses, else `value`."""
    internal = set(internals_of(value))
    if not internal:
        return value
    if isinstance(value, dict):
        return _without(internal, value)
    return [_without(internal, row) for row in value] if is_rows(value) else value


def _without(names: Collection[str], row: JsonObject) -> JsonObject:
    return {name: row[name] for name in row if name not in names}


def parse_rows(content: Json) -> list[JsonObject] | None:
    """Return the rows of a table, or None if it is none.

    A table is a list of dicts, columns with rows, a dict of columns, or JSON or Markdown text.
    """
    if isinstance(content, str):
        return _from_text(content)
    if isinstance(content, list):
        return _from_list(content)
    if isinstance(content, dict):
        return _from_dict(content)
    return None


def _from_list(rows: list[Json]) -> list[JsonObject]:
    if is_rows(rows):
        return rows
    if all(isinstance(row, list) for row in rows):
        return [{f"column {number}": cell for number, cell in enumerate(row, 1)} for row in rows]
    return [row if isinstance(row, dict) else {"value": row} for row in rows]


def _from_dict(content: JsonObject) -> list[JsonObject] | None:
    if not content:
        return []
    columns, data = content.get("columns"), content.get("data", content.get("rows"))
    if isinstance(columns, list) and isinstance(data, list):
        names = [_column_name(column) for column in columns]
        if all(isinstance(row, list) for row in data):
            return [dict(zip(names, row)) for row in data]  # noqa: B905 - rows may be short
        return _from_list(data)
    for name in _WRAPPERS:
        inner = content.get(name)
        if isinstance(inner, (list, dict)) and (len(content) == 1 or (inner and is_rows(inner))):
            return parse_rows(inner)
    parts = list(content.values())
    if all(isinstance(part, list) for part in parts) and len({len(part) for part in parts}) == 1:
        return [dict(zip(content, row, strict=True)) for row in zip(*parts, strict=True)]
    if all(isinstance(part, dict) for part in parts) and len({tuple(part) for part in parts}) == 1:
        return [{name: content[name][key] for name in content} for key in parts[0]]
    return [content]


def _column_name(column: Json) -> str:
    if isinstance(column, dict):
        column = column.get("name", column.get("field", ""))
    return str(column)


def _from_text(text: str) -> list[JsonObject] | None:
    stripped = text.strip()
    if stripped[:1] in ("[", "{"):
        try:
            return parse_rows(json.loads(stripped))
        except (ValueError, RecursionError):
            return None
    return parse_markdown_table(stripped)


def parse_markdown_table(text: str) -> list[JsonObject] | None:
    """Return the rows of a text that consists of one Markdown table, else None.

    Columns of plain numbers become numbers.
    """
    lines = [line.strip() for line in text.strip().splitlines()]
    if len(lines) < 2 or "|" not in lines[0] or not _SEPARATOR_LINE.fullmatch(lines[1]):
        return None
    if not all("|" in line for line in lines):
        return None
    header, *body = [_split_cells(line) for line in (lines[0], *lines[2:])]
    if len(_split_cells(lines[1])) != len(header) or any(len(row) != len(header) for row in body):
        return None
    names = _distinct_names(header)
    columns = [_parse_numbers([row[index] for row in body]) for index in range(len(names))]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _split_cells(line: str) -> list[str]:
    inner = line.removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", inner)]


def _distinct_names(names: list[str]) -> list[str]:
    distinct: dict[str, None] = {}
    for number, given_name in enumerate(names, 1):
        name = given_name or f"column {number}"
        while name in distinct:
            name = f"{name} ({number})"
        distinct[name] = None
    return list(distinct)


def _parse_numbers(cells: list[str]) -> list[Json]:
    matches = [_NUMBER.fullmatch(cell) for cell in cells if cell]
    if not matches or not all(matches):
        return list(cells)
    integers = [match[0] for match in matches if match and not (match[1] or match[2])]
    if max(map(len, integers), default=0) > _MAX_INTEGER_LENGTH:
        return list(cells)
    are_integers = len(integers) == len(matches)
    numbers = [(int if are_integers else float)(cell) if cell else None for cell in cells]
    return numbers if all(number is None or isfinite(number) for number in numbers) else list(cells)

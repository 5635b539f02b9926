"""Write indented JSON in chunks, so that a large value needs no second copy in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from lfclient.common.json_types import Json

_MAX_STREAMED_DEPTH = 4  # levels whose items may be written one by one
_MAX_WHOLE_ITEMS, _MAX_WHOLE_LENGTH = 200, 100_000  # items and characters that are written at once
_CHUNK_LENGTH = 100_000  # characters


def _unchanged(value: Json) -> Json:
    return value


def json_chunks(value: Json, redact: Callable[[Json], Json] = _unchanged) -> Iterator[str]:
    """Yield the JSON of a value; values that are not JSON are written as their text.

    `redact` is called with parts of the value, keys and texts always in full, and returns what to
    write instead. A value too deep to be indented is written on one line; one that is deeper still
    raises `RecursionError`.
    """
    parts: list[str] = []
    length = 0
    for part in _parts(value, "\n", redact):
        parts.append(part)
        length += len(part)
        if length >= _CHUNK_LENGTH:
            yield "".join(parts)
            parts, length = [], 0
    yield "".join(parts)


def _parts(value: Json, line_start: str, redact: Callable[[Json], Json]) -> Iterator[str]:
    """Yield the JSON of a value; `line_start` is a line break and the indent of its level."""
    levels = _MAX_STREAMED_DEPTH - (len(line_start) - 1) // 2
    if not isinstance(value, (dict, list)) or not _is_large(value, levels):
        yield _dumps(value, redact).replace("\n", line_start)
        return
    inner_start = f"{line_start}  "
    is_object = isinstance(value, dict)
    separator = "{" if is_object else "["
    for item in value:
        yield separator + inner_start
        if is_object:
            yield f"{_dumps(str(item), redact)}: "
        yield from _parts(value[item] if is_object else item, inner_start, redact)
        separator = ","
    yield line_start + ("}" if is_object else "]")


def _is_large(value: Json, levels: int) -> bool:
    """Return whether a value has many items or long texts within so many levels."""
    if isinstance(value, str):
        return len(value) > _MAX_WHOLE_LENGTH
    if levels <= 0 or not isinstance(value, (dict, list)):
        return False
    if len(value) > _MAX_WHOLE_ITEMS:
        return True
    items = value.values() if isinstance(value, dict) else value
    return any(_is_large(item, levels - 1) for item in items)


def _dumps(value: Json, redact: Callable[[Json], Json]) -> str:
    def to_text(item: object) -> Json:
        return redact(str(item))

    value = redact(value)
    # line breaks within JSON strings are escaped, so all others are indentation
    try:
        return json.dumps(value, ensure_ascii=False, indent=2, default=to_text)
    except RecursionError:
        return json.dumps(value, ensure_ascii=False, default=to_text)

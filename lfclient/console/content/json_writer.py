"""Indented JSON in pieces, so that writing a large value takes no second copy of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

_MAX_STREAMED_DEPTH = (
    4  # levels whose items may be written one by one; what lies deeper is written whole
)
_MAX_WHOLE_ITEMS, _MAX_WHOLE_LENGTH = 200, 100_000  # items, characters that are not written whole
_CHUNK_LENGTH = 100_000  # characters


def _unchanged(value: Any) -> Any:
    return value


def json_chunks(value: Any, clean: Callable[[Any], Any] = _unchanged) -> Iterator[str]:
    """The JSON of a value; what JSON has no form for becomes its text.

    `clean` is given the value part by part, keys and texts whole, and returns what is written in
    its place. What is nested too deeply to be indented comes on one line, or raises RecursionError.
    """
    piece: list[str] = []
    size = 0
    for part in _parts(value, "\n", clean):
        piece.append(part)
        size += len(part)
        if size >= _CHUNK_LENGTH:
            yield "".join(piece)
            piece, size = [], 0
    yield "".join(piece)


def _parts(value: Any, line: str, clean: Callable[[Any], Any]) -> Iterator[str]:
    """`line` is a line break with the blanks of this level behind it."""
    levels = _MAX_STREAMED_DEPTH - (len(line) - 1) // 2
    if not isinstance(value, (dict, list)) or not _is_large(value, levels):
        yield _dumps(value, clean).replace("\n", line)
        return
    within = f"{line}  "
    named = isinstance(value, dict)
    before = "{" if named else "["
    for one in value:
        yield before + within
        if named:
            yield f"{_dumps(str(one), clean)}: "
        yield from _parts(value[one] if named else one, within, clean)
        before = ","
    yield line + ("}" if named else "]")


def _is_large(value: Any, levels: int) -> bool:
    """Whether there is much in a value, as deep as that."""
    if isinstance(value, str):
        return len(value) > _MAX_WHOLE_LENGTH
    if levels <= 0 or not isinstance(value, (dict, list)):
        return False
    if len(value) > _MAX_WHOLE_ITEMS:
        return True
    inner = value.values() if isinstance(value, dict) else value
    return any(_is_large(one, levels - 1) for one in inner)


def _dumps(value: Any, clean: Callable[[Any], Any]) -> str:
    def text_of(thing: Any) -> Any:
        return clean(str(thing))

    value = clean(value)
    # no text of JSON holds a line break of its own
    try:
        return json.dumps(value, ensure_ascii=False, indent=2, default=text_of)
    except RecursionError:
        return json.dumps(value, ensure_ascii=False, default=text_of)

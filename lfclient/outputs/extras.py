"""Find a table, JSON or image that a message or JSON value consists of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from lfclient.common.json_types import Json
from lfclient.outputs.tables import is_rows, parse_markdown_table

MAX_TEXT_LENGTH = 5_000_000  # characters; longer texts are only messages
_FENCE = re.compile(r"```json[ \t]*\n(.*?)\n?```", re.DOTALL)
_MARKDOWN_IMAGE = re.compile(r"!\[[^\]]*\]\(\s*(?:<([^>]+)>|(\S+?))(?:\s+\"[^\"]*\")?\s*\)")
_DATA_URI = "data:image/"
_UNREADABLE = object()  # the result for malformed JSON, because None is a JSON value


def find_extras(value: Json) -> Iterable[tuple[str, Json]]:
    """Yield the value as other kinds: pairs of `table`, `data` or `image`, and the content.

    A table, JSON or image must be the whole text; with text around, it is only a message. In an
    object, every image among its values counts.
    """
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, dict):
        return [("image", part) for part in value.values() if _is_data_uri(part)]
    if value and is_rows(value):
        return [("table", value)]
    return ()


def _from_text(text: str) -> Iterator[tuple[str, Json]]:
    if len(text) > MAX_TEXT_LENGTH:
        return
    stripped = text.strip()
    if _is_data_uri(stripped) and not any(char.isspace() for char in stripped):
        yield "image", stripped
    elif stripped.startswith("!["):
        match = _MARKDOWN_IMAGE.fullmatch(stripped)
        if match:
            yield "image", match[1] or match[2]
    elif stripped.startswith("```json"):
        blocks = [_parse_json(block) for block in _FENCE.findall(stripped)]
        if blocks and not _FENCE.sub("", stripped).strip() and _UNREADABLE not in blocks:
            yield from _from_json(blocks[0] if len(blocks) == 1 else blocks)
    elif stripped[:1] in ("{", "["):
        parsed = _parse_json(stripped)
        if isinstance(parsed, (dict, list)):
            yield from _from_json(parsed)
    elif "|" in stripped[:2000]:
        rows = parse_markdown_table(stripped)
        if rows is not None:
            yield "table", rows


def _from_json(parsed: Json) -> Iterator[tuple[str, Json]]:
    yield "data", parsed
    yield from find_extras(parsed) if isinstance(parsed, (dict, list)) else ()


def _is_data_uri(value: Json) -> bool:
    return isinstance(value, str) and value.startswith(_DATA_URI)


def _parse_json(text: str) -> Json:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _UNREADABLE

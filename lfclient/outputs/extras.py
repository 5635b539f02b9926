"""What else a message or a JSON value is: only a Markdown table, only JSON, only an image."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from lfclient.outputs.tables import is_rows, parse_markdown_table

MAX_TEXT_LENGTH = 5_000_000  # characters; longer texts are shown as what they are
_FENCE = re.compile(r"```json[ \t]*\n(.*?)\n?```", re.DOTALL)
_MARKDOWN_IMAGE = re.compile(r"!\[[^\]]*\]\(\s*(?:<([^>]+)>|(\S+?))(?:\s+\"[^\"]*\")?\s*\)")
_DATA_URI = "data:image/"


def find_extras(value: Any) -> Iterable[tuple[str, Any]]:
    """Other readings of a value, as the words `table`, `data` or `image` and what they hold.

    Only if the reading is all that the value is: text around a table makes it a message. An
    image that is a field of a JSON object counts.
    """
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, dict):
        return [("image", part) for part in value.values() if _is_data_uri(part)]
    if value and is_rows(value):
        return [("table", value)]
    return ()


def _from_text(text: str) -> Iterator[tuple[str, Any]]:
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


def _from_json(parsed: Any) -> Iterator[tuple[str, Any]]:
    yield "data", parsed
    yield from find_extras(parsed) if isinstance(parsed, (dict, list)) else ()


def _is_data_uri(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(_DATA_URI)


class _Unreadable:
    """Stands for JSON that could not be read; None is a JSON value."""


_UNREADABLE = _Unreadable()


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _UNREADABLE

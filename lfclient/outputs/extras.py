"""Find a table, JSON or image that a message or JSON value consists of."""

import base64
import json
import re
from collections.abc import Iterator

from lfclient.common.json_types import Json
from lfclient.outputs.tables import is_rows, parse_markdown_table

MAX_TEXT_LENGTH = 5_000_000  # characters; longer texts are only messages
_FENCE = re.compile(r"```json[ \t]*\n(.*?)\n?```", re.DOTALL)
_MARKDOWN_IMAGE = re.compile(r"!\[[^\]]*\]\(\s*(?:<([^>]+)>|(\S+?))(?:\s+\"[^\"]*\")?\s*\)")
_DATA_URI = re.compile(r"data:image/[\w.+-]+;base64,")
_BASE64_ONLY = re.compile(r"[A-Za-z0-9+/\s]+={0,2}")
_UNREADABLE = object()  # the result for malformed JSON, because None is a JSON value


def find_extras(value: Json) -> Iterator[tuple[str, Json]]:
    """Yield the value as other kinds: pairs of `table`, `data` or `image`, and the value.

    A table, JSON or image must be the whole text; with text around, it is only a message. In an
    object, every image among its values counts.
    """
    if isinstance(value, str):
        yield from _from_text(value)
    elif isinstance(value, dict):
        for part in value.values():
            if _is_data_uri(part):
                yield from _from_image(part)
    elif value and is_rows(value):
        yield "table", value


def parse_image(content: Json) -> bytes | str | None:
    """Return an image's bytes from a data URI or base64, or its URL, or None for other content."""
    if isinstance(content, dict):
        keys = ("image", "url", "data", "base64", "content", "message")
        content = next((content[key] for key in keys if isinstance(content.get(key), str)), None)
    if not isinstance(content, str):
        return None
    text = content.strip()
    if text.startswith(("http://", "https://")):
        return text
    match = _DATA_URI.match(text)
    encoded = text[match.end() :] if match else text
    if not match and (len(text) < 32 or not _BASE64_ONLY.fullmatch(text)):
        return None
    try:
        return base64.b64decode("".join(encoded.split()), validate=True)
    except ValueError:
        return None


def _from_text(text: str) -> Iterator[tuple[str, Json]]:
    if len(text) > MAX_TEXT_LENGTH:
        return
    stripped = text.strip()
    if _is_data_uri(stripped) and not any(char.isspace() for char in stripped):
        yield from _from_image(stripped)
    elif stripped.startswith("!["):
        match = _MARKDOWN_IMAGE.fullmatch(stripped)
        if match:
            yield from _from_image(match[1] or match[2])
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
    if not isinstance(parsed, str):
        yield from find_extras(parsed)


def _from_image(content: str) -> Iterator[tuple[str, Json]]:
    image = parse_image(content)
    if image is not None:
        yield "image", image


def _is_data_uri(value: Json) -> bool:
    return isinstance(value, str) and value.startswith("data:image/")


def _parse_json(text: str) -> Json:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _UNREADABLE

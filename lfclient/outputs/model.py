"""A component's output: what kind of thing it is, and its value in one shape per kind."""

from __future__ import annotations

import base64
import binascii
import mimetypes
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from lfclient.common.coerce import with_changes
from lfclient.outputs.extras import find_extras
from lfclient.outputs.tables import parse_rows, strip_truncation_mark


class OutputKind(StrEnum):
    """How an output is to be read; `Output.type` keeps the server's own word."""

    MESSAGE = "message"  # value: str (Markdown)
    IMAGE = "image"  # value: bytes, or a URL as str
    TABLE = "table"  # value: list[dict[str, Any]], one dict a row
    DATA = "data"  # value: any JSON value
    FILE = "file"  # value: FileRef
    ERROR = "error"  # value: str, the reason
    UNKNOWN = "unknown"  # value: any JSON value, as the server sent it


@dataclass(frozen=True)
class FileRef:
    """A file that a flow produced; fetch it with `client.download(ref)`.

    `id` is that of `/api/v2/files`; `size` is in bytes; None where the server has not said.
    """

    name: str
    id: str | None = None
    path: str | None = None
    size: int | None = None
    media_type: str | None = None


@dataclass(frozen=True)
class Output:
    """What one terminal component returned.

    `truncated` means that the server cut the value; `missing` is how many rows (tables) or
    characters (text) are known to be gone, None if unknown. `note` says in words why a value is
    empty or partial. `parts` holds a component's several named outputs, by name, where it has more
    than one; the `Output` itself is then the first of them. `extras` are readings of the same
    value as something else: a message that is only a table, a JSON block or an image.
    """

    component_id: str
    kind: OutputKind
    value: Any
    type: str = ""
    display_name: str = ""
    component_type: str = ""
    status: str = ""
    truncated: bool = False
    missing: int | None = None
    note: str = ""
    parts: dict[str, Output] = field(default_factory=dict)
    extras: tuple[Output, ...] = ()


_EMPTY = Output("", OutputKind.UNKNOWN, None)

# The server's words, as its releases and its documentation have them.
KINDS_BY_TYPE: dict[str, OutputKind] = {
    "message": OutputKind.MESSAGE,
    "text": OutputKind.MESSAGE,
    "image": OutputKind.IMAGE,
    "sql": OutputKind.TABLE,
    "dataframe": OutputKind.TABLE,
    "table": OutputKind.TABLE,
    "data": OutputKind.DATA,
    "json": OutputKind.DATA,
    "object": OutputKind.DATA,
    "array": OutputKind.DATA,
    "file": OutputKind.FILE,
    "error": OutputKind.ERROR,
}

# The server's word for an output, by the types that its component declares.
_TYPES_BY_CLASS = {
    "Message": "message",
    "Data": "data",
    "JSON": "json",
    "DataFrame": "dataframe",
    "Table": "table",
}

_DATA_URI = re.compile(r"data:image/[\w.+-]+;base64,")
_SAVED_AS = re.compile(r"saved successfully as '(?P<name>[^']+)' at (?P<path>.+)$", re.DOTALL)
_BASE64_ONLY = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")


def output_type(types: Any) -> str:
    """The word that `outputs` would have for what a component declares to return, or ""."""
    known = (_TYPES_BY_CLASS.get(one) for one in types) if isinstance(types, list) else ()
    return next(filter(None, known), "")


def read_output(
    component_id: str,
    *,
    type: str,
    content: Any,
    status: str = "",
    display_name: str = "",
    component_type: str = "",
    metadata: dict[str, Any] | None = None,
) -> Output:
    """A terminal component's entry in an answer. Never raises: what it can't read is `unknown`."""
    base = with_changes(
        _EMPTY,
        component_id=component_id,
        kind=KINDS_BY_TYPE.get(type, OutputKind.UNKNOWN),
        type=type,
        display_name=display_name or component_type or component_id,
        component_type=component_type,
        status=status,
        parts={},
    )
    file = _parse_saved_file(metadata) if metadata and content is None else None
    if file:
        return with_changes(base, kind=OutputKind.FILE, value=file)
    return with_content(base, content)


def with_content(output: Output, content: Any) -> Output:
    """The output with `content` read as its type; named outputs within are taken apart."""
    if content is None:
        return output
    named = as_named_parts(content)
    if named is None:
        return _read(output, content)
    parts = {
        name: _read(_apply_part_type(output, part.get("type"), part["message"]), part["message"])
        for name, part in named.items()
    }
    first = next(iter(parts.values()))
    return first if len(parts) == 1 else with_changes(first, parts=parts)


def as_named_parts(content: Any) -> dict[str, dict[str, Any]] | None:
    """`{"<output name>": {"message": value, "type": word}}`, or None if it is another shape."""
    if not isinstance(content, dict) or not content:
        return None
    for part in content.values():
        if not isinstance(part, dict) or not {"message", "type"} >= part.keys() >= {"message"}:
            return None
    return content


def is_empty(output: Output) -> bool:
    """Whether the server has left the value out, as it does for most types from 1.10 on."""
    return output.value is None and output.kind is not OutputKind.ERROR


def _apply_part_type(output: Output, word: Any, content: Any) -> Output:
    """A part's own word decides only what its component's word leaves open."""
    if not isinstance(word, str):
        return output
    kind = KINDS_BY_TYPE.get(word)
    if word == "error":
        return with_changes(output, kind=OutputKind.ERROR)
    if output.kind is OutputKind.UNKNOWN and kind and not output.type:
        return with_changes(output, kind=kind, type=word)
    if output.kind is OutputKind.MESSAGE and word in ("object", "array", "data"):
        return with_changes(output, kind=OutputKind.DATA)
    if output.kind is OutputKind.TABLE and kind is OutputKind.MESSAGE and _is_prose(content):
        return with_changes(output, kind=kind, type=word)
    return output


def _is_prose(content: Any) -> bool:
    """A text that is no table, neither as JSON nor as Markdown."""
    return isinstance(content, str) and parse_rows(content) is None


def _read(output: Output, content: Any) -> Output:
    reason = _error_text(content)
    if reason is not None:
        return with_changes(output, kind=OutputKind.ERROR, value=reason)
    return _READERS[output.kind](output, content)


def _error_text(content: Any) -> str | None:
    if isinstance(content, dict) and isinstance(content.get("errorMessage"), str):
        return content["errorMessage"]
    return None


def _message(output: Output, content: Any) -> Output:
    text = extract_text(content)
    if text is None:
        return _with_extras(with_changes(output, kind=OutputKind.DATA, value=unwrap_data(content)))
    return _with_extras(with_changes(output, value=text))


def extract_text(content: Any) -> str | None:
    """The text of a message in any of its shapes: plain, an object with `text` or `message`."""
    for _ in range(4):
        if isinstance(content, str):
            return content
        if not isinstance(content, dict):
            return None
        content = next((content[key] for key in ("text", "message") if key in content), None)
    return None


def _data(output: Output, content: Any) -> Output:
    value, cut, missing = strip_truncation_mark(_unwrap_result(content))
    return _with_extras(
        with_changes(output, value=unwrap_data(value), truncated=cut, missing=missing)
    )


def unwrap_data(content: Any) -> Any:
    """JSON without the envelope that Langflow's `Data` objects travel in."""
    if isinstance(content, list):
        return [_unwrap_item(item) for item in content]
    return _unwrap_item(content)


def _unwrap_item(item: Any) -> Any:
    if isinstance(item, dict) and "data" in item and "text_key" in item:
        return item["data"]
    return item


def _unwrap_result(content: Any) -> Any:
    """A lone `result` or `results` stands for what it holds."""
    if isinstance(content, dict) and len(content) == 1:
        name, inner = next(iter(content.items()))
        if name in ("result", "results"):
            return inner
    return content


def _table(output: Output, content: Any) -> Output:
    content, cut, missing = strip_truncation_mark(unwrap_data(content))
    rows = parse_rows(content)
    if rows is None:
        return with_changes(output, kind=OutputKind.UNKNOWN, value=content)
    return with_changes(output, value=rows, truncated=cut, missing=missing)


def _image(output: Output, content: Any) -> Output:
    value = parse_image(content)
    if value is None:
        return with_changes(output, kind=OutputKind.UNKNOWN, value=content)
    return with_changes(output, value=value)


def parse_image(content: Any) -> bytes | str | None:
    """An image's bytes from a data URI or base64, or its URL; None if it is neither."""
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
    except (binascii.Error, ValueError):
        return None


def _file(output: Output, content: Any) -> Output:
    file = parse_file_ref(content)
    if file is None:
        return with_changes(output, kind=OutputKind.UNKNOWN, value=content)
    return with_changes(output, value=file)


def parse_file_ref(content: Any) -> FileRef | None:
    """A file from its path, or from an object with `name`, `path` or `file_path`, `id`, `size`."""
    if isinstance(content, str) and content.strip():
        return FileRef(_base_name(content), path=content, media_type=_media_type(content))
    if not isinstance(content, dict):
        return None
    path = next((content[key] for key in ("path", "file_path") if content.get(key)), None)
    name = content.get("name") or content.get("file_name") or path
    if not isinstance(name, str):
        return None
    size = content.get("size")
    return FileRef(
        _base_name(name),
        id=content["id"] if isinstance(content.get("id"), str) else None,
        path=path if isinstance(path, str) else None,
        size=size if isinstance(size, int) else None,
        media_type=_media_type(name),
    )


def _parse_saved_file(metadata: dict[str, Any]) -> FileRef | None:
    """Write File's answer is a sentence: "... saved successfully as 'a.txt' at /path/a.txt"."""
    sentence = metadata.get("file_path")
    if not isinstance(sentence, str) or not sentence.strip():
        return None
    match = _SAVED_AS.search(sentence)
    name = _base_name(match["name"] if match else sentence)
    return FileRef(name, media_type=_media_type(name))


def _base_name(path: str) -> str:
    return re.split(r"[/\\]", path.rstrip("/\\"))[-1] or path


def _media_type(name: str) -> str | None:
    return mimetypes.guess_type(name)[0]


def _error(output: Output, content: Any) -> Output:
    text = extract_text(content)
    return with_changes(output, value=str(content) if text is None else text)


def _unknown(output: Output, content: Any) -> Output:
    return with_changes(output, value=content)


_READERS: dict[OutputKind, Callable[[Output, Any], Output]] = {
    OutputKind.MESSAGE: _message,
    OutputKind.IMAGE: _image,
    OutputKind.TABLE: _table,
    OutputKind.DATA: _data,
    OutputKind.FILE: _file,
    OutputKind.ERROR: _error,
    OutputKind.UNKNOWN: _unknown,
}


_EXTRA_PARSERS: dict[str, Callable[[Any], Any]] = {
    "table": parse_rows,
    "data": lambda value: value,
    "image": parse_image,
}


def _with_extras(output: Output) -> Output:
    """The output with its other readings, each under its component's name."""
    extras = []
    for word, value in find_extras(output.value):
        read = _EXTRA_PARSERS[word](value)
        if read is not None:
            extras.append(
                with_changes(output, kind=OutputKind(word), type=word, value=read, extras=())
            )
    return with_changes(output, extras=tuple(extras)) if extras else output

"""Detect a file's media type by its first bytes, then by its name, which may be wrong.

The table has the formats that browsers can show. Libraries guess among thousands of formats, and a
wrong guess would be shown.
"""

import codecs
import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath


class MediaKind(StrEnum):
    """How a file can be previewed."""

    IMAGE = "image"
    SVG = "drawing"
    PDF = "PDF"
    AUDIO = "sound"
    VIDEO = "video"
    JSON = "JSON"
    TABLE = "table"
    MARKDOWN = "Markdown"
    TEXT = "text"
    OTHER = "other"


@dataclass(frozen=True)
class MediaType:
    """A media type. `language` selects the syntax highlighting; None means plain text."""

    kind: MediaKind
    mime: str
    extension: str
    language: str | None = None


_SIGNATURES: tuple[tuple[int, bytes, MediaType], ...] = (
    (0, b"\x89PNG", MediaType(MediaKind.IMAGE, "image/png", "png")),
    (0, b"\xff\xd8\xff", MediaType(MediaKind.IMAGE, "image/jpeg", "jpg")),
    (0, b"GIF8", MediaType(MediaKind.IMAGE, "image/gif", "gif")),
    (8, b"WEBP", MediaType(MediaKind.IMAGE, "image/webp", "webp")),
    (0, b"%PDF-", MediaType(MediaKind.PDF, "application/pdf", "pdf")),
    (8, b"WAVE", MediaType(MediaKind.AUDIO, "audio/wav", "wav")),
    (0, b"ID3", MediaType(MediaKind.AUDIO, "audio/mpeg", "mp3")),
    (0, b"\xff\xfb", MediaType(MediaKind.AUDIO, "audio/mpeg", "mp3")),
    (0, b"\xff\xf3", MediaType(MediaKind.AUDIO, "audio/mpeg", "mp3")),
    (0, b"fLaC", MediaType(MediaKind.AUDIO, "audio/flac", "flac")),
    (0, b"OggS", MediaType(MediaKind.AUDIO, "audio/ogg", "ogg")),
    (4, b"ftypM4A", MediaType(MediaKind.AUDIO, "audio/mp4", "m4a")),
    (4, b"ftyp", MediaType(MediaKind.VIDEO, "video/mp4", "mp4")),
    (0, b"\x1aE\xdf\xa3", MediaType(MediaKind.VIDEO, "video/webm", "webm")),
)
_BITMAP = MediaType(MediaKind.IMAGE, "image/bmp", "bmp")
_VIDEO_IN_OGG = MediaType(MediaKind.VIDEO, "video/ogg", "ogv")
_SVG = MediaType(MediaKind.SVG, "image/svg+xml", "svg", "xml")
_OTHER = MediaType(MediaKind.OTHER, "application/octet-stream", "bin")
_TEXT = MediaType(MediaKind.TEXT, "text/plain", "txt")
_BY_EXTENSION: dict[str, MediaType] = {
    "csv": MediaType(MediaKind.TABLE, "text/csv", "csv"),
    "tsv": MediaType(MediaKind.TABLE, "text/tab-separated-values", "tsv"),
    "json": MediaType(MediaKind.JSON, "application/json", "json", "json"),
    "md": MediaType(MediaKind.MARKDOWN, "text/markdown", "md"),
    "markdown": MediaType(MediaKind.MARKDOWN, "text/markdown", "md"),
    # shown as source code, never rendered
    "html": MediaType(MediaKind.TEXT, "text/html", "html", "html"),
    "htm": MediaType(MediaKind.TEXT, "text/html", "html", "html"),
    "xml": MediaType(MediaKind.TEXT, "application/xml", "xml", "xml"),
    "yaml": MediaType(MediaKind.TEXT, "application/yaml", "yaml", "yaml"),
    "yml": MediaType(MediaKind.TEXT, "application/yaml", "yml", "yaml"),
    "py": MediaType(MediaKind.TEXT, "text/x-python", "py", "python"),
    "js": MediaType(MediaKind.TEXT, "text/javascript", "js", "javascript"),
    "sql": MediaType(MediaKind.TEXT, "application/sql", "sql", "sql"),
}
SNIFFED_BYTES = 4096  # bytes that distinguish text from binary data


def detect_media_type(data: bytes, name: str = "") -> MediaType:
    """Return the media type by content. The name only decides between kinds of text."""
    extension = PurePath(name).suffix.lower().lstrip(".")
    for offset, start, media in _SIGNATURES:
        if data.startswith(start, offset):
            return _VIDEO_IN_OGG if media.extension == "ogg" and extension == "ogv" else media
    if data.startswith(b"BM") and data[6:10] == b"\0\0\0\0":
        return _BITMAP
    head = data[:SNIFFED_BYTES]
    if not _is_text(head):
        return _OTHER
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if begin.startswith(b"<svg") or (begin.startswith(b"<?xml") and b"<svg" in begin):
        return _SVG
    if begin.startswith((b"<!doctype html", b"<html")):
        return _BY_EXTENSION["html"]
    if extension in _BY_EXTENSION:
        return _BY_EXTENSION[extension]
    return _BY_EXTENSION["json"] if begin[:1] in (b"{", b"[") and _is_json(data) else _TEXT


def _is_text(head: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(head, final=len(head) < SNIFFED_BYTES)  # the last character may be cut off
    except UnicodeDecodeError:
        return False
    return b"\0" not in head


def _is_json(data: bytes) -> bool:
    if len(data) > 1_000_000:
        return False
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True

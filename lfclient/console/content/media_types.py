"""What a file is, by its first bytes before its name: a name may say anything.

A table of what browsers can draw, and no library: those guess at thousands of formats, and a wrong
guess would be drawn.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath


class Kind(StrEnum):
    """How a file can be looked into."""

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
class Media:
    """`language` colours text; None is plain."""

    kind: Kind
    mime: str
    ending: str
    language: str | None = None


_SIGNATURES: tuple[tuple[int, bytes, Media], ...] = (
    (0, b"\x89PNG", Media(Kind.IMAGE, "image/png", "png")),
    (0, b"\xff\xd8\xff", Media(Kind.IMAGE, "image/jpeg", "jpg")),
    (0, b"GIF8", Media(Kind.IMAGE, "image/gif", "gif")),
    (8, b"WEBP", Media(Kind.IMAGE, "image/webp", "webp")),
    (0, b"%PDF-", Media(Kind.PDF, "application/pdf", "pdf")),
    (8, b"WAVE", Media(Kind.AUDIO, "audio/wav", "wav")),
    (0, b"ID3", Media(Kind.AUDIO, "audio/mpeg", "mp3")),
    (0, b"\xff\xfb", Media(Kind.AUDIO, "audio/mpeg", "mp3")),
    (0, b"\xff\xf3", Media(Kind.AUDIO, "audio/mpeg", "mp3")),
    (0, b"fLaC", Media(Kind.AUDIO, "audio/flac", "flac")),
    (0, b"OggS", Media(Kind.AUDIO, "audio/ogg", "ogg")),
    (4, b"ftypM4A", Media(Kind.AUDIO, "audio/mp4", "m4a")),
    (4, b"ftyp", Media(Kind.VIDEO, "video/mp4", "mp4")),
    (0, b"\x1aE\xdf\xa3", Media(Kind.VIDEO, "video/webm", "webm")),
)
_BITMAP = Media(Kind.IMAGE, "image/bmp", "bmp")
_VIDEO_IN_OGG = Media(Kind.VIDEO, "video/ogg", "ogv")
_SVG = Media(Kind.SVG, "image/svg+xml", "svg", "xml")
_OTHER = Media(Kind.OTHER, "application/octet-stream", "bin")
_TEXT = Media(Kind.TEXT, "text/plain", "txt")
_BY_ENDING: dict[str, Media] = {
    "csv": Media(Kind.TABLE, "text/csv", "csv"),
    "tsv": Media(Kind.TABLE, "text/tab-separated-values", "tsv"),
    "json": Media(Kind.JSON, "application/json", "json", "json"),
    "md": Media(Kind.MARKDOWN, "text/markdown", "md"),
    "markdown": Media(Kind.MARKDOWN, "text/markdown", "md"),
    # shown as their text, never as a page
    "html": Media(Kind.TEXT, "text/html", "html", "html"),
    "htm": Media(Kind.TEXT, "text/html", "html", "html"),
    "xml": Media(Kind.TEXT, "application/xml", "xml", "xml"),
    "yaml": Media(Kind.TEXT, "application/yaml", "yaml", "yaml"),
    "yml": Media(Kind.TEXT, "application/yaml", "yml", "yaml"),
    "py": Media(Kind.TEXT, "text/x-python", "py", "python"),
    "js": Media(Kind.TEXT, "text/javascript", "js", "javascript"),
    "sql": Media(Kind.TEXT, "application/sql", "sql", "sql"),
}
HEAD = 4096  # bytes by which text is told from other things


def of(data: bytes, name: str = "") -> Media:
    """By content first; a text's name says what kind of text it is."""
    ending = PurePath(name).suffix.lower().lstrip(".")
    for offset, start, media in _SIGNATURES:
        if data.startswith(start, offset):
            return _VIDEO_IN_OGG if media.ending == "ogg" and ending == "ogv" else media
    if data.startswith(b"BM") and data[6:10] == b"\0\0\0\0":
        return _BITMAP
    head = data[:HEAD]
    if not _is_text(head):
        return _OTHER
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if begin.startswith(b"<svg") or (begin.startswith(b"<?xml") and b"<svg" in begin):
        return _SVG
    if begin.startswith((b"<!doctype html", b"<html")):
        return _BY_ENDING["html"]
    known = _BY_ENDING.get(ending)
    if known:
        return known
    return _BY_ENDING["json"] if begin[:1] in (b"{", b"[") and _is_json(data) else _TEXT


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # the last character may be cut by the end of the head
        return error.start > len(head) - 4 and len(head) == HEAD
    return True


def _is_json(data: bytes) -> bool:
    if len(data) > 1_000_000:
        return False
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True

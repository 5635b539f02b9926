"""The images in an output, wherever they stand: in a message, an object, a list, a cell."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from lfclient.console.content.json_path import format_path, walk
from lfclient.outputs.model import Output, OutputKind

MAX_IMAGES = 500  # images
MAX_SEARCHED_VALUES = 20_000  # of a structure or a table that are looked at
# of PNG and JPEG, as their base64 text begins
_BASE64_PREFIXES = ("iVBORw0KGgo", "/9j/")
_IN_TEXT = re.compile(
    r"(?:!\[(?P<alt>[^\]\n]*)\]\(\s*<?)?(?P<uri>data:image/[\w.+-]+;base64,[A-Za-z0-9+/]+={0,2})"
)
_IMAGE_EXTENSIONS = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp")


@dataclass(frozen=True)
class FoundImage:
    """An image and what it is called: its text or the place where it stands.

    `source` is its bytes, a `data:` address, or the http(s) address of a remote one.
    """

    name: str
    source: bytes | str


def find_images(output: Output) -> list[FoundImage]:
    """Each image of an output once, in order; those of its other readings included."""
    found: dict[bytes | str, FoundImage] = {}
    for reading in (output, *output.extras):
        if reading.kind is OutputKind.IMAGE:
            several = _images_in_image(reading.value)
        elif isinstance(reading.value, str):
            several = _images_in_text(reading.value)
        else:
            several = _images_in_value(reading.value)
        for picture in several:
            found.setdefault(picture.source, picture)
            if len(found) >= MAX_IMAGES:
                return list(found.values())
    return list(found.values())


def image_bytes(source: bytes | str) -> bytes:
    """The bytes of an image that came along; none where its text is damaged."""
    if isinstance(source, bytes):
        return source
    head, _, body = source.partition(",")
    if not head.endswith(";base64"):
        return unquote_to_bytes(body)
    try:
        return b64decode("".join(body.split()), validate=True)
    except ValueError:
        return b""


def _images_in_image(value: Any) -> Iterator[FoundImage]:
    if isinstance(value, (bytes, str)):
        yield FoundImage("", value)
    else:
        yield from _images_in_value(value)


def _images_in_text(text: str) -> Iterator[FoundImage]:
    if "data:image/" in text:
        for match in _IN_TEXT.finditer(text):
            yield FoundImage(match["alt"] or "", match["uri"])


def _images_in_value(value: Any) -> Iterator[FoundImage]:
    for keys, inner in islice(walk(value), MAX_SEARCHED_VALUES):
        if isinstance(inner, bytes):
            yield FoundImage(format_path(keys), inner)
        elif isinstance(inner, str) and len(inner) > 10:
            source = _image_source(inner)
            if source:
                yield FoundImage(format_path(keys), source)


def _image_source(text: str) -> str:
    if text.startswith("data:image/"):
        return text
    if text.startswith(_BASE64_PREFIXES) and len(text) > 60:
        kind = "png" if text.startswith(_BASE64_PREFIXES[0]) else "jpeg"
        return f"data:image/{kind};base64,{text}"
    return text if is_image_url(text) else ""


def is_image_url(text: str) -> bool:
    """Whether a text is a web address that names an image file."""
    if len(text) > 4000 or not text.startswith(("http://", "https://")) or " " in text:
        return False
    try:
        return urlsplit(text).path.lower().endswith(_IMAGE_EXTENSIONS)
    except ValueError:
        return False

"""The images in an output, wherever they stand: in a message, an object, a list, a cell."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from lfclient.console.content.json_path import path_of, walk
from lfclient.outputs.model import Output, OutputKind

MOST = 500  # images
MOST_VALUES = 20_000  # of a structure or a table that are looked at
# of PNG and JPEG, as their base64 text begins
_BASE64 = ("iVBORw0KGgo", "/9j/")
_IN_TEXT = re.compile(
    r"(?:!\[(?P<alt>[^\]\n]*)\]\(\s*<?)?(?P<uri>data:image/[\w.+-]+;base64,[A-Za-z0-9+/]+={0,2})"
)
_ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp")


@dataclass(frozen=True)
class Picture:
    """An image and what it is called: its text or the place where it stands.

    `source` is its bytes, a `data:` address, or the http(s) address of a remote one.
    """

    name: str
    source: bytes | str


def pictures_of(output: Output) -> list[Picture]:
    """Each image of an output once, in order; those of its other readings included."""
    found: dict[bytes | str, Picture] = {}
    for reading in (output, *output.extras):
        if reading.kind is OutputKind.IMAGE:
            several = _of_image(reading.value)
        elif isinstance(reading.value, str):
            several = _of_text(reading.value)
        else:
            several = _of_value(reading.value)
        for picture in several:
            found.setdefault(picture.source, picture)
            if len(found) >= MOST:
                return list(found.values())
    return list(found.values())


def bytes_of(source: bytes | str) -> bytes:
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


def _of_image(value: Any) -> Iterator[Picture]:
    if isinstance(value, (bytes, str)):
        yield Picture("", value)
    else:
        yield from _of_value(value)


def _of_text(text: str) -> Iterator[Picture]:
    if "data:image/" in text:
        for match in _IN_TEXT.finditer(text):
            yield Picture(match["alt"] or "", match["uri"])


def _of_value(value: Any) -> Iterator[Picture]:
    for keys, inner in islice(walk(value), MOST_VALUES):
        if isinstance(inner, bytes):
            yield Picture(path_of(keys), inner)
        elif isinstance(inner, str) and len(inner) > 10:
            source = _source(inner)
            if source:
                yield Picture(path_of(keys), source)


def _source(text: str) -> str:
    if text.startswith("data:image/"):
        return text
    if text.startswith(_BASE64) and len(text) > 60:
        kind = "png" if text.startswith(_BASE64[0]) else "jpeg"
        return f"data:image/{kind};base64,{text}"
    return text if is_image_address(text) else ""


def is_image_address(text: str) -> bool:
    """Whether a text is a web address that names an image file."""
    if len(text) > 4000 or not text.startswith(("http://", "https://")) or " " in text:
        return False
    try:
        return urlsplit(text).path.lower().endswith(_ENDINGS)
    except ValueError:
        return False

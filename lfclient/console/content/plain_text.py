"""Values as plain text: on one line for lists, in pieces for search."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from markdown_it import MarkdownIt

from lfclient.common.formatting import clip_middle
from lfclient.console.content.json_path import walk
from lfclient.flows.field import Variable
from lfclient.outputs.model import FileRef

# characters
_MAX_ONE_LINE = 10_000
_MAX_BEGINNING = 400  # of Markdown that is parsed
_MAX_SCANNED = 5_000_000  # of Markdown, which may begin with images in base64
_MARKDOWN = MarkdownIt("commonmark").enable("table")
_BASE64 = re.compile(r";base64,[\w+/=-]+")  # the data of a `data:` URL
# of a link or an image in Markdown: a long URL, and one that ends with the text
_LONG_URL = re.compile(r"(?<=\]\()[^\s)]{20,}")
_CUT_URL = re.compile(r"(?<=\]\()[^)]*\Z")


def plain_markdown(text: str) -> str:
    """Return the beginning of Markdown as one line of plain text, its blocks with dots between.

    Images have their alternative text.
    """
    text = _without_base64(text[:_MAX_SCANNED])[:_MAX_ONE_LINE].lstrip()
    beginning = _LONG_URL.sub("…", text)[:_MAX_BEGINNING]
    blocks = _MARKDOWN.parse(_CUT_URL.sub("…)", beginning))
    lines = (
        "".join(part.content or " " * part.type.endswith("break") for part in block.children)
        if block.children
        else block.content
        for block in blocks
    )
    return " · ".join(filter(None, map(one_line, lines))) or one_line(text)


def one_line(value: Any) -> str:
    """Return a value's text with its lines joined; the size of bytes."""
    if isinstance(value, str):
        return " ".join(clip_middle(_without_base64(value), _MAX_ONE_LINE).split())
    if isinstance(value, bytes):
        return f"{len(value):,} bytes"
    if isinstance(value, (dict, list)):
        return one_line(" ".join(truncate_texts(texts_in(value, keys=True), 1_000)))
    return "" if value is None else _scalar_text(value)


def texts_in(value: Any, *, keys: bool = False) -> Iterator[str]:
    """Yield the texts and numbers in a value, in order; with `keys`, its keys as well."""
    for path, inner in walk([value]):
        if keys and isinstance(path[-1], str):
            yield f"{path[-1]}:"
        if inner is not None and not isinstance(inner, (bytes, dict, list)):
            yield _scalar_text(inner)


def truncate_texts(texts: Iterable[str], length: int) -> Iterator[str]:
    """Yield texts until they have `length` characters in total."""
    for text in texts:
        if length <= 0:
            return
        yield text[:length]
        length -= len(text) + 1


def _without_base64(text: str) -> str:
    return _BASE64.sub(";base64,…", text)


def _scalar_text(value: Any) -> str:
    if isinstance(value, Variable):
        return f"variable {value.name}"
    return value.name if isinstance(value, FileRef) else str(value)

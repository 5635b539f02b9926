"""Somebody else's Markdown as HTML that loads nothing and runs nothing."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Callable

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from lfclient.common.formatting import clip, extract_host
from lfclient.console.content import media_types
from lfclient.console.content.images import bytes_of

LIMIT = 200_000  # characters, without the images in it; about 0.5 s
_DATA_IMAGE = re.compile(r"data:image/[\w.+-]+;base64,[A-Za-z0-9+/]+={0,2}")
_IMAGE_BEFORE = re.compile(r"\]\(\s*<?\Z")
# stands for an image, with its number; no text can hold one, since it is another at each start
_SHORT = f"data:image/png;base64,~{secrets.token_hex(8)}~"
_STANDS_FOR = re.compile(re.escape(_SHORT) + r"(\d+)~")
_TAGS = nh3.ALLOWED_TAGS - {"map", "area"}
_ATTRIBUTES = {
    **{tag: names - {"style"} for tag, names in nh3.ALLOWED_ATTRIBUTES.items()},
    "img": {"src", "alt"},
    "a": {"href", "title"},
    "ol": {"start"},
    "th": {"style"},
    "td": {"style"},
}


def to_html(text: str, picture: Callable[[str], str], clean: Callable[[str], str] = str) -> Markup:
    """The HTML of a text. `picture` is given each `data:` image, and returns its address to be
    embedded, or "" for one that is left out; remote images are named and never loaded.

    `clean` takes the secrets out of each text that the Markdown has come to mean: `a\\_b` is a_b.
    """
    images: list[str] = []

    def shorten(match: re.Match[str]) -> str:
        images.append(match.group(0))
        short = f"{_SHORT}{len(images) - 1}~"
        named = _IMAGE_BEFORE.search(text, max(0, match.start() - 20), match.start())
        return short if named else f"![image]({short})"

    # without its images the text is short: a reader of Markdown looks at every character
    reader = _reader()
    tokens = reader.parse(_DATA_IMAGE.sub(shorten, text))
    _clean_all(tokens, clean)
    dirty = reader.renderer.render(tokens, reader.options, {})
    safe = nh3.clean(
        dirty,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(_STANDS_FOR.sub(lambda match: _put_back(match, images, picture), safe))


def clean_words(text: str, clean: Callable[[str], str]) -> str:
    """The text without secrets; the images that it holds are left as they are."""
    return _around(_DATA_IMAGE, text, clean, _is_picture)


def _is_picture(source: str) -> bool:
    return media_types.of(bytes_of(source)).kind in (media_types.Kind.IMAGE, media_types.Kind.SVG)


def _around(
    pattern: re.Pattern[str],
    text: str,
    clean: Callable[[str], str],
    kept: Callable[[str], bool] = bool,
) -> str:
    """The text cleaned, but for what the pattern finds in it and is `kept`."""
    start, pieces = 0, []
    for match in pattern.finditer(text):
        if kept(match.group(0)):
            pieces += [clean(text[start : match.start()]), match.group(0)]
            start = match.end()
    return "".join([*pieces, clean(text[start:])])


def without_images(text: str) -> str:
    """The text without the images that it holds as `data:`, of which it may mostly consist."""
    return _DATA_IMAGE.sub("", text)


def _clean_all(tokens: list[Token], clean: Callable[[str], str]) -> None:
    for token in tokens:
        token.content = _around(_STANDS_FOR, token.content, clean)
        token.info = clean(token.info)
        token.attrs = {
            name: _around(_STANDS_FOR, value, clean) if isinstance(value, str) else value
            for name, value in token.attrs.items()
        }
        _clean_all(token.children or [], clean)


def _put_back(match: re.Match[str], images: list[str], picture: Callable[[str], str]) -> str:
    number = int(match[1])
    return picture(images[number]) if number < len(images) else ""


def _attribute(tag: str, name: str, value: str) -> str | None:
    """A second guard behind the reader's own rules."""
    if tag == "img" and name == "src":
        return value if _STANDS_FOR.fullmatch(value) else None
    if name == "style":  # the alignment of a table's column
        return value if re.fullmatch(r"text-align:(left|right|center)", value) else None
    if name == "href" and not value.startswith(("http://", "https://", "mailto:", "#")):
        return None
    return value


def _reader() -> MarkdownIt:
    # the preset reads no HTML, limits nesting and knows tables; lines stay lines
    reader = MarkdownIt("js-default", {"linkify": False, "breaks": True})
    reader.add_render_rule("image", _image)
    return reader


def _image(self, tokens, index, options, env) -> str:
    token = tokens[index]
    address = str(token.attrs.get("src", ""))
    alt = self.renderInlineAsText(token.children or [], options, env)
    if _STANDS_FOR.fullmatch(address):
        return f'<img src="{html.escape(address)}" alt="{html.escape(alt)}">'
    where = extract_host(address) or clip(address, 60)
    return html.escape(f"[image “{alt or 'without a name'}” from {where}, which is not loaded]")

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
from lfclient.console.content.images import image_bytes

MAX_MARKDOWN_LENGTH = 200_000  # characters, without the images in it; about 0.5 s
_DATA_IMAGE = re.compile(r"data:image/[\w.+-]+;base64,[A-Za-z0-9+/]+={0,2}")
_IMAGE_BEFORE = re.compile(r"\]\(\s*<?\Z")
# stands for an image, with its number; no text can hold one, since it is another at each start
_PLACEHOLDER = f"data:image/png;base64,~{secrets.token_hex(8)}~"
_PLACEHOLDERS = re.compile(re.escape(_PLACEHOLDER) + r"(\d+)~")
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
        short = f"{_PLACEHOLDER}{len(images) - 1}~"
        named = _IMAGE_BEFORE.search(text, max(0, match.start() - 20), match.start())
        return short if named else f"![image]({short})"

    # without its images the text is short: a reader of Markdown looks at every character
    reader = _parser()
    tokens = reader.parse(_DATA_IMAGE.sub(shorten, text))
    _redact_tokens(tokens, clean)
    dirty = reader.renderer.render(tokens, reader.options, {})
    safe = nh3.clean(
        dirty,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_filter_attribute,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(_PLACEHOLDERS.sub(lambda match: _restore_image(match, images, picture), safe))


def redact_text(text: str, clean: Callable[[str], str]) -> str:
    """The text without secrets; the images that it holds are left as they are."""
    return _redact_around(_DATA_IMAGE, text, clean, _is_image)


def _is_image(source: str) -> bool:
    return media_types.detect_media_type(image_bytes(source)).kind in (
        media_types.MediaKind.IMAGE,
        media_types.MediaKind.SVG,
    )


def _redact_around(
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


def _redact_tokens(tokens: list[Token], clean: Callable[[str], str]) -> None:
    for token in tokens:
        token.content = _redact_around(_PLACEHOLDERS, token.content, clean)
        token.info = clean(token.info)
        token.attrs = {
            name: _redact_around(_PLACEHOLDERS, value, clean) if isinstance(value, str) else value
            for name, value in token.attrs.items()
        }
        _redact_tokens(token.children or [], clean)


def _restore_image(match: re.Match[str], images: list[str], picture: Callable[[str], str]) -> str:
    number = int(match[1])
    return picture(images[number]) if number < len(images) else ""


def _filter_attribute(tag: str, name: str, value: str) -> str | None:
    """A second guard behind the reader's own rules."""
    if tag == "img" and name == "src":
        return value if _PLACEHOLDERS.fullmatch(value) else None
    if name == "style":  # the alignment of a table's column
        return value if re.fullmatch(r"text-align:(left|right|center)", value) else None
    if name == "href" and not value.startswith(("http://", "https://", "mailto:", "#")):
        return None
    return value


def _parser() -> MarkdownIt:
    # the preset reads no HTML, limits nesting and knows tables; lines stay lines
    reader = MarkdownIt("js-default", {"linkify": False, "breaks": True})
    reader.add_render_rule("image", _render_image)
    return reader


def _render_image(self, tokens, index, options, env) -> str:
    token = tokens[index]
    address = str(token.attrs.get("src", ""))
    alt = self.renderInlineAsText(token.children or [], options, env)
    if _PLACEHOLDERS.fullmatch(address):
        return f'<img src="{html.escape(address)}" alt="{html.escape(alt)}">'
    where = extract_host(address) or clip(address, 60)
    return html.escape(f"[image “{alt or 'without a name'}” from {where}, which is not loaded]")

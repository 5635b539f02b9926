"""Render untrusted Markdown as HTML that loads and runs nothing."""

import html
import re
import secrets
from collections.abc import Callable, Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from lfclient.common.formatting import clip, extract_host
from lfclient.console.content import media_types
from lfclient.console.content.images import image_bytes
from lfclient.console.content.markdown import BoundedInline, lookaheads

MAX_MARKDOWN_LENGTH = 200_000  # characters without images, about 0.5 s
_DATA_IMAGE = re.compile(r"data:image/[\w.+-]+;base64,[A-Za-z0-9+/]+={0,2}")
_IMAGE_BEFORE = re.compile(r"\]\(\s*<?\Z")
# Placeholder of an image, followed by its number. It is random, so that no text contains one.
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


def to_html(text: str, embed: Callable[[str], str], redact: Callable[[str], str]) -> Markup:
    """Render a text as HTML.

    `embed` is called with each `data:` URL of an image and returns the URL to embed, or "" to omit
    the image. Remote images are named and never loaded. `redact` is applied to the parsed texts,
    since a secret may be written with escapes: `a\\_b` means a_b. Raises `UnreadableMarkdown`.
    """
    images: list[str] = []

    def shorten(match: re.Match[str]) -> str:
        images.append(match.group(0))
        short = f"{_PLACEHOLDER}{len(images) - 1}~"
        named = _IMAGE_BEFORE.search(text, max(0, match.start() - 20), match.start())
        return short if named else f"![image]({short})"

    # the parser looks at every character, so images are taken out first
    parser = _parser()
    short = _DATA_IMAGE.sub(shorten, text)
    tokens = parser.parse(short, lookaheads(short))
    _redact_tokens(tokens, redact)
    dirty = parser.renderer.render(tokens, parser.options, {})
    safe = nh3.clean(
        dirty,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_filter_attribute,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(_PLACEHOLDERS.sub(lambda match: embed(images[int(match[1])]), safe))


def redact_text(text: str, redact: Callable[[str], str]) -> str:
    """Redact a text, except the images in it."""
    return _redact_around(_DATA_IMAGE, text, redact, _is_image)


def _is_image(source: str) -> bool:
    return media_types.detect_media_type(image_bytes(source)).kind in (
        media_types.MediaKind.IMAGE,
        media_types.MediaKind.SVG,
    )


def _redact_around(
    pattern: re.Pattern[str],
    text: str,
    redact: Callable[[str], str],
    is_exempt: Callable[[str], bool] = bool,
) -> str:
    """Redact a text, except the matches of the pattern that are exempt."""
    start = 0
    parts: list[str] = []
    for match in pattern.finditer(text):
        if is_exempt(match.group(0)):
            parts += [redact(text[start : match.start()]), match.group(0)]
            start = match.end()
    return "".join([*parts, redact(text[start:])])


def without_images(text: str) -> str:
    """Return the text without its `data:` URLs, which may be most of it."""
    return _DATA_IMAGE.sub("", text)


def _redact_tokens(tokens: list[Token], redact: Callable[[str], str]) -> None:
    for token in tokens:
        token.content = _redact_around(_PLACEHOLDERS, token.content, redact)
        token.info = redact(token.info)
        token.attrs = {
            name: _redact_around(_PLACEHOLDERS, value, redact) if isinstance(value, str) else value
            for name, value in token.attrs.items()
        }
        _redact_tokens(token.children or [], redact)


def _filter_attribute(tag: str, name: str, value: str) -> str | None:
    """Filter attributes again, behind the parser's own rules."""
    if tag == "img" and name == "src":
        return value if _PLACEHOLDERS.fullmatch(value) else None
    if name == "style":  # the alignment of a table's column
        return value if re.fullmatch(r"text-align:(left|right|center)", value) else None
    if name == "href" and not value.startswith(("http://", "https://", "mailto:", "#")):
        return None
    return value


def _parser() -> MarkdownIt:
    # the preset ignores HTML, limits nesting and supports tables; "breaks" keeps line breaks
    parser = MarkdownIt("js-default", {"linkify": False, "breaks": True})
    parser.inline = BoundedInline()
    parser.add_render_rule("image", _render_image)
    return parser


def _render_image(
    self: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: EnvType,
) -> str:
    token = tokens[index]
    address = str(token.attrs.get("src", ""))
    alt = self.renderInlineAsText(token.children or [], options, env)
    if _PLACEHOLDERS.fullmatch(address):
        return f'<img src="{html.escape(address)}" alt="{html.escape(alt)}">'
    where = extract_host(address) or clip(address, 60)
    return html.escape(f"[Image “{alt or 'untitled'}” from {where} not loaded]")

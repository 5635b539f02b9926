"""Find code, images and links in Markdown, and write Markdown and values as plain text.

Markdown is read as CommonMark and GitHub's tables read it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.helpers import parseLinkLabel
from markdown_it.parser_inline import ParserInline, RuleFuncInlineType
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline, autolink, backtick, image, link
from markdown_it.token import Token
from markdown_it.utils import EnvType

from lfclient.common.formatting import clip_middle
from lfclient.console.content.json_path import walk
from lfclient.flows.field import Variable
from lfclient.outputs.model import FileRef

_Kind = Literal["code", "image", "link"]
_KINDS: dict[str, _Kind] = {"code_inline": "code", "image": "image", "link_open": "link"}
_RENDERER = RendererHTML()
_MAX_NESTING = 50  # of quotes and lists, and of brackets
# Lookaheads per character. Ordinary text needs less than one. Each unclosed bracket takes a search
# to the end of the paragraph.
_MAX_LOOKAHEADS = 4
_LINE_BREAK = re.compile(r"\r\n?")
# rendered as it is written; HTML is rendered as its source
_PLAIN_TOKENS = frozenset(
    {"paragraph_open", "paragraph_close", "inline", "text", "softbreak", "hardbreak"}
    | {"html_block", "html_inline"}
)
# GitHub's additions to Markdown: URLs, and words between single tildes
_GITHUB_MARKUP = re.compile(
    r"https?://|\bwww\.|\S@[\w-]+\.\w|~[^~\s](?:[^~]*[^~\s])?~", re.IGNORECASE
)
# characters
_MAX_ONE_LINE = 10_000
_MAX_BEGINNING = 400  # of Markdown that is parsed
_MAX_SCANNED = 5_000_000  # of Markdown, which may begin with images in base64
_MARKDOWN = MarkdownIt("commonmark").enable("table")
_BASE64 = re.compile(r";base64,[\w+/=-]+")  # the data of a `data:` URL
# of a link or an image in Markdown: a long URL, and one that ends with the text
_LONG_URL = re.compile(r"(?<=\]\()[^\s)]{20,}")
_CUT_URL = re.compile(r"(?<=\]\()[^)]*\Z")


class UnreadableMarkdown(ValueError):
    """The text is nested too deeply, takes too long, or a part of it can't be located."""


@dataclass(frozen=True)
class Span:
    """A piece of code, an image or a link in a text.

    `address` is the image's or link's resolved URL. `label` is an image's alternative text or a
    link's text as it is written. A URL in angle brackets has no label.
    """

    kind: _Kind
    start: int
    end: int
    address: str = ""
    label: str = ""


def normalize(text: str) -> str:
    """Return a text as Markdown reads it: with `\\n` as line break, and without NUL."""
    return _LINE_BREAK.sub("\n", text).replace("\0", "\ufffd")


def lookaheads(text: str) -> EnvType:
    """Return the environment in which a parser with `BoundedInline` may parse a text."""
    return {"lookaheads": _MAX_LOOKAHEADS * (len(text) + 1_000)}


def find_spans(text: str) -> list[Span]:
    """Return a normalized text's spans in order. A link may contain images and code.

    Raise `UnreadableMarkdown` if the text can't be parsed safely.
    """
    env = lookaheads(text)
    try:
        spans = _spans(_parser(), _parse_blocks(text, env), env, text)
        return sorted(spans, key=lambda span: span.start)
    except RecursionError as error:
        raise UnreadableMarkdown from error


def has_markup(text: str) -> bool:
    """Return whether a normalized text renders as more than words, lines and paragraphs.

    Raise `UnreadableMarkdown` if the text can't be parsed safely.
    """
    env = lookaheads(text)
    try:
        blocks = _parse_blocks(text, env)
        return (
            _GITHUB_MARKUP.search(text) is not None
            or bool(env.get("references"))
            or any(token.type not in _PLAIN_TOKENS for token in blocks)
            or any(_has_inline_markup(token.content, env) for token in blocks if token.content)
        )
    except RecursionError as error:
        raise UnreadableMarkdown from error


def _has_inline_markup(content: str, env: EnvType) -> bool:
    tokens: list[Token] = []
    _parser().inline.parse(content, _parser(), env, tokens)
    return any(token.type not in _PLAIN_TOKENS for token in tokens)


def _parse_blocks(text: str, env: EnvType) -> list[Token]:
    tokens = _parser().parse(text, env)
    if any(token.level >= _MAX_NESTING - 1 for token in tokens):
        raise UnreadableMarkdown
    return tokens


def _spans(parser: MarkdownIt, tokens: Sequence[Token], env: EnvType, text: str) -> Iterator[Span]:
    starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
    end = 0
    for token in tokens:
        if token.map is None:
            continue
        first, after = token.map
        if token.type in ("fence", "code_block"):
            yield Span("code", starts[first], min(starts[after], len(text)))
        elif token.type == "inline":
            state = _RecordingState(token.content, parser, env, [])
            parser.inline.tokenize(state)
            if state.found:
                places = _locate(token.content, text, starts[first:], end)
                end = places[-1]
                for kind, start, label_end, stop, address, label in state.found:
                    if kind == "link" and label_end:
                        label = text[places[start + 1] : places[label_end]]
                    yield Span(kind, places[start], places[stop], address, label)


def _locate(content: str, text: str, line_starts: Sequence[int], begin: int) -> list[int]:
    """Return the index in the text of each character of a block's content, then its end.

    A block's lines begin after the marks of quotes and lists. `begin` is the previous block's end,
    which is in the same line for a table's cells.
    """
    places: list[int] = []
    for number, line in enumerate(content.split("\n")):
        words = line.strip()
        start, stop = max(line_starts[number], begin), line_starts[number + 1]
        first = text.find(words, start, stop)
        if first >= 0:
            first -= len(line) - len(line.lstrip())
            places += range(first, first + len(line) + 1)
            continue
        # a table cell, which escapes vertical bars with a backslash
        match = re.compile(re.escape(line).replace(r"\|", r"\\?\|")).search(text, start, stop)
        if match is None:
            raise UnreadableMarkdown
        written = re.finditer(r"\\?\||.", match[0])
        places += [match.start() + part.start() for part in written] + [match.end()]
    return places


@cache
def _parser() -> MarkdownIt:
    parser = _Parser()
    parser.inline = BoundedInline()
    parser.configure("commonmark", {"maxNesting": _MAX_NESTING})
    parser.enable(["table", "strikethrough"])
    parser.core.ruler.disable("inline")
    rules = {"backticks": backtick, "link": link, "image": image, "autolink": autolink}
    for name, rule in rules.items():
        parser.inline.ruler.at(name, _recorded(rule))
    # compiled here: during a later compilation, other threads would read incomplete lists of rules
    for ruler in (parser.core.ruler, parser.block.ruler, parser.inline.ruler, parser.inline.ruler2):
        ruler.getRules()
    return parser


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:
        return True  # as in the browser, where every URL is a link


class BoundedInline(ParserInline):
    """An inline parser that raises `UnreadableMarkdown` after a text's `lookaheads`."""

    def skipToken(self, state: StateInline) -> None:
        state.env["lookaheads"] -= 1
        if state.env["lookaheads"] < 0:
            raise UnreadableMarkdown
        super().skipToken(state)


class _RecordingState(StateInline):
    """A state that records the spans that the rules find.

    A record is a span's kind, start, end of the label, end, URL and label.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.found: list[tuple[_Kind, int, int, int, str, str]] = []


def _recorded(rule: RuleFuncInlineType) -> RuleFuncInlineType:
    """Return a rule that records its spans, except in the alternative text of images."""

    def record(state: StateInline, silent: bool) -> bool:
        start, count = state.pos, len(state.tokens)
        if not rule(state, silent):
            return False
        token = next((one for one in state.tokens[count:] if one.type in _KINDS), None)
        if token and isinstance(state, _RecordingState):
            address = str(token.attrs.get("src") or token.attrs.get("href") or "")
            label_end, label = 0, ""
            if token.type == "image":
                words = _RENDERER.renderInlineAsText(token.children, state.md.options, {})
                label = " ".join(words.split())
            elif state.src[start] == "[":
                label_end = parseLinkLabel(state, start)
            state.found.append((_KINDS[token.type], start, label_end, state.pos, address, label))
        return True

    return record


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

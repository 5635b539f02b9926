"""Untrusted text in Markdown: escaping, images, formulas."""

import re
from functools import lru_cache

from lfclient.common.formatting import extract_host, remove_bidi_controls
from lfclient.console.content.images import image_bytes, undrawable_reason
from lfclient.console.content.markdown import (
    Span,
    UnreadableMarkdown,
    find_spans,
    has_markup,
    normalize,
)

# Markdown allows escaping all ASCII punctuation; Streamlit's `:colour[…]` and `:material/…:` begin
# with a colon, its formulas with a dollar
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:@&^=])")
_LATE_MARKUP = re.compile(r"\\:(?=material/|//)|\bwww(?=\\\.)|\\@(?=\w)", re.IGNORECASE)
_ADDRESS = re.compile(r"(https?://[^\s<>\"'`“”]{0,2000}[^\s<>\"'`“”.,;:!?()\]])")
# `:red[…]`, `:name{…}`, and the line `:::name` that begins a block; a name has no spaces and only
# two punctuation marks
_DIRECTIVE = re.compile(
    r"(?P<escaped>\\.)"
    r"|:(?=[^\s!-/:-@\[-`{-~][^\s!-,./:-@\[-^`{-~]*[\[{])"
    r"|(?<![\w:]):(?=:+[^\s!-/:-@\[-`{-~])"
)
# a colon inside a word or URL starts none
_EMOJI = re.compile(r"(?<![\w/:.\\]):(?=[a-z0-9_+/-]+:)")
_FOOTNOTE = re.compile(r"\[(?=\^[^\]\s]{1,1000}\]:)")
_DATA_IMAGE = re.compile(r"data:image/[^,()\s<>]{0,100},[^()\s<>]*")
_SCHEME = re.compile(r"[^:/?#]*:")
_ALLOWED_SCHEMES = frozenset({"http:", "https:", "mailto:", "tel:"})
_MAX_PASSES = 10  # an image in a link that is removed is found in the second
# Pandoc's rule for dollars, and one more: a letter or digit outside next to one means a price or a
# shell variable. The last two are TeX's own delimiters, which Markdown would drop.
_FORMULA = re.compile(
    r"(?P<escaped>\\[^()\[\]])"
    r"|\$\$(?P<block>(?!\$)[^$]+?)\$\$"
    r"|(?<![\w$])\$(?P<inline>(?![\s$])(?:\\.|[^$\\\n])*?(?<![\s]))\$(?![\w$])"
    r"|\\\[(?P<tex_block>(?:(?!\\[\[\]]).)+?)\\\]"
    r"|\\\((?P<tex_inline>(?:(?!\\[()]|\n).)+?)\\\)"
    r"|(?P<dollar>\$)",
    re.S,
)
# TeX that moves or colors what it draws, makes bars, or defines other commands; and lines moved up
_MOVING = re.compile(
    r"\\(?:raisebox|raise|lower|smash|(?:math)?[lrc]lap|m?kern|[hm]skip|[hv]space|rule|v?center"
    r"|f?colorbox|(?:text)?color|genfrac|above|[gex]?def|let|futurelet|global|html\w*|href|url"
    r"|includegraphics|(?:re|provide)?(?:new)?command)(?![a-zA-Z])"
    r"|\\(?:\\|cr)[\s*]*\[\s*-"
)
# a line break that Markdown reads as a space; not one after a backslash
_SOFT_END = re.compile(r"(?<![\n\\ \t])[ \t]*\n(?=[ \t]*\S)")
_MATHEMATICAL = re.compile(r"[\\^_=<>+*/{}]|^\s*\w\s*$")


def escape(text: str) -> str:
    """Return `text` escaped for Markdown, on one line.

    Streamlit looks for icon names, URLs and mail addresses after parsing Markdown, so escapes do
    not hide those: a word joiner breaks them.
    """
    return _escape_line(" ".join(remove_bidi_controls(text).split()))


def escape_message(text: str) -> str:
    """Return a message escaped for Markdown, its addresses as code, so that they copy clean."""
    parts = _ADDRESS.split(" ".join(remove_bidi_controls(text).split()))
    return "".join(
        inline_code(part) if number % 2 else _escape_line(part) for number, part in enumerate(parts)
    )


def _escape_line(line: str) -> str:
    return _LATE_MARKUP.sub("\\g<0>\u2060", _SPECIAL.sub(r"\\\1", line))


def escape_lines(text: str) -> str:
    """Return `text` escaped for Markdown, with its lines and spaces."""
    text = remove_bidi_controls(text)
    escaped = _LATE_MARKUP.sub("\\g<0>\u2060", _SPECIAL.sub(r"\\\1", text))
    spaces = re.sub(r"(?<=[ \n])[ ]|^ ", "\u00a0", escaped.replace("\t", "    "))
    # two spaces keep a line break, a word joiner keeps an empty line
    return "  \n".join(line or "\u2060" for line in spaces.split("\n"))


def inline_code(text: str) -> str:
    """Return `text`, such as a URL, as inline code that can be copied."""
    text = remove_bidi_controls(text).replace("`", "'")
    return f"`{' '.join(text.split())}`" if text.strip() else ""


def sanitize(markdown: str) -> tuple[str, list[str]]:
    """Return untrusted Markdown that loads nothing, and the URLs of its remote images.

    Each remote image becomes a line with its host: the content security policy would block it and
    show a broken picture. A link stays if it leads to a web page, a mail address or a telephone
    number, else its words do. A `data:` image stays if a browser may decode it, and code as it is.
    Line breaks are kept, since most authors mean them. Text that is nested too deeply is drawn as
    plain text.
    """
    safe, urls = _sanitize(markdown)
    return safe, list(urls)


@lru_cache(maxsize=200)  # a page draws the same texts again in each rerun
def _sanitize(markdown: str) -> tuple[str, tuple[str, ...]]:
    urls: dict[str, None] = {}
    try:
        text = _outside_code(normalize(markdown))
        for _ in range(_MAX_PASSES):
            safe = _remove_addresses(text, urls)
            if safe == text:
                return text, tuple(urls)
            text = safe
    except UnreadableMarkdown:
        pass
    return escape_lines(markdown), ()


@lru_cache(maxsize=200)  # as above
def is_formatted(markdown: str) -> bool:
    """Return whether `sanitize` makes more of a text than its lines: links, lists, formulas."""
    safe, urls = sanitize(markdown)
    if urls or "$" in safe.replace(r"\$", ""):
        return True
    try:
        return has_markup(normalize(markdown))
    except UnreadableMarkdown:
        return False


def _outside_code(markdown: str) -> str:
    parts, end = [], 0
    for span in find_spans(markdown):
        if span.kind == "code" and span.start >= end:
            parts += [_formulas(markdown[end : span.start]), markdown[span.start : span.end]]
            end = span.end
    return "".join([*parts, _formulas(markdown[end:])])


def _remove_addresses(markdown: str, urls: dict[str, None]) -> str:
    """Replace images and links whose address is not wanted, and add those of remote images."""
    parts, end = [], 0
    for span in find_spans(markdown):
        words = _replacement(span)
        if words is None or span.start < end:
            continue
        if span.kind == "image" and extract_host(span.address):
            urls[span.address] = None
        parts += [markdown[end : span.start], words]
        end = span.end
    return "".join([*parts, markdown[end:]])


def _replacement(span: Span) -> str | None:
    """Return what to write in place of an image or link, None if it stays."""
    if span.kind == "image":
        name = f"*image “{escape(span.label or 'without a name')}”"
        if span.address.lower().startswith("data:image/"):
            reason = undrawable_reason(image_bytes(span.address))
            return f"{name} is not shown: {reason}*" if reason else None
        host = extract_host(span.address)
        return f"{name} from {escape(host)}*" if host else f"{name}*"
    scheme = _SCHEME.match(span.address)
    if span.kind == "link" and scheme and scheme[0].lower() not in _ALLOWED_SCHEMES:
        return span.label or "*link*"
    return None


def strip_data_images(markdown: str) -> str:
    """Return Markdown without the data of its images, of which `sanitize` shows the names."""
    return _DATA_IMAGE.sub("data:", markdown)


def _formulas(markdown: str) -> str:
    """Write formulas as Streamlit reads them, and escape other dollars and Streamlit's markup."""
    parts, end = [], 0
    for match in _FORMULA.finditer(markdown):
        parts += [_text(markdown[end : match.start()]), _formula(match)]
        end = match.end()
    return "".join([*parts, _text(markdown[end:])])


def _text(markdown: str) -> str:
    """Escape Streamlit's markup between formulas, and keep line breaks."""
    return _SOFT_END.sub("  \n", _FOOTNOTE.sub(r"\\[", _without_directives(markdown)))


def _formula(match: re.Match[str]) -> str:
    whole = match.group(0)
    if match["escaped"]:
        return whole
    if match["dollar"]:
        return r"\$"
    if _MOVING.search(whole):
        return inline_code(whole)
    inline = match["inline"] or match["tex_inline"]
    if inline:
        if _MATHEMATICAL.search(inline) or (match["inline"] and not re.search(r"\s", inline)):
            return f"${inline.strip()}$"
        return _without_directives(whole.replace("$", r"\$"))
    block = match["block"] or match["tex_block"]
    if match["tex_block"] and not _MATHEMATICAL.search(block):
        return _without_directives(whole)
    block = re.sub(r"\n\s*\n", "\n", block.strip())  # a blank line would end the formula
    if _stands_alone(match):
        return f"\n$$\n{block}\n$$\n"
    return f"$${' '.join(block.split())}$$"  # a line that begins with $$ would begin a block


def _stands_alone(match: re.Match[str]) -> bool:
    text, start, end = match.string, match.start(), match.end()
    return text[max(start - 1, 0) : start] in ("", "\n") and text[end : end + 1] in ("", "\n")


def _without_directives(markdown: str) -> str:
    """Escape Streamlit's own markup: `:red[…]`, `:smile:` and `:material/…:`."""
    escaped = _DIRECTIVE.sub(lambda match: match["escaped"] or r"\:", markdown)
    return _EMOJI.sub(":\u2060", escaped)

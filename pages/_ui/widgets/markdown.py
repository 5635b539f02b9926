"""Untrusted text in Markdown: escaping, images, formulas; and times in the browser's zone."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from lfclient.common.formatting import clip, extract_host

_MAX_SCANNED = 2_000  # characters that are searched for a first line

# Markdown allows escaping all ASCII punctuation; Streamlit's `:colour[…]` and `:material/…:` begin
# with a colon, its formulas with a dollar
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:@&^=])")
_LATE_MARKUP = re.compile(r"\\:(?=material/|//)|\bwww(?=\\\.)", re.IGNORECASE)
# a fenced block, or inline code
_CODE = re.compile(
    r"^[ \t]*(?P<fence>`{3,}(?!`)|~{3,}(?!~))[^\n]*\n.*?(?:^[ \t]*(?P=fence)[`~]*[ \t]*$|\Z)"
    r"|(?<![`\\])(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).){0,2000}?(?<!`)(?P=ticks)(?!`)",
    re.S | re.M,
)
# a colon inside a word or URL starts neither
_DIRECTIVE = re.compile(r"(?<![\w/:.\\]):(?=[a-z][a-z-]*\[)")
_EMOJI = re.compile(r"(?<![\w/:.\\]):(?=[a-z0-9_+/-]+:)")
# brackets may be nested once, in the alt text and in the URL
_ALT = r"!\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(\s*<?"
_TITLE = r">?(?:\s+[\"'(][^)\n]{0,300})?\)"
_IMAGE = re.compile(_ALT + r"((?:[^()\s<>]|\([^()\s<>]*\))+)" + _TITLE)
_DATA_IMAGE = re.compile(_ALT + r"data:image/[^()\s<>]*" + _TITLE)
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
# markup at the start of a line or around words, removed for one-line previews
_LINE_MARKS = re.compile(r"^\s*(?:(?:>|#{1,6}(?=\s)|[-*+](?=\s))\s*)+")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_EMPHASIS = re.compile(r"(?<!\w)(\*{1,3}|_{1,3}|~~|`)(?=\S)(.{1,100}?)(?<=\S)\1(?!\w)")
# a line break that Markdown reads as a space; not one after a backslash
_SOFT_END = re.compile(r"(?<![\n\\ \t])[ \t]*\n(?=[ \t]*\S)")
_MATHEMATICAL = re.compile(r"[\\^_=<>+*/{}]|^\s*\w\s*$")


def escape(text: str) -> str:
    """Return `text` escaped for Markdown, on one line.

    Streamlit looks for icon names and URLs after parsing Markdown, so escapes do not hide those: a
    word joiner breaks them.
    """
    return _LATE_MARKUP.sub("\\g<0>\u2060", _SPECIAL.sub(r"\\\1", " ".join(text.split())))


def escape_lines(text: str) -> str:
    """Return `text` escaped for Markdown, with its lines and spaces."""
    escaped = _LATE_MARKUP.sub("\\g<0>\u2060", _SPECIAL.sub(r"\\\1", text))
    spaces = re.sub(r"(?<=[ \n])[ ]|^ ", "\u00a0", escaped.replace("\t", "    "))
    # two spaces keep a line break, a word joiner keeps an empty line
    return "  \n".join(line or "\u2060" for line in spaces.split("\n"))


def inline_code(text: str) -> str:
    """Return `text`, such as a URL, as inline code that can be copied."""
    return f"`{' '.join(text.replace('`', chr(39)).split())}`" if text.strip() else ""


def strip_remote_images(markdown: str) -> tuple[str, list[str]]:
    """Return Markdown without remote images, and their URLs.

    Each remote image becomes a line with its host; `data:` images and code stay as they are. The
    content security policy blocks remote images anyway: this shows a name instead of a broken
    picture. Line breaks are kept, since most authors mean them.
    """
    urls: dict[str, None] = {}

    def replace(match: re.Match[str]) -> str:
        alt, url = match.groups()
        if url.lower().startswith("data:image/"):
            return match.group(0)
        host = extract_host(url)
        if not host:
            return f"*image “{escape(alt or clip(url, 60))}”*"
        urls[url] = None
        return f"*image “{escape(alt or 'without a name')}” from {escape(host)}*"

    safe = _outside_code(markdown, lambda part: _formulas(_IMAGE.sub(replace, part)))
    return safe, list(urls)


def strip_data_images(markdown: str) -> str:
    """Return Markdown with a line in place of each `data:` image."""

    def name(match: re.Match[str]) -> str:
        return f"*image “{escape(match[1] or 'without a name')}”*"

    return _outside_code(markdown, lambda part: _DATA_IMAGE.sub(name, part))


def first_line(markdown: str) -> str:
    """Return the first line that has words, without its Markdown markup."""
    for line in markdown.strip()[:_MAX_SCANNED].splitlines():
        bare = _LINE_MARKS.sub("", line)
        bare = _LINK.sub(r"\1", bare)
        bare = _EMPHASIS.sub(r"\2", _EMPHASIS.sub(r"\2", bare)).strip()
        if re.search(r"\w", bare) and not line.startswith(("```", "~~~")):
            return bare
    return markdown.strip()[:_MAX_SCANNED].partition("\n")[0]


def humanize(name: str) -> str:
    """Return an identifier as a label: `message_output` becomes Message output."""
    words = " ".join(name.replace("_", " ").split())
    return words[:1].upper() + words[1:]


def _outside_code(markdown: str, change: Callable[[str], str]) -> str:
    return _replace(_CODE, markdown, lambda match: match.group(0), change)


def _formulas(markdown: str) -> str:
    """Write formulas as Streamlit reads them, and escape other dollars and Streamlit's markup."""
    return _replace(_FORMULA, markdown, _formula, _text)


def _replace(
    pattern: re.Pattern[str],
    text: str,
    matched: Callable[[re.Match[str]], str],
    between: Callable[[str], str],
) -> str:
    """Replace the matches of a pattern, and the texts between them."""
    parts, end = [], 0
    for match in pattern.finditer(text):
        parts += [between(text[end : match.start()]), matched(match)]
        end = match.end()
    return "".join([*parts, between(text[end:])])


def _text(markdown: str) -> str:
    """Escape Streamlit's markup between formulas, and keep line breaks."""
    return _SOFT_END.sub("  \n", _without_directives(markdown))


def _formula(match: re.Match[str]) -> str:
    whole = match.group(0)
    if match["escaped"]:
        return whole
    if match["dollar"]:
        return r"\$"
    inline = match["inline"] or match["tex_inline"]
    if inline:
        if _MATHEMATICAL.search(inline) or (match["inline"] and not re.search(r"\s", inline)):
            return f"${inline.strip()}$"
        return _without_directives(whole.replace("$", r"\$"))
    block = match["block"] or match["tex_block"]
    if match["tex_block"] and not _MATHEMATICAL.search(block):
        return _without_directives(whole)
    block = re.sub(r"\n\s*\n", "\n", block.strip())  # a blank line would end the formula
    return f"\n$$\n{block}\n$$\n" if _stands_alone(match) else f"$${block}$$"


def _stands_alone(match: re.Match[str]) -> bool:
    text, start, end = match.string, match.start(), match.end()
    return text[max(start - 1, 0) : start] in ("", "\n") and text[end : end + 1] in ("", "\n")


def _without_directives(markdown: str) -> str:
    """Escape Streamlit's own markup: `:red[…]`, `:smile:` and `:material/…:`."""
    return _EMOJI.sub(":\u2060", _DIRECTIVE.sub(r"\\:", markdown))


def browser_timezone() -> tzinfo:
    """Return the browser's time zone, UTC if it is unknown."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def format_time(then: datetime, now: datetime | None = None) -> str:
    """Return a time in the browser's zone; absolute, so that it does not become stale."""
    zone = browser_timezone()
    then, now = then.astimezone(zone), (now or datetime.now(UTC)).astimezone(zone)
    if then.date() == now.date():
        return f"{then:%H:%M}"
    return f"{then:%d %b, %H:%M}" if then.year == now.year else f"{then:%d %b %Y, %H:%M}"


def format_full_time(then: datetime) -> str:
    """Return date, time and time zone, in the browser's zone."""
    return f"{then.astimezone(browser_timezone()):%d %b %Y, %H:%M:%S} ({timezone_name()})"


def timezone_name() -> str:
    """Return the name of the browser's time zone, such as Europe/Berlin."""
    return getattr(browser_timezone(), "key", "UTC").replace("_", " ")

"""Text from somebody else, made fit for places that read Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from lfclient.common.formatting import clip, extract_host

# every ASCII punctuation mark may be escaped in Markdown; Streamlit's own `:colour[…]` and
# `:material/…:` begin with a colon, its mathematics with a dollar
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:@&^=])")
_FOUND_LATE = re.compile(r"\\:(?=material/|//)|\bwww(?=\\\.)", re.IGNORECASE)
# a fenced block, or a span within a paragraph
_CODE = re.compile(
    r"^[ \t]*(?P<fence>`{3,}(?!`)|~{3,}(?!~))[^\n]*\n.*?(?:^[ \t]*(?P=fence)[`~]*[ \t]*$|\Z)"
    r"|(?<![`\\])(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).)*?(?<!`)(?P=ticks)(?!`)",
    re.S | re.M,
)
# a colon inside a word or an address begins none of them
_DIRECTIVE = re.compile(r"(?<![\w/:.\\]):(?=[a-z][a-z-]*\[)")
_EMOJI = re.compile(r"(?<![\w/:.\\]):(?=[a-z0-9_+/-]+:)")
# with brackets within brackets and within an address, as deep as one meets them
_ALT = r"!\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(\s*<?"
_TITLE = r">?(?:\s+[\"'(][^)\n]{0,300})?\)"
_IMAGE = re.compile(_ALT + r"((?:[^()\s<>]|\([^()\s<>]*\))+)" + _TITLE)
_DATA_IMAGE = re.compile(_ALT + r"data:image/[^()\s<>]*" + _TITLE)
# Pandoc's rule for dollars, and more: a letter or digit beside one on the outside is a price, or a
# variable of a shell. The last two are TeX's own marks, which Markdown would lose.
_FORMULA = re.compile(
    r"(?P<escaped>\\[^()\[\]])"
    r"|\$\$(?P<block>(?!\$)[^$]+?)\$\$"
    r"|(?<![\w$])\$(?P<inline>(?![\s$])(?:\\.|[^$\\\n])*?(?<![\s]))\$(?![\w$])"
    r"|\\\[(?P<tex_block>(?:(?!\\[\[\]]).)+?)\\\]"
    r"|\\\((?P<tex_inline>(?:(?!\\[()]|\n).)+?)\\\)"
    r"|(?P<dollar>\$)",
    re.S,
)
# what begins a line, or stands around words: for a look at a text, not to be drawn
_LINE_MARKS = re.compile(r"^\s*(?:(?:>|#{1,6}(?=\s)|[-*+](?=\s))\s*)+")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_EMPHASIS = re.compile(r"(?<!\w)(\*{1,3}|_{1,3}|~~|`)(?=\S)(.+?)(?<=\S)\1(?!\w)")
# a line's end that a reader of Markdown would take for a blank; before a backslash is none
_SOFT_END = re.compile(r"(?<![\n\\])[ \t]*\n(?=[ \t]*\S)")
_MATHEMATICAL = re.compile(r"[\\^_=<>+*/{}]|^\s*\w\s*$")


def escape(text: str) -> str:
    """`text` for a Markdown place, so that it appears letter by letter, on one line.

    An icon's name and an address are looked for after Markdown is read, so escapes do not hide
    them: a joiner of no width breaks them.
    """
    return _FOUND_LATE.sub("\\g<0>\u2060", _SPECIAL.sub(r"\\\1", " ".join(text.split())))


def escape_lines(text: str) -> str:
    """`text` for a Markdown place, letter by letter as in `plain`, with its lines and spaces."""
    escaped = _FOUND_LATE.sub("\\g<0>\u2060", _SPECIAL.sub(r"\\\1", text))
    spaces = re.sub(r"(?<=[ \n])[ ]|^ ", "\u00a0", escaped.replace("\t", "    "))
    # two blanks before the end of a line keep it, as does a joiner of no width a blank line
    return "  \n".join(line or "\u2060" for line in spaces.split("\n"))


def inline_code(text: str) -> str:
    """`text` as code, such as an address: letter by letter too, and fit to be copied."""
    return f"`{' '.join(text.replace('`', chr(39)).split())}`" if text.strip() else ""


def strip_remote_images(markdown: str) -> tuple[str, list[str]]:
    """Markdown that loads nothing by itself, and the addresses of the images taken out of it.

    Images given as `data:` stay. Each remote one becomes a line that names its host; what stands
    in code is left as it is. The page's security policy refuses remote images anyway: this is so
    that a person sees a name and not a broken picture. Lines stay lines: few who write mean a blank
    by the end of one, and the text of a file is no Markdown at all.
    """
    found: list[str] = []

    def replace(match: re.Match[str]) -> str:
        alt, address = match.groups()
        if address.lower().startswith("data:image/"):
            return match.group(0)
        if extract_host(address):
            found.append(address)
            return (
                f"*image “{escape(alt or 'without a name')}” from {escape(extract_host(address))}*"
            )
        return f"*image “{escape(alt or clip(address, 60))}”*"

    safe = _outside_code(markdown, lambda part: _formulas(_IMAGE.sub(replace, part)))
    return safe, list(dict.fromkeys(found))


def strip_data_images(markdown: str) -> str:
    """The same text with a line in the place of each image that it holds as `data:`."""

    def name(match: re.Match[str]) -> str:
        return f"*image “{escape(match[1] or 'without a name')}”*"

    return _outside_code(markdown, lambda part: _DATA_IMAGE.sub(name, part))


def first_line(markdown: str) -> str:
    """The first line of a Markdown text that has words, without its marks."""
    for line in markdown.strip().splitlines():
        bare = _LINE_MARKS.sub("", line)
        bare = _LINK.sub(r"\1", bare)
        bare = _EMPHASIS.sub(r"\2", _EMPHASIS.sub(r"\2", bare)).strip()
        if re.search(r"\w", bare) and not line.startswith(("```", "~~~")):
            return bare
    return markdown.strip().partition("\n")[0]


def humanize(name: str) -> str:
    """A name of a program's as one reads it: `message_output` is Message output."""
    words = " ".join(name.replace("_", " ").split())
    return words[:1].upper() + words[1:]


def _outside_code(markdown: str, change: Callable[[str], str]) -> str:
    return "".join(part if is_code else change(part) for is_code, part in _parts(markdown))


def _parts(markdown: str) -> Iterator[tuple[bool, str]]:
    place = 0
    for match in _CODE.finditer(markdown):
        yield False, markdown[place : match.start()]
        yield True, match.group(0)
        place = match.end()
    yield False, markdown[place:]


def _formulas(markdown: str) -> str:
    """Formulas as Streamlit draws them, other dollars as dollars, and no marks of Streamlit's."""
    parts, place = [], 0
    for match in _FORMULA.finditer(markdown):
        parts.append(_words(markdown[place : match.start()]))
        parts.append(_formula(match))
        place = match.end()
    parts.append(_words(markdown[place:]))
    return "".join(parts)


def _words(markdown: str) -> str:
    """What stands between formulas, without Streamlit's own marks, each line on a line."""
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
    """Markdown without Streamlit's own: `:red[…]`, `:smile:` and `:material/…:` stay as written."""
    return _EMOJI.sub(":\u2060", _DIRECTIVE.sub(r"\\:", markdown))


def browser_timezone() -> tzinfo:
    """The time zone of the person's browser; UTC where it does not tell."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def format_time(then: datetime, now: datetime) -> str:
    """The time by the person's clock, which stays true as long as the page is open."""
    zone = browser_timezone()
    then, now = then.astimezone(zone), now.astimezone(zone)
    if then.date() == now.date():
        return f"{then:%H:%M}"
    return f"{then:%d %b, %H:%M}" if then.year == now.year else f"{then:%d %b %Y, %H:%M}"


def format_full_time(then: datetime) -> str:
    """The day and time by the person's clock, and which clock that is."""
    return f"{then.astimezone(browser_timezone()):%d %b %Y, %H:%M:%S} ({timezone_name()})"


def timezone_name() -> str:
    """The name of the person's time zone, such as Europe/Berlin."""
    return getattr(browser_timezone(), "key", "UTC").replace("_", " ")

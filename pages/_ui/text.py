"""Text from somebody else, made fit for places that read Markdown."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# every ASCII punctuation mark may be escaped in Markdown; Streamlit's own `:colour[…]` and
# `:material/…:` begin with a colon, its mathematics with a dollar
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:@&^=])")
_FOUND_LATE = re.compile(r"\\:(?=material/|//)|\bwww(?=\\\.)", re.IGNORECASE)
_CODE = re.compile(r"(```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`)", re.S)
# a colon inside a word or an address begins none of them
_DIRECTIVE = re.compile(r"(?<![\w/:.\\]):(?=[a-z][a-z-]*\[)")
_EMOJI = re.compile(r"(?<![\w/:.\\]):(?=[a-z0-9_+/-]+:)")
_IMAGE = re.compile(r"!\[([^\]]*)\]\(\s*<?([^)\s>]+)>?(?:\s+[\"'(][^)]*)?\)")


def plain(text: str) -> str:
    """`text` for a Markdown place, so that it appears letter by letter, on one line.

    An icon's name and an address are looked for after Markdown is read, so escapes do not hide
    them: a joiner of no width breaks them.
    """
    return _FOUND_LATE.sub("\\g<0>\u2060", _SPECIAL.sub(r"\\\1", " ".join(text.split())))


def code(text: str) -> str:
    """`text` as code, such as an address: letter by letter too, and fit to be copied."""
    return f"`{' '.join(text.replace('`', chr(39)).split())}`" if text.strip() else ""


def clip(text: str, limit: int) -> str:
    """At most `limit` characters, with an ellipsis for what was left out."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def without_remote_images(markdown: str) -> tuple[str, list[str]]:
    """Markdown that loads nothing by itself, and the addresses of the images taken out of it.

    Images given as `data:` stay. Each remote one becomes a line that names its host; what stands
    in code is left as it is. The page's security policy refuses remote images anyway: this is so
    that a person sees a name and not a broken picture.
    """
    found: list[str] = []

    def replace(match: re.Match[str]) -> str:
        alt, address = match.groups()
        if address.lower().startswith("data:image/"):
            return match.group(0)
        if host_of(address):
            found.append(address)
            return f"*image “{plain(alt or 'without a name')}” from {plain(host_of(address))}*"
        return f"*image “{plain(alt or clip(address, 60))}”*"

    parts = _CODE.split(markdown)
    parts[::2] = [_without_directives(_IMAGE.sub(replace, part)) for part in parts[::2]]
    return "".join(parts), list(dict.fromkeys(found))


def _without_directives(markdown: str) -> str:
    """Markdown without Streamlit's own: `:red[…]`, `:smile:` and `:material/…:` stay as written."""
    return _EMOJI.sub(":\u2060", _DIRECTIVE.sub(r"\\:", markdown))


def host_of(address: str) -> str:
    """The host of an http(s) address, or "" if it is none."""
    try:
        split = urlsplit(address)
    except ValueError:
        return ""
    return split.hostname or "" if split.scheme in ("http", "https") else ""


def size_words(size: int | None) -> str:
    """A size in bytes for a person: 512 B, 3.4 kB, 12 MB."""
    if size is None:
        return "size unknown"
    value = float(size)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 10 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def duration_words(seconds: float) -> str:
    """A duration for a person: 0.4 s, 12 s, 3 min 05 s, 2 h 04 min."""
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def took_words(seconds: float) -> str:
    """How long a component worked: as `duration_words`, but 12 ms where that would be 0.0 s."""
    return f"{max(seconds, 0) * 1000:.0f} ms" if seconds < 0.1 else duration_words(seconds)

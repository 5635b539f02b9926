"""Sizes, durations, addresses and long texts in words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from urllib.parse import urlsplit, urlunsplit

# characters that two texts may have in common; what is left of more, and of what stands before
# the difference
_ALIKE, _KEPT, _BEFORE = 32, 16, 6


def clip(text: str, limit: int) -> str:
    """At most `limit` characters, with an ellipsis for what was left out."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def with_id(name: str, id: str, most: int | None = None) -> str:
    """A name of at most `most` characters, and behind it the id, if there is one, which is never
    cut: names that are alike are told apart by it.
    """
    name = name if most is None else clip(name, most)
    return f"{name}, {id}" if id else name


def clip_middle(text: str, limit: int) -> str:
    """At most `limit` characters: the beginning, and a third of them from the end."""
    if len(text) <= limit:
        return text
    end = limit // 3
    return f"{text[: limit - end - 1].rstrip()}…{text[-end:].lstrip()}"


def elide_common_prefix(texts: Sequence[str]) -> list[str]:
    """The texts, so that one sees in what they differ: of those that begin alike for long, the
    most of that is left out. `Message: Please write …` is `Message: Please… number 7`.
    """
    order = sorted(set(texts))
    alike = [_common_prefix_length(*pair) for pair in pairwise(order)]
    shown = {}
    for number, text in enumerate(order):
        common = max([0, *alike[max(number - 1, 0) : number + 1]])
        place = text.rfind(" ", 0, max(common - _BEFORE, 0)) + 1
        shown[text] = text if place < _ALIKE else f"{text[:_KEPT].rstrip()}… {text[place:]}"
    return [shown[text] for text in texts]


def _common_prefix_length(one: str, other: str) -> int:
    """How many characters they begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def format_size(size: int | None) -> str:
    """A size in bytes for a person: 512 B, 3.4 kB, 12 MB."""
    if size is None:
        return "size unknown"
    value = float(size)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 10 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def format_duration(seconds: float) -> str:
    """A duration for a person: 0.4 s, 12 s, 3 min 05 s, 2 h 04 min."""
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def format_timing(seconds: float) -> str:
    """How long a component worked: as `duration_words`, but 12 ms where that would be 0.0 s."""
    return f"{max(seconds, 0) * 1000:.0f} ms" if seconds < 0.1 else format_duration(seconds)


def replace_surrogates(text: str) -> str:
    """`text` with a question mark for each half of a character, which no browser takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def extract_host(address: str) -> str:
    """The host of an http(s) address, or "" if it is none."""
    try:
        split = urlsplit(address)
    except ValueError:
        return ""
    return split.hostname or "" if split.scheme in ("http", "https") else ""


def strip_credentials(address: str) -> str:
    """The address without user name, password, query and fragment."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))

"""Diff two texts, line by line or word by word."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, islice

from lfclient.common.formatting import clip
from lfclient.console.compare.sequence_diff import Block, common_prefix_and_suffix, diff_blocks

MAX_TEXT_LENGTH = 20_000_000  # characters of each text that are compared
MAX_LISTED_LINES = 1_500
MAX_WORD_DIFF_LENGTH = 100_000  # characters from the first to the last difference
MAX_LINE_LENGTH = 1_000  # characters of a listed line
CONTEXT_LINES = 3  # unchanged lines before and after each difference
_WORD = re.compile(r"\d[\d.,]*\d|\w+|\s+|[^\w\s]")


class ChangeKind(StrEnum):
    """How a segment of a text or a value changed, as a diff sign."""

    UNCHANGED = " "
    CHANGED = "≠"
    REMOVED = "−"
    ADDED = "+"


@dataclass(frozen=True)
class Segment:
    """A part of a text, or a line without its line break."""

    kind: ChangeKind
    text: str


@dataclass(frozen=True)
class TextDiff:
    """The differing lines with context; a number counts unchanged lines that are omitted.

    `removed` and `added` count lines. `limitations` says which parts were not compared, or not in
    detail; "" if all were. `is_complete` is False if `lines` omits differences.
    """

    removed: int
    added: int
    lines: tuple[Segment | int, ...]
    is_complete: bool = True
    limitations: str = ""

    @property
    def is_equal(self) -> bool:
        """Whether no difference was found."""
        return not (self.removed or self.added)


def compare_texts(before: str, after: str) -> TextDiff:
    """Compare two texts line by line, ignoring line endings."""
    limitations = []
    if max(len(before), len(after)) > MAX_TEXT_LENGTH:
        limitations.append(f"Only the first {MAX_TEXT_LENGTH:,} characters were compared.")
        before, after = before[:MAX_TEXT_LENGTH], after[:MAX_TEXT_LENGTH]
    a, b = before.splitlines(), after.splitlines()
    blocks, is_detailed = diff_blocks(a, b)
    if not is_detailed:
        limitations.append("Long parts without a common line were compared as a whole.")
    lines = tuple(islice(_with_context(blocks, a, b), MAX_LISTED_LINES + 1))
    different = [block for block in blocks if not block.is_equal]
    return TextDiff(
        removed=sum(block.a1 - block.a0 for block in different),
        added=sum(block.b1 - block.b0 for block in different),
        lines=lines[:MAX_LISTED_LINES],
        is_complete=len(lines) <= MAX_LISTED_LINES,
        limitations=" ".join(limitations),
    )


def _with_context(blocks: list[Block], a: list[str], b: list[str]) -> Iterator[Segment | int]:
    for number, block in enumerate(blocks):
        if not block.is_equal:
            yield from _segments(ChangeKind.REMOVED, a[block.a0 : block.a1])
            yield from _segments(ChangeKind.ADDED, b[block.b0 : block.b1])
            continue
        lines = a[block.a0 : block.a1]
        head = 0 if number == 0 else CONTEXT_LINES
        tail = 0 if number == len(blocks) - 1 else CONTEXT_LINES
        if len(lines) <= head + tail:
            yield from _segments(ChangeKind.UNCHANGED, lines)
            continue
        yield from _segments(ChangeKind.UNCHANGED, lines[:head])
        yield len(lines) - head - tail
        yield from _segments(ChangeKind.UNCHANGED, lines[len(lines) - tail :])


def _segments(kind: ChangeKind, lines: list[str]) -> Iterator[Segment]:
    return (Segment(kind, clip(line, MAX_LINE_LENGTH)) for line in lines)


def compare_words(before: str, after: str) -> list[Segment] | None:
    """Return the segments of both texts in order.

    None if more than `MAX_WORD_DIFF_LENGTH` characters lie between the first and last difference.
    """
    start, end = common_prefix_and_suffix(before, after)
    if max(len(before), len(after)) - start - end > MAX_WORD_DIFF_LENGTH:
        return None
    start, end = _snap_to_words(before, after, start, end)
    a = _WORD.findall(before[start : len(before) - end])
    b = _WORD.findall(after[start : len(after) - end])
    segments = [Segment(ChangeKind.UNCHANGED, before[:start])]
    for block in diff_blocks(a, b)[0]:
        removed, added = "".join(a[block.a0 : block.a1]), "".join(b[block.b0 : block.b1])
        if block.is_equal:
            segments.append(Segment(ChangeKind.UNCHANGED, removed))
        else:
            segments.append(Segment(ChangeKind.REMOVED, removed))
            segments.append(Segment(ChangeKind.ADDED, added))
    segments.append(Segment(ChangeKind.UNCHANGED, before[len(before) - end :]))
    return _absorb_whitespace([segment for segment in segments if segment.text])


def _snap_to_words(before: str, after: str, start: int, end: int) -> tuple[int, int]:
    """Shorten the common prefix and suffix so that they do not end within a word."""
    while start and (before[start - 1].isalnum() or before[start - 1] == "_"):
        start -= 1
    while end and (before[-end].isalnum() or before[-end] == "_"):
        end -= 1
    return start, end


def _absorb_whitespace(segments: list[Segment]) -> list[Segment]:
    """Treat whitespace between two differences as part of them, so that phrases stay whole."""
    last = len(segments) - 1

    def is_difference(numbered: tuple[int, Segment]) -> bool:
        number, segment = numbered
        is_gap = 0 < number < last and not segment.text.strip()
        return is_gap or segment.kind is not ChangeKind.UNCHANGED

    merged: list[Segment] = []
    for is_different, group in groupby(enumerate(segments), is_difference):
        parts = [segment for _, segment in group]
        if not is_different:
            merged += parts
            continue
        for kind, other in (
            (ChangeKind.REMOVED, ChangeKind.ADDED),
            (ChangeKind.ADDED, ChangeKind.REMOVED),
        ):
            text = "".join(part.text for part in parts if part.kind is not other)
            if text:
                merged.append(Segment(kind, text))
    return merged

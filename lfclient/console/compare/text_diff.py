"""Where two texts differ: line by line, and word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from lfclient.common.formatting import clip
from lfclient.console.compare.sequence_diff import Block, common_prefix_and_suffix, diff_blocks

MAX_TEXT_LENGTH = 20_000_000  # characters of a text that are compared
MAX_LISTED_LINES = 1_500  # of the differences that are listed
MAX_WORD_DIFF_LENGTH = 100_000  # characters between the first and the last difference, for words
MAX_LINE_LENGTH = 1_000  # characters of a line that are listed
CONTEXT_LINES = 3  # lines that are alike, before and after each difference
_WORD = re.compile(r"\d[\d.,]*\d|\w+|\s+|[^\w\s]")


class ChangeKind(StrEnum):
    """What became of a piece; its value is the sign that stands before it."""

    UNCHANGED = " "
    CHANGED = "≠"
    REMOVED = "−"
    ADDED = "+"


@dataclass(frozen=True)
class Segment:
    """A part of a text, or a line without its end."""

    kind: ChangeKind
    text: str


@dataclass(frozen=True)
class TextDiff:
    """The lines that differ, with some around each; None stands for lines alike left out.

    `removed` and `added` are how many lines did so. `compared` says in words what was left out of
    the comparison, or compared only coarsely; "" if nothing was. `listed` is False where there are
    more differences than `lines` has.
    """

    removed: int
    added: int
    lines: tuple[Segment | None, ...]
    is_complete: bool = True
    limitations: str = ""

    @property
    def is_equal(self) -> bool:
        """Whether no difference was found."""
        return not (self.removed or self.added)


def compare_texts(before: str, after: str) -> TextDiff:
    """Line by line; how a line ends makes no difference."""
    said = ""
    if max(len(before), len(after)) > MAX_TEXT_LENGTH:
        said = f"The first {MAX_TEXT_LENGTH:,} characters were compared."
        before, after = before[:MAX_TEXT_LENGTH], after[:MAX_TEXT_LENGTH]
    a, b = before.splitlines(), after.splitlines()
    found, closely = diff_blocks(a, b)
    if not closely:
        said += " Long parts without a line in common were compared as a whole."
    different = [block for block in found if not block.same]
    removed = sum(block.a1 - block.a0 for block in different)
    added = sum(block.b1 - block.b0 for block in different)
    lines: list[Segment | None] = []
    listed = True
    for piece in _with_context(found, a, b):
        if len(lines) >= MAX_LISTED_LINES:
            listed = False
            break
        lines.append(piece)
    return TextDiff(removed, added, tuple(lines), listed, said.strip())


def _with_context(found: list[Block], a: list[str], b: list[str]) -> Iterator[Segment | None]:
    for number, block in enumerate(found):
        if not block.same:
            yield from (_line_segment(ChangeKind.REMOVED, line) for line in a[block.a0 : block.a1])
            yield from (_line_segment(ChangeKind.ADDED, line) for line in b[block.b0 : block.b1])
            continue
        after = 0 if number == 0 else CONTEXT_LINES
        ahead = 0 if number == len(found) - 1 else CONTEXT_LINES
        size = block.a1 - block.a0
        if size <= after + ahead:
            yield from (
                _line_segment(ChangeKind.UNCHANGED, line) for line in a[block.a0 : block.a1]
            )
            continue
        yield from (
            _line_segment(ChangeKind.UNCHANGED, line) for line in a[block.a0 : block.a0 + after]
        )
        yield None
        yield from (
            _line_segment(ChangeKind.UNCHANGED, line) for line in a[block.a1 - ahead : block.a1]
        )


def _line_segment(mark: ChangeKind, line: str) -> Segment:
    return Segment(mark, clip(line, MAX_LINE_LENGTH))


def compare_words(before: str, after: str) -> list[Segment] | None:
    """The pieces of both texts, one after the other; None if too much lies between the first
    difference and the last.
    """
    start, end = common_prefix_and_suffix(before, after)
    if max(len(before), len(after)) - start - end > MAX_WORD_DIFF_LENGTH:
        return None
    start, end = _snap_to_words(before, after, start, end)
    a = _WORD.findall(before[start : len(before) - end])
    b = _WORD.findall(after[start : len(after) - end])
    pieces = [Segment(ChangeKind.UNCHANGED, before[:start])]
    for block in diff_blocks(a, b)[0]:
        if block.same:
            pieces.append(Segment(ChangeKind.UNCHANGED, "".join(a[block.a0 : block.a1])))
            continue
        pieces.append(Segment(ChangeKind.REMOVED, "".join(a[block.a0 : block.a1])))
        pieces.append(Segment(ChangeKind.ADDED, "".join(b[block.b0 : block.b1])))
    pieces.append(Segment(ChangeKind.UNCHANGED, before[len(before) - end :]))
    return _absorb_whitespace([piece for piece in pieces if piece.text])


def _snap_to_words(before: str, after: str, start: int, end: int) -> tuple[int, int]:
    """The ends that both have in common, without half a word."""
    while start and (before[start - 1].isalnum() or before[start - 1] == "_"):
        start -= 1
    while end and (before[-end].isalnum() or before[-end] == "_"):
        end -= 1
    return start, end


def _absorb_whitespace(pieces: list[Segment]) -> list[Segment]:
    """White space alone between two differences is part of them, so that phrases stay whole."""
    joined: list[Segment] = []
    removed = added = ""

    def close() -> None:
        nonlocal removed, added
        for mark, text in ((ChangeKind.REMOVED, removed), (ChangeKind.ADDED, added)):
            if text:
                joined.append(Segment(mark, text))
        removed = added = ""

    for number, piece in enumerate(pieces):
        if piece.kind is ChangeKind.REMOVED:
            removed += piece.text
        elif piece.kind is ChangeKind.ADDED:
            added += piece.text
        elif (removed or added) and not piece.text.strip() and number < len(pieces) - 1:
            removed += piece.text
            added += piece.text
        else:
            close()
            joined.append(piece)
    close()
    return joined

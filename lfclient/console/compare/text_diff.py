"""Where two texts differ: line by line, and word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from lfclient.common.formatting import clip
from lfclient.console.compare.sequence_diff import Block, blocks, common_ends

LONGEST = 20_000_000  # characters of a text that are compared
MOST_LINES = 1_500  # of the differences that are listed
MOST_WORDS = 100_000  # characters between the first and the last difference, for words
LONG_LINE = 1_000  # characters of a line that are listed
AROUND = 3  # lines that are alike, before and after each difference
_WORD = re.compile(r"\d[\d.,]*\d|\w+|\s+|[^\w\s]")


class Mark(StrEnum):
    """What became of a piece; its value is the sign that stands before it."""

    SAME = " "
    REMOVED = "−"
    ADDED = "+"


@dataclass(frozen=True)
class Piece:
    """A part of a text, or a line without its end."""

    mark: Mark
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
    lines: tuple[Piece | None, ...]
    listed: bool = True
    compared: str = ""

    @property
    def equal(self) -> bool:
        """Whether no difference was found."""
        return not (self.removed or self.added)


def compare_texts(before: str, after: str) -> TextDiff:
    """Line by line; how a line ends makes no difference."""
    said = ""
    if max(len(before), len(after)) > LONGEST:
        said = f"The first {LONGEST:,} characters were compared."
        before, after = before[:LONGEST], after[:LONGEST]
    a, b = before.splitlines(), after.splitlines()
    found, closely = blocks(a, b)
    if not closely:
        said += " Long parts without a line in common were compared as a whole."
    different = [block for block in found if not block.same]
    removed = sum(block.a1 - block.a0 for block in different)
    added = sum(block.b1 - block.b0 for block in different)
    lines: list[Piece | None] = []
    listed = True
    for piece in _listed(found, a, b):
        if len(lines) >= MOST_LINES:
            listed = False
            break
        lines.append(piece)
    return TextDiff(removed, added, tuple(lines), listed, said.strip())


def _listed(found: list[Block], a: list[str], b: list[str]) -> Iterator[Piece | None]:
    for number, block in enumerate(found):
        if not block.same:
            yield from (_piece(Mark.REMOVED, line) for line in a[block.a0 : block.a1])
            yield from (_piece(Mark.ADDED, line) for line in b[block.b0 : block.b1])
            continue
        after = 0 if number == 0 else AROUND
        ahead = 0 if number == len(found) - 1 else AROUND
        size = block.a1 - block.a0
        if size <= after + ahead:
            yield from (_piece(Mark.SAME, line) for line in a[block.a0 : block.a1])
            continue
        yield from (_piece(Mark.SAME, line) for line in a[block.a0 : block.a0 + after])
        yield None
        yield from (_piece(Mark.SAME, line) for line in a[block.a1 - ahead : block.a1])


def _piece(mark: Mark, line: str) -> Piece:
    return Piece(mark, clip(line, LONG_LINE))


def compare_words(before: str, after: str) -> list[Piece] | None:
    """The pieces of both texts, one after the other; None if too much lies between the first
    difference and the last.
    """
    start, end = common_ends(before, after)
    if max(len(before), len(after)) - start - end > MOST_WORDS:
        return None
    start, end = _whole_words(before, after, start, end)
    a = _WORD.findall(before[start : len(before) - end])
    b = _WORD.findall(after[start : len(after) - end])
    pieces = [Piece(Mark.SAME, before[:start])]
    for block in blocks(a, b)[0]:
        if block.same:
            pieces.append(Piece(Mark.SAME, "".join(a[block.a0 : block.a1])))
            continue
        pieces.append(Piece(Mark.REMOVED, "".join(a[block.a0 : block.a1])))
        pieces.append(Piece(Mark.ADDED, "".join(b[block.b0 : block.b1])))
    pieces.append(Piece(Mark.SAME, before[len(before) - end :]))
    return _without_islands([piece for piece in pieces if piece.text])


def _whole_words(before: str, after: str, start: int, end: int) -> tuple[int, int]:
    """The ends that both have in common, without half a word."""
    while start and (before[start - 1].isalnum() or before[start - 1] == "_"):
        start -= 1
    while end and (before[-end].isalnum() or before[-end] == "_"):
        end -= 1
    return start, end


def _without_islands(pieces: list[Piece]) -> list[Piece]:
    """White space alone between two differences is part of them, so that phrases stay whole."""
    joined: list[Piece] = []
    removed = added = ""

    def close() -> None:
        nonlocal removed, added
        for mark, text in ((Mark.REMOVED, removed), (Mark.ADDED, added)):
            if text:
                joined.append(Piece(mark, text))
        removed = added = ""

    for number, piece in enumerate(pieces):
        if piece.mark is Mark.REMOVED:
            removed += piece.text
        elif piece.mark is Mark.ADDED:
            added += piece.text
        elif (removed or added) and not piece.text.strip() and number < len(pieces) - 1:
            removed += piece.text
            added += piece.text
        else:
            close()
            joined.append(piece)
    close()
    return joined

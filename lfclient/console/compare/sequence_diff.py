"""Diff two sequences in bounded time.

`difflib` takes quadratic time or worse, so long sequences are first split at items that occur once
in both (patience diff), as most lines of a text do.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from operator import eq
from typing import TypeVar

MAX_DIFFLIB_ITEMS = 2_000  # items that are passed to difflib without splitting
MAX_RECURSION = 10  # splits within splits
MAX_COMPARISONS = 8_000_000  # pairs of items in total, about a second

_T = TypeVar("_T")
_Range = tuple[int, int, int, int]  # a0, a1, b0, b1


@dataclass(frozen=True)
class Block:
    """Items `a0:a1` of one sequence correspond to `b0:b1` of the other."""

    is_equal: bool
    a0: int
    a1: int
    b0: int
    b1: int


def diff_blocks(a: Sequence[Hashable], b: Sequence[Hashable]) -> tuple[list[Block], bool]:
    """Return blocks that cover both sequences, and whether all of it was compared in detail.

    A part that was not compared in detail is one block that differs.
    """
    start, end = common_prefix_and_suffix(a, b)
    blocks = [Block(True, 0, start, 0, start)] if start else []
    differ = _Differ(a, b, blocks)
    is_detailed = differ.diff((start, len(a) - end, start, len(b) - end))
    if end:
        blocks.append(Block(True, len(a) - end, len(a), len(b) - end, len(b)))
    return _merge_adjacent(blocks), is_detailed


def common_prefix_and_suffix(
    a: Sequence[_T],
    b: Sequence[_T],
    equal: Callable[[Sequence[_T], Sequence[_T]], bool] = eq,
) -> tuple[int, int]:
    """Return the lengths of the common prefix and of the common suffix after it.

    `equal` compares slices.
    """
    shorter = min(len(a), len(b))
    start = _common_length(shorter, lambda low, high: equal(a[low:high], b[low:high]))
    end = _common_length(
        shorter - start,
        lambda low, high: equal(a[len(a) - high : len(a) - low], b[len(b) - high : len(b) - low]),
    )
    return start, end


def _common_length(limit: int, equal: Callable[[int, int], bool]) -> int:
    """Compare slices, which is fast, doubling their length while they are equal, then halving."""
    length, step = 0, 1
    while length < limit:
        step = min(step, limit - length)
        if equal(length, length + step):
            length += step
            step *= 2
        elif step == 1:
            break
        else:
            step = max(step // 2, 1)
    return length


class _Differ:
    """Appends the blocks of ranges to `blocks`, until it has made `MAX_COMPARISONS`."""

    def __init__(self, a: Sequence[Hashable], b: Sequence[Hashable], blocks: list[Block]) -> None:
        self._a, self._b, self._blocks = a, b, blocks
        self._comparisons_left = MAX_COMPARISONS

    def diff(self, part: _Range, depth: int = 0) -> bool:
        """Append the blocks of a range; return whether it was compared in detail."""
        a0, a1, b0, b1 = part
        if a0 == a1 and b0 == b1:
            return True
        if a0 == a1 or b0 == b1:
            self._blocks.append(Block(False, *part))
            return True
        if max(a1 - a0, b1 - b0) <= MAX_DIFFLIB_ITEMS:
            return self._diff_with_difflib(part)
        anchors = self._unique_anchors(part) if depth < MAX_RECURSION else []
        if not anchors:
            self._blocks.append(Block(False, *part))
            return False
        is_detailed = True
        for (i, j), (next_i, next_j) in pairwise([(a0 - 1, b0 - 1), *anchors, (a1, b1)]):
            if i >= a0:
                self._blocks.append(Block(True, i, i + 1, j, j + 1))
            is_detailed &= self.diff((i + 1, next_i, j + 1, next_j), depth + 1)
        return is_detailed

    def _diff_with_difflib(self, part: _Range) -> bool:
        a0, a1, b0, b1 = part
        self._comparisons_left -= (a1 - a0) * (b1 - b0)
        if self._comparisons_left < 0:
            self._blocks.append(Block(False, *part))
            return False
        matcher = SequenceMatcher(None, self._a[a0:a1], self._b[b0:b1], autojunk=False)
        for tag, i0, i1, j0, j1 in matcher.get_opcodes():
            self._blocks.append(Block(tag == "equal", a0 + i0, a0 + i1, b0 + j0, b0 + j1))
        return True

    def _unique_anchors(self, part: _Range) -> list[tuple[int, int]]:
        """Return positions of items that are unique in both, the longest series in order."""
        a0, a1, b0, b1 = part
        unique = {item for item, count in Counter(self._a[a0:a1]).items() if count == 1}
        unique &= {item for item, count in Counter(self._b[b0:b1]).items() if count == 1}
        position_in_b = {self._b[j]: j for j in range(b0, b1) if self._b[j] in unique}
        pairs = [(i, position_in_b[self._a[i]]) for i in range(a0, a1) if self._a[i] in unique]
        # the longest increasing subsequence of the positions in b
        tails: list[int] = []
        last: list[int] = []
        previous: list[int] = []
        for number, (_, j) in enumerate(pairs):
            place = bisect_left(tails, j)
            previous.append(last[place - 1] if place else -1)
            if place == len(tails):
                tails.append(j)
                last.append(number)
            else:
                tails[place], last[place] = j, number
        anchors: list[tuple[int, int]] = []
        number = last[-1] if last else -1
        while number >= 0:
            anchors.append(pairs[number])
            number = previous[number]
        return anchors[::-1]


def _merge_adjacent(blocks: list[Block]) -> list[Block]:
    merged: list[Block] = []
    for block in blocks:
        if merged and merged[-1].is_equal == block.is_equal:
            last = merged[-1]
            merged[-1] = Block(block.is_equal, last.a0, block.a1, last.b0, block.b1)
        else:
            merged.append(block)
    return merged

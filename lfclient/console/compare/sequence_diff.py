"""Diff two sequences in bounded time.

`difflib` takes quadratic time or worse, so long sequences are first split at items that occur once
in both (patience diff), as most lines of a text do.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from operator import eq
from typing import TypeVar

MAX_DIFFLIB_ITEMS = 2_000  # items that are passed to difflib without splitting
MAX_RECURSION = 10  # splits within splits
MAX_COMPARISONS = 8_000_000  # pairs of items in total, about a second

_T = TypeVar("_T")


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
    differ = _Differ(a, b)
    blocks = [
        Block(True, 0, start, 0, start),
        *differ.blocks(start, len(a) - end, start, len(b) - end),
        Block(True, len(a) - end, len(a), len(b) - end, len(b)),
    ]
    return _merge_adjacent(blocks), differ.is_detailed


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
    """Diffs ranges of two sequences, in detail until it has made `MAX_COMPARISONS`."""

    def __init__(self, a: Sequence[Hashable], b: Sequence[Hashable]) -> None:
        self.is_detailed = True  # so far
        self._a, self._b = a, b
        self._comparisons_left = MAX_COMPARISONS

    def blocks(self, a0: int, a1: int, b0: int, b1: int, depth: int = 0) -> Iterator[Block]:
        if a0 == a1 or b0 == b1:
            yield Block(False, a0, a1, b0, b1)
            return
        if max(a1 - a0, b1 - b0) <= MAX_DIFFLIB_ITEMS:
            self._comparisons_left -= (a1 - a0) * (b1 - b0)
            if self._comparisons_left >= 0:
                matcher = SequenceMatcher(None, self._a[a0:a1], self._b[b0:b1], autojunk=False)
                for tag, i0, i1, j0, j1 in matcher.get_opcodes():
                    yield Block(tag == "equal", a0 + i0, a0 + i1, b0 + j0, b0 + j1)
                return
        elif depth < MAX_RECURSION:
            anchors = self._unique_anchors(a0, a1, b0, b1)
            if anchors:
                i, j = a0, b0
                for next_i, next_j in anchors:
                    yield from self.blocks(i, next_i, j, next_j, depth + 1)
                    i, j = next_i + 1, next_j + 1
                    yield Block(True, next_i, i, next_j, j)
                yield from self.blocks(i, a1, j, b1, depth + 1)
                return
        self.is_detailed = False
        yield Block(False, a0, a1, b0, b1)

    def _unique_anchors(self, a0: int, a1: int, b0: int, b1: int) -> list[tuple[int, int]]:
        """Return positions of items that are unique in both, the longest series in order."""
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
            first = merged.pop()
            block = Block(block.is_equal, first.a0, block.a1, first.b0, block.b1)
        if block.a0 < block.a1 or block.b0 < block.b1:
            merged.append(block)
    return merged

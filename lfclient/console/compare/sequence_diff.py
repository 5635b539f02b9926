"""Where two sequences differ, in bounded time.

`difflib` finds the differences of short ones, but takes the square of their length or worse. Long
ones are first cut where both have the same item once (patience diff), as lines of a text mostly do.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from operator import eq
from typing import Any

MAX_DIFFLIB_ITEMS = 2_000  # items that are given to difflib as they are
MAX_RECURSION = 10  # cuts within cuts
MAX_COMPARISONS = 8_000_000  # pairs of items that are looked at in all, about a second


@dataclass(frozen=True)
class Block:
    """Items `a0:a1` of the one are `b0:b1` of the other, alike if `same`."""

    same: bool
    a0: int
    a1: int
    b0: int
    b1: int


def diff_blocks(a: Sequence[Hashable], b: Sequence[Hashable]) -> tuple[list[Block], bool]:
    """The blocks from the beginning to the end, and whether all was compared closely.

    Where not, what stands between two places that are alike is one block that differs.
    """
    start, end = common_prefix_and_suffix(a, b)
    found = [Block(True, 0, start, 0, start)] if start else []
    budget = [MAX_COMPARISONS]
    closely = _diff_range(a, b, (start, len(a) - end, start, len(b) - end), found, budget)
    if end:
        found.append(Block(True, len(a) - end, len(a), len(b) - end, len(b)))
    return _merge_adjacent(found), closely


def common_prefix_and_suffix(
    a: Sequence[Any], b: Sequence[Any], equal: Callable[[Any, Any], bool] = eq
) -> tuple[int, int]:
    """How many items both begin with, and how many more both end with; `equal` is given slices."""
    most = min(len(a), len(b))
    start = _common_length(most, lambda low, high: equal(a[low:high], b[low:high]))
    end = _common_length(
        most - start,
        lambda low, high: equal(a[len(a) - high : len(a) - low], b[len(b) - high : len(b) - low]),
    )
    return start, end


def _common_length(most: int, equal) -> int:
    """Slices are compared at the speed of C: so twice as many each time, then half of that."""
    known, step = 0, 1
    while known < most:
        step = min(step, most - known)
        if equal(known, known + step):
            known += step
            step *= 2
        elif step == 1:
            break
        else:
            step = max(step // 2, 1)
    return known


def _diff_range(
    a: Sequence[Hashable],
    b: Sequence[Hashable],
    part: tuple[int, int, int, int],
    found: list[Block],
    budget: list[int],
    deep: int = 0,
) -> bool:
    a0, a1, b0, b1 = part
    if a0 == a1 and b0 == b1:
        return True
    if a0 == a1 or b0 == b1:
        found.append(Block(False, *part))
        return True
    if max(a1 - a0, b1 - b0) <= MAX_DIFFLIB_ITEMS:
        return _diff_with_difflib(a, b, part, found, budget)
    anchors = _unique_anchors(a, b, part) if deep < MAX_RECURSION else []
    if not anchors:
        found.append(Block(False, *part))
        return False
    closely = True
    for (i, j), (k, m) in pairwise([(a0 - 1, b0 - 1), *anchors, (a1, b1)]):
        if i >= a0:
            found.append(Block(True, i, i + 1, j, j + 1))
        closely &= _diff_range(a, b, (i + 1, k, j + 1, m), found, budget, deep + 1)
    return closely


def _diff_with_difflib(a, b, part, found: list[Block], budget: list[int]) -> bool:
    a0, a1, b0, b1 = part
    budget[0] -= (a1 - a0) * (b1 - b0)
    if budget[0] < 0:
        found.append(Block(False, a0, a1, b0, b1))
        return False
    matcher = SequenceMatcher(None, a[a0:a1], b[b0:b1], autojunk=False)
    for tag, i, k, j, m in matcher.get_opcodes():
        found.append(Block(tag == "equal", a0 + i, a0 + k, b0 + j, b0 + m))
    return True


def _unique_anchors(a, b, part: tuple[int, int, int, int]) -> list[tuple[int, int]]:
    """Places of items that both have once, the longest row of them that is in order in both."""
    a0, a1, b0, b1 = part
    once = {item for item, count in Counter(a[a0:a1]).items() if count == 1}
    once &= {item for item, count in Counter(b[b0:b1]).items() if count == 1}
    where = {b[j]: j for j in range(b0, b1) if b[j] in once}
    pairs = [(i, where[a[i]]) for i in range(a0, a1) if a[i] in once]
    # the longest increasing row of the second places
    tails: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for number, (_, j) in enumerate(pairs):
        place = bisect_left(tails, j)
        before.append(last[place - 1] if place else -1)
        if place == len(tails):
            tails.append(j)
            last.append(number)
        else:
            tails[place], last[place] = j, number
    row: list[tuple[int, int]] = []
    number = last[-1] if last else -1
    while number >= 0:
        row.append(pairs[number])
        number = before[number]
    return row[::-1]


def _merge_adjacent(found: list[Block]) -> list[Block]:
    joined: list[Block] = []
    for block in found:
        if joined and joined[-1].same == block.same:
            last = joined[-1]
            joined[-1] = Block(block.same, last.a0, block.a1, last.b0, block.b1)
        else:
            joined.append(block)
    return joined

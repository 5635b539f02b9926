"""Where two JSON values differ, by path.

Of its own, since the known library for this (deepdiff) walks values by recursion and has no bound
on what it looks at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lfclient.console.compare.equality import is_equal
from lfclient.console.compare.sequence_diff import common_prefix_and_suffix, diff_blocks
from lfclient.console.compare.text_diff import ChangeKind
from lfclient.console.content.json_path import PathKey, format_path

MAX_COMPARED_VALUES = 300_000  # pairs that are looked at, about a second
MAX_LISTED_CHANGES = 500
MAX_DEPTH = 200  # levels that are looked into; what lies deeper is the same or not, as a whole
MAX_ALIGNED_ITEMS = 2_000  # items of lists of different lengths that are matched by what they hold

_Entry = tuple[list[PathKey], ChangeKind, Any, Any]


@dataclass(frozen=True)
class Change:
    """What stands at `path` in the one and in the other; None there if added, or here if removed.

    `mark` is SAME for a value that is another: it is there in both.
    """

    path: str
    kind: ChangeKind
    before: Any = None
    after: Any = None


@dataclass(frozen=True)
class TreeDiff:
    """The first changes, how many there are, and whether all was looked at."""

    changes: tuple[Change, ...]
    total: int
    is_complete: bool = True

    @property
    def is_equal(self) -> bool:
        """Whether no difference was found."""
        return not self.total


def compare_trees(before: Any, after: Any) -> TreeDiff:
    """What was added, removed and changed, in the order of the first. Paths are those of `after`,
    of what was removed those of `before`.
    """
    changes: list[Change] = []
    total = looked_at = 0
    open_: list[Iterator[tuple[list[PathKey], ChangeKind, Any, Any]]] = [
        iter([([], ChangeKind.CHANGED, before, after)])
    ]
    while open_:
        entry = next(open_[-1], None)
        if entry is None:
            open_.pop()
            continue
        keys, mark, a, b = entry
        looked_at += 1
        if looked_at > MAX_COMPARED_VALUES:
            return TreeDiff(tuple(changes), total, False)
        if mark is ChangeKind.CHANGED:
            shallow = len(keys) < MAX_DEPTH
            if shallow and isinstance(a, dict) and isinstance(b, dict):
                open_.append(_compare_dicts(keys, a, b))
                continue
            if shallow and isinstance(a, list) and isinstance(b, list):
                open_.append(_compare_lists(keys, a, b))
                continue
            if is_equal(a, b):
                continue
        total += 1
        if len(changes) < MAX_LISTED_CHANGES:
            changes.append(Change(format_path(keys), mark, a, b))
    return TreeDiff(tuple(changes), total)


def _compare_dicts(keys: list[PathKey], a: dict[str, Any], b: dict[str, Any]) -> Iterator[_Entry]:
    for name, value in a.items():
        if name in b:
            yield [*keys, str(name)], ChangeKind.CHANGED, value, b[name]
        else:
            yield [*keys, str(name)], ChangeKind.REMOVED, value, None
    for name, value in b.items():
        if name not in a:
            yield [*keys, str(name)], ChangeKind.ADDED, None, value


def _compare_lists(keys: list[PathKey], a: list[Any], b: list[Any]) -> Iterator[_Entry]:
    """By place; where one is longer, what both hold is matched first."""
    if len(a) == len(b):
        for place, (one, other) in enumerate(zip(a, b, strict=True)):
            yield [*keys, place], ChangeKind.CHANGED, one, other
        return
    start, end = common_prefix_and_suffix(a, b, is_equal)
    middle = (start, len(a) - end, start, len(b) - end)
    parts = [middle]
    if max(len(a), len(b)) - start - end <= MAX_ALIGNED_ITEMS:
        ours, theirs = (
            [json.dumps(item, sort_keys=True, default=str) for item in part]
            for part in (a[middle[0] : middle[1]], b[middle[2] : middle[3]])
        )
        parts = [
            (start + block.a0, start + block.a1, start + block.b0, start + block.b1)
            for block in diff_blocks(ours, theirs)[0]
            if not block.same
        ]
    for a0, a1, b0, b1 in parts:
        both = min(a1 - a0, b1 - b0)
        for place in range(both):
            yield [*keys, b0 + place], ChangeKind.CHANGED, a[a0 + place], b[b0 + place]
        for place in range(a0 + both, a1):
            yield [*keys, place], ChangeKind.REMOVED, a[place], None
        for place in range(b0 + both, b1):
            yield [*keys, place], ChangeKind.ADDED, None, b[place]

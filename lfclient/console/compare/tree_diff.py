"""Diff two JSON values by path.

Not with deepdiff, which recurses and does not limit how much it compares.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from lfclient.common.json_types import Json, JsonObject
from lfclient.console.compare.equality import is_equal
from lfclient.console.compare.sequence_diff import common_prefix_and_suffix, diff_blocks
from lfclient.console.compare.text_diff import ChangeKind
from lfclient.console.content.json_path import PathKey, format_path

MAX_COMPARED_VALUES = 300_000  # pairs of values, about a second
MAX_LISTED_CHANGES = 500
MAX_DEPTH = 200  # deeper values are compared as a whole
MAX_ALIGNED_ITEMS = 2_000  # items of lists of different lengths that are matched by content

_Comparison = tuple[list[PathKey], ChangeKind, Json, Json]


@dataclass(frozen=True)
class Change:
    """The values at `path`; `before` is None if it was added, `after` if it was removed."""

    path: str
    kind: ChangeKind
    before: Json = None
    after: Json = None


@dataclass(frozen=True)
class TreeDiff:
    """The first changes, the number of all changes, and whether all values were compared."""

    changes: tuple[Change, ...]
    total: int
    is_complete: bool = True

    @property
    def is_equal(self) -> bool:
        """Whether no difference was found."""
        return not self.total


def compare_trees(before: Json, after: Json) -> TreeDiff:
    """Return the changes in the order of `before`, with their paths in `after`.

    A removed value has its path in `before`.
    """
    changes: list[Change] = []
    total = compared = 0
    stack: list[Iterator[_Comparison]] = [iter([([], ChangeKind.CHANGED, before, after)])]
    while stack:
        comparison = next(stack[-1], None)
        if comparison is None:
            stack.pop()
            continue
        keys, kind, a, b = comparison
        compared += 1
        if compared > MAX_COMPARED_VALUES:
            return TreeDiff(tuple(changes), total, False)
        if kind is ChangeKind.CHANGED:
            can_descend = len(keys) < MAX_DEPTH
            if can_descend and isinstance(a, dict) and isinstance(b, dict):
                stack.append(_compare_dicts(keys, a, b))
                continue
            if can_descend and isinstance(a, list) and isinstance(b, list):
                stack.append(_compare_lists(keys, a, b))
                continue
            if is_equal(a, b):
                continue
        total += 1
        if len(changes) < MAX_LISTED_CHANGES:
            changes.append(Change(format_path(keys), kind, a, b))
    return TreeDiff(tuple(changes), total)


def _compare_dicts(keys: list[PathKey], a: JsonObject, b: JsonObject) -> Iterator[_Comparison]:
    for name, value in a.items():
        if name in b:
            yield [*keys, str(name)], ChangeKind.CHANGED, value, b[name]
        else:
            yield [*keys, str(name)], ChangeKind.REMOVED, value, None
    for name, value in b.items():
        if name not in a:
            yield [*keys, str(name)], ChangeKind.ADDED, None, value


def _compare_lists(keys: list[PathKey], a: list[Json], b: list[Json]) -> Iterator[_Comparison]:
    """Compare items by index; in lists of different lengths, match equal items first."""
    if len(a) == len(b):
        for index, (one, other) in enumerate(zip(a, b, strict=True)):
            yield [*keys, index], ChangeKind.CHANGED, one, other
        return
    start, end = common_prefix_and_suffix(a, b, is_equal)
    middle_a, middle_b = a[start : len(a) - end], b[start : len(b) - end]
    parts = [(start, len(a) - end, start, len(b) - end)]
    if max(len(middle_a), len(middle_b)) <= MAX_ALIGNED_ITEMS:
        texts_a, texts_b = (
            [json.dumps(item, sort_keys=True, default=str) for item in items]
            for items in (middle_a, middle_b)
        )
        parts = [
            (start + block.a0, start + block.a1, start + block.b0, start + block.b1)
            for block in diff_blocks(texts_a, texts_b)[0]
            if not block.is_equal
        ]
    for a0, a1, b0, b1 in parts:
        shared = min(a1 - a0, b1 - b0)
        for offset in range(shared):
            yield [*keys, b0 + offset], ChangeKind.CHANGED, a[a0 + offset], b[b0 + offset]
        for index in range(a0 + shared, a1):
            yield [*keys, index], ChangeKind.REMOVED, a[index], None
        for index in range(b0 + shared, b1):
            yield [*keys, index], ChangeKind.ADDED, None, b[index]

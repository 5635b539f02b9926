"""Say whether two outputs are equal, and in a few words how they differ.

In a module of its own because it needs pandas.
"""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from lfclient.common.formatting import format_count
from lfclient.common.json_types import Json, JsonObject
from lfclient.console.compare.equality import is_equal
from lfclient.console.compare.table_diff import (
    MAX_COMPARED_ROWS,
    TableDiff,
    find_best_diff,
)
from lfclient.console.compare.text_diff import ChangeKind, compare_texts, compare_words
from lfclient.console.compare.tree_diff import compare_trees
from lfclient.console.compare.volatile import (
    GUESSES_ONLY,
    IDS_AND_TIMES,
    IgnoredNames,
    drop_names,
    guess_volatile_names,
    names_in,
)
from lfclient.console.content.dataframes import to_dataframe
from lfclient.console.content.images import image_size
from lfclient.console.content.output_kinds import handler_for
from lfclient.console.store.own_values import NO_OWN_VALUES, OwnValues
from lfclient.outputs.model import FileRef, Output, OutputKind

MAX_NAMES = 300  # of columns and keys that are kept
_HASHED_ITEMS = 1_000  # of a list
_FIRST_ITEMS = 10
_WORD = re.compile(r"\w+")


class OutputMatch(StrEnum):
    """How two outputs compare."""

    EQUAL = "equal"
    DIFFERENT = "different"
    MISSING = "missing"  # one of the runs has none
    UNKNOWN = "unknown"  # they can't be compared


@dataclass(frozen=True)
class Difference:
    """How two outputs compare, without their values.

    `note` says how they differ, such as "2 of 40 rows", or why they can't be compared. `names` are
    the columns and keys that they have; `guessed` and `ignored` those that were guessed to change
    with each run, and those that were left out. `fingerprint` is the same for equal second outputs,
    "" if it is unknown.
    """

    match: OutputMatch
    note: str = ""
    names: tuple[str, ...] = ()
    guessed: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    fingerprint: str = ""


def compare_pair(
    before: Output | None,
    after: Output | None,
    ignored_names: IgnoredNames = GUESSES_ONLY,
    own_values: tuple[OwnValues, OwnValues] = NO_OWN_VALUES,
) -> Difference:
    """Compare two outputs without the columns and keys to ignore. Takes bounded time."""
    if before is None or after is None:
        return Difference(OutputMatch.MISSING, "only in the other run" if after else "")
    before, after = as_structured(before, after)
    for output in (after, before):
        if output.value is None and output.note:
            return Difference(OutputMatch.UNKNOWN, output.note)
    if before.kind is not after.kind:
        note = f"{after.kind.value} instead of {before.kind.value}"
        return Difference(OutputMatch.DIFFERENT, note, fingerprint=_fingerprint(after.value))
    if isinstance(before.value, str) and isinstance(after.value, str):
        return _compare_masked(before, after, ignored_names, own_values)
    if not handler_for(before).has_names:
        return _compare(before, after, _fingerprints(before, after))
    prints = None
    if _begin_equal(before.value, after.value):
        prints = _fingerprints(before, after)
        if prints[0] and prints[0] == prints[1]:
            return _compare(before, after, prints)
    names = tuple(dict.fromkeys([*names_in(before.value), *names_in(after.value)]))
    guessed = tuple(guess_volatile_names(before.value, after.value, own_values))
    chosen = ignored_names.apply(guessed)
    ignored = tuple(name for name in names if name in chosen)
    if ignored:
        before, after = without_names(before, ignored), without_names(after, ignored)
        prints = None
    difference = _compare(before, after, prints or _fingerprints(before, after))
    return replace(difference, names=names[:MAX_NAMES], guessed=guessed, ignored=ignored)


def as_structured(before: Output, after: Output) -> tuple[Output, Output]:
    """Return the tables or JSON that two messages consist of, else the messages themselves."""
    if before.kind is after.kind and not handler_for(before).has_names:
        for kind in OutputKind:
            one, other = (
                next((extra for extra in output.extras if extra.kind is kind), None)
                for output in (before, after)
            )
            if one and other and handler_for(one).has_names:
                return one, other
    return before, after


def without_names(output: Output, names: Sequence[str]) -> Output:
    """Return an output without these columns and keys."""
    return replace(output, value=drop_names(output.value, frozenset(names))) if names else output


def _compare_masked(
    before: Output,
    after: Output,
    ignored_names: IgnoredNames,
    own_values: tuple[OwnValues, OwnValues],
) -> Difference:
    """Compare two texts without the ids and times of the runs, if these differ."""
    pair = before, after
    masked = pair if before.value == after.value else mask_texts(pair, own_values)
    names = () if masked == pair else (IDS_AND_TIMES,)
    ignored = names if IDS_AND_TIMES in ignored_names.apply(names) else ()
    pair = masked if ignored else pair
    difference = _compare(*pair, _fingerprints(*pair))
    return replace(difference, names=names, guessed=names, ignored=ignored)


def mask_texts(
    outputs: tuple[Output, Output], own_values: tuple[OwnValues, OwnValues]
) -> tuple[Output, Output]:
    """Return two texts with the same mark in place of the ids and times of their runs."""
    first, second = (
        replace(output, value=own.mask(output.value)) if isinstance(output.value, str) else output
        for output, own in zip(outputs, own_values, strict=True)
    )
    return first, second


def _begin_equal(a: Json, b: Json) -> bool:
    """Return whether the first items of two lists are equal; True for other values."""
    if not isinstance(a, list) or not isinstance(b, list):
        return True
    return is_equal(a[:_FIRST_ITEMS], b[:_FIRST_ITEMS])


def _compare(before: Output, after: Output, prints: tuple[str, str]) -> Difference:
    """Compare two outputs of one kind with these fingerprints."""
    a, b = before.value, after.value
    is_same = prints[0] == prints[1] if all(prints) else is_equal(a, b)
    difference = handler_for(before).compare(a, b, _Describer(is_same))
    is_cut = before.truncated or after.truncated
    if difference.match is OutputMatch.EQUAL and is_cut:
        difference = replace(difference, note="as far as it was received")
    return replace(difference, fingerprint=prints[1])


@dataclass(frozen=True)
class _Describer:
    """Describes how two values differ, unless they are the same.

    Values that differ only in writing, such as 1 and 1.0, are equal.
    """

    is_same: bool

    def compare_texts(self, before: str, after: str) -> Difference:
        return self._describe(_text_note, before, after)

    def compare_rows(self, before: list[JsonObject], after: list[JsonObject]) -> Difference:
        return self._describe(_table_note, before, after)

    def compare_trees(self, before: Json, after: Json) -> Difference:
        return self._describe(_tree_note, before, after)

    def compare_images(self, before: Json, after: Json) -> Difference:
        return self._describe(_image_note, before, after)

    def compare_files(self, before: FileRef, after: FileRef) -> Difference:
        """Compare names and sizes; the contents are on the server."""
        if (before.name, before.size) == (after.name, after.size):
            return Difference(OutputMatch.UNKNOWN, "same name and size")
        note = "other name" if before.name != after.name else "other size"
        return Difference(OutputMatch.DIFFERENT, note)

    def _describe(
        self, describe: Callable[[Any, Any], str], before: Json, after: Json
    ) -> Difference:
        note = "" if self.is_same else describe(before, after)
        return Difference(OutputMatch.DIFFERENT if note else OutputMatch.EQUAL, note)


def _image_note(a: Json, b: Json) -> str:
    sizes = [image_size(data) if isinstance(data, bytes) else None for data in (a, b)]
    if sizes[0] == sizes[1] or None in sizes:
        return "other image"
    return " → ".join(f"{size[0]} × {size[1]}" for size in sizes if size) + " pixels"


def _text_note(a: str, b: str) -> str:
    segments = compare_words(a, b)
    if segments is None:
        diff = compare_texts(a, b)
        return format_count(max(diff.removed, diff.added, 1), "line")
    words = {
        kind: sum(len(_WORD.findall(each.text)) for each in segments if each.kind is kind)
        for kind in (ChangeKind.REMOVED, ChangeKind.ADDED)
    }
    count = max(words.values())
    return format_count(count, "word") if count else "punctuation or spaces"


def _table_note(a: list[JsonObject], b: list[JsonObject]) -> str:
    tables = (to_dataframe(rows[:MAX_COMPARED_ROWS]) for rows in (a, b))
    _, _, diff = find_best_diff(*tables)
    is_complete = max(len(a), len(b)) <= MAX_COMPARED_ROWS
    beyond = "" if is_complete else f"after row {MAX_COMPARED_ROWS:,}"
    return _count_rows(diff, len(a)) or beyond


def _count_rows(diff: TableDiff, rows: int) -> str:
    parts = []
    if diff.changed_rows:
        parts.append(f"{diff.changed_rows:,} of {format_count(rows, 'row')}")
    for count, word in ((diff.added, "more"), (diff.removed, "fewer")):
        if count:
            parts.append(f"{count:,} {word}" if parts else f"{format_count(count, 'row')} {word}")
    columns = len(diff.added_columns) + len(diff.removed_columns)
    if columns:
        parts.append(format_count(columns, "column"))
    return ", ".join(parts)


def _tree_note(a: Json, b: Json) -> str:
    try:
        diff = compare_trees(a, b)
    except RecursionError:
        return "nested too deeply to say how"
    count = format_count(diff.total, "value") if diff.total else ""
    if diff.is_complete:
        return count
    return f"{count} or more" if count else "too large to say how"


def _fingerprints(before: Output, after: Output) -> tuple[str, str]:
    return _fingerprint(before.value), _fingerprint(after.value)


def _fingerprint(value: Json) -> str:
    """Return a hash of a value, "" for a file or a value that is nested too deeply.

    Equal hashes mean equal values. Equal values may have two, such as 1 and 1.0.
    """
    if isinstance(value, (FileRef, type(None))):
        return ""
    digest = hashlib.blake2b(type(value).__name__.encode(), digest_size=16)
    if isinstance(value, bytes):
        digest.update(value)
        return digest.hexdigest()
    # in parts: encoding all of a large value at once would block the other threads for seconds
    parts = (
        (value[n : n + _HASHED_ITEMS] for n in range(0, len(value), _HASHED_ITEMS))
        if isinstance(value, list)
        else (value,)
    )
    try:
        for part in parts:
            digest.update(json.dumps(part).encode())
    except (RecursionError, TypeError, ValueError):
        return ""
    return digest.hexdigest()

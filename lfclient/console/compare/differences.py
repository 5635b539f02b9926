"""Say whether two outputs are equal, and in a few words how they differ.

In a module of its own because it needs pandas.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from lfclient.common.formatting import format_count
from lfclient.common.json_types import Json, JsonObject
from lfclient.console.compare.equality import (
    NO_OWN_VALUES,
    Fingerprint,
    OwnValues,
    fingerprint,
    is_equal,
    normalize,
    value_slices,
)
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
    guess_volatile_names,
    names_in,
)
from lfclient.console.content.images import image_size
from lfclient.console.content.output_kinds import handler_for
from lfclient.console.content.tables import to_dataframe
from lfclient.outputs.model import FileRef, Output, OutputKind

MAX_NAMES = 300  # of columns and keys that are kept
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
    prints = _fingerprint(before, own_values[0]), _fingerprint(after, own_values[1])
    if before.kind is not after.kind:
        note = f"{after.kind.value} instead of {before.kind.value}"
        return Difference(OutputMatch.DIFFERENT, note, fingerprint=prints[1].digest)
    has_own = prints[0].has_own_values or prints[1].has_own_values
    is_same = prints[0].digest == prints[1].digest != ""
    if is_same and (not has_own or is_equal(before.value, after.value)):
        return _compare(before, after, prints)
    own_names = [IDS_AND_TIMES] if has_own else []
    names = tuple(dict.fromkeys([*names_in(before.value), *names_in(after.value), *own_names]))
    guessed = (*guess_volatile_names(before.value, after.value, own_values), *own_names)
    chosen = ignored_names.apply(guessed)
    ignored = tuple(name for name in names if name in chosen)
    if (ignored or has_own) and not (is_same and IDS_AND_TIMES in ignored):
        before, after = (
            replace(output, value=normalize_ignored(output.value, own, ignored))
            for output, own in zip((before, after), own_values, strict=True)
        )
        prints = _fingerprint(before, OwnValues()), _fingerprint(after, OwnValues())
    difference = _compare(before, after, prints)
    return replace(difference, names=names[:MAX_NAMES], guessed=guessed, ignored=ignored)


def normalize_ignored(value: Json, own: OwnValues, ignored: Collection[str]) -> Json:
    """Return a value without the columns and keys `ignored`, masked if ids and times are."""
    if not ignored:
        return value
    return normalize(value, own if IDS_AND_TIMES in ignored else OwnValues(), ignored)


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


def _compare(before: Output, after: Output, prints: tuple[Fingerprint, Fingerprint]) -> Difference:
    """Compare two outputs of one kind with these fingerprints."""
    a, b = before.value, after.value
    digests = prints[0].digest, prints[1].digest
    is_same = digests[0] == digests[1] if all(digests) else is_equal(a, b)
    difference = handler_for(before).compare(a, b, _Describer(is_same))
    is_cut = before.truncated or after.truncated
    if difference.match is OutputMatch.EQUAL and is_cut:
        difference = replace(difference, note="as far as it was received")
    return replace(difference, fingerprint=digests[1])


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
        if self.is_same:
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


def _fingerprint(output: Output, own: OwnValues) -> Fingerprint:
    """Return the fingerprint of an output's value, "" if that is nested too deeply."""
    try:
        return fingerprint(value_slices(output.value), own)
    except RecursionError:
        return Fingerprint("", False)

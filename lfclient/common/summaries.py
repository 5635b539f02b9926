"""Lines that summarize the inputs or the outputs of a run: `Message: Hello · Rows: 3`."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from lfclient.common.formatting import clip, join_cut

EMPTY = "empty"  # of a value without a text
_SEPARATOR = " · "  # of values
_COLON = ": "  # after a label
_MIN_CUT = 10  # characters of a value that is cut, without its label
_MIN_DIFFERENCE = 4  # characters that are shown from the first in which values differ


@dataclass(frozen=True)
class SummaryValue:
    """A value in a line; its label may be "".

    `differs_at` is the number of characters that another run's value of the label begins with.
    """

    text: str
    label: str = ""
    differs_at: int = 0

    @property
    def prefix(self) -> str:
        """The label with its colon, or ""."""
        return f"{self.label}: " if self.label else ""

    @property
    def short_prefix(self) -> str:
        """The prefix with only the last word of a label: `…1: ` of `Model 1: `."""
        _, space, last_word = self.label.rpartition(" ")
        return f"…{last_word}: " if space else self.prefix


Values = Sequence[SummaryValue]


def join_values(values: Iterable[str]) -> str:
    """Return a line that can be parsed: a separator within a value loses its spaces, not its look.

    Values of inputs begin with their labels, as `with_label` returns them.
    """
    return _SEPARATOR.join(value.replace(_SEPARATOR, "\u00a0·\u00a0") for value in values)


def with_label(label: str, text: str) -> str:
    """Return `Message: Hello`; a colon within the label loses its space, not its look."""
    return label.replace(_COLON, ":\u00a0") + _COLON + text


def parse_inputs(line: str) -> Values:
    """Return the values of a line of inputs, with their labels; `EMPTY` for no text."""
    parts = [value.partition(_COLON) for value in line.split(_SEPARATOR)]
    return [
        SummaryValue(text.strip() or EMPTY, label) if colon else SummaryValue(label)
        for label, colon, text in parts
    ]


def parse_outputs(line: str) -> Values:
    """Return the values of a line of outputs, which have no labels."""
    return [SummaryValue(text) for text in line.split(_SEPARATOR)]


def fit_inputs(lines: Sequence[str], limit: int, *, in_sight: int | None = None) -> list[str]:
    """Return at most `limit` characters of each line of inputs, so that different lines differ.

    They are as `fit_values` makes them, with the values that not all lines have first; for lines
    that would be equal, the values in which those differ. All values have their labels, unless it
    is the same one everywhere. An empty line stands for unknown inputs.
    """
    return _fit_apart(_parse_list(lines), limit, in_sight=in_sight)


def fit_outputs(
    lines: Sequence[str],
    limit: int,
    *,
    in_sight: int | None = None,
    mask: Callable[[str], str] = str,
) -> list[str]:
    """Return at most `limit` characters of each line of outputs, with where they differ.

    They are as `fit_values` makes them, with the values in their order. `mask` returns a text of
    the same length, without what is no difference.
    """
    rows = [parse_outputs(line) for line in lines]
    common = _common_lengths({mask(value.text) for value in chain.from_iterable(rows)})
    return [
        fit_values(
            [replace(value, differs_at=common[mask(value.text)]) for value in values],
            limit,
            in_sight=in_sight,
        )
        for values in rows
    ]


def fit_texts(texts: Sequence[str], limit: int) -> list[str]:
    """Return at most `limit` characters of each text, so that different texts differ.

    Of a longer text, the beginning and the part around the first difference are shown.
    """
    rows = [[SummaryValue(text)] for text in texts]
    shown = _fit_apart(rows, limit, in_sight=limit * 3 // 4)
    return [text if len(text) <= limit else cut for text, cut in zip(texts, shown, strict=True)]


def fit_values(values: Values, limit: int, *, in_sight: int | None = None) -> str:
    """Return at most `limit` characters of a line, a fair share of each value.

    Values for which there is no room are counted: `Rows: 3 · +2`. Labels are whole: the count gives
    up its room before the label of a single value loses its beginning. Of a value, the beginning
    and the first characters that differ from others' are shown, among its first `in_sight`
    characters if fewer than its share.
    """
    for shown, prefixes, rest in _layouts(values):
        room = limit - len(_SEPARATOR.join(["", *rest])) - len(_SEPARATOR) * (len(shown) - 1)
        lengths = [len(prefix + value.text) for prefix, value in zip(prefixes, shown, strict=True)]
        share = max(_fair_share(lengths, room), 1)
        cut = [len(p) for p, length in zip(prefixes, lengths, strict=True) if length > share]
        if all(share - prefix >= _MIN_CUT for prefix in cut):
            break
    visible = min(share, in_sight or share)
    texts = [
        clip(prefix + _show_difference(value, visible - len(prefix)), share)
        for prefix, value in zip(prefixes, shown, strict=True)
    ]
    return _SEPARATOR.join(texts + rest)


def _layouts(values: Values) -> Iterator[tuple[Values, list[str], list[str]]]:
    """Yield values to show, their prefixes and the count of the others, the fullest line first."""
    rest: list[str] = []
    for count in range(len(values), 0, -1):
        rest = [f"+{len(values) - count}"] if count < len(values) else []
        yield values[:count], [value.prefix for value in values[:count]], rest
    yield values[:1], [values[0].prefix], []
    yield values[:1], [values[0].short_prefix], rest


def _parse_list(lines: Sequence[str]) -> list[Values]:
    rows = [parse_inputs(line) for line in lines]
    if len({value.label for value in chain.from_iterable(rows)} - {""}) > 1:
        return rows
    return [[replace(value, label="") for value in row] for row in rows]


def _mark_differences(rows: Collection[Values]) -> list[Values]:
    """Return the values with `differs_at`, those that all known rows have at the end."""
    texts: dict[str, set[str]] = {}
    for value in chain.from_iterable(rows):
        texts.setdefault(value.label, set()).add(value.text)
    common = {label: _common_lengths(of_label) for label, of_label in texts.items()}
    known = [set(row) for row in rows if any(value.text for value in row)]
    shared = set.intersection(*known) if known else set()
    return [
        [
            replace(value, differs_at=common[value.label][value.text])
            for value in sorted(row, key=shared.__contains__)
        ]
        for row in rows
    ]


def _common_lengths(texts: Iterable[str]) -> dict[str, int]:
    """Return for each text the length of the longest beginning that it shares with another."""
    order = sorted(texts)
    lengths = [0, *(_common_length(*pair) for pair in pairwise(order)), 0]
    return {text: max(pair) for text, pair in zip(order, pairwise(lengths), strict=True)}


def _common_length(a: str, b: str) -> int:
    # by slices, since texts can be long
    lengths = range(1, min(len(a), len(b)) + 1)
    return bisect_left(lengths, True, key=lambda length: not a.startswith(b[:length]))


def _fit_apart(rows: Sequence[Values], limit: int, *, in_sight: int | None = None) -> list[str]:
    lines = [fit_values(values, limit, in_sight=in_sight) for values in _mark_differences(rows)]
    for line in set(lines):
        alike = [number for number, each in enumerate(lines) if each == line]
        of_line = [rows[number] for number in alike]
        if len(alike) < len(rows) and any(row != of_line[0] for row in of_line):
            for number, apart in zip(
                alike, _fit_apart(of_line, limit, in_sight=in_sight), strict=True
            ):
                lines[number] = apart
    return lines


def _show_difference(value: SummaryValue, room: int) -> str:
    """Return the text, without a part of the shared beginning if the difference needs room.

    `Please write a friendly letter, number 7` becomes `Please… number 7`.
    """
    text, end = value.text, value.differs_at + _MIN_DIFFERENCE
    start = room // 3
    cut = end - (room - start - len("… ") - len("…"))
    if len(text) <= room or end < room or cut > value.differs_at:
        return text
    space = text.find(" ", cut - 1, value.differs_at)
    return join_cut(text[:start], text[cut if space < 0 else space :])


def _fair_share(lengths: Iterable[int], room: int) -> int:
    """Return how long each text can be: those that are shorter leave room to others."""
    ordered = sorted(lengths)
    for number, length in enumerate(ordered):
        share = room // (len(ordered) - number)
        if length > share:
            return share
        room -= length
    return ordered[-1]

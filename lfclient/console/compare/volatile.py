"""Guess which columns and keys change with each run, and leave them out of a comparison."""

import re
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from lfclient.common.json_types import Json
from lfclient.console.compare.equality import MOMENT, NO_OWN_VALUES, OwnValues

MAX_READ_VALUES = 20_000  # values of an output that a guess reads
MAX_READ_ITEMS = 200  # items of each list
MAX_SHARED = 0.1  # share of values that may be equal in two runs
IDS_AND_TIMES = "ids and times in texts"  # ignored as if it were a name

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_MOMENT_WORD = re.compile(
    "accessed|at|completed|created|ended|fetched|finished|generated|modified|now|processed"
    "|received|requested|retrieved|sent|started|timestamp|ts|updated"
)
_ID_WORD = re.compile("id|uuid|guid")
_RUN_WORD = re.compile(
    "build|conversation|execution|job|message|request|run|session|span|task|thread|trace"
)
_DURATION_NAMES = re.compile(
    r"duration|elapsed|latency|took|runtime|(?:execution|response|processing|run|total)_time"
    r"|time_taken|.*_(?:ms|millis|milliseconds)|(?:duration|elapsed|latency)_.*"
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_OPAQUE_ID = re.compile(r"(?=.*\d)(?:[0-9a-f]{16,}|[\w-]{20,})", re.IGNORECASE)
_EPOCHS = ((1e9, 5e9), (1e12, 5e12))  # seconds and milliseconds since 1970


def guess_volatile_names(
    before: Json,
    after: Json,
    own_values: tuple[OwnValues, OwnValues] = NO_OWN_VALUES,
) -> list[str]:
    """Return the columns and keys, at any depth, that hold other values by their nature.

    Timestamps, ids of runs and rows, and durations count, told by their names and values, if the
    two outputs share next to none: a value that stays the same is not volatile.
    """
    one, other = _values_by_name(before), _values_by_name(after)
    return [
        name
        for name, values in one.items()
        if name in other and _is_volatile(name, values, other[name], own_values)
    ]


def names_in(value: Json) -> list[str]:
    """Return the names of columns and keys that hold values, at any depth."""
    return list(_values_by_name(value))


def _values_by_name(value: Json) -> dict[str, list[Json]]:
    """Return the values by the key that they or their list have; outer ones first.

    Keys with control characters are left out: a person could not tell them.
    """
    found: dict[str, list[Json]] = {}
    waiting: deque[tuple[str, Json]] = deque([("", value)])
    for _ in range(MAX_READ_VALUES):
        if not waiting:
            break
        name, inner = waiting.popleft()
        if isinstance(inner, dict):
            waiting.extend((str(key), each) for key, each in islice(inner.items(), MAX_READ_VALUES))
        elif isinstance(inner, list):
            waiting.extend((name, each) for each in inner[:MAX_READ_ITEMS])
        elif inner is not None and name and name.isprintable():
            found.setdefault(name, []).append(inner)
    return found


def _is_volatile(
    name: str, before: list[Json], after: list[Json], own_values: tuple[OwnValues, OwnValues]
) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    joined = "_".join(words)
    if _DURATION_NAMES.fullmatch(joined) and all(map(_is_number, [*before, *after])):
        return sorted(map(str, before)) != sorted(map(str, after))
    one, other = set(map(str, before)), set(map(str, after))
    if len(one & other) > MAX_SHARED * min(len(one), len(other)):
        return False
    pairs = [*((value, own_values[0]) for value in before), *((v, own_values[1]) for v in after)]
    return (
        all(str(value) in own.ids for value, own in pairs)
        or all(own.has_moment(value) for value, own in pairs)
        or _names_an_id(words, [value for value, _ in pairs])
        or _names_a_moment(words, [value for value, _ in pairs])
    )


def _names_an_id(words: Sequence[str], values: Sequence[Json]) -> bool:
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) == len(values) and all(map(_UUID.fullmatch, texts)):
        return True
    if not words or not (_ID_WORD.fullmatch(words[-1]) or words == ["session"]):
        return False
    if any(map(_RUN_WORD.fullmatch, words)):
        return True
    return len(texts) == len(values) and all(map(_OPAQUE_ID.fullmatch, texts))


def _names_a_moment(words: Sequence[str], values: Sequence[Json]) -> bool:
    return any(map(_MOMENT_WORD.fullmatch, words)) and all(map(_is_moment, values))


def _is_moment(value: Json) -> bool:
    if _is_number(value):
        return any(low <= value < high for low, high in _EPOCHS)
    return isinstance(value, str) and MOMENT.fullmatch(value.strip()) is not None


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@dataclass(frozen=True)
class IgnoredNames:
    """What a person chose to ignore for a flow, beside the guesses.

    `added` are ignored although they are not guessed, `kept` are compared although they are.
    """

    added: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()

    @classmethod
    def read(cls, content: Mapping[str, Json]) -> "IgnoredNames":
        """Return the choices in stored settings; whatever can't be read counts as none."""
        added, kept = (frozenset(_texts(content.get(name))) for name in ("ignored", "compared"))
        return cls(added, kept - added)

    def choose(
        self, chosen: Collection[str], offered: Collection[str], guessed: Collection[str]
    ) -> "IgnoredNames":
        """Return the choices that make exactly `chosen` of the offered names ignored.

        Earlier choices stay about names that were not offered, and those that `chosen` repeats.
        """
        chosen, guessed = frozenset(chosen), frozenset(guessed)
        added = (chosen - guessed) | (self.added & chosen) | (self.added - frozenset(offered))
        kept = (guessed.intersection(offered) | self.kept) - chosen
        return IgnoredNames(added, kept)

    def dump(self) -> dict[str, Json]:
        """Return the content of settings, for `read`."""
        return {"ignored": sorted(self.added), "compared": sorted(self.kept)}

    def apply(self, guessed: Collection[str]) -> frozenset[str]:
        """Return the names to ignore."""
        return (frozenset(guessed) | self.added) - self.kept


GUESSES_ONLY = IgnoredNames()


def _texts(value: Json) -> Iterator[str]:
    yield from (each for each in value if isinstance(each, str)) if isinstance(value, list) else ()

"""When values of two runs are equal: without the ids and times that change with each run."""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from heapq import merge
from itertools import chain
from typing import Any, NamedTuple

from lfclient.common.json_types import Json
from lfclient.console.store.run_record import RunRecord
from lfclient.console.store.serialization import SLICE_SIZES
from lfclient.outputs.model import FileRef

CLOCK_TOLERANCE = timedelta(minutes=5)  # between the console and the server
MIN_MASKED_LENGTH = 16  # characters of a time; a shorter id, such as "Oslo", may be a word
MASK = "…"
_SLICE_SIZE = 100_000  # characters
_DIGEST_BYTES = 16

_TIME_OF_DAY = r"[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?"
_ZONE = r"(?: ?(Z|UTC|[+-]\d\d:?\d\d))?"
MOMENT = re.compile(rf"(\d{{4}}-\d\d-\d\d{_TIME_OF_DAY}){_ZONE}", re.ASCII)


@dataclass(frozen=True)
class OwnValues:
    """The ids of a run, and the time from its start to its end; None if it is unknown."""

    ids: frozenset[str] = frozenset()
    began: datetime | None = None
    ended: datetime | None = None

    def has_moment(self, value: Json) -> bool:
        """Return whether a value is a moment of the run; a time without a zone counts as UTC."""
        match = MOMENT.fullmatch(value.strip()) if isinstance(value, str) else None
        return match is not None and self._is_own(match)

    def mask(self, text: str) -> str:
        """Return a text with the same mark in place of each of the run's ids and moments."""
        is_masked = any(id in text for id in self._long_ids) or (
            self._moment is not None and self._moment.search(text)
        )
        return "".join(self._mask(text, self._long_ids)) if is_masked else text

    def masked_json(self, value: Any) -> Iterator[str]:
        """Yield a value's JSON in slices, masked. A large text is never copied as a whole."""
        if isinstance(value, str):
            yield '"'
            yield from self._mask(value, self._long_ids, _escape)
            yield '"'
        else:
            text = json.dumps(value, sort_keys=True, default=_encode)
            yield from self._mask(text, map(_escape, self._long_ids))

    @cached_property
    def _long_ids(self) -> list[str]:
        return [id for id in self.ids if len(id) >= MIN_MASKED_LENGTH]

    def _mask(
        self, text: str, ids: Iterable[str], write: Callable[[str], str] = str
    ) -> Iterator[str]:
        """Yield the text between ids and moments in slices, as `write` returns them, and marks."""
        position = 0
        spans = merge(self._moments(text), *(_occurrences(text, id) for id in ids), key=_first)
        for start, end in chain(spans, [(len(text), 0)]):
            for slice_start in range(position, start, _SLICE_SIZE):
                yield write(text[slice_start : min(slice_start + _SLICE_SIZE, start)])
            if position <= start < end:
                yield MASK
            position = max(position, end)

    def _moments(self, text: str) -> Iterator[tuple[int, int]]:
        if self._moment:
            matches = self._moment.finditer(text)
            yield from (match.span() for match in matches if self._is_own(match))

    @cached_property
    def _moment(self) -> re.Pattern[str] | None:
        """An expression for the days of the run in any time zone: a table may hold many others."""
        since, until = self._bounds()
        if since is None or until is None:
            return None
        first, last = (since - timedelta(days=1)).date(), (until + timedelta(days=1)).date()
        days = "|".join(str(first + timedelta(days=n)) for n in range((last - first).days + 1))
        return re.compile(f"((?:{days}){_TIME_OF_DAY}){_ZONE}", re.ASCII)

    def _is_own(self, match: re.Match[str]) -> bool:
        since, until = self._bounds()
        offset = "+00:00" if match[2] in (None, "Z", "UTC") else match[2]
        try:
            moment = datetime.fromisoformat(match[1] + offset)
        except ValueError:
            return False
        return since is not None and until is not None and since <= moment <= until

    def _bounds(self) -> tuple[datetime | None, datetime | None]:
        if self.began is None:
            return None, None
        return self.began - CLOCK_TOLERANCE, (self.ended or self.began) + CLOCK_TOLERANCE


def _occurrences(text: str, id: str) -> Iterator[tuple[int, int]]:
    start = text.find(id)
    while start >= 0:
        yield start, start + len(id)
        start = text.find(id, start + len(id))


def _first(span: tuple[int, int]) -> tuple[int, int]:
    """Sort spans by their starts, the longest of several first."""
    start, end = span
    return start, -end


def _escape(text: str) -> str:
    """Return a text as it is within JSON in ASCII."""
    return json.dumps(text)[1:-1]


NO_OWN_VALUES = (OwnValues(), OwnValues())


def own_values(record: RunRecord) -> OwnValues:
    """Return the ids of a run, its session and its messages, and the time until now or its end."""
    ids = {record.id, record.job_id, record.session_id}
    if record.run:
        run = record.run
        ids |= {run.job_id, run.session_id, *run.messages}
    # a session without a name has the id of its flow, which all runs share
    ids -= {record.flow_id}
    ended_at = record.ended_at or datetime.now(UTC)
    return OwnValues(frozenset(filter(None, ids)), record.created_at, ended_at)


def normalize(value: Json, own: OwnValues, ignored: Collection[str] = ()) -> Json:
    """Return a value with the run's ids and times masked, without the columns and keys ignored.

    At any depth and without recursion. The value is not changed.
    """
    types = (dict, list, str) if own.ids or own.began else (dict, list)
    root: list[Json] = [None]
    stack: list[tuple[Any, str | int, Json]] = [(root, 0, value)]
    while stack:
        parent, key, copy = stack.pop()
        if isinstance(copy, str):
            copy = own.mask(copy) if len(copy) >= MIN_MASKED_LENGTH else copy
        elif isinstance(copy, dict):
            copy = {name: inner for name, inner in copy.items() if name not in ignored}
            stack += [(copy, name, each) for name, each in copy.items() if isinstance(each, types)]
        elif isinstance(copy, list):
            copy = list(copy)
            stack += [(copy, n, each) for n, each in enumerate(copy) if isinstance(each, types)]
        parent[key] = copy
    return root[0]


def is_equal(first: Json, second: Json) -> bool:
    """Return whether two JSON values are equal, at any depth and without recursion.

    Unlike with `==`, True differs from 1, and NaN equals NaN: a record that is stored and read back
    equals itself. 1 equals 1.0.
    """
    pairs = [(first, second)]
    while pairs:
        a, b = pairs.pop()
        if a is b:
            continue
        if isinstance(a, dict) and isinstance(b, dict):
            if a.keys() != b.keys():
                return False
            pairs += [(value, b[name]) for name, value in a.items()]
        elif isinstance(a, list) and isinstance(b, list):
            if len(a) != len(b):
                return False
            pairs += zip(a, b, strict=True)
        else:
            is_comparable = type(a) is type(b) or {type(a), type(b)} == {int, float}
            if not is_comparable or (a != b and (a == a or b == b)):
                return False
    return True


class Fingerprint(NamedTuple):
    """32 hex digits, the same for equal values, and whether ids or times of the run are masked.

    Equal fingerprints mean equal values. Equal values may have two, such as 1 and 1.0.
    """

    digest: str
    has_own_values: bool


def fingerprint(parts: Iterable[Any], own: OwnValues) -> Fingerprint:
    """Return the fingerprint of normalized values. Raise RecursionError for a very deep value."""
    digest, has_own_values = hashlib.blake2b(digest_size=_DIGEST_BYTES), False
    for part in parts:
        for text in own.masked_json(part):
            has_own_values = has_own_values or MASK in text
            digest.update(text.encode())
        digest.update(b"\0")
    return Fingerprint(digest.hexdigest(), has_own_values)


def value_slices(value: Json) -> Iterator[Any]:
    """Yield a value, a large one in slices."""
    size = SLICE_SIZES.get(type(value)) if isinstance(value, (bytes, list)) else None
    if size is None:
        yield value
    else:
        for start in range(0, len(value), size):
            yield value[start : start + size]


def _encode(value: Any) -> Any:
    if isinstance(value, bytes):
        return ["bytes", hashlib.blake2b(value, digest_size=_DIGEST_BYTES).hexdigest()]
    if isinstance(value, FileRef):  # its id and path differ from run to run
        return ["file", value.name, value.size]
    return str(value)

"""The ids and times of a run in its outputs, which are other ones in each run."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import chain

from lfclient.common.json_types import Json
from lfclient.console.store.run_record import RunRecord

CLOCK_TOLERANCE = timedelta(minutes=5)  # between the console and the server
MIN_MASKED_LENGTH = 16  # characters; a shorter id, such as a session named "Oslo", may be a word
MASK = "…"
_SLICE_SIZE = 100_000  # characters

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
        return "".join(self._mask(text, self._long_ids()))

    def mask_json(self, text: str) -> str:
        """Return JSON in ASCII with that mark in its texts."""
        return "".join(self._mask(text, map(_escape, self._long_ids())))

    def json_slices(self, text: str) -> Iterator[str]:
        """Yield a text's masked JSON in slices: a large text is never copied as a whole."""
        yield '"'
        yield from self._mask(text, self._long_ids(), _escape)
        yield '"'

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
        since, until = self._bounds()
        if since is None or until is None:
            return
        # only days that it may touch in any time zone: a table may hold 100,000 other times
        first, last = (since - timedelta(days=1)).date(), (until + timedelta(days=1)).date()
        days = "|".join(str(first + timedelta(days=n)) for n in range((last - first).days + 1))
        moment = re.compile(f"((?:{days}){_TIME_OF_DAY}){_ZONE}", re.ASCII)
        yield from (match.span() for match in moment.finditer(text) if self._is_own(match))

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

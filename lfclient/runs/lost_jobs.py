"""Which job a submit has made whose answer was lost, by what its server has kept of it. Pure.

What the releases keep, as measured on 1.8.4, 1.10.3, 1.11.6, 1.12.8 and 1.13.0:

- *Traces* (1.12 and later) tell session, job and start of each run of any flow, once it has ended.
- *Messages* tell session and time, from 1.10 on the job too; as soon as they are written. Only
  flows with a chat component, or whose component failed (1.11 and later), have any.
- *Builds* tell the job of each component's latest build, and the session within what a chat
  component returned; from 1.10 on about a second after the job's end.
- *Transactions* tell of every component's work, with its time, but neither job nor session.

A session that was made for the run proves whose the job is. Before 1.12 a flow without chat
components tells none. Then the time has to do, and only where nothing else can be meant: see
`find_by_time`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from lfclient.runs.builds import read_timestamp
from lfclient.wire.schemas import Build, MessageItem, TraceList, TransactionList, parse

CLOCK_SLACK = timedelta(seconds=2)  # servers tell their own time in whole seconds
MATCH_WINDOW = timedelta(
    seconds=60
)  # in which a job that is known by its time must have shown itself
MAX_TRANSACTIONS = 100  # the most that are given at once


@dataclass(frozen=True)
class FoundJob:
    """A job that a lost submit may have made, and what speaks for it: that its records name the
    session that was sent, or the time alone.
    """

    job_id: str
    by: Literal["session", "time"]


@dataclass
class JobTrace:
    """What is kept of a job: the sessions that its records name, and its first sign of life."""

    sessions: set[str] = field(default_factory=set)
    components: set[str] = field(default_factory=set)
    times: list[datetime] = field(default_factory=list)


class JobIndex:
    """What a server has kept of the latest runs of one flow, by job. All raise `BadAnswer`."""

    def __init__(self) -> None:
        self._jobs: dict[str, JobTrace] = {}

    def add_messages(self, lines: Iterable[MessageItem]) -> None:
        """Take in messages, of which those before 1.10 do not tell their job."""
        for line in lines:
            run_id = (line.session_metadata or {}).get("graph_run_id")
            if isinstance(run_id, str):
                self._add(run_id, line.timestamp, {line.session_id or ""})

    def add_builds(self, answer: object) -> None:
        """Take in `GET /api/v1/monitor/builds`."""
        shape = parse(dict[str, Any], answer, "list of builds")
        builds = parse(dict[str, list[Build]], shape.get("vertex_builds") or {}, "list of builds")
        for component_id, records in builds.items():
            for build in records:
                if build.job_id:
                    signs = self._add(build.job_id, build.timestamp, set(_session_ids(build)))
                    signs.components.add(component_id)

    def add_traces(self, answer: object) -> None:
        """Take in `GET /api/v1/monitor/traces`; a trace has the id of its job."""
        for line in parse(TraceList, answer, "list of traces").traces:
            self._add(line.id, line.start, {line.session or ""})

    def find_by_session(self, session_id: str, since: datetime) -> list[FoundJob]:
        """The jobs of that session, without those that showed themselves before."""
        return [
            FoundJob(job_id, "session")
            for job_id, signs in self._jobs.items()
            if session_id in signs.sessions
            and signs.times
            and min(signs.times) >= since - CLOCK_SLACK
        ]

    def find_by_time(self, transactions: object, since: datetime) -> list[FoundJob]:
        """The one run that the flow has had since, if it is one and began soon enough.

        All builds that are kept must be of one job, which tells no session. Each of its components
        has worked once since, and none before, or again, or for something else. Its first build
        came within `WINDOW`. Whoever asks must still know that no other run, known or lost, can be
        meant.
        """
        if len(self._jobs) != 1:
            return []
        ((job_id, signs),) = self._jobs.items()
        lines = parse(TransactionList, transactions, "list of transactions").items
        worked = Counter(
            line.vertex_id
            for line in lines
            if (at := read_record_time(line.timestamp)) and at >= since
        )
        first = min(signs.times, default=None)
        timely = first is not None and since <= first <= since + MATCH_WINDOW
        once = set(worked) == signs.components and set(worked.values()) == {1}
        whole = len(lines) < MAX_TRANSACTIONS
        return (
            [FoundJob(job_id, "time")] if timely and once and whole and not signs.sessions else []
        )

    def _add(self, job_id: str, time: str | None, sessions: set[str]) -> JobTrace:
        signs = self._jobs.setdefault(job_id, JobTrace())
        signs.sessions |= sessions - {""}
        at = read_record_time(time)
        if at:
            signs.times.append(at)
        return signs


def _session_ids(build: Build) -> Iterator[str]:
    """The sessions within what a component returned."""
    data = build.data or {}
    results, messages = data.get("results"), data.get("messages")
    values = list(results.values()) if isinstance(results, dict) else []
    values += messages if isinstance(messages, list) else []
    for value in values:
        inner = value.get("data") if isinstance(value, dict) else None
        for holder in (value, inner):
            session = holder.get("session_id") if isinstance(holder, dict) else None
            if isinstance(session, str):
                yield session


def read_record_time(text: str | None) -> datetime | None:
    """A time of a server's record, in UTC; releases write it in three ways."""
    at = read_timestamp(text.removesuffix(" UTC") if text else None)
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at

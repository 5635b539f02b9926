"""Finds the job of a submit without a response in the server's records. Pure.

The records of the releases, as measured on 1.8.4, 1.10.3, 1.11.6, 1.12.8 and 1.13.0:

- *Traces* (1.12+) have the session, job and start of each run, once it has ended.
- *Messages* have the session and time, from 1.10 on the job, as soon as they are written. Only
  flows with a chat component, or with a failed one (1.11+), have any.
- *Builds* have the job of each component's latest build, and the session in the output of a chat
  component; from 1.10 on they appear about a second after the job's end.
- *Transactions* have the time of each component's run, but neither job nor session.

A session created for the run identifies its job. Before 1.12 a flow without chat components has
none in its records. Then only the time is left, if it is unambiguous: see `find_by_time`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from lfclient.common.coerce import as_dict, as_list
from lfclient.runs.builds import read_timestamp
from lfclient.wire.schemas import Build, BuildList, MessageItem, TraceList, TransactionList

CLOCK_SLACK = timedelta(seconds=2)  # servers round their own time to seconds
MATCH_WINDOW = timedelta(seconds=60)  # a job matched by time has its first record within this
MAX_TRANSACTIONS = 100  # transactions in one response


@dataclass(frozen=True)
class FoundJob:
    """A job that a submit without a response may have created.

    It was found `by` the session that was sent, or by the time alone. `delay` is the time from the
    submit to the first record of the job.
    """

    job_id: str
    by: Literal["session", "time"]
    delay: timedelta = field(default=timedelta(), compare=False)


@dataclass
class JobTrace:
    """The sessions, components and times in a job's records."""

    sessions: set[str] = field(default_factory=set)
    components: set[str] = field(default_factory=set)
    times: list[datetime] = field(default_factory=list)


class JobIndex:
    """The server's records of a flow's latest runs by job."""

    def __init__(self) -> None:
        self._jobs: dict[str, JobTrace] = {}

    def add_messages(self, items: Iterable[MessageItem]) -> None:
        """Add messages; those before 1.10 do not have their job."""
        for item in items:
            run_id = (item.session_metadata or {}).get("graph_run_id")
            if isinstance(run_id, str):
                self._add(run_id, item.timestamp, {item.session_id or ""})

    def add_builds(self, builds: BuildList) -> None:
        """Add the latest builds of the flow's components."""
        for component_id, records in (builds.vertex_builds or {}).items():
            for build in records:
                if build.job_id:
                    trace = self._add(build.job_id, build.timestamp, set(_session_ids(build)))
                    trace.components.add(component_id)

    def add_traces(self, traces: TraceList) -> None:
        """Add traces; each has the id of its job."""
        for item in traces.traces:
            self._add(item.id, item.start, {item.session or ""})

    def find_by_session(self, session_id: str, since: datetime) -> list[FoundJob]:
        """Return the jobs of a session without records from before `since`."""
        return [
            FoundJob(job_id, "session", min(trace.times) - since)
            for job_id, trace in self._jobs.items()
            if session_id in trace.sessions
            and trace.times
            and min(trace.times) >= since - CLOCK_SLACK
        ]

    def find_by_time(self, transactions: TransactionList, since: datetime) -> list[FoundJob]:
        """Return the flow's only run since then, if it started soon enough.

        All builds must be of one job without a session. Each of its components, and no other, has
        run exactly once since, the first within `MATCH_WINDOW`. The caller must still rule out
        any other run, known or lost.
        """
        if len(self._jobs) != 1:
            return []
        ((job_id, trace),) = self._jobs.items()
        runs_by_component = Counter(
            item.vertex_id
            for item in transactions.items
            if (at := read_record_time(item.timestamp)) and at >= since
        )
        first = min(trace.times, default=None)
        is_in_time = first is not None and since <= first <= since + MATCH_WINDOW
        has_run_once = dict(runs_by_component) == dict.fromkeys(trace.components, 1)
        is_complete = len(transactions.items) < MAX_TRANSACTIONS
        is_match = is_in_time and has_run_once and is_complete and not trace.sessions
        return [FoundJob(job_id, "time")] if is_match else []

    def _add(self, job_id: str, time: str | None, sessions: set[str]) -> JobTrace:
        trace = self._jobs.setdefault(job_id, JobTrace())
        trace.sessions |= sessions - {""}
        at = read_record_time(time)
        if at:
            trace.times.append(at)
        return trace


def _session_ids(build: Build) -> Iterator[str]:
    """Yield the session ids in a component's output."""
    data = build.data or {}
    for value in (*as_dict(data.get("results")).values(), *as_list(data.get("messages"))):
        for part in (as_dict(value), as_dict(as_dict(value).get("data"))):
            session_id = part.get("session_id")
            if isinstance(session_id, str):
                yield session_id


def read_record_time(text: str | None) -> datetime | None:
    """Return the time of a record in UTC; releases format it in three ways."""
    return read_timestamp(text.removesuffix(" UTC") if text else None)

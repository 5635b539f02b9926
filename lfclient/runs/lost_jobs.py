"""Finds jobs without a response, and the end of broken streams, in the server's records. Pure.

The records by version, as measured on 1.8.4, 1.10.3, 1.11.6, 1.12.8 and 1.13.0:

- *Traces* (1.12+) have the session, job and start of each run, once it has ended.
- *Messages* have the session and time, from 1.10 on the job, as soon as they are written. Only
  flows with a chat component, or with a failed one (1.11+), have any.
- *Builds* have the job of each component's latest build, and the session in the output of a chat
  component; from 1.10 on they appear about a second after the job's end.
- *Transactions* have the time of each component's run, but neither job nor session.

A session created for the run identifies its job. Before 1.12 a flow without chat components has
none in its records. Then only the time is left, if it is unambiguous: see `find_by_time`.

The job of a streamed run, as measured on 1.11.6, 1.12.8 and 1.13.0, has no outputs, and counts as
completed even if a component failed. But it counts as completed only once the run came to its end
by itself. If the server cancels the run because its client is gone, the job stays in progress for
ever (1.11, 1.12) or has failed (1.13), though the run may have stored messages. Each message names
its run. A failed component's message has the error. A chat output's message has the text, and as
its source the component that feeds the chat output.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from lfclient.common.coerce import as_dict, as_list
from lfclient.flows.model import Flow
from lfclient.outputs.model import Output, is_empty
from lfclient.runs.builds import read_timestamp
from lfclient.runs.components import ComponentRun, ComponentState, Message, RunError
from lfclient.runs.events import MessageAdded
from lfclient.runs.evidence import Evidence
from lfclient.runs.model import Run, RunStatus
from lfclient.runs.outcome import evaluate_outcome
from lfclient.runs.reducer import apply
from lfclient.runs.responses import read_component
from lfclient.wire.schemas import (
    Build,
    BuildList,
    ComponentOutput,
    MessageItem,
    TraceList,
    TransactionList,
)
from lfclient.wire.server_info import Limits

CLOCK_SLACK = timedelta(seconds=2)  # servers round their own time to seconds
MATCH_WINDOW = timedelta(seconds=60)  # a job matched by time has its first record within this
MAX_TRANSACTIONS = 100  # transactions in one response
END_FOUND = "The result comes from the server's records, which don't show when the run ended."
_KNOWN_STATES = (ComponentState.DONE, ComponentState.FAILED, ComponentState.SKIPPED)


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


def end_lost_stream(
    run: Run, flow: Flow, messages: Sequence[Message], errors: Sequence[RunError], limits: Limits
) -> Run | None:
    """Return a streamed run whose job counts as completed; None if its outcome is not proved.

    `run` is what arrived before the connection broke, `messages` are the run's stored ones, and
    `errors` those of its failed components.
    """
    for message in messages:
        run = apply(run, MessageAdded(message))
    arrived = {id: output for id, output in run.outputs.items() if _has_value(output)}
    outputs = {**_chat_outputs(flow, messages), **arrived}
    skipped = {
        id for id, component in run.components.items() if component.state is ComponentState.SKIPPED
    }
    expected = {leaf.id for leaf in flow.expected_terminals} - skipped
    if not errors and not (expected and expected <= outputs.keys()):
        return None
    evidence = Evidence(inactivated=skipped, errors=[*errors])
    for message in messages:
        evidence.add_message(message)
    run = replace(
        run,
        status=RunStatus.COMPLETED,
        outputs=outputs,
        errors=(),
        warnings=(*run.warnings, END_FOUND),
    )
    run = evaluate_outcome(run, flow, evidence, limits)
    return replace(
        run,
        # a terminal without a chat message may have run
        not_run=tuple(entry for entry in run.not_run if entry.component_id not in expected),
        components={
            id: _finish_component(one, run.outputs.get(id)) for id, one in run.components.items()
        },
    )


def _has_value(output: Output) -> bool:
    return not is_empty(output) and not output.is_error


def _chat_outputs(flow: Flow, messages: Sequence[Message]) -> dict[str, Output]:
    """Return the outputs of the chat outputs that stored the only message from their source."""
    outputs = {}
    for leaf in flow.terminals:
        if not leaf.has_type("ChatOutput"):
            continue
        sources = flow.sources_of(leaf.id)
        own = [
            message
            for message in messages
            if message.component_id in sources and message.complete and message.category != "error"
        ]
        if len(own) == 1:
            entry = ComponentOutput(type="message", status="completed", content=own[0].text)
            outputs[leaf.id] = read_component(leaf.id, entry, flow)
    return outputs


def _finish_component(component: ComponentRun, output: Output | None) -> ComponentRun:
    """Return a component after the run's end: one without an event or output is unknown."""
    if component.state in _KNOWN_STATES:
        return component
    if output is None:
        return replace(component, state=ComponentState.UNKNOWN)
    return replace(component, state=ComponentState.DONE, output=output)

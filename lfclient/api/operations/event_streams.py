"""Follows the events of a job, through as many connections as it takes."""

from __future__ import annotations

import time
from dataclasses import replace

from lfclient.api.error_mapping import error_from_response
from lfclient.api.http import Response
from lfclient.api.operations.base import ApiContext
from lfclient.api.operations.job_control import list_pending
from lfclient.api.operations.runs import MAX_UNAVAILABLE_SECONDS, get_status, last_known_run
from lfclient.api.operations.server import get_server_or_default_limits
from lfclient.api.requests import events_request
from lfclient.api.steps import Emit, EventSteps, Pause, ReadChunk, Steps
from lfclient.common.backoff import Backoff
from lfclient.errors import LangflowError, ServerFault, Unreachable, Unsupported
from lfclient.flows.model import Flow, stored_secrets
from lfclient.runs.event_parser import EventParser
from lfclient.runs.events import HumanInputRequired, RunEnded
from lfclient.runs.model import Run, RunStatus
from lfclient.wire.server_info import NO_EVENTS_MESSAGE, ServerInfo
from lfclient.wire.sse import FrameParser, check_event_stream

# 1.13 sends a keep-alive every 15 s; after three missed ones the connection is half open
KEEP_ALIVE_SILENCE_SECONDS = 47.0
# earlier releases may be silent as long as a component works: then the status is requested
MAX_SILENCE_SECONDS = 30.0
# nothing else tells the status of a streamed call, which Langflow ends after five minutes unless
# LANGFLOW_WORKFLOW_EXECUTION_TIMEOUT is set: after twice that the connection is half open
MAX_CALL_SILENCE_SECONDS = 600.0
# the read timeout for an ended job, whose remaining events arrive at once
ENDED_SILENCE_SECONDS = 5.0
_MAX_ENDED_CONNECTIONS = 3  # connections without a new event before giving up the rest
RECONNECTING = Backoff(0.1, 8.0, wait_exp_base=2.5)
_STABLE_SECONDS = 5.0  # a connection that lasted this long restarts the backoff
_END_POLLING = Backoff(0.03, 2.0)  # waits between status requests after the final event
STATUS_POLLING = Backoff(0.3, 4.0)  # waits between status requests without events
_NO_EVENTS_STATUSES = (204, 404, 410)  # the server has no events of this job, or no more


def follow_events(
    context: ApiContext, job: Run | str, after: str | None, flow: Flow | None
) -> EventSteps:
    """Emit a job's events until it has ended or waits for a decision."""
    before = last_known_run(context, job)
    server = yield from get_server_or_default_limits(context)
    if not server.capabilities.events:
        raise Unsupported(NO_EVENTS_MESSAGE.format(server.version))
    context.redactor.add(*stored_secrets(flow))  # another client may have submitted the job
    parser = EventParser(after=after, limits=server.limits, redactor=context.redactor)
    connection = _Connection(parser, stream_read_timeout(server))
    while True:
        retry_after = 0.0
        try:
            if connection.may_have_events:
                yield from _read_events(context, before.job_id or "", parser, connection)
                if parser.has_missed_events:
                    parser.reset_after_reconnect()
                    continue
            run = connection.ended_run or (
                yield from get_status(context, before, flow, parser.complete_evidence)
            )
            connection.note_response()
            if run.status is RunStatus.SUSPENDED:
                if parser.open_question is not None:
                    return
                questions = yield from _list_questions(context, run)
                if questions:  # else someone has decided since the job reported that it waits
                    yield Emit(questions)
                    return
        except LangflowError as error:
            is_transient = isinstance(error, Unreachable | ServerFault)
            if connection.ended_run is None and not (is_transient and connection.is_tolerable):
                raise
            retry_after = error.retry_after
        else:
            connection.ended_run = run if run.ended else None
        if connection.ended_run and connection.is_complete:
            end_id = parser.end_frame.id if parser.end_frame else ""
            ended = connection.ended_run
            yield Emit([RunEnded(ended.status, ended, id=end_id or None)])
            return
        yield Pause(max(connection.next_wait(), retry_after))
        parser.reset_after_reconnect()


def stream_read_timeout(server: ServerInfo, *, is_call: bool = False) -> float:
    """Return the longest silence of a stream in seconds before the client acts."""
    if server.capabilities.keep_alive:
        return KEEP_ALIVE_SILENCE_SECONDS
    return MAX_CALL_SILENCE_SECONDS if is_call else MAX_SILENCE_SECONDS


def _read_events(
    context: ApiContext, job_id: str, parser: EventParser, connection: _Connection
) -> EventSteps:
    """Emit the events of one connection until it ends.

    A connection that breaks, is silent for too long or takes too long to open ends, too: the next
    one delivers what was lost with it.
    """
    connection.note_opening()
    try:
        spec = events_request(job_id, parser.last_id)
        response: Response = yield replace(spec, read_timeout=connection.read_timeout)
    except Unreachable as error:
        if error.sent and error.timed_out:
            return
        raise
    if response.status in _NO_EVENTS_STATUSES:
        connection.is_exhausted = True
        return
    if response.status != 200:
        raise error_from_response(response)
    check_event_stream(response.content_type)
    connection.note_response()
    frames = FrameParser(context.redactor)
    try:
        while chunk := (yield ReadChunk(response)):
            yield Emit(event for frame in frames.feed(chunk) for event in parser.parse(frame))
            if parser.has_missed_events:
                return
    except Unreachable:
        connection.note_response()  # the job's status tells whether there is more
    else:
        connection.note_response()
        connection.was_closed_by_server = True


def _list_questions(context: ApiContext, run: Run) -> Steps[list[HumanInputRequired]]:
    pending = yield from list_pending(context, run.flow_id)
    return [HumanInputRequired(question) for question in pending if question.job_id == run.job_id]


class _Connection:
    """Decides when to reconnect to a job's stream, and when all its events have arrived."""

    def __init__(self, parser: EventParser, read_timeout: float) -> None:
        self.ended_run: Run | None = None  # as of the job's status
        self.is_exhausted = False  # the server has no events of this job, or no more
        self.was_closed_by_server = False  # the last connection; otherwise it broke
        self._parser, self._read_timeout = parser, read_timeout
        self._opened_at = self._last_response = time.monotonic()
        self._last_id = parser.last_id  # when the last connection was opened
        self._opened_after_end = False
        self._idle_connections = 0  # in a row, without a new event
        self._status_requests = 0  # without a connection

    @property
    def may_have_events(self) -> bool:
        """Whether another connection may deliver more events."""
        return not self.is_exhausted and self._parser.end_frame is None

    @property
    def read_timeout(self) -> float:
        """The longest silence in seconds."""
        return ENDED_SILENCE_SECONDS if self.ended_run else self._read_timeout

    @property
    def is_tolerable(self) -> bool:
        """Whether an unavailable server may still come back in time."""
        return time.monotonic() - self._last_response <= MAX_UNAVAILABLE_SECONDS

    @property
    def is_complete(self) -> bool:
        """Whether the stream of an ended job has delivered everything."""
        if not self.may_have_events:
            return True
        is_idle = self._parser.last_id == self._last_id
        is_given_up = self._idle_connections >= _MAX_ENDED_CONNECTIONS
        return self._opened_after_end and is_idle and (self.was_closed_by_server or is_given_up)

    def note_opening(self) -> None:
        """Record that a connection is being opened."""
        self._opened_at, self._last_id = time.monotonic(), self._parser.last_id
        self.was_closed_by_server = False
        self._opened_after_end = self.ended_run is not None

    def note_response(self) -> None:
        """Record that the server has responded."""
        self._last_response = time.monotonic()

    def next_wait(self) -> float:
        """Return the seconds until the next connection or status request."""
        if not self.may_have_events:
            polling = _END_POLLING if self._parser.end_frame else STATUS_POLLING
            self._status_requests += 1
            return polling.wait(self._status_requests)
        was_stable = self.ended_run is None and time.monotonic() - self._opened_at > _STABLE_SECONDS
        has_news = self._parser.last_id != self._last_id
        self._idle_connections = 0 if was_stable or has_news else self._idle_connections + 1
        return RECONNECTING.wait(self._idle_connections + 1)

"""A run while it goes on: its events, streamed calls, and decisions. Operations without I/O."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Any

import httpx

from lfclient.api.http import Response
from lfclient.api.operations.base import Steps, pause
from lfclient.api.operations.runs import RunSteps
from lfclient.api.payloads import run_request
from lfclient.api.requests import (
    EVENT_STREAM,
    RequestSpec,
    events_request,
    pending_request,
    resume_request,
    with_headers,
)
from lfclient.api.steps import Emit, OpenStream, Pause, ReadChunk
from lfclient.errors import (
    BadAnswer,
    JobNotFound,
    LangflowError,
    NotWaiting,
    ServerFault,
    Unreachable,
    Unsupported,
)
from lfclient.flows.model import Flow
from lfclient.runs.components import HumanInput, RunError
from lfclient.runs.event_parser import EventParser, read_question
from lfclient.runs.events import HumanInputRequired, RunEnded, Token
from lfclient.runs.evidence import Evidence
from lfclient.runs.model import Run, RunStatus
from lfclient.runs.outcome import evaluate_outcome
from lfclient.runs.responses import new_run, read_component
from lfclient.wire.schemas import ComponentOutput, parse
from lfclient.wire.server_info import NO_EVENTS_MESSAGE, ServerInfo
from lfclient.wire.sse import FrameParser, RawEvent, check_event_stream

Following_ = Generator[RequestSpec | Pause | OpenStream | ReadChunk | Emit, Any, None]

# 1.13 says every 15 s that it is there; three missed are a connection that is half open
KEEP_ALIVE_SILENCE_SECONDS = 47.0
# others may be silent for as long as a component works: then the job is asked for
MAX_SILENCE_SECONDS = 30.0
_BACK_OFF = (0.1, 0.3, 1.0, 2.0, 4.0, 8.0)  # before a stream is opened again; the last repeats
_SETTLING = (0.03, 0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 2.0)  # after a job's last word; the last repeats
_POLL = (0.3, 0.6, 1.0, 2.0, 4.0)  # for a job whose events are gone; the last repeats
# seconds and connections that an ended job's events are given, where the last word did not come
_REST_SILENCE = 5.0
_REST_TRIES = 3
_LASTED = 5.0  # seconds after which a stream that closes is not closing at once
_AWAY_LIMIT = 30.0  # seconds that a server that does not answer is borne
_GONE = (204, 404, 410)  # the server has no events of this job, or no more
MAX_RAW_BYTES = 5_000_000  # bytes of a streamed call whose frames are kept
_TIMED_OUT = "execution timed out"  # the server's words for its own time limit


class EventSteps(RunSteps):
    """Operations on a run that goes on."""

    def events(self, job: Run | str, after: str | None, flow: Flow | None) -> Following_:
        """A job's events, from all the connections that it takes."""
        before = self._before(job)
        server = yield from self.full_limits()
        if not server.capabilities.events:
            raise Unsupported(NO_EVENTS_MESSAGE.format(server.version))
        reader = EventParser(after=after, limits=server.limits, redactor=self.redactor)
        watch = _Watch(reader, _silence(server))
        while True:
            try:
                if watch.opens:
                    yield from self._frames(before.job_id or "", reader, watch)
                    if reader.has_missed_events:
                        reader.reset_after_reconnect()
                        continue
                run = watch.ended or (yield from self.status(before, flow))
                watch.hear()
                if run.status is RunStatus.SUSPENDED and (yield from self._asked(run, reader)):
                    return
            except LangflowError as error:
                passing = isinstance(error, Unreachable | ServerFault) and not watch.is_away
                if watch.ended is None and not passing:
                    raise
            else:
                watch.ended = run if run.ended else None
            if watch.ended and watch.told_all:
                last = reader.end_frame.id if reader.end_frame else ""
                yield Emit([RunEnded(watch.ended.status, watch.ended, id=last or None)])
                return
            yield from pause(watch.delay())
            reader.reset_after_reconnect()

    def _frames(self, job_id: str, reader: EventParser, watch: _Watch) -> Generator[Any, Any, None]:
        """The events of one connection, to its end.

        A connection that broke, was silent too long or did not open for as long has ended too:
        what was lost with it comes from the next one.
        """
        watch.open()
        try:
            answer: Response = yield OpenStream(
                events_request(job_id, reader.last_id), watch.patience
            )
        except Unreachable as error:
            if isinstance(error.__cause__, httpx.ReadTimeout):
                return
            raise
        if answer.status in _GONE:
            watch.gone = True
            return
        if answer.status != 200:
            raise self.fault(answer)
        check_event_stream(answer.content_type)
        watch.hear()
        frames = FrameParser(self.redactor)
        try:
            while chunk := (yield ReadChunk()):
                yield Emit(event for frame in frames.feed(chunk) for event in reader.read(frame))
                if reader.has_missed_events:
                    return
        except Unreachable:
            watch.hear()  # the job's status says whether there is more to come
        else:
            watch.hear()
            watch.whole = True

    def _asked(self, run: Run, reader: EventParser) -> Generator[Any, Any, bool]:
        """Whether a person is asked, which is told unless it was the last event.

        Not any more, if somebody has answered since the job said that it waits.
        """
        if reader.open_question is not None:
            return True
        waiting = yield from self.pending(run.flow_id)
        questions = [one for one in waiting if one.job_id == run.job_id]
        if questions:
            yield Emit([HumanInputRequired(one) for one in questions])
        return bool(questions)

    def pending(self, flow: Flow | str) -> Steps[list[HumanInput]]:
        """The questions that runs of a flow wait for a person to answer."""
        server = yield from self.release()
        if not server.capabilities.pending:
            raise Unsupported(f"Langflow {server.version} has no runs that wait for a person.")
        flow_id = flow.id if isinstance(flow, Flow) else flow
        body = yield from self.get(pending_request(flow_id), "list of waiting runs", workflow=True)
        lines = parse(list[dict[str, Any]], body, "list of waiting runs")
        try:
            return [read_question(line) for line in lines]
        except (LookupError, TypeError) as error:
            raise BadAnswer("The list of waiting runs has one without a request's id.") from error

    def resume(self, job: Run | str, request_id: str, decision: str) -> Steps[None]:
        """Decide; the job then goes on. Never sent twice once a byte of it was written."""
        job_id = self._before(job).job_id or ""
        server = yield from self.release()
        if not server.capabilities.pending:
            raise Unsupported(f"Langflow {server.version} has no runs that wait for a person.")
        try:
            answer = yield from self.send(resume_request(job_id, request_id, decision))
        finally:
            self.memory.keep_resumed(job_id)
        if answer.status == 409:
            raise NotWaiting(
                "The run does not wait for this decision, or no longer.",
                status=409,
                code="NOT_RESUMABLE",
            )
        if not 200 <= answer.status < 300:
            if answer.status == 404:
                raise JobNotFound(f"The server knows no job “{job_id}”.", status=404)
            raise self.fault(answer, subject=job_id)

    def stream(
        self,
        flow: Flow | str,
        overrides: Mapping[str, Any] | None,
        session_id: str | None,
        check: bool,
    ) -> Following_:
        """One call whose events come as they happen; it ends with its connection."""
        flow, server, files = yield from self._prepare(flow, overrides, "stream", check)
        full = yield from self.full_limits()
        spec = run_request(server, flow, overrides or {}, "stream", session_id)
        spec = with_headers(spec, accept=EVENT_STREAM)
        answer = yield from self.send(OpenStream(spec, _silence(server, stream=True)))
        if answer.status != 200:
            raise self.fault(answer, subject=flow.id, overrides=overrides, workflow=True)
        check_event_stream(answer.content_type)
        reader = EventParser(durable=False, limits=full.limits, redactor=self.redactor)
        call = _Call(reader, FrameParser(self.redactor))
        try:
            while chunk := (yield ReadChunk()):
                found = call.take(chunk)
                if found:
                    yield Emit(found)
        except LangflowError as error:
            call.broken = error
        before = new_run(flow.id, "stream", session_id)
        run = evaluate_outcome(call.run(before, flow), flow, call.evidence, full.limits)
        run = yield from self._with_files(run, files)
        yield Emit([RunEnded(run.status, run)])


class _Watch:
    """How a job's stream is kept up: when to connect again, and when all has been told."""

    def __init__(self, reader: EventParser, silence: float | None) -> None:
        self.ended: Run | None = None  # as the job's status tells the end
        self.gone = False  # the server has no events of this job, or no more
        self.whole = False  # the last connection was closed by the server, not broken
        self._reader, self._silence = reader, silence
        self._opened = self._heard = time.monotonic()
        self._known = reader.last_id  # when the last connection was opened
        self._after_end = False  # and whether the job had ended then
        self._tries = 0  # connections in a row that told nothing new
        self._looks = 0  # at the status, without a connection

    @property
    def opens(self) -> bool:
        """Whether another connection may tell more."""
        return not self.gone and self._reader.end_frame is None

    @property
    def patience(self) -> float | None:
        """For how many seconds the stream may say nothing; an ended job's is told at once."""
        return _REST_SILENCE if self.ended else self._silence

    @property
    def is_away(self) -> bool:
        """Whether the server has not answered for too long."""
        return time.monotonic() - self._heard > _AWAY_LIMIT

    @property
    def told_all(self) -> bool:
        """Whether the stream of a job that has ended tells no more."""
        if not self.opens:
            return True
        silent = self._reader.last_id == self._known
        return self._after_end and silent and (self.whole or self._tries >= _REST_TRIES)

    def open(self) -> None:
        """A connection is made."""
        self._opened, self._known, self.whole = time.monotonic(), self._reader.last_id, False
        self._after_end = self.ended is not None

    def hear(self) -> None:
        """The server has answered."""
        self._heard = time.monotonic()

    def delay(self) -> float:
        """Seconds to the next look."""
        if not self.opens:
            steps = _SETTLING if self._reader.end_frame else _POLL
            self._looks += 1
            return steps[min(self._looks, len(steps)) - 1]
        lasted = self.ended is None and time.monotonic() - self._opened > _LASTED
        news = self._reader.last_id != self._known
        self._tries = 0 if lasted or news else self._tries + 1
        return _BACK_OFF[min(self._tries, len(_BACK_OFF) - 1)]


_DONE = RunStatus.COMPLETED
# what a job's last word says, should a streamed call have one
_FATES = {
    "cancelled": RunStatus.CANCELLED,
    "timed_out": RunStatus.TIMED_OUT,
    "worker_lost": RunStatus.FAILED,
}


class _Call:
    """What a streamed call has told so far."""

    def __init__(self, reader: EventParser, frames: FrameParser) -> None:
        self.broken: LangflowError | None = None
        self.evidence = Evidence(complete=True)
        self._reader, self._frames = reader, frames
        self._kept: list[RawEvent] = []
        self._left_out = 0
        self._size = 0
        self._time_limit = ""

    def take(self, chunk: bytes) -> list[Any]:
        """The events in these bytes."""
        self._size += len(chunk)
        found = []
        for frame in self._frames.feed(chunk):
            events = self._reader.read(frame)
            if frame.name == "token" and not frame.malformed_text:
                # as it was told: a secret may come in pieces
                told = "".join(one.text for one in events if isinstance(one, Token))
                frame = replace(frame, data={**frame.data, "chunk": told})
            self._note(frame)
            found += events
        return found

    def _note(self, frame: RawEvent) -> None:
        if self._size <= MAX_RAW_BYTES:
            self._kept.append(frame)
        else:
            self._left_out += 1
        said = frame.data.get("error")
        if frame.name == "error" and isinstance(said, str) and _TIMED_OUT in said.lower():
            self._time_limit = said
        try:
            self.evidence.add(frame)
        except BadAnswer:
            self.evidence.complete = False  # the reader gives it as an unknown event

    def run(self, before: Run, flow: Flow) -> Run:
        """The run as the stream's end leaves it, not judged yet."""
        last = self._reader.end_frame
        status, errors, warnings = _FATES.get(last.name if last else "", _DONE), (), ()
        if self._time_limit:
            status = RunStatus.TIMED_OUT
            errors = (RunError(self._time_limit, code="EXECUTION_TIMEOUT"),)
        elif last is None:
            status = RunStatus.INTERRUPTED
            reason = self.broken.message if self.broken else "The server closed the stream."
            warnings = (f"The call broke off before its end. {reason}",)
        events = [{"event": frame.name, "data": frame.data} for frame in self._kept]
        left_out = {"events_left_out": self._left_out} if self._left_out else {}
        return replace(
            before,
            status=status,
            server_status=last.name if last else "",
            outputs={
                name: read_component(
                    name, parse(ComponentOutput, entry, "event of an output"), flow
                )
                for name, entry in self.evidence.answers.items()
            },
            errors=errors,
            warnings=warnings,
            raw={"events": events, **left_out},
        )


def _silence(server: ServerInfo, *, stream: bool = False) -> float | None:
    """For how many seconds a stream may say nothing before something else is tried."""
    if server.capabilities.keep_alive:
        return KEEP_ALIVE_SILENCE_SECONDS
    return None if stream else MAX_SILENCE_SECONDS

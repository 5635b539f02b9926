"""Runs a flow in one streamed request, and finds out how it ended if the connection broke."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lfclient.api.error_mapping import error_from_response
from lfclient.api.operations.base import ApiContext
from lfclient.api.operations.chat_sessions import fetch_messages, read_stored_message
from lfclient.api.operations.event_streams import stream_read_timeout
from lfclient.api.operations.flows import get_flow
from lfclient.api.operations.run_completion import resolve_files
from lfclient.api.operations.runs import prepare_run
from lfclient.api.operations.server import get_server_or_default_limits
from lfclient.api.payloads import run_request
from lfclient.api.requests import EVENT_STREAM, status_request
from lfclient.api.steps import Emit, EventSteps, ReadChunk, Steps, send
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from lfclient.runs.components import RunError
from lfclient.runs.event_parser import EventParser
from lfclient.runs.events import Event, RunEnded, Token
from lfclient.runs.evidence import error_from_message
from lfclient.runs.lost_jobs import end_lost_stream
from lfclient.runs.model import Run, RunStatus
from lfclient.runs.outcome import evaluate_outcome
from lfclient.runs.responses import new_run, read_component, read_run
from lfclient.wire.modes import Mode
from lfclient.wire.sse import FrameParser, RawEvent, check_event_stream

MAX_RAW_BYTES = 5_000_000  # size of a call's `Run.raw`; later frames are only counted
_MAX_MESSAGES = 200  # latest messages of a session that are searched for a run's
_TIMED_OUT = "execution timed out"  # Langflow's text for its own time limit
_CODES_WITHOUT_RESULT = ("JOB_FAILED", "JOB_NOT_FOUND")
# statuses by the final event, if a streamed call has one as jobs do
_STATUS_BY_END = {
    "cancelled": RunStatus.CANCELLED,
    "timed_out": RunStatus.TIMED_OUT,
    "worker_lost": RunStatus.FAILED,
}


def stream_run(
    context: ApiContext,
    flow: Flow | str,
    overrides: Mapping[str, Any] | None,
    session_id: str | None,
    check: bool,
) -> EventSteps:
    """Run a flow in one request and emit its events; the run ends with its connection."""
    overrides = overrides or {}
    mode = Mode.STREAM
    flow, server, files_before = yield from prepare_run(context, flow, overrides, mode, check)
    limits = (yield from get_server_or_default_limits(context)).limits
    spec = run_request(server, flow, overrides, mode, session_id)
    headers, read_timeout = {"accept": EVENT_STREAM}, stream_read_timeout(server, is_call=True)
    response = yield from send(
        replace(spec, headers=headers, streamed=True, read_timeout=read_timeout)
    )
    if response.status != 200:
        raise error_from_response(
            response, subject=flow.name, overrides=overrides, is_workflow=True
        )
    check_event_stream(response.content_type)
    parser = EventParser(durable=False, limits=limits, redactor=context.redactor)
    call = _StreamedCall(parser, FrameParser(context.redactor))
    try:
        while chunk := (yield ReadChunk(response)):
            events = call.feed(chunk)
            if events:
                yield Emit(events)
    except LangflowError as error:
        call.error = error
    before = new_run(flow.id, mode, session_id)
    run = evaluate_outcome(call.run(before, flow), flow, parser.evidence, limits)
    run = yield from resolve_files(run, files_before)
    yield Emit([RunEnded(run.status, run)])


def recover_stream(
    context: ApiContext, run: Run, job_id: str, flow: Flow | None
) -> Steps[Run | None]:
    """Return a streamed run as its job ended after the connection broke; None without proof."""
    response = yield from send(status_request(job_id))
    if response.code in _CODES_WITHOUT_RESULT:
        return None
    if response.status != 200:
        raise error_from_response(response, subject=job_id, is_workflow=True)
    status = read_run(response.json("job status"), before=run, flow=None).status
    if status is not RunStatus.COMPLETED:
        return None
    flow = flow or context.flows.get(run.flow_id) or (yield from get_flow(context, run.flow_id))
    limits = (yield from get_server_or_default_limits(context)).limits
    session_id = run.session_id or run.flow_id
    items = yield from fetch_messages(context, run.flow_id, session_id, _MAX_MESSAGES)
    stored = [(item, read_stored_message(item)) for item in items]
    own = [(item, message) for item, message in stored if message.job_id == job_id]
    messages = [message for _, message in own]
    errors = [error_from_message(item.model_dump()) for item, one in own if one.category == "error"]
    ended = end_lost_stream(run, flow, messages, errors, limits)
    return (yield from resolve_files(ended, None)) if ended else None


class _StreamedCall:
    """Collects the frames of a streamed call. `error` is the one that broke the connection."""

    def __init__(self, parser: EventParser, frames: FrameParser) -> None:
        self.error: LangflowError | None = None
        self._parser, self._frames = parser, frames
        self._raw: list[RawEvent] = []
        self._omitted = 0
        self._size = 0
        self._timeout_message = ""

    def feed(self, chunk: bytes) -> list[Event]:
        """Return the events in these bytes."""
        self._size += len(chunk)
        events: list[Event] = []
        for frame in self._frames.feed(chunk):
            parsed = self._parser.parse(frame)
            if frame.name == "token" and not frame.malformed_text:
                # the parser's text, because a secret may be split over several tokens
                text = "".join(event.text for event in parsed if isinstance(event, Token))
                frame = replace(frame, data={**frame.data, "chunk": text})
            self._collect(frame)
            events += parsed
        return events

    def _collect(self, frame: RawEvent) -> None:
        if self._size <= MAX_RAW_BYTES:
            self._raw.append(frame)
        else:
            self._omitted += 1
        message = frame.data.get("error")
        if frame.name == "error" and isinstance(message, str) and _TIMED_OUT in message.lower():
            self._timeout_message = message

    def run(self, before: Run, flow: Flow) -> Run:
        """Return the run at the end of the stream, before its outcome is evaluated."""
        end = self._parser.end_frame
        status = _STATUS_BY_END.get(end.name if end else "", RunStatus.COMPLETED)
        errors: tuple[RunError, ...] = ()
        warnings: tuple[str, ...] = ()
        if self._timeout_message:
            status = RunStatus.TIMED_OUT
            errors = (RunError(self._timeout_message, code="EXECUTION_TIMEOUT"),)
        elif end is None:
            status = RunStatus.INTERRUPTED
            reason = self.error.message if self.error else "The server closed the stream."
            warnings = (f"The connection broke before the run ended. {reason}",)
        outputs = {
            component_id: read_component(component_id, entry, flow)
            for component_id, entry in self._parser.evidence.outputs.items()
        }
        frames = [{"event": frame.name, "data": frame.data} for frame in self._raw]
        omitted = {"events_left_out": self._omitted} if self._omitted else {}
        return replace(
            before,
            status=status,
            server_status=end.name if end else "",
            outputs=outputs,
            errors=errors,
            warnings=warnings,
            raw={"events": frames, **omitted},
        )

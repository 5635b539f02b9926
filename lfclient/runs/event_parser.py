"""Parses the frames of an event stream into typed events, and into evidence for the outcome.

Pure, apart from the state between frames.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from lfclient.common.coerce import as_dict, as_float, as_list, as_str, with_changes
from lfclient.common.json_types import Json, JsonObject
from lfclient.common.redaction import Redactor
from lfclient.errors import BadResponse
from lfclient.outputs.truncation import mark_truncation
from lfclient.runs.builds import read_built_output, read_cached, read_timestamp, read_usage
from lfclient.runs.components import HumanInput, Message, read_decisions
from lfclient.runs.events import (
    ComponentFailed,
    ComponentFinished,
    ComponentSkipped,
    ComponentStarted,
    Event,
    HumanInputRequired,
    KeepAlive,
    LogLine,
    MessageAdded,
    MessageRemoved,
    OutputReady,
    RunStarted,
    Token,
    UnknownEvent,
    Warned,
)
from lfclient.runs.evidence import Evidence, error_from_message, read_build
from lfclient.runs.responses import read_component
from lfclient.wire.schemas import Build, ComponentOutput, parse
from lfclient.wire.server_info import Limits
from lfclient.wire.sse import KEEP_ALIVE, RawEvent

# these repeat the id of the last durable event and are not replayed
_TRANSIENT = frozenset({"token", "log"})
# without one of these, the evidence has a gap; that of an error is recorded before it can fail
_EVIDENCE = frozenset({"end_vertex", "add_message", "output"})


class EventParser:
    """Parses the events of one run, from all its connections.

    `durable` marks a job, whose event ids count; those of a streamed call do not. `after` is the id
    of the last event that is already known. Repeated events are dropped. `redactor` finds secrets
    that are split over several tokens; each frame itself is redacted already.
    """

    def __init__(
        self,
        *,
        durable: bool = True,
        after: str | None = None,
        limits: Limits | None = None,
        redactor: Redactor | None = None,
    ) -> None:
        self.last_id = after
        self.end_frame: RawEvent | None = None
        self.open_question: HumanInput | None = None
        self.has_missed_events = False  # a server skips events for a slow reader
        self.evidence = Evidence()  # of the events so far
        self.parse_error: BadResponse | None = None  # the first
        self._starts_at_first_event = after is None
        self._gap_after: str | None = None  # the event whose successors the server no longer has
        self._durable = durable
        self._limits = limits or Limits()
        self._redactor = redactor or Redactor()
        self._held_back: dict[str, Token] = {}  # by message, text that may start a secret
        self._last_name = ""
        self._parsed_ids: set[str] = set()  # ids that are not numbers
        self._first_tokens: dict[str, str] = {}  # by message, which contains it and repeats it

    @property
    def complete_evidence(self) -> Evidence | None:
        """The evidence if all events of the run have been parsed, else None."""
        is_complete = self._starts_at_first_event and self.end_frame and not self.parse_error
        return self.evidence if is_complete else None

    def readable_evidence(self) -> Evidence:
        """Return the evidence. Raises `BadResponse` if an event could not be read."""
        if self.parse_error:
            raise self.parse_error
        return self.evidence

    def reset_after_reconnect(self) -> None:
        """Expect missed tokens, and the events that the server skipped."""
        self._first_tokens.clear()
        if self.has_missed_events:
            self.has_missed_events, self._gap_after = False, self.last_id

    def parse(self, frame: RawEvent) -> list[Event]:
        """Return the events of a frame; none if it is repeated."""
        if frame.name == KEEP_ALIVE:
            return [KeepAlive()]
        if self.has_missed_events:
            return []
        is_transient = frame.name in _TRANSIENT
        is_durable = self._durable and not is_transient and not self._repeats_id(frame)
        if is_durable and self._should_drop(frame):
            return []
        if not is_transient:
            self.open_question = None
            if frame.is_final:
                self.end_frame = frame
                return []
        events = self._parse(frame)
        if events:  # the first is the server's, the others are inferred from it
            events[0].id, events[0].raw = (frame.id or None) if is_durable else None, frame
        return events

    def _repeats_id(self, frame: RawEvent) -> bool:
        """Return whether it has the id of the last durable event, so that it is not replayed."""
        return bool(frame.id) and frame.id == self.last_id and frame.name != self._last_name != ""

    def _should_drop(self, frame: RawEvent) -> bool:
        """Return whether to drop an event: a repeated one, or one after a gap."""
        if not frame.id:
            return False
        if frame.id.isdecimal() and (self.last_id or "0").isdecimal():
            number, last = int(frame.id), int(self.last_id or 0)
            if self.last_id is not None and number <= last:
                return True
            if self.last_id not in (None, self._gap_after) and number > last + 1:
                self.has_missed_events = True
                return True
        elif frame.id in self._parsed_ids or frame.id == self.last_id:
            return True
        else:
            self._parsed_ids.add(frame.id)
        self.last_id, self._last_name = frame.id, frame.name
        return False

    def _parse(self, frame: RawEvent) -> list[Event]:
        if frame.malformed_text:
            self.parse_error = self.parse_error or BadResponse("An event is not a JSON object.")
            return [UnknownEvent(frame.name or "unreadable", frame.malformed_text)]
        try:
            return self._parse_data(frame.name, frame.data)
        except (LookupError, TypeError):
            if frame.name in _EVIDENCE:
                malformed = BadResponse(f"An event `{frame.name}` is malformed.")
                self.parse_error = self.parse_error or malformed
        except BadResponse as error:
            self.parse_error = self.parse_error or error
        return [UnknownEvent(frame.name or "unreadable", frame.data)]

    def _parse_data(self, name: str, data: JsonObject) -> list[Event]:
        match name:
            case "token":
                return self._token(data)
            case "add_message":
                return self._message(data)
            case "remove_message":
                return [MessageRemoved(as_str(data["id"]))]
            case "end_vertex":
                return self._component_ended(data)
            case "log":
                component_id, title = as_str(data["component_id"]), as_str(data.get("name"))
                return [LogLine(component_id, title, data.get("message"))]
            case "output":
                return self._output(data)
            case "error":
                return self._error(data)
            case "warning":
                return [Warned(as_str(data["message"]))]
            case "vertices_sorted":
                first = _texts(data.get("ids"))
                started = RunStarted(first, _texts(data.get("to_run")) or first)
                return [started, *map(ComponentStarted, first)]
            case "human_input_required":
                self.open_question = read_question(data)
                return [HumanInputRequired(self.open_question)]
            case "build_start" | "build_end":  # their content is in other events
                return []
        return [UnknownEvent(name or "unreadable", data)]

    def _component_ended(self, data: JsonObject) -> list[Event]:
        build_data, meta = data["build_data"], as_dict(data.get("output_meta"))
        build = parse(Build, build_data, "event of a component's end")
        component_id, name = as_str(build_data["id"]), as_str(meta.get("display_name"))
        result = read_build(component_id, build, name or None)
        skipped = _texts(build.inactivated_vertices)
        self.evidence.add_build(component_id, result, skipped)
        times = build.seconds, read_timestamp(build.timestamp)
        if result.error:
            return [ComponentFailed(component_id, result.error, name, *times)]
        output = read_built_output(
            component_id,
            result,
            name=name,
            component_type=as_str(meta.get("vertex_type")),
            declared_types=meta.get("output_types"),
            limits=self._limits,
        )
        data = build.data or {}
        usage, cached = read_usage(data.get("token_usage")), read_cached(data)
        next_ids = _texts(build_data.get("next_vertices_ids"))
        return [
            ComponentFinished(component_id, name, output, *times, next_ids, skipped, usage, cached),
            *(ComponentSkipped(skipped_id, by=component_id) for skipped_id in skipped),
            *map(ComponentStarted, next_ids),
        ]

    def _message(self, data: JsonObject) -> list[Event]:
        message = read_message(data)
        self.evidence.add_message(message)
        if not message.complete:
            self._first_tokens[message.id] = message.text
        return [MessageAdded(message)]

    def _token(self, data: JsonObject) -> list[Event]:
        message_id, chunk = as_str(data["id"]), as_str(data["chunk"])
        first = self._first_tokens.get(message_id)
        self._first_tokens[message_id] = ""
        # right after its message, the first token is the one that the message started with
        gap = first is None or (bool(first) and not chunk.startswith(first))
        held_back = self._held_back.pop(message_id, None)
        if held_back and not gap:
            chunk, gap = self._redactor.redact_text(held_back.text + chunk), held_back.gap
        length = self._redactor.partial_match_length(chunk)
        if not length:
            return [Token(message_id, chunk, gap)]
        text, rest = chunk[:-length], chunk[-length:]
        self._held_back[message_id] = Token(message_id, rest, gap and not text)
        return [Token(message_id, text, gap)] if text else []

    def _output(self, data: JsonObject) -> list[Event]:
        entry = parse(ComponentOutput, data, "output event")
        component_id = as_str(data["component_id"])
        self.evidence.outputs[component_id] = entry
        output = read_component(component_id, entry, None)
        return [OutputReady(component_id, mark_truncation(output, self._limits))]

    def _error(self, data: JsonObject) -> list[Event]:
        self.evidence.errors.append(error_from_message(data))
        if data.get("id") or data.get("category"):
            return [MessageAdded(replace(read_message(data), category="error"))]
        return [Warned(as_str(data["error"]))]


_EMPTY = Message("")


def read_message(data: JsonObject) -> Message:
    """Return the message in an event or in the list of messages."""
    inner = {**as_dict(data.get("data")), **data}
    properties = as_dict(inner.get("properties"))
    metadata = as_dict(inner.get("session_metadata"))
    return with_changes(
        _EMPTY,
        id=as_str(inner["id"]),
        text=as_str(inner.get("text")),
        sender=as_str(inner.get("sender")),
        sender_name=as_str(inner.get("sender_name")),
        session_id=as_str(inner.get("session_id")) or None,
        component_id=as_str(as_dict(properties.get("source")).get("id")) or None,
        category=as_str(inner.get("category")) or "message",
        complete=properties.get("state") != "partial",
        timestamp=as_str(inner.get("timestamp")),
        files=_texts(inner.get("files")),
        job_id=as_str(metadata.get("graph_run_id")) or None,
        blocks=tuple(_blocks(inner.get("content_blocks"))),
    )


def _blocks(content_blocks: Json) -> Iterator[JsonObject]:
    for block in as_list(content_blocks):
        contents = as_list(as_dict(block).get("contents"))
        # 1.13 groups the steps of an agent once its message is complete
        if not contents and as_dict(block).get("type") not in (None, "group"):
            contents = [block]
        yield from (content for content in contents if isinstance(content, dict))


def read_question(data: JsonObject) -> HumanInput:
    """Return the question in an event or in the list of waiting runs.

    Raises `LookupError` or `TypeError` without a request id.
    """
    request_id = data["request_id"]
    if not isinstance(request_id, str):
        raise TypeError("a request id is text")
    return HumanInput(
        request_id=request_id,
        prompt=as_str(data.get("prompt")),
        decisions=read_decisions(data.get("options"), data.get("allowed_decisions")),
        kind=as_str(data.get("kind")),
        component_id=request_id.partition(":")[0] or None,
        job_id=as_str(data.get("job_id")) or request_id.partition(":")[2] or None,
        session_id=as_str(data.get("session_id")) or None,
        expires_at=_expires_at(data),
        fallback_action=as_str(data.get("fallback_action")) or None,
    )


def _expires_at(data: JsonObject) -> datetime | None:
    paused_at = read_timestamp(data.get("paused_at"))
    seconds = as_float(data.get("timeout_seconds"))
    if paused_at is None or seconds is None or seconds <= 0:
        return None
    try:
        return paused_at + timedelta(seconds=seconds)
    except OverflowError:
        return None  # beyond the calendar


def _texts(value: Json) -> tuple[str, ...]:
    # a list, because a generator is slower and there are thousands of events
    return tuple([text for text in as_list(value) if isinstance(text, str)])

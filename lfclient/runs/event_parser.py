"""Frames of the wire to typed events. Pure, but for what has to be remembered between frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from lfclient.common.coerce import as_dict, as_str, with_changes
from lfclient.common.json_types import Json, JsonObject
from lfclient.common.redaction import Redactor
from lfclient.errors import BadAnswer
from lfclient.outputs.truncation import mark_truncation
from lfclient.runs.builds import read_built_output, read_timestamp
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
from lfclient.runs.evidence import read_build
from lfclient.runs.responses import read_component
from lfclient.wire.schemas import Build, ComponentOutput, parse
from lfclient.wire.server_info import Limits
from lfclient.wire.sse import KEEP_ALIVE, RawEvent

# these repeat the id of the last durable event and are not replayed
_TRANSIENT = frozenset({"token", "log"})
# nothing is in them that is not in others
_IGNORED = frozenset({"build_start", "build_end"})


class EventParser:
    """The typed events of one run, from all its connections.

    `durable`: it is a job, whose ids count; those of a streamed call do not. `after` is the id of
    the last event that is known already. What a server sends again is left out. `redactor` finds
    secrets that come in pieces, over several words; each frame by itself is redacted before.
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
        self.has_missed_events = (
            False  # the server left events out, as it does for one who reads too slowly
        )
        self._gap_after: str | None = None  # which, asked for again, it does not have
        self._durable = durable
        self._limits = limits or Limits()
        self._redactor = redactor or Redactor()
        self._held: dict[str, Token] = {}  # of messages, words that may begin a secret
        self._last_name = ""
        self._seen: set[str] = set()  # ids that are no numbers
        self._beginnings: dict[str, str] = {}  # of messages, whose first word comes once more

    def reset_after_reconnect(self) -> None:
        """Words may have gone by unseen, and what was left out is asked for again."""
        self._beginnings.clear()
        if self.has_missed_events:
            self.has_missed_events, self._gap_after = False, self.last_id

    def parse(self, frame: RawEvent) -> list[Event]:
        """What a frame says; nothing for one that was read before."""
        if frame.name == KEEP_ALIVE:
            return [KeepAlive()]
        if self.has_missed_events:
            return []
        passing = frame.name in _TRANSIENT
        durable = self._durable and not passing and not self._repeats_id(frame)
        if durable and self._is_known(frame):
            return []
        if not passing:
            self.open_question = None
            if frame.is_final:
                self.end_frame = frame
                return []
        found = self._events(frame)
        if found:  # the first is what the server told, the others are inferred from it
            found[0].id, found[0].raw = (frame.id or None) if durable else None, frame
        return found

    def _repeats_id(self, frame: RawEvent) -> bool:
        """Whether it has the id of another event, the last durable one: it is not replayed."""
        return bool(frame.id) and frame.id == self.last_id and frame.name != self._last_name != ""

    def _is_known(self, frame: RawEvent) -> bool:
        """Whether it came before, or others before it have to; if not, it is now the last."""
        if not frame.id:
            return False
        if frame.id.isdecimal() and (self.last_id or "0").isdecimal():
            number, last = int(frame.id), int(self.last_id or 0)
            if self.last_id is not None and number <= last:
                return True
            if self.last_id not in (None, self._gap_after) and number > last + 1:
                self.has_missed_events = True
                return True
        elif frame.id in self._seen or frame.id == self.last_id:
            return True
        else:
            self._seen.add(frame.id)
        self.last_id, self._last_name = frame.id, frame.name
        return False

    def _events(self, frame: RawEvent) -> list[Event]:
        if frame.name in _IGNORED and not frame.malformed_text:
            return []
        reader = _PARSERS.get(frame.name)
        if reader is None or frame.malformed_text:
            return [UnknownEvent(frame.name or "unreadable", frame.malformed_text or frame.data)]
        try:
            return reader(self, frame.data)
        except (BadAnswer, LookupError, TypeError):
            return [UnknownEvent(frame.name, frame.data)]

    def _sorted(self, data: dict[str, Any]) -> list[Event]:
        first = _ids(data.get("ids"))
        started = RunStarted(first, _ids(data.get("to_run")) or first)
        return [started, *map(ComponentStarted, first)]

    def _ended(self, data: dict[str, Any]) -> list[Event]:
        build_data, meta = data["build_data"], as_dict(data.get("output_meta"))
        build = parse(Build, build_data, "event of a component's end")
        component_id, name = as_str(build_data["id"]), as_str(meta.get("display_name"))
        result = read_build(component_id, build, name)
        error = result.error
        output = read_built_output(
            component_id,
            result,
            name=name,
            component_type=as_str(meta.get("vertex_type")),
            declared_types=meta.get("output_types"),
            limits=self._limits,
        )
        times = build.seconds, read_timestamp(build.timestamp)
        if error:
            return [ComponentFailed(component_id, error, name, *times)]
        next_ids = _ids(build_data.get("next_vertices_ids"))
        skipped = _ids(build.inactivated_vertices)
        return [
            ComponentFinished(component_id, name, output, *times, next_ids, skipped),
            *(ComponentSkipped(one, by=component_id) for one in skipped),
            *map(ComponentStarted, next_ids),
        ]

    def _message(self, data: dict[str, Any]) -> list[Event]:
        message = read_message(data)
        if not message.complete:
            self._beginnings[message.id] = message.text
        return [MessageAdded(message)]

    def _token(self, data: dict[str, Any]) -> list[Event]:
        message_id, chunk = as_str(data["id"]), as_str(data["chunk"])
        beginning = self._beginnings.get(message_id)
        self._beginnings[message_id] = ""
        # right after its message, the first word is the one that the message began with
        gap = beginning is None or (bool(beginning) and not chunk.startswith(beginning))
        held = self._held.pop(message_id, None)
        if held and not gap:
            # a frame by itself was redacted before
            chunk, gap = self._redactor.redact_text(held.text + chunk), held.gap
        back = self._redactor.partial_match_length(chunk)
        if not back:
            return [Token(message_id, chunk, gap)]
        told, rest = chunk[:-back], chunk[-back:]
        self._held[message_id] = Token(message_id, rest, gap and not told)
        return [Token(message_id, told, gap)] if told else []

    def _log(self, data: dict[str, Any]) -> list[Event]:
        name, message = as_str(data.get("name")), data.get("message")
        return [LogLine(as_str(data["component_id"]), name, message)]

    def _output(self, data: dict[str, Any]) -> list[Event]:
        answer = parse(ComponentOutput, data, "event of an output")
        output = read_component(as_str(data["component_id"]), answer, None)
        return [OutputReady(output.component_id, mark_truncation(output, self._limits))]

    def _error(self, data: dict[str, Any]) -> list[Event]:
        if data.get("id") or data.get("category"):
            return [MessageAdded(replace(read_message(data), category="error"))]
        return [Warned(as_str(data["error"]))]

    def _warning(self, data: dict[str, Any]) -> list[Event]:
        return [Warned(as_str(data["message"]))]

    def _removed(self, data: dict[str, Any]) -> list[Event]:
        return [MessageRemoved(as_str(data["id"]))]

    def _asked(self, data: dict[str, Any]) -> list[Event]:
        self.open_question = read_question(data)
        return [HumanInputRequired(self.open_question)]


_PARSERS: dict[str, Callable[[EventParser, dict[str, Any]], list[Event]]] = {
    "vertices_sorted": EventParser._sorted,
    "end_vertex": EventParser._ended,
    "add_message": EventParser._message,
    "token": EventParser._token,
    "log": EventParser._log,
    "output": EventParser._output,
    "error": EventParser._error,
    "warning": EventParser._warning,
    "remove_message": EventParser._removed,
    "human_input_required": EventParser._asked,
}


_EMPTY = Message("")


def read_message(data: dict[str, Any]) -> Message:
    """A message, as an event has it."""
    inner = {**as_dict(data.get("data")), **data}
    properties = as_dict(inner.get("properties"))
    files = inner.get("files")
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
        files=tuple(one for one in files if isinstance(one, str))
        if isinstance(files, list)
        else (),
    )


def read_question(data: dict[str, Any]) -> HumanInput:
    """What a run waits for, from its event or from the list of those that wait."""
    request_id = data["request_id"]
    if not isinstance(request_id, str):
        raise TypeError("a request's id is text")
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
    paused_at, seconds = read_timestamp(data.get("paused_at")), data.get("timeout_seconds")
    if paused_at is None or not isinstance(seconds, (int, float)) or seconds <= 0:
        return None
    try:
        return paused_at + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        return None  # beyond the calendar


def _ids(value: Json) -> tuple[str, ...]:
    if not value or not isinstance(value, list):
        return ()
    return tuple([one for one in value if isinstance(one, str)])

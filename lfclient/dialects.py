"""The two request dialects of the Workflow API, "inputs" (1.8-1.10) and "modes" (1.11+). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Literal
from uuid import UUID

from lfclient.errors import JobNotFound, LangflowError, Unsupported
from lfclient.fields.model import Variable
from lfclient.fields.wire import encode, targets
from lfclient.flow import Component, Flow
from lfclient.models import ConfigAnswer, VersionAnswer
from lfclient.run import Mode
from lfclient.server import CONCURRENCY, Capabilities, Limits, ServerInfo, warnings_for

WORKFLOWS = "/api/v2/workflows"
_OWN_SESSIONS = 10  # the N of the first 1.N that keeps to one user's sessions
EVENT_STREAM = "text/event-stream"
_MODES = 11  # the N of the first 1.N of this dialect
_TRACES = 12  # the N of the first 1.N that fills them
KEEPS_ALIVE = 13  # the N of the first 1.N that does
# The N of the first 1.N that says "in progress" by an UPDATE that gives the row back. What cancels
# the run between the two leaves SQLite locked, and the server answering nobody or refusing every
# key, until Python next collects garbage: for minutes, if there is little to do.
_LOCKS = 13
# the N of the first 1.N that has it, of each capability that came after the Workflow API
SINCE = {
    "events": _MODES,
    "keep_alive": KEEPS_ALIVE,
    "input_value": _MODES,
    "session_field": _MODES,
    "pending": _MODES,
    "idempotency": _MODES,
    "own_sessions": _OWN_SESSIONS,
    "message_pages": _MODES,
    "traces": _TRACES,
}
NO_EVENTS = "Langflow {} does not tell what happens in a run while it goes on: 1.11 and later do."
Dialect = Literal["inputs", "modes"]


@dataclass(frozen=True)
class FilePart:
    """A file as the form field `file` of a request; read from its beginning as it is sent.

    `on_progress` is called with the bytes sent so far.
    """

    name: str
    content: BinaryIO
    media_type: str
    on_progress: Callable[[int], object] | None = None


@dataclass(frozen=True)
class RequestSpec:
    """A request, before any I/O. `path` is relative to the server's address.

    `fresh`: on a connection of its own, never on a kept one that the server may just be closing.
    `repeat`: it may be sent again though it may have arrived. `patient`: waits for its answer as
    long as a run may take. `seconds`: for how long, where the usual time is too short. `at_most`:
    for how long, where it is too long; that goes for the connection, too. `most`: how many bytes of
    an answer are wanted; of a larger one no more is read than the piece that goes beyond. `into`:
    where the body goes if the status is 200, and nothing else then. With either it has to come
    uncompressed.
    """

    method: str
    path: str
    params: Mapping[str, str] | None = None
    json: Any = None
    form: Mapping[str, str] | None = None
    file: FilePart | None = None
    headers: Mapping[str, str] | None = None
    fresh: bool = False
    repeat: bool = False
    patient: bool = False
    seconds: float | None = None
    at_most: float | None = None
    most: int | None = None
    into: BinaryIO | None = None


def dialect_of(minor: int) -> Dialect:
    """Langflow 1.11 changed the request; `minor` is the N of 1.N."""
    return "modes" if minor >= _MODES else "inputs"


def minor_of(version: VersionAnswer) -> int | None:
    """The N of 1.N; langflow-base was numbered 0.N up to 0.11. None for an unreadable version."""
    parts = (version.main_version or version.version).split(".")
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else None


def limits_of(config: ConfigAnswer, dialect: Dialect) -> Limits:
    """The limits that a server tells, and those that its releases have."""
    return Limits(
        max_text=config.serialization_max_text_length,
        max_items=config.serialization_max_items_length,
        max_upload_mb=config.max_file_size_upload,
        concurrency=CONCURRENCY if dialect == "modes" else None,
    )


def server_info(version: VersionAnswer, minor: int | None, dialect: Dialect) -> ServerInfo:
    """What a server is and can do. `version` is told as 1.N.p, whatever the package's number."""
    modes = dialect == "modes"
    number = version.version
    if minor is not None and number.startswith("0."):
        number = f"1.{number.removeprefix('0.')}"
    return ServerInfo(
        version=number,
        dialect=dialect,
        package=version.package,
        capabilities=Capabilities(
            events=modes,
            keep_alive=minor is not None and minor >= KEEPS_ALIVE,
            input_value=modes,
            session_field=modes,
            pending=modes,
            idempotency=modes,
            own_sessions=modes if minor is None else minor >= _OWN_SESSIONS,
            message_pages=modes,
            traces=minor is not None and minor >= _TRACES,
        ),
        limits=limits_of(ConfigAnswer(), dialect),
        warnings=warnings_for(number),
        early_stop=minor is not None and minor < _LOCKS,
    )


def session_place(server: ServerInfo, flow: Flow) -> str | None:
    """Where a session id goes: `session_id` on 1.11+, before an override; None if nowhere."""
    if server.capabilities.session_field:
        return "session_id"
    takers = (leaf for leaf in flow.leaves if "session_id" in leaf.template)
    place = flow.chat_input or next(takers, None)
    return f"{place.id}.session_id" if place else None


def run_request(
    server: ServerInfo,
    flow: Flow,
    overrides: Mapping[str, Any],
    mode: Mode,
    session_id: str | None = None,
    idempotency_key: str | None = None,
    repeat: bool = True,
) -> RequestSpec:
    """The request that runs a flow; raises `InvalidRequest` for what this mode can't take.

    `repeat`: it may be sent again where its key makes that safe.
    """
    values = list(_encoded(server, flow, overrides, mode))
    if server.dialect == "inputs":
        if mode == "stream":
            raise Unsupported(NO_EVENTS.format(server.version))
        body = _inputs_body(server, flow, values, mode, session_id)
    else:
        body = _modes_body(flow, values, mode, session_id)
        if idempotency_key and mode == "background":
            body["idempotency_key"] = idempotency_key
    return RequestSpec(
        "POST",
        WORKFLOWS,
        json=body,
        fresh=True,
        repeat=repeat and "idempotency_key" in body,
        patient=mode != "background",
    )


def _encoded(
    server: ServerInfo, flow: Flow, overrides: Mapping[str, Any], mode: Mode
) -> Iterator[tuple[str, str, Any]]:
    """Component, parameter and value as they go out; unknown ones as they were given."""
    known = {field.key: field for field in flow.fields} if overrides else {}
    for key, value in overrides.items():
        field = known.get(key)
        if field is None:
            component, _, parameter = key.rpartition(".")
            if isinstance(value, Variable):
                value = {"value": value.name, "load_from_db": True}
            yield component, parameter, value
            continue
        sent = encode(field, value, mode, server)
        for component, parameter in targets(field):
            yield component, parameter, sent


def _inputs_body(
    server: ServerInfo,
    flow: Flow,
    values: list[tuple[str, str, Any]],
    mode: Mode,
    session_id: str | None,
) -> dict[str, Any]:
    inputs: dict[str, Any] = {}
    place = session_place(server, flow)
    if session_id and place:
        inputs[place] = session_id  # first: the first session_id of all becomes the run's
    for component, parameter, value in values:
        inputs.setdefault(f"{component}.{parameter}", value)
    return {
        "flow_id": flow.id,
        "background": mode == "background",
        "stream": False,
        "inputs": inputs,
    }


def _modes_body(
    flow: Flow, values: list[tuple[str, str, Any]], mode: Mode, session_id: str | None
) -> dict[str, Any]:
    tweaks: dict[str, dict[str, Any]] = {}
    for component, parameter, value in values:
        tweaks.setdefault(component, {})[parameter] = value
    body: dict[str, Any] = {"flow_id": flow.id, "mode": mode, "tweaks": tweaks}
    chat = _only_chat_input(flow)
    if chat:
        # a background or streamed run with a session loses both the tweak and the flow's own text
        text = tweaks.get(chat.id, {}).get("input_value", _stored_text(chat))
        if isinstance(text, str):
            body["input_value"] = text
            if mode != "sync":
                tweaks.get(chat.id, {}).pop("input_value", None)
    body["tweaks"] = {component: part for component, part in tweaks.items() if part}
    if session_id:
        body["session_id"] = session_id
    return body


def _only_chat_input(flow: Flow) -> Component | None:
    """The chat input, if there is one: with several, `input_value` would go to all."""
    several = sum(leaf.type == "ChatInput" for leaf in flow.leaves) > 1
    return None if several else flow.chat_input


def _stored_text(chat: Component) -> Any:
    return chat.template.get("input_value", {}).get("value", "")


def events_request(job_id: str, last_event_id: str | None) -> RequestSpec:
    """A job's events after that one, as they come; the answer is a stream. Raises JobNotFound."""
    headers = {"accept": EVENT_STREAM}
    if last_event_id:
        headers["last-event-id"] = last_event_id
    return RequestSpec("GET", f"{_job_path(job_id)}/events", headers=headers, fresh=True)


def pending_request(flow_id: str) -> RequestSpec:
    """The runs of a flow that wait for a person."""
    return read(f"{WORKFLOWS}/pending", flow_id=flow_id)


def resume_request(job_id: str, request_id: str, decision: str) -> RequestSpec:
    """A person's decision, one of the request's action ids. Raises JobNotFound."""
    body = {"request_id": request_id, "decision": {"action_id": decision}}
    return RequestSpec("POST", f"{_job_path(job_id)}/resume", json=body)


def status_request(job_id: str) -> RequestSpec:
    """How a job stands."""
    return read(WORKFLOWS, job_id=job_id)


def stop_request(job_id: str) -> RequestSpec:
    """Ask for a stop; asking twice does no harm."""
    return RequestSpec("POST", f"{WORKFLOWS}/stop", json={"job_id": job_id}, repeat=True)


def _job_path(job_id: str) -> str:
    return f"{WORKFLOWS}/{id_in_path(job_id, JobNotFound(f'“{job_id}” is not the id of a job.'))}"


def is_uuid(text: str) -> bool:
    """Whether a text is an id of a server, of any release."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def id_in_path(text: str, fault: LangflowError) -> str:
    """An id as a part of a path. Raises `fault` for any other text: with slashes and dots it would
    lead anywhere on the server, whoever gave it.
    """
    if not is_uuid(text):
        raise fault
    return str(UUID(text))  # there are others, with braces for instance


def read(path: str, **params: str) -> RequestSpec:
    """A request that changes nothing, and so may be repeated."""
    return RequestSpec("GET", path, params=params or None, repeat=True)


def with_headers(spec: RequestSpec, **headers: str) -> RequestSpec:
    """The request with these headers added."""
    return replace(spec, headers={**(spec.headers or {}), **headers})

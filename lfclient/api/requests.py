"""The two request dialects of the Workflow API, "inputs" (1.8-1.10) and "modes" (1.11+). Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, BinaryIO
from uuid import UUID

from lfclient.errors import JobNotFound, LangflowError

WORKFLOWS = "/api/v2/workflows"
EVENT_STREAM = "text/event-stream"


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


def events_request(job_id: str, last_event_id: str | None) -> RequestSpec:
    """A job's events after that one, as they come; the answer is a stream. Raises JobNotFound."""
    headers = {"accept": EVENT_STREAM}
    if last_event_id:
        headers["last-event-id"] = last_event_id
    return RequestSpec("GET", f"{_job_path(job_id)}/events", headers=headers, fresh=True)


def pending_request(flow_id: str) -> RequestSpec:
    """The runs of a flow that wait for a person."""
    return get_request(f"{WORKFLOWS}/pending", flow_id=flow_id)


def resume_request(job_id: str, request_id: str, decision: str) -> RequestSpec:
    """A person's decision, one of the request's action ids. Raises JobNotFound."""
    body = {"request_id": request_id, "decision": {"action_id": decision}}
    return RequestSpec("POST", f"{_job_path(job_id)}/resume", json=body)


def status_request(job_id: str) -> RequestSpec:
    """How a job stands."""
    return get_request(WORKFLOWS, job_id=job_id)


def stop_request(job_id: str) -> RequestSpec:
    """Ask for a stop; asking twice does no harm."""
    return RequestSpec("POST", f"{WORKFLOWS}/stop", json={"job_id": job_id}, repeat=True)


def _job_path(job_id: str) -> str:
    return f"{WORKFLOWS}/{id_segment(job_id, JobNotFound(f'“{job_id}” is not the id of a job.'))}"


def is_uuid(text: str) -> bool:
    """Whether a text is an id of a server, of any release."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def id_segment(text: str, fault: LangflowError) -> str:
    """An id as a part of a path. Raises `fault` for any other text: with slashes and dots it would
    lead anywhere on the server, whoever gave it.
    """
    if not is_uuid(text):
        raise fault
    return str(UUID(text))  # there are others, with braces for instance


def get_request(path: str, **params: str) -> RequestSpec:
    """A request that changes nothing, and so may be repeated."""
    return RequestSpec("GET", path, params=params or None, repeat=True)


def with_headers(spec: RequestSpec, **headers: str) -> RequestSpec:
    """The request with these headers added."""
    return replace(spec, headers={**(spec.headers or {}), **headers})

"""Requests to the server, before any I/O. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import quote
from uuid import UUID

from lfclient.common.json_types import Json
from lfclient.errors import JobNotFound, LangflowError
from lfclient.wire.bodies import LIST, RUN, SMALL, BodyLimit

WORKFLOWS = "/api/v2/workflows"
STATUS = WORKFLOWS
STATUS_ADDRESS = (f"{STATUS}?job_id=", "")  # before and after a job's id
EVENT_STREAM = "text/event-stream"


@dataclass(frozen=True)
class FilePart:
    """A file sent as the form field `field`, read from its beginning.

    `on_progress` is called with the number of bytes sent so far.
    """

    name: str
    content: BinaryIO
    media_type: str
    on_progress: Callable[[int], object] | None = None
    field: str = "file"


@dataclass(frozen=True)
class RequestSpec:
    """A request. `path` is relative to the server's address.

    - `new_connection`: never use a pooled connection, which the server may be closing.
    - `idempotent`: may be resent even if the first attempt may have arrived.
    - `limit`: the most that is read of the response. A small one is requested uncompressed.
    - `streamed`: the body of a 200 response is read with `ReadChunk`, without a limit; others are
      complete.
    - `waits_for_run`: the response may take as long as a run.
    - `read_timeout`: the longest silence in seconds, instead of the client's timeout.
    - `min_timeout`, `max_timeout`: bounds in seconds on the client's timeout for the response;
      `max_timeout` also limits connecting.
    """

    method: str
    path: str
    params: Mapping[str, str] | None = None
    json: Json = None
    form: Mapping[str, str] | None = None
    files: tuple[FilePart, ...] = ()
    headers: Mapping[str, str] | None = None
    new_connection: bool = False
    idempotent: bool = False
    limit: BodyLimit = SMALL
    streamed: bool = False
    waits_for_run: bool = False
    read_timeout: float | None = None
    min_timeout: float | None = None
    max_timeout: float | None = None


def events_request(job_id: str, last_event_id: str | None) -> RequestSpec:
    """Return the request for a job's events after `last_event_id`.

    Raises `JobNotFound` if `job_id` is not a UUID.
    """
    headers = {"accept": EVENT_STREAM}
    if last_event_id:
        headers["last-event-id"] = last_event_id
    return RequestSpec(
        "GET", f"{job_path(job_id)}/events", headers=headers, new_connection=True, streamed=True
    )


def status_request(job_id: str) -> RequestSpec:
    """Return the request for a job's status."""
    # as STATUS_ADDRESS
    return run_data_request(STATUS, job_id=job_id)


def job_path(job_id: str) -> str:
    """Return the path of a job. Raises `JobNotFound` if `job_id` is not a UUID."""
    return f"{WORKFLOWS}/{id_segment(job_id, JobNotFound(f'“{job_id}” is not a job id.'))}"


def is_uuid(text: str) -> bool:
    """Return whether a text is a UUID, as all ids of all releases are."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def id_segment(text: str, error: LangflowError) -> str:
    """Return an id as a path segment.

    Raises `error` for anything but a UUID: slashes and dots could lead anywhere on the server.
    """
    if not is_uuid(text):
        raise error
    return str(UUID(text))  # the other spellings, such as braces, are normalized


def name_segment(name: str, error: LangflowError) -> str:
    """Return a name as one path segment. Raises `error` for names that lead elsewhere."""
    if name in ("", ".", ".."):
        raise error
    return quote(name, safe="")


def get_request(path: str, limit: BodyLimit = SMALL, /, **params: str) -> RequestSpec:
    """Return a GET request, which may be repeated because it changes nothing."""
    return RequestSpec("GET", path, params=params or None, idempotent=True, limit=limit)


def list_request(path: str, **params: str) -> RequestSpec:
    """Return a GET request for flows, components or other lists of the server."""
    return get_request(path, LIST, **params)


def run_data_request(path: str, **params: str) -> RequestSpec:
    """Return a GET request for what runs returned: results, builds, messages."""
    return get_request(path, RUN, **params)

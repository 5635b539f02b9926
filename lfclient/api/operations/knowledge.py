"""The server's knowledge bases and memory bases."""

import io
import mimetypes
import time
from collections.abc import Callable, Mapping
from typing import BinaryIO

from lfclient.api.error_mapping import error_from_response
from lfclient.api.http import Response
from lfclient.api.operations.base import AsyncResource, Resource, awaitable
from lfclient.api.requests import FilePart, RequestSpec, list_request, name_segment
from lfclient.api.steps import Pause, Steps, fetch, send
from lfclient.common.backoff import Backoff
from lfclient.common.coerce import as_dict, as_str
from lfclient.common.filenames import safe_name
from lfclient.common.json_types import JsonObject
from lfclient.errors import InvalidRequest, LangflowError, ServerFault, Unsupported
from lfclient.resources.models import ModelOption
from lfclient.resources.server_resources import (
    KnowledgeBase,
    MemoryBase,
    parse_knowledge_base,
    parse_memory_base,
)
from lfclient.wire.schemas import Items, Schema

OnIngest = Callable[[KnowledgeBase], object]

_KNOWLEDGE = "/api/v1/knowledge_bases"
# a server whose SQLite is locked responds after half a minute, 1.11 to the first request after five
# seconds
_STORE_SECONDS = 120.0
_POLLING = Backoff(0.3, 4.0)
_START_SECONDS = 10.0  # how long the list may name no job although it has one
_MAX_START_SECONDS = 60.0  # how long it may name another job than the one that adds the files
_NAME_HINT = "Choose another name, then try again."
_MAX_PAGES = 20  # of fifty memory bases each
# Before 1.13 these requests write to SQLite twice at once if the server counts the use of API keys.
_LOCKED_HINT = (
    "Try again. If it fails again and the server stores its data in SQLite, set "
    "LANGFLOW_DISABLE_TRACK_APIKEY_USAGE=true on the server and restart it, or upgrade to 1.13."
)


class _MemoryPage(Schema):
    items: Items[JsonObject]
    pages: int = 1


class Knowledge(Resource):
    """`client.knowledge`: knowledge bases and memory bases."""

    def create(self, name: str, model: ModelOption) -> KnowledgeBase:
        """Create an empty knowledge base; `model` is one of `models("embedding")`.

        The server derives its `dir_name` from the name. Raises `InvalidRequest` for a name that
        is taken or too short.
        """
        return self._drive(_create_knowledge_base(name, model))

    def ingest(
        self,
        knowledge_base: KnowledgeBase | str,
        files: Mapping[str, bytes | BinaryIO],
        chunk_size: int = 1000,
        chunk_overlap: int = 200,
        timeout: float | None = None,
        on_change: OnIngest | None = None,
    ) -> KnowledgeBase:
        """Add files, by name, to a knowledge base, and return it once it is ready or failed.

        `chunk_size` and `chunk_overlap` are in characters. Calls `on_change` with each state.
        Raises `LangflowError` after `timeout` seconds, or if the server does not name the job that
        adds the files. Whatever ends the wait, the server goes on with them.
        """
        return self._drive(
            _ingest_files(knowledge_base, files, chunk_size, chunk_overlap, timeout, on_change)
        )

    def delete(self, knowledge_base: KnowledgeBase | str) -> None:
        """Delete a knowledge base with its documents, unless it is gone already."""
        return self._drive(_delete_knowledge_base(knowledge_base))

    def memory_bases(self) -> list[MemoryBase]:
        """Return the memory bases of the API key's user by name; none before Langflow 1.10."""
        return self._drive(list_memory_bases())


class AsyncKnowledge(AsyncResource):
    """The async counterpart of `Knowledge`."""

    create = awaitable(Knowledge.create)
    ingest = awaitable(Knowledge.ingest)
    delete = awaitable(Knowledge.delete)
    memory_bases = awaitable(Knowledge.memory_bases)


def list_knowledge_bases() -> Steps[list[KnowledgeBase]]:
    """Return the knowledge bases of the API key's user by name."""
    items = yield from fetch(list_request(_KNOWLEDGE), Items[JsonObject], "list of knowledge bases")
    parsed = filter(None, map(parse_knowledge_base, items))
    return sorted(parsed, key=lambda base: base.name.casefold())


def _create_knowledge_base(name: str, model: ModelOption) -> Steps[KnowledgeBase]:
    body = {
        "name": name,
        "embedding_provider": model.provider,
        "embedding_model": model.name,
        "column_config": [],
    }
    spec = RequestSpec("POST", _KNOWLEDGE, json=body, min_timeout=_STORE_SECONDS)
    response = yield from send(spec)
    if response.status == 409:  # Langflow tells the name of the folder
        raise InvalidRequest(
            f"A knowledge base named “{name}” already exists.",
            hint=_NAME_HINT,
            response=response.for_error(),
        )
    if not response.is_success:
        raise _refused(response, _NAME_HINT)
    created = parse_knowledge_base(as_dict(response.json("new knowledge base")))
    return created or KnowledgeBase(name, name, "empty")


def _ingest_files(
    base: KnowledgeBase | str,
    files: Mapping[str, bytes | BinaryIO],
    chunk_size: int,
    chunk_overlap: int,
    timeout: float | None,
    on_change: OnIngest | None,
) -> Steps[KnowledgeBase]:
    dir_name = base.dir_name if isinstance(base, KnowledgeBase) else base
    if not files:
        raise InvalidRequest("There is no file to add.", hint="Choose a file, then try again.")
    form = {
        "source_name": safe_name(next(iter(files))),
        "chunk_size": str(chunk_size),
        "chunk_overlap": str(chunk_overlap),
    }
    spec = RequestSpec(
        "POST",
        f"{_path(dir_name)}/ingest",
        form=form,
        files=tuple(_part(name, content) for name, content in files.items()),
        new_connection=True,
        min_timeout=_STORE_SECONDS,
    )
    response = yield from send(spec)
    if response.status == 404:
        raise _gone(dir_name)
    if not response.is_success:
        raise _refused(response, "Check the files and the size of the chunks, then try again.")
    job_id = as_str(as_dict(response.body).get("id"))
    return (yield from _wait_for_end(dir_name, job_id, timeout, on_change))


def _delete_knowledge_base(base: KnowledgeBase | str) -> Steps[None]:
    dir_name = base.dir_name if isinstance(base, KnowledgeBase) else base
    spec = RequestSpec("DELETE", _path(dir_name), idempotent=True, min_timeout=_STORE_SECONDS)
    response = yield from send(spec)
    if not response.is_success and response.status != 404:
        raise _refused(response, "Try again in a moment.")


def list_memory_bases() -> Steps[list[MemoryBase]]:
    """Return the memory bases of the API key's user by name; none before 1.10."""
    bases: list[MemoryBase] = []
    for number in range(1, _MAX_PAGES + 1):
        spec = list_request("/api/v1/memories", page=str(number))
        try:
            page = yield from fetch(spec, _MemoryPage, "list of memory bases")
        except Unsupported:
            break
        bases += filter(None, map(parse_memory_base, page.items))
        if number >= page.pages:
            break
    return sorted(bases, key=lambda base: base.name.casefold())


def _wait_for_end(
    dir_name: str, job_id: str, timeout: float | None, on_change: OnIngest | None
) -> Steps[KnowledgeBase]:
    """Return the knowledge base once the job that adds files has ended."""
    started = time.monotonic()
    last: KnowledgeBase | None = None
    waits = _POLLING.waits()
    while True:
        bases = yield from list_knowledge_bases()
        base = next((one for one in bases if one.dir_name == dir_name), None)
        if base is None:
            raise _gone(dir_name)
        seconds = time.monotonic() - started
        # right after the request the list may still have the end of an earlier job
        names_none = not base.last_job_id and seconds > _START_SECONDS
        if not job_id or base.last_job_id == job_id or names_none:
            if on_change and base != last:
                on_change(base)
            last = base
            if base.status != "ingesting":
                return base
        elif seconds > _MAX_START_SECONDS:
            raise LangflowError(
                f"The server does not say whether it has added the files to “{base.name}”.",
                hint="Files that were added later may have taken their place in its list. Check "
                "the knowledge base in Langflow.",
            )
        if timeout is not None and seconds > timeout:
            raise LangflowError(
                f"The files of “{base.name}” were not processed within {timeout:g} seconds.",
                hint="The server goes on with them. Refresh the list of knowledge bases later.",
            )
        yield Pause(next(waits, _POLLING.wait_max))


def _part(name: str, content: bytes | BinaryIO) -> FilePart:
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return FilePart(safe_name(name), stream, media_type, field="files")


def _path(dir_name: str) -> str:
    return f"{_KNOWLEDGE}/{name_segment(dir_name, _gone(dir_name))}"


def _refused(response: Response, hint: str) -> LangflowError:
    error = error_from_response(response)
    if isinstance(error, InvalidRequest):
        error.hint = hint
    elif isinstance(error, ServerFault) and response.status == 500:
        error.hint = _LOCKED_HINT
    return error


def _gone(dir_name: str) -> LangflowError:
    return LangflowError(
        f"The server has no knowledge base “{dir_name}”.",
        hint="Refresh the list of knowledge bases: it may have been deleted.",
    )

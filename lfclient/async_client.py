"""The async client: drives the operations with `httpx.AsyncClient`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, closing, suppress
from datetime import datetime
from typing import IO, Any, BinaryIO, TypeVar

import httpx

from lfclient.api import http
from lfclient.api.operations import (
    auth,
    catalogue,
    chat_sessions,
    event_streams,
    files,
    flows,
    human_input,
    job_search,
    run_completion,
    runs,
    server,
    stopping,
    streamed_calls,
)
from lfclient.api.operations.context import ApiContext
from lfclient.api.operations.files import OnProgress
from lfclient.api.operations.runs import OnChange
from lfclient.api.steps import Emit, EventSteps, Pause, ReadChunk, Step, Steps
from lfclient.api.transports import AsyncCheckedTransport
from lfclient.common.deprecation import renamed_keyword
from lfclient.common.json_types import JsonObject
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow, FlowSummary
from lfclient.outputs.model import FileRef
from lfclient.runs.components import ComponentRun, HumanInput, Message
from lfclient.runs.events import Event
from lfclient.runs.lost_jobs import FoundJob
from lfclient.runs.model import Run, StopResult
from lfclient.wire.addresses import normalize_address
from lfclient.wire.server_info import ServerInfo

T = TypeVar("T")


class AsyncLangflowClient:
    """The async counterpart of `LangflowClient`, for one event loop.

    `url` may have a base path. Timeouts are in seconds, None for no limit: `timeout` for ordinary
    requests, `run_timeout` for a run in one request. `verify` is the path of a private CA's
    certificate, or whether to verify at all. `server` saves the request for the release if it is
    known. All methods raise `LangflowError`.
    """

    def __init__(
        self,
        url: str,
        api_key: str | None = None,
        timeout: float | None = 10.0,
        run_timeout: float | None = None,
        verify: bool | str = True,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        server: ServerInfo | None = None,
    ) -> None:
        self.url = normalize_address(url)
        self._timeout, self._run_timeout = timeout, run_timeout
        self._context = ApiContext((api_key,) if api_key else (), server)
        ssl_context = http.ssl_context_for(self.url, verify)
        headers = http.default_headers(api_key)

        def new_client(*, keep_alive: bool) -> httpx.AsyncClient:
            limits = http.connection_limits(keep_alive=keep_alive)
            new_transport = transport or AsyncCheckedTransport(self.url, ssl_context, limits)
            return httpx.AsyncClient(headers=headers, timeout=timeout, transport=new_transport)

        self._pooled, self._unpooled = new_client(keep_alive=True), new_client(keep_alive=False)

    async def __aenter__(self) -> AsyncLangflowClient:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; runs on the server continue."""
        await self._pooled.aclose()
        await self._unpooled.aclose()

    async def server(self) -> ServerInfo:
        """Return the release, dialect, capabilities, limits and warnings; fetched once."""
        return await self._drive(server.get_server(self._context))

    async def flows(self) -> list[FlowSummary]:
        """Return the flows of the API key's user by name, without the starter projects."""
        return await self._drive(flows.list_flows())

    async def flow(self, id_or_name: str) -> Flow:
        """Return a flow by its id, endpoint name or name. Raises `FlowNotFound`."""
        return await self._drive(flows.get_flow(self._context, id_or_name))

    async def run(
        self,
        flow: Flow | str,
        overrides: Mapping[str, Any] | None = None,
        session_id: str | None = None,
        check: bool = True,
    ) -> Run:
        """Run a flow and wait for its result. It is never resent once a byte was sent."""
        return await self._drive(runs.run_flow(self._context, flow, overrides, session_id, check))

    async def submit(
        self,
        flow: Flow | str,
        overrides: Mapping[str, Any] | None = None,
        session_id: str | None = None,
        check: bool = True,
        idempotency_key: str | None = None,
        repeat: bool = True,
    ) -> Run:
        """Start a background job.

        The same `idempotency_key` returns the same job (1.11+), or a new one if that has failed.
        `repeat=False` never resends a request that may have arrived.
        """
        return await self._drive(
            runs.submit_run(
                self._context, flow, overrides, session_id, check, idempotency_key, repeat
            )
        )

    async def status(self, job: Run | str, flow: Flow | None = None) -> Run:
        """Return a job's current state, with its outputs once it has ended."""
        return await self._drive(runs.get_status(self._context, job, flow))

    async def wait(
        self,
        job: Run | str,
        timeout: float | None = None,
        on_change: OnChange | None = None,
        flow: Flow | None = None,
    ) -> Run:
        """Return the ended run; call `on_change` with each new status. Raises `WaitTimeout`."""
        return await self._drive(runs.wait_for_run(self._context, job, timeout, on_change, flow))

    async def stop(self, job: Run | str, flow: Flow | None = None) -> StopResult:
        """Stop a job and return what the server did; see `LangflowClient.stop`."""
        return await self._drive(stopping.stop_run(self._context, job, flow))

    async def complete(self, run: Run, flow: Flow | None = None) -> Run:
        """Return an ended run with its true status and complete outputs.

        `status` and `wait` do this already.
        """
        return await self._drive(run_completion.complete_run(self._context, run, flow))

    def events(
        self, job: Run | str, after: str | None = None, flow: Flow | None = None
    ) -> AsyncGenerator[Event, None]:
        """Yield a job's events until it has ended (1.11+); see `LangflowClient.events`.

        Close the generator (`contextlib.aclosing`) if you leave it early.
        """
        return self._drive_events(event_streams.follow_events(self._context, job, after, flow))

    def stream(
        self,
        flow: Flow | str,
        overrides: Mapping[str, Any] | None = None,
        session_id: str | None = None,
        check: bool = True,
    ) -> AsyncGenerator[Event, None]:
        """Run a flow in one request and yield its events; see `LangflowClient.stream`.

        Close the generator (`contextlib.aclosing`) if you leave it early.
        """
        return self._drive_events(
            streamed_calls.stream_run(self._context, flow, overrides, session_id, check)
        )

    async def find_jobs(
        self, flow: Flow | str, session_id: str | None, sent_at: datetime
    ) -> list[FoundJob]:
        """Return the jobs that a submit without a response may have created.

        See `LangflowClient.find_jobs`.
        """
        return await self._drive(job_search.find_jobs(self._context, flow, session_id, sent_at))

    async def pending(self, flow: Flow | str) -> list[HumanInput]:
        """Return the open questions of a flow's runs (1.11+)."""
        return await self._drive(human_input.list_pending(self._context, flow))

    async def resume(self, job: Run | str, request_id: str, decision: str) -> None:
        """Answer a run's question with one of its action ids.

        Raises `NotWaiting` if the question is no longer open, and `InvalidRequest` for a decision
        that is not allowed.
        """
        await self._drive(human_input.resume_run(self._context, job, request_id, decision))

    async def component_runs(self, run: Run, flow: Flow | None = None) -> dict[str, ComponentRun]:
        """Return a run's components by id from the server's records of a flow's latest run."""
        return await self._drive(run_completion.get_component_runs(self._context, run, flow))

    async def sessions(self, flow: Flow | str) -> list[str]:
        """Return the ids of a flow's sessions, latest first from 1.12 on.

        Empty if there is no such flow. 1.12 returns only the latest 200.
        """
        return await self._drive(chat_sessions.list_sessions(self._context, flow))

    async def messages(
        self, flow: Flow | str, session_id: str | None = None, limit: int | None = None
    ) -> list[Message]:
        """Return the latest `limit` messages of a session, or of a whole flow; oldest first."""
        return await self._drive(
            chat_sessions.list_messages(self._context, flow, session_id, limit)
        )

    async def rename_session(self, old: str, new: str, flow: Flow | str | None = None) -> None:
        """Give a session another id, in one flow or in all flows of the API key's user.

        Merges it with a session that has this id already. Raises `SessionNotFound`.
        """
        await self._drive(chat_sessions.rename_session(self._context, old, new, flow))

    async def delete_session(self, session_id: str, flow: Flow | str | None = None) -> None:
        """Delete a session's messages, in one flow or in all flows of the API key's user."""
        await self._drive(chat_sessions.delete_session(self._context, session_id, flow))

    async def variables(self) -> list[str]:
        """Return the names of the server's variables."""
        return await self._drive(catalogue.list_variables())

    @renamed_keyword("own", "custom_code")
    async def catalogue(self, custom_code: Mapping[str, str] | None = None) -> JsonObject:
        """Return the templates of the server's components; see `LangflowClient.catalogue`."""
        return await self._drive(catalogue.get_catalogue(custom_code or {}))

    async def create_flow(
        self,
        name: str,
        data: JsonObject,
        description: str = "",
        endpoint_name: str | None = None,
    ) -> FlowSummary:
        """Create a flow; the server may change the name to keep it unique."""
        return await self._drive(flows.create_flow(name, data, description, endpoint_name))

    async def delete_flow(self, flow_id: str) -> None:
        """Delete a flow. Raises `FlowNotFound`, also if it is deleted already."""
        await self._drive(flows.delete_flow(flow_id))

    async def files(self) -> list[FileRef]:
        """Return the files of the API key's user, newest first.

        `path` is the value of a parameter that takes files.
        """
        return await self._drive(files.list_files())

    async def upload(
        self,
        name: str,
        content: bytes | BinaryIO,
        *,
        flow_id: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> FileRef:
        """Upload a file; the result's `path` is the value of a parameter that takes files.

        The file goes to the user's files or, with `flow_id`, next to that flow, as chat images do.
        `content` is read from its beginning during the upload. `on_progress` is called with the
        bytes sent so far; an exception from it aborts the upload. Raises `FileRefused`.
        """
        return await self._drive(
            files.upload_file(self._context, name, content, flow_id, on_progress)
        )

    @renamed_keyword("most", "max_bytes")
    async def download(self, ref: FileRef, max_bytes: int | None = None) -> bytes:
        """Return the bytes of a file that a run wrote.

        Raises `LangflowError` if there are more than `max_bytes`, without reading the rest.
        """
        return await self._drive(files.download_file(ref, max_bytes))

    @renamed_keyword("most", "max_bytes")
    async def save(self, ref: FileRef, target: IO[bytes], max_bytes: int | None = None) -> int:
        """Download a file into `target` in chunks and return its size in bytes.

        `target` is emptied first, and holds a part of the file if this fails. Raises
        `LangflowError` if there are more than `max_bytes`.
        """
        return await self._drive(files.save_file(ref, target, max_bytes))

    async def health(self) -> bool:
        """Return whether the server responds and is healthy; never raises if it does not."""
        return await self._drive(server.is_healthy())

    async def auto_login(self) -> str | None:
        """Return a token if the server needs no password, else None."""
        return await self._drive(auth.auto_login(self._context))

    async def login(self, user: str, password: str) -> str:
        """Return a token for a user. Raises `InvalidKey` for a wrong password."""
        return await self._drive(auth.login(self._context, user, password))

    async def create_key(self, name: str, token: str) -> str:
        """Return a new API key of the token's user."""
        return await self._drive(auth.create_key(self._context, name, token))

    async def _drive(self, operation: Steps[T]) -> T:
        """Perform the steps of an operation and return its result."""
        async with AsyncExitStack() as stream:
            try:
                step = next(operation)
                while True:
                    try:
                        result = await self._perform(step, stream)
                    except LangflowError as error:
                        step = operation.throw(error)
                    else:
                        step = operation.send(result)
            except StopIteration as end:
                value: T = end.value
                return value

    async def _drive_events(self, operation: EventSteps) -> AsyncGenerator[Event, None]:
        """Perform the steps of an operation and yield its events."""
        with closing(operation), suppress(StopIteration):
            async with AsyncExitStack() as stream:
                step = next(operation)
                while True:
                    if isinstance(step, Emit):
                        for event in step.events:
                            yield event
                        step = next(operation)
                        continue
                    try:
                        result = await self._perform(step, stream)
                    except LangflowError as error:
                        step = operation.throw(error)
                    else:
                        step = operation.send(result)

    async def _perform(self, step: Step, stream: AsyncExitStack) -> http.Response | bytes | None:
        """Return the result of a step; `stream` closes the response that is being streamed."""
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        redactor = self._context.redactor
        with http.translate_httpx_errors(self.url, redactor):
            if isinstance(step, ReadChunk):
                return await anext(step.response.chunks, b"")
            if step.streamed:
                await stream.aclose()
            arguments = http.request_arguments(step, self.url, self._timeout, self._run_timeout)
            client = self._unpooled if step.new_connection else self._pooled
            response = await client.send(client.build_request(**arguments), stream=step.streamed)
            if step.streamed:
                stream.push_async_callback(response.aclose)
            status, chunks = response.status_code, response.aiter_bytes()
            content = b"" if step.streamed and status == 200 else await response.aread()
            return http.Response(status, content, redactor, response.headers, chunks)

"""The async client: drives the operations with `httpx.AsyncClient`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing, closing
from datetime import datetime
from typing import Any, BinaryIO, TypeVar

import httpx

from lfclient.api import http
from lfclient.api import steps as api_steps
from lfclient.api.operations.base import ClientState, Steps
from lfclient.api.operations.event_streams import EventSteps, Following_
from lfclient.api.operations.runs import OnChange
from lfclient.api.operations.uploads import OnProgress
from lfclient.api.requests import RequestSpec
from lfclient.api.transports import AsyncCheckedTransport
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
    """As `LangflowClient`, for one event loop.

    `url` may have a base path. Times are in seconds, None for no limit: `timeout` for ordinary
    requests, `run_timeout` for a run that is waited for. `verify` is the path of a private CA's
    certificate, or whether to verify at all. `server` spares the question for the release where
    it is known. All methods raise LangflowError.
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
        secrets = (api_key,) if api_key else ()
        self._runs = EventSteps(ClientState(secrets, server))
        tls = http.ssl_context_for(self.url, verify)
        headers = http.default_headers(api_key)

        def opened(*, keep: bool) -> httpx.AsyncClient:
            checked = transport or AsyncCheckedTransport(
                self.url, tls, http.connection_limits(keep=keep)
            )
            return httpx.AsyncClient(headers=headers, timeout=timeout, transport=checked)

        self._kept, self._fresh = opened(keep=True), opened(keep=False)

    async def __aenter__(self) -> AsyncLangflowClient:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; runs at the server go on."""
        await self._kept.aclose()
        await self._fresh.aclose()

    async def _drive(self, steps: Steps[T]) -> T:
        outcome: Any = None
        fault: LangflowError | None = None
        try:
            while True:
                step = steps.send(outcome) if fault is None else steps.throw(fault)
                outcome = fault = None
                try:
                    outcome = await self._do(step)
                except LangflowError as error:
                    fault = error
        except StopIteration as end:
            return end.value

    async def _do(self, step: api_steps.Pause | RequestSpec) -> http.Response | None:
        if isinstance(step, api_steps.Pause):
            await asyncio.sleep(step.seconds)
            return None
        client = self._fresh if step.fresh else self._kept
        read = http.read_timeout(step, self._timeout, self._run_timeout)
        arguments = http.request_arguments(step, self.url, self._timeout, read)
        with http.translate_httpx_errors(self.url, self._runs.redactor):
            request = client.build_request(**arguments)
            if not http.is_streamed(step):
                return http.Response.of(await client.send(request))
            async with aclosing(await client.send(request, stream=True)) as response:
                body = http.BodyReader(step, response)
                async for piece in response.aiter_bytes():
                    if not body.take(piece):
                        break
            return http.Response.begun(response, body.content)

    async def _follow(self, steps: Following_) -> AsyncGenerator[Event, None]:
        outcome: Any = None
        fault: LangflowError | None = None
        with closing(steps):
            async with AsyncExitStack() as stream:
                chunks: AsyncIterator[bytes] = _nothing()
                while True:
                    try:
                        step = steps.send(outcome) if fault is None else steps.throw(fault)
                    except StopIteration:
                        return
                    outcome = fault = None
                    if isinstance(step, api_steps.Emit):
                        for event in step.events:
                            yield event
                        continue
                    try:
                        if isinstance(step, api_steps.OpenStream):
                            await stream.aclose()
                            outcome, chunks = await self._open(step, stream)
                        elif isinstance(step, api_steps.ReadChunk):
                            with http.translate_httpx_errors(self.url, self._runs.redactor):
                                outcome = await anext(chunks, b"")
                        else:
                            outcome = await self._do(step)
                    except LangflowError as error:
                        fault = error

    async def _open(
        self, step: api_steps.OpenStream, stream: AsyncExitStack
    ) -> tuple[http.Response, AsyncIterator[bytes]]:
        arguments = http.request_arguments(step.spec, self.url, self._timeout, step.silence)
        with http.translate_httpx_errors(self.url, self._runs.redactor):
            response = await self._fresh.send(self._fresh.build_request(**arguments), stream=True)
            stream.push_async_callback(response.aclose)
            if response.status_code == 200:
                return http.Response.begun(response), response.aiter_bytes()
            await response.aread()
            return http.Response.of(response), _nothing()

    async def server(self) -> ServerInfo:
        """Release, dialect, capabilities, limits and warnings; asked for once."""
        return await self._drive(self._runs.server())

    async def flows(self) -> list[FlowSummary]:
        """The flows of the key's user, by name, without the starter projects."""
        return await self._drive(self._runs.flows())

    async def flow(self, id_or_name: str) -> Flow:
        """A flow by its id, endpoint name or name."""
        return await self._drive(self._runs.flow(id_or_name))

    async def run(
        self,
        flow: Flow | str,
        overrides: Mapping[str, Any] | None = None,
        session_id: str | None = None,
        check: bool = True,
    ) -> Run:
        """Run a flow and wait for its result. Never sent twice once a byte of it was written."""
        return await self._drive(self._runs.run(flow, overrides, session_id, check))

    async def submit(
        self,
        flow: Flow | str,
        overrides: Mapping[str, Any] | None = None,
        session_id: str | None = None,
        check: bool = True,
        idempotency_key: str | None = None,
        repeat: bool = True,
    ) -> Run:
        """Start a background job; the same `idempotency_key` gives the same job (1.11+), or another
        if that has failed. Without `repeat` it is not sent again where its answer is lost.
        """
        return await self._drive(
            self._runs.submit(flow, overrides, session_id, check, idempotency_key, repeat)
        )

    async def status(self, job: Run | str, flow: Flow | None = None) -> Run:
        """How a job stands, with its outputs once it has ended."""
        return await self._drive(self._runs.status(job, flow))

    async def wait(
        self,
        job: Run | str,
        timeout: float | None = None,
        on_change: OnChange | None = None,
        flow: Flow | None = None,
    ) -> Run:
        """The ended run; `on_change` is called with each new status. Raises WaitTimeout."""
        return await self._drive(self._runs.wait(job, timeout, on_change, flow))

    async def stop(self, job: Run | str, flow: Flow | None = None) -> StopResult:
        """Ask the server to stop a job, and say what came of it; as `LangflowClient.stop`."""
        return await self._drive(self._runs.stop(job, flow))

    async def complete(self, run: Run, flow: Flow | None = None) -> Run:
        """An ended run with its true status and whole outputs; `status` and `wait` do it too."""
        return await self._drive(self._runs.complete(run, flow))

    def events(
        self, job: Run | str, after: str | None = None, flow: Flow | None = None
    ) -> AsyncGenerator[Event, None]:
        """A job's events, old ones first, then as they come (1.11+), until it has ended.

        As `LangflowClient.events`; to be closed (`contextlib.aclosing`) if left early.
        """
        return self._follow(self._runs.events(job, after, flow))

    def stream(
        self,
        flow: Flow | str,
        overrides: Mapping[str, Any] | None = None,
        session_id: str | None = None,
        check: bool = True,
    ) -> AsyncGenerator[Event, None]:
        """Run a flow in one call that tells what happens as it happens (1.11+).

        As `LangflowClient.stream`; closing it stops the run, and should not meet its beginning.
        """
        return self._follow(self._runs.stream(flow, overrides, session_id, check))

    async def find_jobs(
        self, flow: Flow | str, session_id: str | None, sent_at: datetime
    ) -> list[FoundJob]:
        """The jobs that a submit may have made whose answer was lost, known by their flow, their
        session, or where their server tells none (before 1.12) by their time.

        As `LangflowClient.find_jobs`.
        """
        return await self._drive(self._runs.find_jobs(flow, session_id, sent_at))

    async def pending(self, flow: Flow | str) -> list[HumanInput]:
        """What the runs of a flow wait for a person to decide (1.11+)."""
        return await self._drive(self._runs.pending(flow))

    async def resume(self, job: Run | str, request_id: str, decision: str) -> None:
        """Decide for a run that waits; raises `NotWaiting`, or `InvalidRequest`."""
        await self._drive(self._runs.resume(job, request_id, decision))

    async def component_runs(self, run: Run, flow: Flow | None = None) -> dict[str, ComponentRun]:
        """What the server has kept of a run's components, by id; only the latest run has any."""
        return await self._drive(self._runs.component_runs(run, flow))

    async def sessions(self, flow: Flow | str) -> list[str]:
        """The ids of a flow's sessions, the latest first from 1.12 on; none if there is no such
        flow. 1.12 tells the latest 200 only.
        """
        return await self._drive(self._runs.sessions(flow))

    async def messages(
        self, flow: Flow | str, session_id: str | None = None, limit: int | None = None
    ) -> list[Message]:
        """The latest `limit` messages of a session, or of all of the flow's; oldest first."""
        return await self._drive(self._runs.messages(flow, session_id, limit))

    async def rename_session(self, old: str, new: str, flow: Flow | str | None = None) -> None:
        """Give a session another id, in one flow or in all of the key's user.

        One that has that id already is joined with it. Raises SessionNotFound.
        """
        await self._drive(self._runs.rename_session(old, new, flow))

    async def delete_session(self, session_id: str, flow: Flow | str | None = None) -> None:
        """Delete a session's messages for good, in one flow or in all of the key's user."""
        await self._drive(self._runs.delete_session(session_id, flow))

    async def variables(self) -> list[str]:
        """The names of the server's variables."""
        return await self._drive(self._runs.variables())

    async def catalogue(self, own: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The server's components, by category and type, as their templates.

        `own` adds components of one's own, code by type, as the server builds them; one that it
        refuses, or that its admin does not allow, is left out.
        """
        return await self._drive(self._runs.catalogue(own or {}))

    async def create_flow(
        self,
        name: str,
        data: dict[str, Any],
        description: str = "",
        endpoint_name: str | None = None,
    ) -> FlowSummary:
        """A new flow of the key's user; the server may change the name to keep it unique."""
        return await self._drive(self._runs.create_flow(name, data, description, endpoint_name))

    async def delete_flow(self, flow_id: str) -> None:
        """Delete a flow for good."""
        await self._drive(self._runs.delete_flow(flow_id))

    async def files(self) -> list[FileRef]:
        """The files of the key's user, the newest first; `path` is what a parameter takes."""
        return await self._drive(self._runs.own_files())

    async def upload(
        self,
        name: str,
        content: bytes | BinaryIO,
        *,
        flow_id: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> FileRef:
        """Send a file; the `path` of what is returned is the value of a parameter that takes files.

        It is kept among the user's files or, with `flow_id`, beside that flow, as chat images are.
        `content` is read from its beginning while it is sent. `on_progress` is called with the
        bytes sent so far; what it raises ends the upload. Raises FileRefused.
        """
        return await self._drive(self._runs.upload(name, content, flow_id, on_progress))

    async def download(self, ref: FileRef, most: int | None = None) -> bytes:
        """The bytes of a file that a run wrote. Of one that has more than `most` the rest is not
        read, and that it is too large is raised.
        """
        return await self._drive(self._runs.download(ref, most))

    async def save(self, ref: FileRef, target: BinaryIO, most: int | None = None) -> int:
        """The same into a file, which is emptied first and holds a part if this fails; its size.

        Little of it is in memory at a time.
        """
        return await self._drive(self._runs.save(ref, target, most))

    async def health(self) -> bool:
        """Whether the server answers and is well; never raises for one that does not."""
        return await self._drive(self._runs.health())

    async def auto_login(self) -> str | None:
        """A token from a server that logs everybody in, else None."""
        return await self._drive(self._runs.auto_login())

    async def login(self, user: str, password: str) -> str:
        """A token for a user; raises InvalidKey."""
        return await self._drive(self._runs.login(user, password))

    async def create_key(self, name: str, token: str) -> str:
        """A new API key of the token's user."""
        return await self._drive(self._runs.create_key(name, token))


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield

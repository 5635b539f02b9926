"""The async client: the methods of `LangflowClient` with an async driver."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import aclosing
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import httpx

from lfclient.api.driver import AsyncDriver
from lfclient.api.operations.context import ApiContext
from lfclient.client import LangflowClient
from lfclient.runs.events import Event
from lfclient.wire.addresses import normalize_address
from lfclient.wire.server_info import ServerInfo

P = ParamSpec("P")
T = TypeVar("T")


def _awaitable(
    method: Callable[Concatenate[LangflowClient, P], T],
) -> Callable[Concatenate[AsyncLangflowClient, P], Coroutine[Any, Any, T]]:
    """Return the coroutine function for a method, whose driver returns a coroutine here."""
    start: Callable[..., Any] = method

    @wraps(method)
    async def call(self: AsyncLangflowClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        result: T = await start(self, *args, **kwargs)
        return result

    return call


def _streaming(
    method: Callable[Concatenate[LangflowClient, P], Iterator[Event]],
) -> Callable[Concatenate[AsyncLangflowClient, P], AsyncGenerator[Event, None]]:
    """Return the async generator function for a method that yields events."""
    start: Callable[..., Any] = method

    @wraps(method)
    async def iterate(
        self: AsyncLangflowClient, /, *args: P.args, **kwargs: P.kwargs
    ) -> AsyncGenerator[Event, None]:
        async with aclosing(start(self, *args, **kwargs)) as events:
            async for event in events:
                yield event

    returned = AsyncGenerator[Event, None]
    iterate.__annotations__ = {**method.__annotations__, "return": returned}
    shown = inspect.signature(method).replace(return_annotation=returned)
    iterate.__signature__ = shown  # type: ignore[attr-defined]
    return iterate


class AsyncLangflowClient:
    """The async counterpart of `LangflowClient`, with the same arguments, for one event loop.

    Close the generators of `events` and `stream` (`contextlib.aclosing`) if you leave them early.
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
        self._context = ApiContext(api_key, server)
        self._driver = AsyncDriver(
            self.url, api_key, timeout, run_timeout, verify, transport, self._context.redactor
        )
        self._drive, self._drive_events = self._driver.run, self._driver.events

    async def __aenter__(self) -> AsyncLangflowClient:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; runs on the server continue."""
        await self._driver.close()

    server = _awaitable(LangflowClient.server)
    version = _awaitable(LangflowClient.version)
    flows = _awaitable(LangflowClient.flows)
    flow = _awaitable(LangflowClient.flow)
    run = _awaitable(LangflowClient.run)
    submit = _awaitable(LangflowClient.submit)
    status = _awaitable(LangflowClient.status)
    wait = _awaitable(LangflowClient.wait)
    stop = _awaitable(LangflowClient.stop)
    complete = _awaitable(LangflowClient.complete)
    events = _streaming(LangflowClient.events)
    stream = _streaming(LangflowClient.stream)
    find_jobs = _awaitable(LangflowClient.find_jobs)
    recover_stream = _awaitable(LangflowClient.recover_stream)
    pending = _awaitable(LangflowClient.pending)
    resume = _awaitable(LangflowClient.resume)
    component_runs = _awaitable(LangflowClient.component_runs)
    name_models = _awaitable(LangflowClient.name_models)
    sessions = _awaitable(LangflowClient.sessions)
    messages = _awaitable(LangflowClient.messages)
    rename_session = _awaitable(LangflowClient.rename_session)
    delete_session = _awaitable(LangflowClient.delete_session)
    variables = _awaitable(LangflowClient.variables)
    save_variable = _awaitable(LangflowClient.save_variable)
    delete_variable = _awaitable(LangflowClient.delete_variable)
    models = _awaitable(LangflowClient.models)
    providers = _awaitable(LangflowClient.providers)
    resources = _awaitable(LangflowClient.resources)
    needs = _awaitable(LangflowClient.needs)
    check_provider = _awaitable(LangflowClient.check_provider)
    refresh = _awaitable(LangflowClient.refresh)
    options = _awaitable(LangflowClient.options)
    knowledge_bases = _awaitable(LangflowClient.knowledge_bases)
    create_knowledge_base = _awaitable(LangflowClient.create_knowledge_base)
    ingest = _awaitable(LangflowClient.ingest)
    delete_knowledge_base = _awaitable(LangflowClient.delete_knowledge_base)
    memory_bases = _awaitable(LangflowClient.memory_bases)
    mcp_servers = _awaitable(LangflowClient.mcp_servers)
    catalogue = _awaitable(LangflowClient.catalogue)
    create_flow = _awaitable(LangflowClient.create_flow)
    import_flow = _awaitable(LangflowClient.import_flow)
    export_flow = _awaitable(LangflowClient.export_flow)
    templates = _awaitable(LangflowClient.templates)
    delete_flow = _awaitable(LangflowClient.delete_flow)
    files = _awaitable(LangflowClient.files)
    upload = _awaitable(LangflowClient.upload)
    download = _awaitable(LangflowClient.download)
    save = _awaitable(LangflowClient.save)
    health = _awaitable(LangflowClient.health)
    auto_login = _awaitable(LangflowClient.auto_login)
    login = _awaitable(LangflowClient.login)
    sign_in = _awaitable(LangflowClient.sign_in)
    create_key = _awaitable(LangflowClient.create_key)
    user_id = _awaitable(LangflowClient.user_id)

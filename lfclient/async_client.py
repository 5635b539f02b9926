"""The async client: the methods of `LangflowClient` with an async driver."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

import httpx

from lfclient.api.driver import AsyncDriver
from lfclient.api.http import ClientOptions, default_headers
from lfclient.api.operations.auth import AsyncAuth
from lfclient.api.operations.base import ApiContext, AsyncResource, awaitable, streaming
from lfclient.api.operations.chat_sessions import AsyncSessions
from lfclient.api.operations.editor import AsyncEditor
from lfclient.api.operations.files import AsyncFiles
from lfclient.api.operations.knowledge import AsyncKnowledge
from lfclient.api.operations.resources import AsyncServer
from lfclient.api.operations.run_records import AsyncRuns
from lfclient.api.operations.settings import AsyncSettings
from lfclient.client import LangflowClient
from lfclient.wire.addresses import normalize_address
from lfclient.wire.server_info import ServerInfo


class AsyncLangflowClient(AsyncResource):
    """The async counterpart of `LangflowClient`, with the same arguments, for one event loop.

    Close the generators of `events` and `stream` (`contextlib.aclosing`) if you leave them early.
    """

    def __init__(
        self,
        url: str,
        api_key: str | None = None,
        *,
        timeout: float | None = 10.0,
        run_timeout: float | None = None,
        verify: ssl.SSLContext | bool | str = True,
        headers: Mapping[str, str] | None = None,
        max_retries: int = 2,
        http_client: httpx.AsyncClient | None = None,
        server: ServerInfo | None = None,
    ) -> None:
        self.url = normalize_address(url)
        sent = default_headers(api_key, headers)
        context = ApiContext(sent, server, http_client)
        options = ClientOptions(self.url, sent, timeout, run_timeout, max_retries)
        self._driver = AsyncDriver(options, context.redactor, verify, http_client)
        super().__init__(context, self._driver)
        self.files = AsyncFiles(context, self._driver)
        self.runs = AsyncRuns(context, self._driver)
        self.editor = AsyncEditor(context, self._driver)
        self.server = AsyncServer(context, self._driver)
        self.settings = AsyncSettings(context, self._driver)
        self.auth = AsyncAuth(context, self._driver)
        self.knowledge = AsyncKnowledge(context, self._driver)
        self.sessions = AsyncSessions(context, self._driver)

    async def __aenter__(self) -> AsyncLangflowClient:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; runs on the server continue."""
        await self._driver.close()

    flows = awaitable(LangflowClient.flows)
    flow = awaitable(LangflowClient.flow)
    run = awaitable(LangflowClient.run)
    submit = awaitable(LangflowClient.submit)
    status = awaitable(LangflowClient.status)
    wait = awaitable(LangflowClient.wait)
    stop = awaitable(LangflowClient.stop)
    events = streaming(LangflowClient.events)
    stream = streaming(LangflowClient.stream)
    pending = awaitable(LangflowClient.pending)
    resume = awaitable(LangflowClient.resume)
    variables = awaitable(LangflowClient.variables)
    models = awaitable(LangflowClient.models)
    providers = awaitable(LangflowClient.providers)
    needs = awaitable(LangflowClient.needs)
    refresh = awaitable(LangflowClient.refresh)
    options = awaitable(LangflowClient.options)
    knowledge_bases = awaitable(LangflowClient.knowledge_bases)
    import_flow = awaitable(LangflowClient.import_flow)
    outdated = awaitable(LangflowClient.outdated)
    update_flow = awaitable(LangflowClient.update_flow)
    templates = awaitable(LangflowClient.templates)

"""The async client: the methods of `LangflowClient` with an async driver."""

from __future__ import annotations

import httpx

from lfclient.api.driver import AsyncDriver
from lfclient.api.operations.base import AsyncResource, awaitable, streaming
from lfclient.api.operations.context import ApiContext
from lfclient.api.operations.files import AsyncFiles
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
        timeout: float | None = 10.0,
        run_timeout: float | None = None,
        verify: bool | str = True,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        server: ServerInfo | None = None,
    ) -> None:
        self.url = normalize_address(url)
        context = ApiContext(api_key, server)
        self._driver = AsyncDriver(
            self.url, api_key, timeout, run_timeout, verify, transport, context.redactor
        )
        super().__init__(context, self._driver)
        self.files = AsyncFiles(context, self._driver)

    async def __aenter__(self) -> AsyncLangflowClient:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; runs on the server continue."""
        await self._driver.close()

    server = awaitable(LangflowClient.server)
    version = awaitable(LangflowClient.version)
    flows = awaitable(LangflowClient.flows)
    flow = awaitable(LangflowClient.flow)
    run = awaitable(LangflowClient.run)
    submit = awaitable(LangflowClient.submit)
    status = awaitable(LangflowClient.status)
    wait = awaitable(LangflowClient.wait)
    stop = awaitable(LangflowClient.stop)
    complete = awaitable(LangflowClient.complete)
    events = streaming(LangflowClient.events)
    stream = streaming(LangflowClient.stream)
    find_jobs = awaitable(LangflowClient.find_jobs)
    recover_stream = awaitable(LangflowClient.recover_stream)
    pending = awaitable(LangflowClient.pending)
    resume = awaitable(LangflowClient.resume)
    component_runs = awaitable(LangflowClient.component_runs)
    name_models = awaitable(LangflowClient.name_models)
    sessions = awaitable(LangflowClient.sessions)
    messages = awaitable(LangflowClient.messages)
    rename_session = awaitable(LangflowClient.rename_session)
    delete_session = awaitable(LangflowClient.delete_session)
    variables = awaitable(LangflowClient.variables)
    save_variable = awaitable(LangflowClient.save_variable)
    delete_variable = awaitable(LangflowClient.delete_variable)
    models = awaitable(LangflowClient.models)
    providers = awaitable(LangflowClient.providers)
    resources = awaitable(LangflowClient.resources)
    needs = awaitable(LangflowClient.needs)
    check_provider = awaitable(LangflowClient.check_provider)
    refresh = awaitable(LangflowClient.refresh)
    options = awaitable(LangflowClient.options)
    knowledge_bases = awaitable(LangflowClient.knowledge_bases)
    create_knowledge_base = awaitable(LangflowClient.create_knowledge_base)
    ingest = awaitable(LangflowClient.ingest)
    delete_knowledge_base = awaitable(LangflowClient.delete_knowledge_base)
    memory_bases = awaitable(LangflowClient.memory_bases)
    mcp_servers = awaitable(LangflowClient.mcp_servers)
    catalogue = awaitable(LangflowClient.catalogue)
    create_flow = awaitable(LangflowClient.create_flow)
    import_flow = awaitable(LangflowClient.import_flow)
    export_flow = awaitable(LangflowClient.export_flow)
    templates = awaitable(LangflowClient.templates)
    delete_flow = awaitable(LangflowClient.delete_flow)
    health = awaitable(LangflowClient.health)
    auto_login = awaitable(LangflowClient.auto_login)
    login = awaitable(LangflowClient.login)
    sign_in = awaitable(LangflowClient.sign_in)
    create_key = awaitable(LangflowClient.create_key)
    user_id = awaitable(LangflowClient.user_id)

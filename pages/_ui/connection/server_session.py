"""A server in use, with cached requests to it."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, BinaryIO, TypeVar

from lfclient.client import LangflowClient
from lfclient.common.json_types import JsonObject
from lfclient.console.config.connection import Connection
from lfclient.errors import LangflowError, Unreachable
from lfclient.flows.model import Flow, FlowSummary
from lfclient.flows.refreshing import MAX_NESTED_CHOICES, dynamic_choices, made_choices
from lfclient.outputs.model import FileRef
from lfclient.resources.catalogue import Catalogue
from lfclient.resources.models import ModelKind, ModelOption
from lfclient.resources.server_resources import McpServer, ServerResources
from lfclient.runs.components import HumanInput
from lfclient.wire.server_info import ServerInfo
from pages._ui.connection import flow_resources
from pages._ui.connection.app_context import (
    app_context,
    key_removed,
    local_connection,
    open_client,
    permissions,
    permitted,
)
from pages._ui.connection.request_cache import CachedResponse, raise_copy

T = TypeVar("T")

# by the client's method
_TTL_SECONDS = {
    "server.info": 60,
    "flows": 15,
    "flow": 15,
    "variables": 60,
    "server.resources": 60,
    "models": 60,
    "files.list": 15,
    "pending": 5,
}
_RELOAD_SECONDS = 30.0
MCP_TOOLS = "mcp tools"  # the name of a request
_MCP_TOOLS_SECONDS = 300  # the request takes long: Langflow connects to each of its MCP servers
_CHECK_SECONDS = 10.0  # between two checks that the server responds


@dataclass(frozen=True)
class ServerSession:
    """A browser's connection, and the owner whose runs it may see.

    A page keeps the session until its next rerun. Methods that need the server raise `MissingKey`
    once this browser no longer has a key of the owner.

    `is_stopped`: a local Langflow that is not running. Methods that need it raise `Unreachable`.
    """

    connection: Connection
    owner: str
    browser_id: str  # of the browser that entered the connection, "" for all browsers
    is_stopped: bool = False

    @property
    def id(self) -> str:
        """The connection's fingerprint, which differs between two keys of one owner."""
        return app_context().runner.fingerprint_of(self._saved() or self.connection)

    @property
    def is_typed(self) -> bool:
        """Whether this visitor entered the URL, and the key if there is one."""
        return self.connection.source == "typed"

    @property
    def takes_own_key(self) -> bool:
        """Whether this visitor enters the key, because the server is typed or has no key."""
        return self.is_typed or not self.connection.api_key

    @property
    def may_change(self) -> bool:
        """Whether this visitor may save data on the server, such as variables."""
        return permissions().install or self.is_typed

    def require_change(self) -> None:
        """Raise `InstallNotAllowed` unless `may_change`."""
        if not self.may_change:
            permissions().require_install()

    def live_connection(self) -> Connection:
        """Return the current connection, with the key that was entered last. Thread-safe.

        Raise `MissingKey`, or `Unreachable` if the local Langflow is stopped.
        """
        if self.is_typed:
            saved = self._saved()
            if saved is None:
                raise key_removed()
            return saved
        if self.connection.source == "local":
            running = None if self.is_stopped else app_context().local.connection()
            if running is None:
                hint = "Start it on the Connection page."
                raise Unreachable("The local Langflow is stopped.", hint=hint)
            return local_connection(*running)
        return self.connection

    def require_access(self) -> None:
        """Raise `MissingKey` if this browser's key was removed or has expired. Thread-safe."""
        if self.is_typed:
            self.live_connection()

    def _saved(self) -> Connection | None:
        """Return the connection that this browser saved for the owner, or None if it is gone."""
        if not self.is_typed:
            return None
        context = app_context()
        saved = context.vault.connections(self.browser_id)
        same = (each for each in saved if context.runner.owner_of(each) == self.owner)
        return next(same, None)

    def open_client(self, server_info: ServerInfo | None = None) -> LangflowClient:
        """Return a client for the live connection. Thread-safe."""
        return open_client(self.live_connection(), server_info)

    def info(self) -> CachedResponse[ServerInfo]:
        """Return the server's version, capabilities and limits."""
        return self._get("server.info")

    def check(self) -> str:
        """Check that the server responds, and return its version.

        All pages of this process share the request, which has no key. Raise its error, even if
        there is a previous response: `Unreachable` if the server doesn't respond.
        """
        self.live_connection()
        response = app_context().request_cache.get(*self._check_request())
        raise_copy(response.error)
        return response.value

    def flows(self, max_wait: float | None = None) -> CachedResponse[list[FlowSummary]]:
        """Return all flows of the key's user, after at most `max_wait` seconds."""
        return self._get("flows", max_wait=max_wait)

    def flow(self, flow_id: str, max_wait: float | None = None) -> CachedResponse[Flow]:
        """Return a flow with its components and the fields that this visitor may set."""
        response = self._get("flow", flow_id, max_wait=max_wait)
        return replace(response, value=permitted(response.value))

    def cached_flow(self, flow_id: str, max_wait: float | None = 0) -> Flow | None:
        """Return the flow, or None if it is not available within `max_wait` seconds."""
        with suppress(LangflowError):
            return self.flow(flow_id, max_wait).value
        return None

    def latest_flow(self, flow_id: str) -> Flow | None:
        """Return the last loaded flow without a request, or None if there is none."""
        response = app_context().request_cache.latest(self.id, f"flow {flow_id}")
        return permitted(response.value) if response else None

    def flow_with_choices(
        self,
        stored: Flow,
        overrides: Mapping[str, Any],
        shown: Flow | None = None,
        max_wait: float | None = None,
    ) -> Flow:
        """Return the flow after the choices in these overrides.

        A choice may show a field with more choices. `shown` is the flow after the previous choices.
        """
        flow, applied = shown or stored, None
        for _ in range(MAX_NESTED_CHOICES):
            choices = dynamic_choices(flow, overrides)
            if choices == applied:
                break
            flow, applied = permitted(self._refreshed(stored, choices, flow, max_wait)), choices
        return flow

    def _refreshed(
        self, stored: Flow, choices: JsonObject, shown: Flow, max_wait: float | None
    ) -> Flow:
        if not choices:
            return stored
        start, new = stored, choices
        made = made_choices(shown) if shown.updated_at == stored.updated_at else {}
        if 0 < len(made) < len(choices) and [*choices.items()][: len(made)] == [*made.items()]:
            start, new = shown, {key: choices[key] for key in choices if key not in made}

        def refresh(api: LangflowClient) -> Flow:
            return api.refresh(start, new)

        name = flow_resources.request_name("refreshed", stored, choices)
        return self.fetch(name, _TTL_SECONDS["server.resources"], refresh, max_wait).value

    def options(self, flow: Flow, key: str) -> Sequence[str]:
        """Return a field's options, empty if the server can't list them."""

        def list_options(api: LangflowClient) -> list[str]:
            try:
                return [option.name for option in api.options(flow, key)]
            except LangflowError:
                return []

        name = flow_resources.request_name(f"options {key}", flow, flow.choices)
        return self.fetch(name, _TTL_SECONDS["server.resources"], list_options).value

    def mcp_servers(self) -> Sequence[McpServer]:
        """Return the MCP servers, each with its number of tools or its error.

        Raise `StillLoading` while Langflow connects to the MCP servers, which takes seconds.
        """

        def count(api: LangflowClient) -> list[McpServer]:
            return api.settings.mcp_servers(count_tools=True)

        return self.fetch(MCP_TOOLS, _MCP_TOOLS_SECONDS, count, max_wait=0).value

    def reload_resources(self, flow: Flow) -> ServerResources | None:
        """Reload and return the server's resources for a flow, or None if that fails."""
        self.refresh()
        with suppress(LangflowError):  # the next page shows the error
            return self.resources(flow, _RELOAD_SECONDS).value
        return None

    def pending_inputs(self, flow_id: str) -> CachedResponse[list[HumanInput]]:
        """Return the requests for approval of all runs of the flow."""
        return self._get("pending", flow_id)

    def resources(
        self, flow: Flow, max_wait: float | None = None
    ) -> CachedResponse[ServerResources]:
        """Return the server's resources for a flow: variables, and resources of its parameters."""
        method, *kinds = flow_resources.request(flow)
        found = self._get(method, *kinds, max_wait=max_wait)
        if method == "variables":
            names = frozenset(variable.name for variable in found.value if variable.is_set)
            found = replace(found, value=ServerResources(variables=names))
        packages = flow_resources.installed_packages(self.connection, flow)
        catalogue, files = self._catalogue(flow), self._file_paths(flow)
        known = replace(found.value, packages=packages, catalogue=catalogue, files=files)
        return replace(found, value=known)

    def _catalogue(self, flow: Flow, max_wait: float | None = None) -> Catalogue | None:
        """Return the server's catalogue, None if it has not arrived or the flow doesn't need it."""
        with suppress(LangflowError):
            if "component" in flow.resources:
                return self.fetch(*flow_resources.CATALOGUE, max_wait).value
        return None

    def _file_paths(self, flow: Flow) -> frozenset[str] | None:
        """Return the paths of the user's files, None if unknown or if the flow doesn't need them.

        Without them, no file counts as missing.
        """
        with suppress(LangflowError):
            if "file" in flow.resources:
                return frozenset(file.path for file in self.files().value if file.path)
        return None

    def models(self, kind: ModelKind, max_wait: float) -> CachedResponse[list[ModelOption]]:
        """Return the models of a kind, ready models first."""
        return self._get("models", kind, max_wait=max_wait)

    def files(self) -> CachedResponse[list[FileRef]]:
        """Return the files of the key's user, newest first."""
        return self._get("files.list")

    def upload(
        self,
        name: str,
        content: BinaryIO,
        *,
        server_info: ServerInfo,
        flow_id: str | None,
        on_progress: Callable[[int], object],
    ) -> FileRef:
        """Upload a file and return it once the upload has ended. Thread-safe."""
        with self.open_client(server_info) as api:
            return api.files.upload(name, content, flow_id=flow_id, on_progress=on_progress)

    def download(self, ref: FileRef) -> bytes:
        """Return the content of a file that a run wrote. Thread-safe."""
        with self.open_client() as api:
            return api.files.download(ref)

    def fetch(
        self,
        name: str,
        ttl: float,
        work: Callable[[LangflowClient], T],
        max_wait: float | None = None,
    ) -> CachedResponse[T]:
        """Return the result of `work`, which runs in its own thread at most every `ttl` seconds.

        Without an earlier result, raise `StillLoading` or `work`'s error.
        """
        connection = self.live_connection()

        def run() -> T:
            return _send(connection, work)

        return app_context().request_cache.get(self.id, name, ttl, run, max_wait)

    def start(self, work: Callable[[LangflowClient], T]) -> Future[T]:
        """Run `work` once in its own thread, for changes that must not be repeated.

        Raise `Unreachable` if the server is stopped.
        """
        connection = self.live_connection()
        result: Future[T] = Future()

        def run() -> None:
            try:
                result.set_result(_send(connection, work))
            except Exception as error:
                result.set_exception(error)

        # a daemon: a server that hangs must not keep the console from exiting
        threading.Thread(target=run, name="change", daemon=True).start()
        return result

    def prefetch(self) -> None:
        """Send the requests that every page needs, so that they run at the same time."""
        for method in ("server.info", "flows"):
            self._prefetch(method)
        if not self.is_stopped:
            app_context().request_cache.prefetch(*self._check_request())

    def prefetch_resources(self, flow: Flow) -> None:
        """Send the requests that the form of a flow needs."""
        self._prefetch(*flow_resources.request(flow))
        self._catalogue(flow, max_wait=0)
        if "file" in flow.resources:
            self._prefetch("files.list")

    def prefetch_flow(self, flow_id: str) -> str:
        """Send the request for a flow, and return the request's name."""
        return self._prefetch("flow", flow_id)

    def refresh(self, name: str | None = None) -> None:
        """Send this request, or all requests and the check, again when next needed."""
        app_context().request_cache.invalidate(self.id, name)
        if name is None:
            app_context().request_cache.invalidate(self.connection.url)

    def discard(self, name: str) -> None:
        """Release the memory of a response that is no longer shown."""
        app_context().request_cache.discard(self.id, name)

    def seconds_waiting(self, *names: str, max_wait: float = 0.0) -> float | None:
        """Return how many seconds the oldest of these requests has been open, or None if none is.

        Wait at most `max_wait` seconds for their end.
        """
        return app_context().request_cache.seconds_waiting(self.id, names, max_wait)

    def _prefetch(self, method: str, *args: str) -> str:
        name, ttl = " ".join((method, *args)), _TTL_SECONDS[method]
        with suppress(LangflowError):  # raised where the response is needed
            app_context().request_cache.prefetch(self.id, name, ttl, self._call(method, *args))
        return name

    def _get(self, method: str, *args: str, max_wait: float | None = None) -> CachedResponse[Any]:
        call = self._call(method, *args)
        name, ttl = " ".join((method, *args)), _TTL_SECONDS[method]
        return app_context().request_cache.get(self.id, name, ttl, call, max_wait)

    def _call(self, method: str, *args: str) -> Callable[[], Any]:
        connection = self.live_connection()

        def call() -> Any:
            try:
                return _send(connection, lambda api: attrgetter(method)(api)(*args))
            except LangflowError:
                if method != "variables":
                    raise
                return []  # the form works without them

        return call

    def _check_request(self) -> tuple[str, str, float, Callable[[], str]]:
        keyless = replace(self.connection, api_key=None)

        def request() -> str:
            with open_client(keyless) as api:
                return api.server.version()

        return self.connection.url, f"version {keyless.verify}", _CHECK_SECONDS, request


def _send(connection: Connection, work: Callable[[LangflowClient], T]) -> T:
    with open_client(connection) as api:
        result = work(api)
    app_context().request_cache.drop_errors(connection.url)  # it responds
    return result

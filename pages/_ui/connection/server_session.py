"""Which servers this browser can use, which one it uses, and what that one has."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeVar

from pydantic import SecretStr

from lfclient.client import LangflowClient
from lfclient.console.config.connection import Connection
from lfclient.console.config.discovery import DiscoveredServer, discover
from lfclient.console.config.settings import check_address
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow, FlowSummary
from lfclient.outputs.model import FileRef
from lfclient.runs.components import HumanInput
from lfclient.wire.addresses import normalize_address
from lfclient.wire.server_info import ServerInfo
from pages._ui.connection.app_context import backend, client
from pages._ui.connection.request_cache import CachedAnswer, StillAsking
from pages._ui.state import browser as state_browser

T = TypeVar("T")

LOCAL = "Local Langflow"
# for how long the runner is not told again that somebody is here with a key
ATTACH_SECONDS = 60.0

# for how long what a server said is not asked again
_KEPT_SECONDS = {"server": 60, "flows": 15, "flow": 15, "variables": 60, "files": 15, "pending": 5}


@dataclass(frozen=True)
class ServerSession:
    """A connection in use, and whose runs it may see."""

    connection: Connection
    owner: str

    def server(self) -> CachedAnswer[ServerInfo]:
        """What the server is and can do."""
        return self._ask("server")

    def flows(self, patience: float | None = None) -> CachedAnswer[list[FlowSummary]]:
        """All flows of the key's user; a new list is waited for as long as for any, or so long."""
        return self._ask("flows", patience=patience)

    def flow(self, flow_id: str) -> CachedAnswer[Flow]:
        """A flow whole."""
        return self._ask("flow", flow_id)

    def flow_at_hand(self, flow_id: str) -> Flow | None:
        """The flow as it was last heard of, without waiting; None if it was not yet."""
        try:
            return self._ask("flow", flow_id, patience=0).value
        except LangflowError:
            return None

    def pending(self, flow_id: str) -> CachedAnswer[list[HumanInput]]:
        """What runs of a flow wait for a person to decide."""
        return self._ask("pending", flow_id)

    def variables(self) -> Sequence[str]:
        """Names of the server's variables; none where it does not tell them."""
        try:
            return self._ask("variables").value
        except StillAsking:
            return ()

    def files(self) -> CachedAnswer[list[FileRef]]:
        """The files of the key's user, the newest first."""
        return self._ask("files")

    def upload(
        self,
        name: str,
        content: BinaryIO,
        *,
        server: ServerInfo,
        flow_id: str | None,
        on_progress: Callable[[int], object],
    ) -> FileRef:
        """Send a file; takes as long as that takes. From any thread."""
        with client(self.connection, server) as api:
            return api.upload(name, content, flow_id=flow_id, on_progress=on_progress)

    def ask(
        self, question: str, seconds: float, work: Callable[[LangflowClient], T]
    ) -> CachedAnswer[T]:
        """What `work` makes of a client: asked for beside the page, at most every `seconds`.

        Raises StillAsking, or the error of `work`, where it has given nothing yet.
        """

        def fetch() -> T:
            with client(self.connection) as api:
                return work(api)

        return backend().answers.ask(self.owner, question, seconds, fetch)

    def ask_ahead(self) -> None:
        """Ask what the page is going to need, all at once, so that it waits for one time only."""
        for what in ("server", "flows", "variables"):
            backend().answers.begin(self.owner, what, _KEPT_SECONDS[what], self._fetch(what))

    def refresh(self, what: str | None = None) -> None:
        """Ask anew: that, or all."""
        backend().answers.ask_anew(self.owner, what)

    def forget(self, question: str) -> None:
        """Let go of an answer that nobody looks at any more."""
        backend().answers.forget(self.owner, question)

    def waited_for(self, *questions: str) -> float | None:
        """For how many seconds an answer to one of these has been due; None if none is."""
        return backend().answers.asking(self.owner, questions)

    def _ask(self, what: str, *args: str, patience: float | None = None) -> CachedAnswer[Any]:
        name, fetch = " ".join((what, *args)), self._fetch(what, *args)
        return backend().answers.ask(self.owner, name, _KEPT_SECONDS[what], fetch, patience)

    def _fetch(self, what: str, *args: str) -> Callable[[], Any]:
        def fetch():
            with client(self.connection) as api:
                try:
                    return getattr(api, what)(*args)
                except LangflowError:
                    if what != "variables":
                        raise
                    return []  # a server need not tell them

        return fetch


def available() -> list[Connection]:
    """Configured servers, the local Langflow if it runs, then what this browser typed."""
    shared = backend()
    found = shared.settings.connections()
    local = shared.local.connection()
    if local:
        url, key = local
        found.append(Connection(LOCAL, url, SecretStr(key), "local"))
    browser = state_browser.browser_id()
    known = {connection.url for connection in found}
    for url in reversed(shared.vault.urls(browser)):
        key = shared.vault.get(browser, url)
        name = url.partition("://")[2] + (" (your key)" if url in known else "")
        at_hand = key if key and key.get_secret_value() else None
        found.append(Connection(name, url, at_hand, "typed", shared.settings.verify))
    return found


def current() -> ServerSession | None:
    """The connection that this browser chose, else the first; None if there is none."""
    connections = available()
    if not connections:
        return None
    chosen = backend().chosen.get(state_browser.browser_id())
    connection = next((each for each in connections if _id(each) == chosen), connections[0])
    return session(connection)


def session(connection: Connection) -> ServerSession:
    """Take up a connection; unfinished runs of its owner that nobody follows are followed again."""
    shared = backend()
    owner = shared.runner.owner_of(connection)
    attached = shared.attached.get(owner)
    if attached is None or time.monotonic() - attached >= ATTACH_SECONDS:
        shared.runner.attach(connection)
        shared.attached.put(owner, time.monotonic())
    return ServerSession(connection, owner)


def choose(connection: Connection) -> None:
    """Use this connection in this browser from now on."""
    backend().chosen.put(state_browser.browser_id(), _id(connection))


def typed(url: str, key: str) -> Connection:
    """A connection of an address that somebody typed; the address is checked, nothing is kept.

    Raises LangflowError if such addresses are refused.
    """
    shared = backend()
    # that on the default address is offered by the console itself, so it may be used
    found = normalize_address(url) == shared.settings.discover_url
    address = normalize_address(url) if found else check_address(url, shared.settings)
    name = address.partition("://")[2]
    if any(each.url == address for each in available() if each.source != "typed"):
        name += " (your key)"
    return Connection(
        name, address, SecretStr(key) if key else None, "typed", shared.settings.verify
    )


def keep(connection: Connection) -> None:
    """Remember a typed connection for this browser, in memory, and use it."""
    key = connection.api_key or SecretStr("")
    backend().vault.save(state_browser.browser_id(), connection.url, key)
    choose(connection)


def forget(connection: Connection) -> None:
    """Drop what this browser typed for that server."""
    shared = backend()
    shared.vault.remove(state_browser.browser_id(), connection.url)
    shared.runner.forget_connection(connection)
    shared.attached.drop(shared.runner.owner_of(connection))  # typed again, it counts at once


def discovered() -> DiscoveredServer | None:
    """A Langflow on its default address, looked for at most every few seconds."""
    shared = backend()
    url = shared.settings.discover_url
    if url is None:
        return None
    # nothing else can be shown before this is known, and it gives up soon by itself
    return shared.answers.ask("", "discovered", 5, lambda: discover(url), patience=15).value


def holder_of(run_id: str) -> ServerSession | None:
    """The session, among all that this browser has, that may see this run."""
    shared = backend()
    for connection in available():
        candidate = session(connection)
        if shared.runner.get(run_id, candidate.owner):
            return candidate
    return None


def _id(connection: Connection) -> str:
    return f"{connection.source} {connection.name} {connection.url}"

"""The servers that this browser can use, its current server, and requests to several servers."""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

import streamlit as st
from pydantic import SecretStr

from lfclient.console.config.connection import Connection, DiscoveredServer, discover
from lfclient.console.config.permissions import check_address
from lfclient.console.store.run_record import RunRecord, RunSummary
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from pages._ui.connection.app_context import (
    app_context,
    key_removed,
    local_connection,
    open_client,
    permissions,
)
from pages._ui.connection.server_session import ServerSession
from pages._ui.state import browser as state_browser
from pages._ui.state.notices import notify_errors

MAX_FLOW_REQUESTS = 100  # at once for each server, each in its own thread
MAX_FLOWS_SECONDS = 4.0  # shorter than errors are cached, so that each request is sent once
_POLL_SECONDS = 0.02


def available_connections() -> list[Connection]:
    """Return the configured servers, the local Langflow if it runs, and this browser's servers."""
    context = app_context()
    connections = list(context.settings.servers)
    local = context.local.connection()
    if local:
        connections.append(local_connection(*local))
    browser = state_browser.browser_id()
    urls = {connection.url for connection in connections}
    for saved in reversed(context.vault.connections(browser)):
        name = saved.url.partition("://")[2] + (" (your key)" if saved.url in urls else "")
        connections.append(replace(saved, name=name))
    return connections


def readable() -> list[ServerSession]:
    """Return the servers whose runs this browser may read, including a stopped local Langflow."""
    available = [attach(connection) for connection in available_connections()]
    stopped = None if _has_local(available) else _stopped_local()
    return [*available, stopped] if stopped else available


def require_access(*owners: str) -> None:
    """Raise `MissingKey` unless this browser may still change these owners' stored data.

    Callbacks call this first, because another tab may have removed the key since the page's rerun.
    """
    if not {server.owner for server in readable()}.issuperset(owners):
        raise key_removed()


def current_or_stopped() -> ServerSession | None:
    """Return the current server, else a stopped local Langflow, else None."""
    return current() or _stopped_local()


def _has_local(sessions: Sequence[ServerSession]) -> bool:
    return any(session.connection.source == "local" for session in sessions)


def _stopped_local() -> ServerSession | None:
    """Return a local Langflow that is not running, or None if it never ran."""
    context = app_context()
    last = context.local.last_connection()
    if last is None:
        return None
    # without its key: another program may listen on its port now
    local = local_connection(last[0], None)
    return _session(local, is_stopped=True)


def current() -> ServerSession | None:
    """Return this browser's chosen server, else the first server, else None."""
    connections = available_connections()
    if not connections:
        return None
    context = app_context()
    with context.lock:
        chosen = context.chosen_servers.get(state_browser.browser_id())
    connection = next((each for each in connections if _id(each) == chosen), connections[0])
    return attach(connection)


def attach(connection: Connection) -> ServerSession:
    """Return a connection's session. The runner resumes its owner's unfinished runs."""
    context = app_context()
    session = _session(connection)
    with context.lock:
        is_attached = session.id in context.recently_attached
    if not is_attached:
        context.runner.attach(connection)
        with context.lock:
            context.recently_attached[session.id] = True
    return session


def _session(connection: Connection, *, is_stopped: bool = False) -> ServerSession:
    owner = app_context().runner.owner_of(connection)
    # a process attaches its configured servers before it has a browser
    browser = state_browser.browser_id() if connection.source == "typed" else ""
    return ServerSession(connection, owner, browser, is_stopped)


def choose(connection: Connection) -> None:
    """Make this the browser's current server."""
    context = app_context()
    with context.lock:
        context.chosen_servers[state_browser.browser_id()] = _id(connection)


def typed_connection(url: str, key: str) -> Connection:
    """Return a connection to a typed URL, without saving it.

    Raise `LangflowError` if this visitor may not use the URL.
    """
    context = app_context()
    address = check_address(url, context.settings, permissions())
    name = address.partition("://")[2]
    if any(each.url == address for each in available_connections() if each.source != "typed"):
        name += " (your key)"
    return Connection(
        name, address, SecretStr(key) if key else None, "typed", context.settings.verify
    )


def remember(connection: Connection) -> Connection:
    """Save a typed connection in memory for this browser, and make it the current server.

    Return the connection with its user, if the server reports the user. All keys of a user see the
    same runs.
    """
    with suppress(LangflowError), open_client(connection) as api:
        connection = replace(connection, user_id=api.auth.user_id())
    context = app_context()
    context.runner.assign_user(connection)
    context.vault.save(state_browser.browser_id(), connection)
    choose(connection)
    return connection


def forget(connection: Connection) -> None:
    """Drop the key that this browser saved for the connection's server."""
    context = app_context()
    context.vault.remove(state_browser.browser_id(), connection.url)
    context.runner.forget_connection(connection)
    with context.lock:  # if the key is typed again, it is attached at once
        context.recently_attached.pop(context.runner.fingerprint_of(connection), None)


def discover_server() -> DiscoveredServer | None:
    """Return the Langflow at the default URL. It is looked for at most every 5 seconds.

    Return None if there is none, or if this visitor may not use servers that are not configured.
    """
    context = app_context()
    url = context.settings.discover_url
    if url is None or not permissions().other_servers:
        return None
    # without the result, the page has nothing to show
    return context.request_cache.get("", "discovered", 5, lambda: discover(url), max_wait=25).value


def find_run(run_id: str, current: ServerSession) -> tuple[ServerSession, RunRecord] | None:
    """Return a run and the browser's server that may see it, or None. Search `current` first."""
    record = _open_run(run_id, current)
    if record:
        return current, record
    for server in readable():
        record = _open_run(run_id, server)
        if record:
            return server, record
    return None


def _open_run(run_id: str, server: ServerSession) -> RunRecord | None:
    runner = app_context().runner
    if server.is_stopped:  # a lost run can't be searched for on a stopped server
        return runner.get(run_id, server.owner)
    return runner.open(run_id, server.connection)


def load_flows(wanted: Iterable[tuple[ServerSession, str]]) -> dict[tuple[str, str], Flow]:
    """Return the flows by owner and ID: cached flows, and flows loaded within `MAX_FLOWS_SECONDS`.

    Each request that ends starts the next request, so a flow or a server that hangs doesn't delay
    the other flows. For a deleted or refused flow, the cached flow still has the secrets to redact.
    Flows that were never loaded are missing: their runs are exported as recorded, with a warning in
    the file. Thread-safe.
    """
    # kept here, because an export may need more flows than the shared cache holds
    flows = {(server, id): server.latest_flow(id) for server, id in wanted}
    waiting: dict[ServerSession, list[str]] = defaultdict(list)
    for server, id in reversed(flows):
        waiting[server].append(id)
    requests: dict[tuple[ServerSession, str], str] = {}  # open requests, by server and flow
    deadline = time.monotonic() + MAX_FLOWS_SECONDS
    while time.monotonic() < deadline:
        for server, ids in waiting.items():
            free = MAX_FLOW_REQUESTS - sum(one is server for one, _ in requests)
            for id in [ids.pop() for _ in range(min(free, len(ids)))]:
                requests[server, id] = server.prefetch_flow(id)
        if not requests:
            break
        (server, _), name = next(iter(requests.items()))
        server.seconds_waiting(name, max_wait=_POLL_SECONDS)
        ended = [key for key, name in requests.items() if key[0].seconds_waiting(name) is None]
        for server, id in ended:
            del requests[server, id]
            # None if the request failed and the cache has dropped the previous flow
            flows[server, id] = server.latest_flow(id) or flows[server, id]
    return {(server.owner, id): flow for (server, id), flow in flows.items() if flow}


def stop_runs(runs: Iterable[RunSummary], servers: Sequence[ServerSession]) -> None:
    """Stop these runs of `servers`. If a run can't be stopped, the other runs are still stopped."""
    by_owner = {server.owner: server for server in servers}
    is_requested = False
    for run in runs:
        with notify_errors():
            app_context().runner.stop(run.id, by_owner[run.owner].live_connection())
            is_requested = True
    if is_requested:
        st.toast("Stop requested.", icon=":material/stop:")


def _id(connection: Connection) -> str:
    return f"{connection.source} {connection.name} {connection.url}"

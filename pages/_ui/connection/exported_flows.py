"""The flows of exported runs: their components' names, and their secrets, which exports redact."""

import time
from collections import defaultdict
from collections.abc import Iterable

from lfclient.flows.model import Flow
from pages._ui.connection.server_session import ServerSession

MAX_REQUESTS = 100  # at once for each server, each in its own thread
MAX_SECONDS = 4.0  # shorter than errors are cached, so that each request is sent once
_POLL_SECONDS = 0.02


def load_flows(wanted: Iterable[tuple[ServerSession, str]]) -> dict[tuple[str, str], Flow]:
    """Return the flows by owner and ID: cached flows, and flows loaded within `MAX_SECONDS`.

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
    deadline = time.monotonic() + MAX_SECONDS
    while time.monotonic() < deadline:
        for server, ids in waiting.items():
            free = MAX_REQUESTS - sum(one is server for one, _ in requests)
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

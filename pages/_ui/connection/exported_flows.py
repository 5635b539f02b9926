"""The flows of exported runs, which name what the runs have, and store secrets to be removed."""

import time
from collections import defaultdict
from collections.abc import Iterable

from lfclient.flows.model import Flow
from pages._ui.connection.server_session import ServerSession

MAX_REQUESTS = 100  # open at once at each server, each in its own thread
MAX_SECONDS = 4.0  # less than an error is kept, so that each request is sent once
_POLL_SECONDS = 0.02


def load_flows(wanted: Iterable[tuple[ServerSession, str]]) -> dict[tuple[str, str], Flow]:
    """Return the flows that come within `MAX_SECONDS` or came before, by owner and id.

    Each request that ends starts the next one, so neither a flow nor a server that hangs delays
    others. Of a flow that was deleted or is refused, the previous one still says what to remove.
    Missing are flows that never came: their runs are exported as they were recorded, and the file
    says so. Safe to call from any thread.
    """
    # kept here: the cache that all connections share has room for fewer than an export may need
    flows = {(server, id): server.latest_flow(id) for server, id in wanted}
    waiting: dict[ServerSession, list[str]] = defaultdict(list)
    for server, id in reversed(flows):
        waiting[server].append(id)
    requests: dict[tuple[ServerSession, str], str] = {}  # open ones, by server and flow
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
            # none if the request failed and the cache has dropped the previous flow
            flows[server, id] = server.latest_flow(id) or flows[server, id]
    return {(server.owner, id): flow for (server, id), flow in flows.items() if flow}

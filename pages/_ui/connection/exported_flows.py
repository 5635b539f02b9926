"""The flows of exported runs, which name what the runs have, and store secrets to be removed."""

import time
from collections.abc import Iterable
from contextlib import suppress

from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from pages._ui.connection.server_session import ServerSession

MAX_REQUESTS = 100  # open at once, each in its own thread
MAX_SECONDS = 4.0  # less than an error is kept, so that each request is sent once


def load_flows(wanted: Iterable[tuple[ServerSession, str]]) -> dict[tuple[str, str], Flow]:
    """Return the flows that come within `MAX_SECONDS`, by owner and id.

    Missing are those that are late, were deleted, or whose Langflow is down or refuses the key:
    their runs are exported as they were recorded, and the file says so. Safe to call from any
    thread.
    """
    waiting = list(dict.fromkeys(wanted))
    deadline = time.monotonic() + MAX_SECONDS
    flows = {}
    while waiting and time.monotonic() < deadline:
        batch, waiting = waiting[:MAX_REQUESTS], waiting[MAX_REQUESTS:]
        requests = [(server, id, server.prefetch_flow(id)) for server, id in batch]
        for server, id, name in requests:
            server.seconds_waiting(name, max_wait=deadline - time.monotonic())
            with suppress(LangflowError):
                flows[server.owner, id] = server.flow(id, max_wait=0).value
    return flows

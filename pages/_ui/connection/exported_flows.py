"""The flows of exported runs, which name what the runs have, and store secrets to be removed."""

import time
from collections.abc import Iterable

from lfclient.errors import LangflowError, Unreachable
from lfclient.flows.model import Flow
from pages._ui.connection.request_cache import StillLoading
from pages._ui.connection.server_session import ServerSession

MAX_FLOWS = 100  # requested at once, each in its own thread
MAX_SECONDS = 4.0  # less than an error is kept, so that each request is sent once


def load_flows(wanted: Iterable[tuple[ServerSession, str]]) -> dict[tuple[str, str], Flow | None]:
    """Return flows by owner and id; None for one that can't be had: deleted, or Langflow is down.

    All are requested at once and have `MAX_SECONDS` together. Missing are those that had not come
    by then, and any beyond the first `MAX_FLOWS`. Safe to call from any thread.
    """
    requests = dict.fromkeys(list(dict.fromkeys(wanted))[:MAX_FLOWS], "")
    for server, flow_id in requests:
        requests[server, flow_id] = server.prefetch_flow(flow_id)
    deadline = time.monotonic() + MAX_SECONDS
    flows: dict[tuple[str, str], Flow | None] = {}
    for (server, flow_id), name in requests.items():
        server.seconds_waiting(name, max_wait=deadline - time.monotonic())
        try:
            flows[server.owner, flow_id] = server.flow(flow_id, max_wait=0).value
        except StillLoading:
            pass
        except LangflowError as error:
            if not (isinstance(error, Unreachable) and error.timed_out):
                flows[server.owner, flow_id] = None
    return flows

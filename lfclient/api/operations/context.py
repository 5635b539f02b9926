"""The state of a client, which all operations share."""

from collections import OrderedDict
from threading import Lock
from typing import TypeVar

from lfclient.common.json_types import JsonObject
from lfclient.common.redaction import Redactor
from lfclient.flows.model import Flow
from lfclient.runs.model import Run
from lfclient.wire.server_info import Limits, ServerInfo

T = TypeVar("T")

_MAX_REMEMBERED = 64  # values of each kind


class Recent(OrderedDict[str, T]):
    """The latest values by id. Thread-safe."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()

    def __setitem__(self, key: str, value: T) -> None:
        with self._lock:
            super().__setitem__(key, value)
            self.move_to_end(key)
            while len(self) > _MAX_REMEMBERED:
                self.popitem(last=False)


class ApiContext:
    """Remembers the server, its flows and jobs, and secrets to redact.

    `server_without_limits` has the release and dialect, `server` the limits as well, and
    `catalogue` the server's components; None until fetched. By id: `flows` as they were last used,
    `fetched` as the server returned them, and `jobs` as they were submitted, because later
    responses omit a part. By job id: `files_before`, the ids of the files from before the job,
    `resumed_at`, the monotonic time of a decision, and `stops_sent`, whether a stop was sent.
    """

    def __init__(self, api_key: str | None, server: ServerInfo | None) -> None:
        self.redactor = Redactor([api_key] if api_key else [])
        self.server_without_limits = server
        self.server = server
        self.flows: Recent[Flow] = Recent()
        self.fetched: Recent[Flow] = Recent()
        self.catalogue: JsonObject | None = None
        self.jobs: Recent[Run] = Recent()
        self.files_before: Recent[frozenset[str]] = Recent()
        self.resumed_at: Recent[float] = Recent()
        self.stops_sent: Recent[bool] = Recent()

    @property
    def limits(self) -> Limits:
        """The server's limits as far as they have been fetched."""
        server = self.server  # another thread may forget it
        return server.limits if server else Limits()

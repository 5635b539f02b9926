"""The state of a client, which all operations share."""

import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

from lfclient.common.json_types import JsonObject
from lfclient.common.redaction import Redactor, find_named_secrets
from lfclient.flows.model import Flow
from lfclient.runs.model import Run
from lfclient.wire.server_info import Limits, ServerInfo

T = TypeVar("T")

_MAX_REMEMBERED = 64  # flows, and jobs that have ended
_MAX_UNREAD = 1_000  # jobs, such as those of a program that only submits


class Recent(OrderedDict[str, T]):
    """The latest `limit` values by id. Thread-safe."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit
        self._lock = Lock()

    def __setitem__(self, key: str, value: T) -> None:
        with self._lock:
            super().__setitem__(key, value)
            self.move_to_end(key)
            while len(self) > self._limit:
                self.popitem(last=False)


@dataclass
class Job:
    """What responses to later requests about a job omit.

    `run` is the job's run as this client submitted it, `files_before` the ids of the files from
    before the job, None if either is unknown. `resumed_at` is the monotonic time of a decision.
    """

    run: Run | None = None
    files_before: frozenset[str] | None = None
    resumed_at: float = -math.inf
    is_stop_sent: bool = False


class Jobs:
    """Jobs by id: each until its end was read, and the latest of those. Thread-safe.

    An end may be read again, as by `wait` after `stop`.
    """

    def __init__(self) -> None:
        self._unread: Recent[Job] = Recent(_MAX_UNREAD)
        self._ended: Recent[Job] = Recent(_MAX_REMEMBERED)
        self._lock = Lock()

    def __getitem__(self, job_id: str) -> Job:
        with self._lock:
            job = self._unread.get(job_id) or self._ended.get(job_id)
            if job is None:
                job = self._unread[job_id] = Job()
            return job

    def note_end(self, job_id: str) -> None:
        """Note that the end of a job was read."""
        with self._lock:
            job = self._unread.pop(job_id, None)
            if job:
                self._ended[job_id] = job


class ApiContext:
    """Remembers the server, its flows and jobs, and secrets to redact.

    `server_without_limits` has the release and dialect, `server` the limits as well, and
    `catalogue` the server's components; None until fetched. By id: `flows` as they were last used,
    `fetched` as the server returned them.
    """

    def __init__(self, headers: Mapping[str, str], server: ServerInfo | None) -> None:
        self.redactor = Redactor(find_named_secrets(dict(headers)))
        self.server_without_limits = server
        self.server = server
        self.flows: Recent[Flow] = Recent(_MAX_REMEMBERED)
        self.fetched: Recent[Flow] = Recent(_MAX_REMEMBERED)
        self.catalogue: JsonObject | None = None
        self.jobs = Jobs()

    @property
    def limits(self) -> Limits:
        """The server's limits as far as they have been fetched."""
        server = self.server  # another thread may forget it
        return server.limits if server else Limits()

"""The base of a client and of its resources, and the state that they share."""

import inspect
import math
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import wraps
from threading import RLock
from typing import Any, Concatenate, ParamSpec, TypeVar

import httpx

from lfclient.api.driver import AsyncDriver, Driver
from lfclient.common.json_types import JsonObject
from lfclient.common.redaction import Redactor, find_named_secrets
from lfclient.flows.model import Flow
from lfclient.runs.events import Event
from lfclient.runs.model import Run
from lfclient.wire.server_info import Limits, ServerInfo

P = ParamSpec("P")
T = TypeVar("T")

_MAX_FLOWS = 64
_MAX_JOBS = 1_000


class Recent(OrderedDict[str, T]):
    """The latest `limit` values by id. Thread-safe."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit
        self._lock = RLock()

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


class Jobs(Recent[Job]):
    """Jobs by id; an unknown one is added. Thread-safe."""

    def __missing__(self, job_id: str) -> Job:
        with self._lock:
            if job_id not in self:
                self[job_id] = Job()
            return self[job_id]


class ApiContext:
    """Remembers the server, its flows and jobs, and secrets to redact.

    `server_without_limits` has the release and dialect, `server` the limits as well, and
    `catalogue` the server's components; None until fetched. By id: `flows` as they were last used,
    `fetched` as the server returned them.
    """

    def __init__(
        self,
        headers: Mapping[str, str],
        server: ServerInfo | None,
        http_client: httpx.Client | httpx.AsyncClient | None = None,
    ) -> None:
        sent = {**http_client.headers, **headers} if http_client else dict(headers)
        self.redactor = Redactor(find_named_secrets(sent))
        self.server_without_limits = server
        self.server = server
        self.flows: Recent[Flow] = Recent(_MAX_FLOWS)
        self.fetched: Recent[Flow] = Recent(_MAX_FLOWS)
        self.catalogue: JsonObject | None = None
        self.jobs = Jobs(_MAX_JOBS)

    @property
    def limits(self) -> Limits:
        """The server's limits as far as they have been fetched."""
        server = self.server  # another thread may forget it
        return server.limits if server else Limits()


class Resource:
    """Methods that share a client's context and driver, such as `client.files`."""

    def __init__(self, context: ApiContext, driver: Driver) -> None:
        self._context = context
        self._drive, self._drive_events = driver.run, driver.events


class AsyncResource:
    """The async counterpart of `Resource`."""

    def __init__(self, context: ApiContext, driver: AsyncDriver) -> None:
        self._context = context
        self._drive, self._drive_events = driver.run, driver.events


def awaitable(
    method: Callable[Concatenate[Any, P], T],
) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]:
    """Return the coroutine function for a method of a `Resource`.

    The method is called with an `AsyncResource`, whose driver returns a coroutine.
    """
    start: Callable[..., Any] = method

    @wraps(method)
    async def call(self: AsyncResource, /, *args: P.args, **kwargs: P.kwargs) -> T:
        result: T = await start(self, *args, **kwargs)
        return result

    return call


def streaming(
    method: Callable[Concatenate[Any, P], Generator[Event, None, None]],
) -> Callable[Concatenate[Any, P], AsyncGenerator[Event, None]]:
    """Return the async generator function for a method of a `Resource` that yields events."""
    start: Callable[..., Any] = method

    @wraps(method)
    async def iterate(
        self: AsyncResource, /, *args: P.args, **kwargs: P.kwargs
    ) -> AsyncGenerator[Event, None]:
        async with aclosing(start(self, *args, **kwargs)) as events:
            async for event in events:
                yield event

    returned = AsyncGenerator[Event, None]
    iterate.__annotations__ = {**method.__annotations__, "return": returned}
    shown = inspect.signature(method).replace(return_annotation=returned)
    iterate.__signature__ = shown  # type: ignore[attr-defined]
    return iterate

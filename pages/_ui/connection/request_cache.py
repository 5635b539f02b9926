"""Cached responses of Langflow servers, fetched in threads so that slow servers block no page."""

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Generic, TypeVar

from cachetools import LRUCache

from lfclient.errors import BadResponse, LangflowError, ServerFault, Unreachable

T = TypeVar("T")
Key = tuple[str, str]  # the connection's fingerprint, and the request's name

MAX_WAIT_SECONDS = 0.5  # how long a page waits for a response, from the start of its request
_MAX_RESPONSES = 300
_ERROR_SECONDS = 5.0  # how long an error is kept before the request is sent again
_EXPIRED = float("-inf")


class StillLoading(LangflowError):
    """The server has not responded to the request `name` yet."""

    def __init__(self, name: str) -> None:
        super().__init__("The server has not responded yet.", hint="The request is still open.")
        self.name = name


@dataclass(frozen=True)
class CachedResponse(Generic[T]):
    """A response, the `time.monotonic()` of its arrival, and the latest refresh's error.

    `seconds` is the latest request's duration.
    """

    value: T
    received_at: float
    error: LangflowError | None = None
    seconds: float = 0.0


@dataclass(eq=False)
class _PendingRequest:
    """An open request, or a failed request while pages show its error."""

    started_at: float
    ended: threading.Event = field(default_factory=threading.Event)
    ended_at: float = 0.0
    error: Exception | None = None
    traceback: TracebackType | None = None

    def wait(self, seconds: float) -> None:
        """Wait until the request ends, or until `seconds` after its start."""
        self.ended.wait(max(0.0, self.started_at + seconds - time.monotonic()))

    def is_expired(self) -> bool:
        return self.ended.is_set() and time.monotonic() - self.ended_at > _ERROR_SECONDS


class RequestCache:
    """The latest response to each request, by connection. Thread-safe."""

    def __init__(self) -> None:
        self._responses: LRUCache[Key, CachedResponse[Any]] = LRUCache(_MAX_RESPONSES)
        self._pending: dict[Key, _PendingRequest] = {}
        self._lock = threading.Lock()

    def get(
        self,
        connection: str,
        name: str,
        ttl: float,
        fetch: Callable[[], T],
        max_wait: float | None = None,
    ) -> CachedResponse[T]:
        """Return the response of `fetch`, which runs in its own thread at most every `ttl` seconds.

        After an error, `fetch` runs again after five seconds. Wait at most `max_wait` seconds for
        it. None means `MAX_WAIT_SECONDS`, or no wait if the last request took longer. If the wait
        ends, or `fetch` fails because the server is unreachable, return the previous response with
        the error. Without a previous response, raise `StillLoading` or `fetch`'s error.
        """
        key = (connection, name)
        request = self._cached_or_request(key, ttl, fetch)
        if isinstance(request, CachedResponse):
            return request
        if max_wait is None:
            max_wait = 0.0 if self._was_slow(key) else MAX_WAIT_SECONDS
        request.wait(max_wait)
        with self._lock:
            response = self._responses.get(key)
        if isinstance(request.error, LangflowError):
            raise_copy(request.error)
        if request.error:  # a fault of the console: the log needs the request's frames
            raise request.error.with_traceback(request.traceback)
        if response is None:
            raise StillLoading(name)
        return response

    def prefetch(self, connection: str, name: str, ttl: float, fetch: Callable[[], Any]) -> None:
        """Start the request that a later `get` waits for."""
        self._cached_or_request((connection, name), ttl, fetch)

    def latest(self, connection: str, name: str) -> CachedResponse[Any] | None:
        """Return the latest response of any age without a request, or None if there is none."""
        with self._lock:
            return self._responses.get((connection, name))

    def invalidate(self, connection: str, name: str | None = None) -> None:
        """Send this request again on the next `get`, or all requests of the connection."""

        def matches(key: Key) -> bool:
            return key[0] == connection and name in (None, key[1])

        with self._lock:
            for key in filter(matches, list(self._pending)):
                del self._pending[key]
            for key in filter(matches, list(self._responses)):
                self._responses[key] = replace(self._responses[key], received_at=_EXPIRED)

    def drop_errors(self, connection: str) -> None:
        """Drop the errors of the connection's ended requests."""
        with self._lock:
            for key, request in list(self._pending.items()):
                if key[0] == connection and request.ended.is_set():
                    del self._pending[key]
            for key, response in list(self._responses.items()):
                if key[0] == connection and response.error:
                    self._responses[key] = replace(response, error=None)

    def discard(self, connection: str, name: str) -> None:
        """Release the memory of a response."""
        with self._lock:
            self._responses.pop((connection, name), None)

    def seconds_waiting(
        self, connection: str, names: Collection[str], max_wait: float = 0.0
    ) -> float | None:
        """Wait at most `max_wait` seconds for the end of these requests.

        Return the seconds since the start of the oldest open request, or None if all have ended.
        """
        with self._lock:
            pending = [self._pending.get((connection, name)) for name in names]
        requests = [request for request in pending if request]
        deadline = time.monotonic() + max_wait
        for request in requests:
            request.ended.wait(max(0.0, deadline - time.monotonic()))
        started = [request.started_at for request in requests if not request.ended.is_set()]
        return time.monotonic() - min(started) if started else None

    def _was_slow(self, key: Key) -> bool:
        with self._lock:
            previous = self._responses.get(key)
        return previous is not None and previous.seconds > MAX_WAIT_SECONDS

    def _cached_or_request(
        self, key: Key, ttl: float, fetch: Callable[[], Any]
    ) -> _PendingRequest | CachedResponse[Any]:
        """Return a response younger than `ttl` seconds, or else its request, sent if needed."""
        with self._lock:
            response = self._responses.get(key)
            if response and response.error:
                ttl = min(ttl, _ERROR_SECONDS)
            if response and time.monotonic() - response.received_at < ttl:
                return response
            for old in [old for old, request in self._pending.items() if request.is_expired()]:
                del self._pending[old]
            request = self._pending.get(key)
            if request is None:
                request = self._pending[key] = _PendingRequest(time.monotonic())
                # a daemon: a server that hangs must not keep the console from exiting
                threading.Thread(
                    target=self._run, args=(key, request, fetch), name="request", daemon=True
                ).start()
        return request

    def _run(self, key: Key, request: _PendingRequest, fetch: Callable[[], Any]) -> None:
        value, error = None, None
        try:
            value = fetch()
        except Exception as raised:
            error = raised
            if isinstance(error, LangflowError):
                # the traceback's frames would keep responses and keys in memory
                error.__traceback__ = error.__cause__ = error.__context__ = None
        with self._lock:
            response: CachedResponse[Any] | None = None
            previous = self._responses.get(key)
            now = time.monotonic()
            seconds = now - request.started_at
            if error is None:
                response = CachedResponse(value, now, seconds=seconds)
            elif previous and isinstance(error, LangflowError) and may_serve_stale(error):
                response = CachedResponse(previous.value, now, error, seconds)
            else:
                request.error, request.traceback = error, error.__traceback__
                if self._pending.get(key) is request:
                    self._responses.pop(key, None)
            if response and self._pending.get(key) is request:
                self._responses[key] = response
                del self._pending[key]
            request.ended_at = now
            request.ended.set()


def raise_copy(error: LangflowError | None) -> None:
    """Raise a copy of a response's error, if it has one.

    Pages share the error, and its traceback would grow with each `raise`.
    """
    if error:
        copied = type(error).__new__(type(error), *error.args)
        copied.__dict__.update(error.__dict__)
        raise copied


def may_serve_stale(error: LangflowError) -> bool:
    """Return whether a page may show the previous response despite this error.

    Return False after a 403, which may mean that access was revoked.
    """
    return isinstance(error, Unreachable | ServerFault | BadResponse) and error.status_code != 403

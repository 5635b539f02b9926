"""Limits on what a server sends before the headers of its response are complete.

A timeout limits each wait for bytes only, and interim responses (1xx) may precede the headers
without end.
"""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore

from lfclient.errors import BadResponse

MAX_BYTES = 1_000_000  # the start of the body may arrive with the headers
MAX_SECONDS = 30.0  # since the first byte


class _HeaderLimit:
    """Counts what arrives before the headers of one response are complete."""

    def __init__(self) -> None:
        self._size = 0
        self._deadline: float | None = None

    def count(self, data: bytes) -> bytes:
        """Return the bytes. Raises `BadResponse` if there are too many or they come too late."""
        now = time.monotonic()
        self._size += len(data)
        if self._deadline is None:
            self._deadline = now + MAX_SECONDS
        if self._size > MAX_BYTES or now > self._deadline:
            raise BadResponse("The server sends headers without end, and no response.")
        return data


# of the request that this thread or task waits for
_current: ContextVar[_HeaderLimit | None] = ContextVar("header_limit", default=None)


@contextmanager
def limit_headers() -> Iterator[None]:
    """Limit what is read from limited streams while the block waits for headers."""
    token = _current.set(_HeaderLimit())
    try:
        yield
    finally:
        _current.reset(token)


def _count(data: bytes) -> bytes:
    limit = _current.get()
    return limit.count(data) if limit else data


class LimitedStream(httpcore.NetworkStream):
    """A connection whose reads count within `limit_headers`."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read; see httpcore."""
        return _count(self._stream.read(max_bytes, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write; see httpcore."""
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        """Close; see httpcore."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Return the encrypted connection; see httpcore."""
        return LimitedStream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """Return what is known of the connection; see httpcore."""
        return self._stream.get_extra_info(info)


class AsyncLimitedStream(httpcore.AsyncNetworkStream):
    """A connection whose reads count within `limit_headers`."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read; see httpcore."""
        return _count(await self._stream.read(max_bytes, timeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write; see httpcore."""
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close; see httpcore."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Return the encrypted connection; see httpcore."""
        return AsyncLimitedStream(
            await self._stream.start_tls(ssl_context, server_hostname, timeout)
        )

    def get_extra_info(self, info: str) -> Any:
        """Return what is known of the connection; see httpcore."""
        return self._stream.get_extra_info(info)

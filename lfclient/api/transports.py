"""httpx transports that never connect to a link-local or cloud metadata address.

A host name is resolved once per connection. Its addresses are checked, and the connection goes to
one of them, so a name server that changes its answer leads nowhere else. The Host header and the
TLS server name stay the host name. A proxy resolves names itself: through one, the name is only
checked, before each request.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, cast
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from lfclient.common.formatting import explain_read_error
from lfclient.errors import BadResponse, LangflowError
from lfclient.wire.addresses import check_resolved_address, is_loopback, resolve_allowed

# An idle connection is probed after half a minute, then every 10 s, and closed after a minute
# without a response.
_KEEP_ALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPALIVE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
KEEP_ALIVE_OPTIONS = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in _KEEP_ALIVE.items()  # TCP_KEEPALIVE is TCP_KEEPIDLE on macOS
        if hasattr(socket, name)
    ),
]

_RESOLVE_ERRORS = (OSError, UnicodeError)  # the latter for names that IDNA can't encode

# The limits of what a server sends before a response's headers are complete. The start of the body
# may arrive with the headers. Seconds count from the first byte.
MAX_HEADER_BYTES = 1_000_000
MAX_HEADER_SECONDS = 30.0


def proxy_of(url: str) -> str | None:
    """Return the environment's proxy for a server; None for loopback and exempt hosts."""
    parsed = httpx.URL(url)
    if is_loopback(parsed.host) or proxy_bypass(parsed.netloc.decode()):
        return None
    proxies = getproxies()
    proxy = proxies.get(parsed.scheme) or proxies.get("all")
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


class CheckedTransport(httpx.HTTPTransport):
    """Raises `AddressRefused` instead of connecting to a forbidden address."""

    def __init__(self, url: str, verify: ssl.SSLContext | bool | str, limits: httpx.Limits) -> None:
        self._proxy = proxy_of(url)
        tls = _ssl_context(verify if url.startswith("https:") else False)
        super().__init__(
            verify=tls, limits=limits, proxy=self._proxy, socket_options=KEEP_ALIVE_OPTIONS
        )
        if not self._proxy:
            self._pool = httpcore.ConnectionPool(
                **_pool_options(tls, limits), network_backend=CheckedBackend()
            )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; see httpx."""
        if self._proxy:
            check_resolved_address(str(request.url))
        with _limit_headers():
            return super().handle_request(request)


class AsyncCheckedTransport(httpx.AsyncHTTPTransport):
    """Raises `AddressRefused` instead of connecting to a forbidden address."""

    def __init__(self, url: str, verify: ssl.SSLContext | bool | str, limits: httpx.Limits) -> None:
        self._proxy = proxy_of(url)
        tls = _ssl_context(verify if url.startswith("https:") else False)
        super().__init__(
            verify=tls, limits=limits, proxy=self._proxy, socket_options=KEEP_ALIVE_OPTIONS
        )
        if not self._proxy:
            self._pool = httpcore.AsyncConnectionPool(
                **_pool_options(tls, limits), network_backend=AsyncCheckedBackend()
            )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; see httpx."""
        if self._proxy:
            await asyncio.to_thread(check_resolved_address, str(request.url))
        with _limit_headers():
            return await super().handle_async_request(request)


@lru_cache(maxsize=16)
def _ssl_context(verify: ssl.SSLContext | bool | str) -> ssl.SSLContext:
    """Return a shared context, because reading the certificates is slow."""
    if isinstance(verify, ssl.SSLContext):
        return verify
    try:
        if isinstance(verify, bool):
            return httpx.create_ssl_context(verify=verify)
        return ssl.create_default_context(cafile=verify)
    except OSError as error:  # also SSLError
        is_tls = isinstance(error, ssl.SSLError)
        reason = "it has no valid certificate" if is_tls else explain_read_error(error)
        raise LangflowError(
            f"Couldn't read the certificates in {verify}: {reason}.",
            hint="Enter the path of a readable PEM file with the CA's certificate.",
        ) from error


def _pool_options(tls: ssl.SSLContext, limits: httpx.Limits) -> dict[str, Any]:
    return {
        "ssl_context": tls,
        "max_connections": limits.max_connections,
        "max_keepalive_connections": limits.max_keepalive_connections,
        "keepalive_expiry": limits.keepalive_expiry,
        "socket_options": KEEP_ALIVE_OPTIONS,
    }


class CheckedBackend(httpcore.SyncBackend):
    """Connects to the checked addresses of a host."""

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *args: Any, **options: Any
    ) -> httpcore.NetworkStream:
        """Connect to the first address that accepts; see httpcore."""
        try:
            addresses = resolve_allowed(host, port)
        except _RESOLVE_ERRORS as error:
            raise httpcore.ConnectError(str(error)) from error
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address, seconds in _split_timeout(addresses, timeout):
            try:
                stream = super().connect_tcp(address, port, seconds, *args, **options)
                return cast(httpcore.NetworkStream, _SyncLimitedStream(stream))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class AsyncCheckedBackend(httpcore.AnyIOBackend):
    """Connects to the checked addresses of a host."""

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *args: Any, **options: Any
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that accepts; see httpcore."""
        started = time.monotonic()
        try:
            # not wait_for: Python 3.11's drops a cancellation that arrives with the result
            async with asyncio.timeout(timeout):
                addresses = await asyncio.to_thread(resolve_allowed, host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except _RESOLVE_ERRORS as error:
            raise httpcore.ConnectError(str(error)) from error
        remaining = None if timeout is None else timeout - (time.monotonic() - started)
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address, seconds in _split_timeout(addresses, remaining):
            try:
                stream = await super().connect_tcp(address, port, seconds, *args, **options)
                return cast(httpcore.AsyncNetworkStream, _AsyncLimitedStream(stream))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class _HeaderLimit:
    """Counts what arrives before the headers of one response are complete.

    A timeout limits only each wait for bytes, and interim responses (1xx) may precede the headers
    without end.
    """

    def __init__(self) -> None:
        self._size = 0
        self._deadline: float | None = None

    def count(self, data: bytes) -> None:
        """Raise `BadResponse` if there are too many bytes or they come too late."""
        now = time.monotonic()
        self._size += len(data)
        if self._deadline is None:
            self._deadline = now + MAX_HEADER_SECONDS
        if self._size > MAX_HEADER_BYTES or now > self._deadline:
            raise BadResponse("The server sends headers without end, and no response.")


# of the request that this thread or task waits for
_header_limit: ContextVar[_HeaderLimit | None] = ContextVar("header_limit", default=None)


@contextmanager
def _limit_headers() -> Iterator[None]:
    """Limit what is read from connections while the block waits for headers."""
    token = _header_limit.set(_HeaderLimit())
    try:
        yield
    finally:
        _header_limit.reset(token)


class _LimitedStream:
    """A connection, sync or async, whose reads count within `_limit_headers`."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _count(self, data: bytes) -> bytes:
        limit = _header_limit.get()
        if limit:
            limit.count(data)
        return data


class _SyncLimitedStream(_LimitedStream):
    def read(self, *args: Any, **options: Any) -> bytes:
        return self._count(self._stream.read(*args, **options))

    def start_tls(self, *args: Any, **options: Any) -> Any:
        return _SyncLimitedStream(self._stream.start_tls(*args, **options))


class _AsyncLimitedStream(_LimitedStream):
    async def read(self, *args: Any, **options: Any) -> bytes:
        return self._count(await self._stream.read(*args, **options))

    async def start_tls(self, *args: Any, **options: Any) -> Any:
        return _AsyncLimitedStream(await self._stream.start_tls(*args, **options))


def _split_timeout(
    addresses: Sequence[str], timeout: float | None
) -> Iterator[tuple[str, float | None]]:
    """Yield each address with its share of the remaining seconds, so a silent one leaves some."""
    deadline = None if timeout is None else time.monotonic() + timeout
    for index, address in enumerate(addresses):
        remaining = None if deadline is None else max(deadline - time.monotonic(), 0.001)
        yield address, None if remaining is None else remaining / (len(addresses) - index)

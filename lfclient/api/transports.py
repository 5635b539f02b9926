"""How the clients reach a server: never at a link-local or cloud metadata address.

A name is resolved once for each new connection, its addresses are checked, and one of these very
addresses is connected to, so that a name server that changes its mind leads nowhere else. Host
header and TLS server name stay the name's. Through a proxy, which resolves by itself, the name is
only checked, before each request.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from lfclient.wire.addresses import (
    check_resolved_address,
    is_ip_address,
    is_loopback,
    resolve_allowed,
)

# What a connection is to be asked for while nothing comes over it: after half a minute, and then
# every 10 s, whether the other side is there still. After a minute one that is not is given up.
_ALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPALIVE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
KEEP_ALIVE_OPTIONS = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in _ALIVE.items()  # macOS calls the first TCP_KEEPALIVE
        if hasattr(socket, name)
    ),
]

_OF_NO_ADDRESS = (OSError, UnicodeError)  # what resolving raises; the latter for odd names


def proxy_of(url: str) -> str | None:
    """The environment's proxy for a server; never one for this machine's own."""
    parsed = httpx.URL(url)
    if is_loopback(parsed.host) or proxy_bypass(parsed.netloc.decode()):
        return None
    proxies = getproxies()
    proxy = proxies.get(parsed.scheme) or proxies.get("all")
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


class CheckedTransport(httpx.HTTPTransport):
    """Raises `AddressRefused` instead of calling a forbidden address."""

    def __init__(self, url: str, tls: ssl.SSLContext | bool, limits: httpx.Limits) -> None:
        self._proxy = proxy_of(url)
        super().__init__(
            verify=tls, limits=limits, proxy=self._proxy, socket_options=KEEP_ALIVE_OPTIONS
        )
        if not self._proxy:
            self._pool = httpcore.ConnectionPool(
                **_pool_options(tls, limits), network_backend=_CheckedBackend()
            )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """As httpx's own."""
        if self._proxy:
            check_resolved_address(str(request.url))
        return super().handle_request(request)


class AsyncCheckedTransport(httpx.AsyncHTTPTransport):
    """Raises `AddressRefused` instead of calling a forbidden address."""

    def __init__(self, url: str, tls: ssl.SSLContext | bool, limits: httpx.Limits) -> None:
        self._proxy = proxy_of(url)
        super().__init__(
            verify=tls, limits=limits, proxy=self._proxy, socket_options=KEEP_ALIVE_OPTIONS
        )
        if not self._proxy:
            self._pool = httpcore.AsyncConnectionPool(
                **_pool_options(tls, limits), network_backend=_AsyncCheckedBackend()
            )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """As httpx's own."""
        if self._proxy:
            await asyncio.to_thread(check_resolved_address, str(request.url))
        return await super().handle_async_request(request)


def _pool_options(tls: ssl.SSLContext | bool, limits: httpx.Limits) -> dict[str, Any]:
    return {
        "ssl_context": tls or None,
        "max_connections": limits.max_connections,
        "max_keepalive_connections": limits.max_keepalive_connections,
        "keepalive_expiry": limits.keepalive_expiry,
        "socket_options": KEEP_ALIVE_OPTIONS,
    }


class _CheckedBackend(httpcore.SyncBackend):
    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *args: Any, **options: Any
    ) -> httpcore.NetworkStream:
        connect = partial(super().connect_tcp, *args, **options)
        try:
            addresses = resolve_allowed(host, port)
        except _OF_NO_ADDRESS as error:
            raise httpcore.ConnectError(str(error)) from error
        fault: Exception = httpcore.ConnectError(f"{host} has no address")
        for address, seconds in _shares(addresses, timeout):
            try:
                return connect(host=address, port=port, timeout=seconds)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                fault = error
        raise fault


class _AsyncCheckedBackend(httpcore.AnyIOBackend):
    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *args: Any, **options: Any
    ) -> httpcore.AsyncNetworkStream:
        connect = partial(super().connect_tcp, *args, **options)
        started = time.monotonic()
        try:
            if is_ip_address(host):
                addresses = resolve_allowed(host, port)
            else:
                resolving = asyncio.to_thread(resolve_allowed, host, port)
                addresses = await asyncio.wait_for(resolving, timeout)
        except TimeoutError as error:  # two classes before Python 3.11
            raise httpcore.ConnectTimeout(str(error)) from error
        except _OF_NO_ADDRESS as error:
            raise httpcore.ConnectError(str(error)) from error
        left = None if timeout is None else timeout - (time.monotonic() - started)
        fault: Exception = httpcore.ConnectError(f"{host} has no address")
        for address, seconds in _shares(addresses, left):
            try:
                return await connect(host=address, port=port, timeout=seconds)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                fault = error
        raise fault


def _shares(addresses: Sequence[str], timeout: float | None) -> Iterator[tuple[str, float | None]]:
    """Each address with its share of the seconds left, so that a silent one leaves some over."""
    ends = None if timeout is None else time.monotonic() + timeout
    for tried, address in enumerate(addresses):
        left = None if ends is None else max(ends - time.monotonic(), 0.001)
        yield address, None if left is None else left / (len(addresses) - tried)

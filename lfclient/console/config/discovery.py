"""Find a Langflow at its default address."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from lfclient.errors import LangflowError


@dataclass(frozen=True)
class DiscoveredServer:
    """A Langflow that nobody configured. `auto_login`: it gives keys to whoever asks."""

    url: str
    version: str
    auto_login: bool


def discover(
    url: str, *, timeout: float = 2.0, transport: httpx.BaseTransport | None = None
) -> DiscoveredServer | None:
    """The Langflow at `url`, or None: anything else that answers there counts as nothing."""
    from lfclient.client import LangflowClient  # reading settings needs no HTTP

    try:
        with LangflowClient(url, timeout=timeout, transport=transport) as client:
            server = client.server()
            return DiscoveredServer(url, server.version, client.auto_login() is not None)
    except LangflowError:
        return None

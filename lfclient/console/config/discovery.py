"""Find a Langflow server when none is configured."""

from dataclasses import dataclass

import httpx

from lfclient.client import LangflowClient
from lfclient.errors import LangflowError

# A refused connection fails at once. A starting Langflow responds this late, and the console must
# not install another Langflow next to it.
_TIMEOUT = 7.0


@dataclass(frozen=True)
class DiscoveredServer:
    """A Langflow found at its URL. With `auto_login`, it issues keys without a login."""

    url: str
    version: str
    auto_login: bool


def discover(url: str, *, http_client: httpx.Client | None = None) -> DiscoveredServer | None:
    """Return the Langflow server at `url`, or None if there is none."""
    try:
        with LangflowClient(url, timeout=_TIMEOUT, http_client=http_client) as client:
            server = client.server.info()
            return DiscoveredServer(url, server.version, client.auth.auto_login() is not None)
    except LangflowError:
        return None

"""A Langflow server and its API key, and how to find a server when none is configured."""

from dataclasses import dataclass
from typing import Literal

import httpx
from pydantic import SecretStr

from lfclient.client import LangflowClient
from lfclient.errors import LangflowError

Source = Literal["environment", "env file", "secrets", "local", "typed"]
# A refused connection fails at once. A starting Langflow responds this late, and the console must
# not install another Langflow next to it.
_TIMEOUT = 7.0


@dataclass(frozen=True)
class Connection:
    """A server and its API key. `verify` is False, True or a CA bundle's path.

    `user_id` is the ID of a typed key's user on the server, None if unknown. `editor_url` is the
    editor's URL for a browser, if it is not `url`.
    """

    name: str
    url: str
    api_key: SecretStr | None
    source: Source
    verify: bool | str = True
    user_id: str | None = None
    editor_url: str | None = None

    @property
    def key(self) -> str | None:
        """The API key in plain text, for requests only, or None if there is none."""
        return self.api_key.get_secret_value() if self.api_key else None

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that must never be stored or shown: the key, if there is one."""
        return (self.key,) if self.key else ()


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

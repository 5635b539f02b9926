"""Permissions of visitors, by default only for the person at the console's machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from lfclient.console.config.settings import Settings
from lfclient.errors import AddressNotAllowed, LangflowError
from lfclient.wire.addresses import (
    Resolver,
    check_resolved_address,
    is_loopback,
    normalize_address,
    resolve,
)

_PROXY_HEADERS = ("forwarded", "via", "x-real-ip")


class InstallNotAllowed(LangflowError):
    """This visitor lacks the permission `install`."""

    default_hint = "Ask the operator to set LFCONSOLE_ALLOW_INSTALL=true."


@dataclass(frozen=True)
class Permissions:
    """A visitor's permissions besides using the configured servers.

    `other_servers`: use a server that is not configured, either discovered or entered.

    `install`: install, start and stop a local Langflow. On any server, add and export flows, delete
    flows that were added here, save variables such as provider keys, and create knowledge bases.
    Visitors with their own key may do the last two without this permission.
    """

    other_servers: bool
    install: bool

    def require_install(self) -> None:
        """Raise `InstallNotAllowed` unless `install` is permitted."""
        if not self.install:
            raise InstallNotAllowed("Only the operator of this console can do this.")


def visitor_permissions(settings: Settings, headers: Mapping[str, str]) -> Permissions:
    """Return the permissions of the visitor whose browser sent these headers.

    A permission that is not set in the settings is granted to the person at the console's machine,
    if the console listens on loopback and no server is configured.
    """
    default = not settings.servers and is_at_this_machine(settings, headers)
    return Permissions(
        other_servers=_first(settings.allow_other_servers, default),
        install=_first(settings.allow_install, default),
    )


def is_at_this_machine(settings: Settings, headers: Mapping[str, str]) -> bool:
    """Return whether the browser that sent these headers runs on the console's machine."""
    return is_loopback(settings.bind_address) and _is_from_this_machine(headers)


def check_address(
    url: str, settings: Settings, permissions: Permissions, resolve: Resolver = resolve
) -> str:
    """Return the server URL that a visitor entered, normalized for the client.

    Raise `AddressRefused` for invalid URLs. Raise `AddressNotAllowed` for link-local and metadata
    addresses and, unless permitted, for servers that are not configured.
    """
    base = normalize_address(url)
    if not permissions.other_servers and base not in {server.url for server in settings.servers}:
        raise AddressNotAllowed(
            "This console only connects to its configured servers.",
            hint="Choose one of them, or ask the operator to set "
            "LFCONSOLE_ALLOW_OTHER_SERVERS=true.",
        )
    check_resolved_address(base, resolve)
    return base


def _first(setting: bool | None, default: bool) -> bool:
    return default if setting is None else setting


def _is_from_this_machine(headers: Mapping[str, str]) -> bool:
    """Return whether a browser on this machine opened the console, without a proxy.

    A proxy on the same machine also connects from loopback, but adds headers, or passes on the
    browser's host or origin.
    """
    values = {name.lower(): value for name, value in headers.items()}
    if any(name.startswith("x-forwarded-") or name in _PROXY_HEADERS for name in values):
        return False
    host = f"//{values.get('host', '')}"
    return all(map(_has_loopback_host, (host, values.get("origin", host))))


def _has_loopback_host(url: str) -> bool:
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False

"""Which addresses the console may call: normalised, and never one inside the cloud's own network.

A console that calls whatever address a visitor types could be used to read a cloud machine's
metadata service, which hands out credentials. Such addresses are told by what the name resolves
to, so that a DNS name, a decimal or octal spelling, or an IPv4 address inside an IPv6 one is no
way round.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpx

from lfclient.errors import LangflowError

IPAddress = IPv4Address | IPv6Address
Resolver = Callable[[str, int], Iterable[str]]

_REFUSED_NETWORKS = tuple(
    ip_network(network)
    for network in (
        "169.254.0.0/16",  # link-local; 169.254.169.254 is the metadata service of most clouds
        "fe80::/10",  # link-local
        "fd00:ec2::/32",  # AWS over IPv6
        "fd20:ce::254/128",  # Google Cloud over IPv6
        "100.100.100.200/32",  # Alibaba Cloud
        "168.63.129.16/32",  # Azure's host
        "192.0.0.192/32",  # Oracle Cloud
        "224.0.0.0/4",  # multicast
        "ff00::/8",
    )
)
_NAT64 = ip_network("64:ff9b::/96")
_REFUSED_NAMES = frozenset(
    {"metadata", "metadata.google.internal", "metadata.goog", "instance-data.ec2.internal"}
)


class AddressRefused(LangflowError):
    """The console will not call this address; the message says why."""

    default_hint = "Enter the address that opens Langflow in a browser."


def normalize_address(address: str) -> str:
    """A server's base URL, without trailing slash, query and fragment; `http://` is the default.

    Raises `AddressRefused` for what is no http(s) URL, and for one that carries a user name or a
    password, since URLs end up in logs.
    """
    text = address.strip()
    if not text:
        raise AddressRefused("No address was given.")
    if "://" not in text:
        text = f"http://{text}"
    url = _parse(text)
    if url.scheme not in ("http", "https"):
        raise AddressRefused(f"Addresses begin with http:// or https://, not {url.scheme}://.")
    if not url.host or any(character.isspace() for character in text):
        raise AddressRefused("This address names no host.", hint=_EXAMPLE)
    if url.userinfo:
        raise AddressRefused(
            "The address carries a user name or password.",
            hint="Leave them out of the address; the API key has a field of its own.",
        )
    return str(url.copy_with(path=url.path.rstrip("/") or "/", query=None, fragment=None)).rstrip(
        "/"
    )


def _parse(text: str) -> httpx.URL:
    try:
        return httpx.URL(text)
    except httpx.InvalidURL as error:
        raise AddressRefused("This is not a web address.", hint=_EXAMPLE) from error


_EXAMPLE = "It looks like http://127.0.0.1:7860 or https://langflow.example.org."


def resolve(host: str, port: int) -> list[str]:
    """Every IP address that this machine would try for `host`; raises `OSError` if none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def check_resolved_address(url: str, resolve: Resolver = resolve) -> None:
    """Raises `AddressRefused` if `url` leads to a link-local, metadata or multicast address.

    A name that does not resolve passes: the call itself then says so in better words.
    """
    parsed = _parse(url)
    with suppress(OSError, UnicodeError):
        resolve_allowed(
            parsed.host, parsed.port or (443 if parsed.scheme == "https" else 80), resolve
        )


def resolve_allowed(host: str, port: int, resolve: Resolver = resolve) -> list[str]:
    """The addresses of a host, all of which may be called.

    Raises `AddressRefused` if one may not, and what `resolve` raises.
    """
    name = host.rstrip(".").lower()
    if name in _REFUSED_NAMES:
        raise _refusal(name)
    addresses = list(resolve(name, port))
    for address in addresses:
        if is_refused_ip(address):
            raise _refusal(name, address)
    return addresses


def is_ip_address(host: str) -> bool:
    """Whether a host is an IP address in its usual spelling, so that nothing is to be resolved."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_refused_ip(address: str) -> bool:
    """Whether an IP address is one that the console never calls."""
    ip = unwrap_ipv4(ip_address(address.partition("%")[0]))
    return any(ip in network for network in _REFUSED_NETWORKS)


def is_loopback(host: str) -> bool:
    """Whether a bind address or host name stays on this machine; the empty one means all."""
    name = host.strip().strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return unwrap_ipv4(ip_address(name)).is_loopback
    except ValueError:
        return False


def unwrap_ipv4(ip: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv6 one only carries: mapped, 6to4, Teredo, NAT64; else itself."""
    if isinstance(ip, IPv4Address):
        return ip
    inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1]
    if inner is None and (ip in _NAT64 or (int(ip) >> 32 == 0 and int(ip) > 1)):
        inner = IPv4Address(int(ip) & 0xFFFFFFFF)
    return inner or ip


def _refusal(host: str, address: str | None = None) -> AddressRefused:
    what = host if address in (None, host) else f"{host} ({address})"
    return AddressRefused(
        f"{what} is a link-local or cloud metadata address, which the console never calls.",
    )

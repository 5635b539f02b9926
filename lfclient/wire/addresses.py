"""Normalize server URLs, and refuse addresses inside a cloud's own network.

Otherwise a visitor could make the console read a cloud machine's metadata service, which hands out
credentials. The check applies to the resolved IP address. So a DNS name, a decimal or octal
spelling, or an IPv4 address inside an IPv6 address can't bypass it.
"""

import re
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpx

from lfclient.errors import AddressNotAllowed, AddressRefused

IPAddress = IPv4Address | IPv6Address
Resolver = Callable[[str, int], Iterable[str]]

_REFUSED_NETWORKS = tuple(
    ip_network(network)
    for network in (
        "169.254.0.0/16",  # link-local; 169.254.169.254 is the metadata service of most clouds
        "fe80::/10",  # link-local
        "fd00:ec2::/32",  # AWS over IPv6
        "fd20:ce::254/128",  # Google Cloud over IPv6
        "fd00:42::42/128",  # Scaleway over IPv6
        "100.100.100.200/32",  # Alibaba Cloud
        "168.63.129.16/32",  # Azure's host
        "192.0.0.192/32",  # Oracle Cloud
        "224.0.0.0/4",  # multicast
        "ff00::/8",
    )
)
# IPv6 addresses that end in an IPv4 address, to which a gateway forwards
_TRANSLATED = tuple(
    ip_network(network)
    for network in (
        "64:ff9b::/96",  # NAT64 (RFC 6052)
        "64:ff9b:1::/48",  # NAT64 of a local network (RFC 8215)
        "::ffff:0:0:0/96",  # SIIT (RFC 2765)
    )
)
_REFUSED_NAMES = frozenset(
    {"metadata", "metadata.google.internal", "metadata.goog", "instance-data.ec2.internal"}
)
_HOST_NAME = re.compile(rb"[A-Za-z0-9_.-]+")  # httpx passes on escapes such as %0a
_EXAMPLE_HINT = "Example: http://127.0.0.1:7860 or https://langflow.example.org."


def normalize_address(address: str) -> str:
    """Return a server's base URL without trailing slash, query and fragment.

    The scheme defaults to `http://`. Raise `AddressRefused` for anything but an http(s) URL, and
    for a URL with a user name or password, because URLs are logged.
    """
    text = address.strip()
    if not text:
        raise AddressRefused("The address is empty.")
    if "://" not in text:
        text = f"http://{text}"
    url = _parse(text)
    if url.scheme not in ("http", "https"):
        raise AddressRefused(f"Addresses start with http:// or https://, not {url.scheme}://.")
    if not url.host or any(character.isspace() for character in text):
        raise AddressRefused("The address has no host.", hint=_EXAMPLE_HINT)
    if ":" not in url.host and not _HOST_NAME.fullmatch(url.raw_host):
        raise AddressRefused("The address has an invalid host name.", hint=_EXAMPLE_HINT)
    if url.port is not None and not 0 < url.port < 65_536:
        raise AddressRefused("The address has an invalid port.", hint=_EXAMPLE_HINT)
    if url.userinfo:
        raise AddressRefused(
            "The address contains a user name or password.",
            hint="Remove it from the address. The API key has its own field.",
        )
    path = url.raw_path.partition(b"?")[0].rstrip(b"/") or b"/"
    base = url.copy_with(raw_path=path, fragment=None)
    return str(base).rstrip("/")


def _parse(text: str) -> httpx.URL:
    try:
        return httpx.URL(text)
    except httpx.InvalidURL as error:
        raise AddressRefused("This is not a web address.", hint=_EXAMPLE_HINT) from error


def resolve(host: str, port: int) -> list[str]:
    """Return every IP address that this machine would try for `host`.

    Raise `OSError` if there is none.
    """
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


def check_resolved_address(url: str, resolve: Resolver = resolve) -> None:
    """Raise `AddressNotAllowed` if `url` resolves to a link-local, metadata or multicast address.

    A name that doesn't resolve passes, because the request then fails with a better message.
    """
    parsed = _parse(url)
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    with suppress(OSError, UnicodeError):
        resolve_allowed(parsed.host, port, resolve)


def resolve_allowed(host: str, port: int, resolve: Resolver = resolve) -> list[str]:
    """Return a host's IP addresses.

    Raise `AddressNotAllowed` if an address is refused, and `resolve`'s errors.
    """
    name = host.rstrip(".").lower()
    if name in _REFUSED_NAMES:
        raise _refusal(name)
    addresses = list(resolve(name, port))
    for address in addresses:
        if is_refused_ip(address):
            raise _refusal(name, address)
    return addresses


def is_loopback(host: str) -> bool:
    """Return whether a bind address or host name stays on this machine.

    Return False for the empty address, which means all interfaces.
    """
    name = host.strip().strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return unwrap_ipv4(ip_address(name)).is_loopback
    except ValueError:
        return False


def unwrap_ipv4(ip: IPAddress) -> IPAddress:
    """Return the IPv4 address inside a mapped, 6to4, Teredo or translated address, else `ip`."""
    if isinstance(ip, IPv4Address):
        return ip
    inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1]
    is_compatible = int(ip) >> 32 == 0 and int(ip) > 1  # "::a.b.c.d"
    if inner is None and (is_compatible or any(ip in network for network in _TRANSLATED)):
        inner = IPv4Address(int(ip) & 0xFFFFFFFF)
    return inner or ip


def is_refused_ip(address: str) -> bool:
    """Return whether an IP address is link-local, multicast or of a cloud's metadata service."""
    ip = unwrap_ipv4(ip_address(address.partition("%")[0]))
    return any(ip in network for network in _REFUSED_NETWORKS)


def _refusal(host: str, address: str | None = None) -> AddressNotAllowed:
    description = host if address in (None, host) else f"{host} ({address})"
    return AddressNotAllowed(
        f"{description} is a link-local or cloud metadata address. "
        "Connections to those are refused.",
    )

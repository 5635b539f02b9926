"""An image at an address that somebody else wrote, fetched so that it can harm nobody.

No credentials and no proxy; public addresses only, by the resolved address, which is then the one
that is connected to, so that a second answer of the name server changes nothing; each redirect is
checked in the same way.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable

import httpx

from lfclient.errors import LangflowError
from lfclient.wire.addresses import Resolver, resolve, unwrap_ipv4

MAX_BYTES = 20_000_000
TIMEOUT_SECONDS = 10.0
MAX_REDIRECTS = 3
_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM")


class ImageLoadError(LangflowError):
    """The image is not fetched, or what came is not used; the message says why."""

    default_hint = "Open the address in a browser of your own if you trust it."


def load_image(
    address: str,
    *,
    resolve: Resolver = resolve,
    transport: httpx.BaseTransport | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> bytes:
    """The bytes of a PNG, JPEG, GIF, WebP or BMP: at most 20 MB, within 10 s, 3 redirects.

    Raises `ImageRefused`.
    """
    deadline = clock() + TIMEOUT_SECONDS
    try:
        with httpx.Client(transport=transport, trust_env=False, follow_redirects=False) as client:
            for _ in range(MAX_REDIRECTS + 1):
                url = _parse_url(address)
                with client.stream(
                    "GET",
                    _pin_to_resolved_ip(url, resolve),
                    headers={"Host": url.netloc.decode(), "Accept": "image/*"},
                    extensions={"sni_hostname": url.host},
                    timeout=max(deadline - clock(), 0.1),
                ) as response:
                    if not response.is_redirect:
                        return _read(response, deadline, clock)
                    address = str(url.join(response.headers.get("location", "")))
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise ImageLoadError(f"The image could not be loaded: {type(error).__name__}.") from error
    raise ImageLoadError(f"The address leads on more than {MAX_REDIRECTS} times.")


def _parse_url(address: str) -> httpx.URL:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise ImageLoadError("This is no address of an image.") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise ImageLoadError("Only http and https addresses are loaded.")
    if url.userinfo:
        raise ImageLoadError("Addresses with a name or password in them are not loaded.")
    return url


def _pin_to_resolved_ip(url: httpx.URL, resolve: Resolver) -> httpx.URL:
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        addresses = list(resolve(url.host, port))
    except OSError as error:
        raise ImageLoadError(f"The host {url.host} is not known.") from error
    if not addresses or not all(_is_public(address) for address in addresses):
        raise ImageLoadError(f"{url.host} is not a public address, so it is not called.")
    return url.copy_with(host=addresses[0])


def _is_public(address: str) -> bool:
    try:
        ip = unwrap_ipv4(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    return ip.is_global and not ip.is_multicast


def _read(response: httpx.Response, deadline: float, clock: Callable[[], float]) -> bytes:
    if response.status_code != 200:
        raise ImageLoadError(f"The host answered with HTTP {response.status_code}.")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not kind.startswith("image/"):
        raise ImageLoadError("What came from there is no image.")
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise ImageLoadError("The image is larger than 20 MB.")
        if clock() > deadline:
            raise ImageLoadError("The image took longer than 10 s.")
    data = bytes(body)
    webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    if not webp and not data.startswith(_SIGNATURES):
        raise ImageLoadError("What came from there is no PNG, JPEG, GIF, WebP or BMP image.")
    return data

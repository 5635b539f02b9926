"""Load an image from a URL in untrusted content, safely.

Requests carry no credentials and use no proxy. The host is resolved once, all its addresses must be
public, and the connection goes to the checked address, so that a second DNS response changes
nothing. Redirects are checked in the same way.
"""

import ipaddress
import time
from collections.abc import Callable

import httpx

from lfclient.console.content.media_types import MediaKind, detect_media_type
from lfclient.errors import LangflowError
from lfclient.wire.addresses import Resolver, resolve, unwrap_ipv4

MAX_BYTES = 20_000_000
TIMEOUT_SECONDS = 10.0
MAX_REDIRECTS = 3


class ImageLoadError(LangflowError):
    """The image was refused or could not be loaded. The message has the reason."""

    default_hint = "If you trust the address, open it in a new browser tab."


def load_image(
    address: str,
    *,
    resolve: Resolver = resolve,
    transport: httpx.BaseTransport | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> bytes:
    """Return the bytes of a PNG, JPEG, GIF, WebP or BMP image.

    Raise `ImageLoadError` for other files, and for more than 20 MB, 10 s or 3 redirects.
    """
    deadline = clock() + TIMEOUT_SECONDS
    try:
        with httpx.Client(transport=transport, trust_env=False, follow_redirects=False) as client:
            for _ in range(MAX_REDIRECTS + 1):
                url = _parse_url(address)
                with client.stream(
                    "GET",
                    _pin_to_resolved_ip(url, resolve),
                    headers={
                        "Host": url.netloc.decode(),
                        "Accept": "image/*",
                        "Accept-Encoding": "identity",
                    },
                    extensions={"sni_hostname": url.host},
                    timeout=max(deadline - clock(), 0.1),
                ) as response:
                    if not response.is_redirect:
                        return _read(response, deadline, clock)
                    address = str(url.join(response.headers.get("location", "")))
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise ImageLoadError(f"Couldn't load the image: {type(error).__name__}.") from error
    raise ImageLoadError(f"The address redirects more than {MAX_REDIRECTS} times.")


def _parse_url(address: str) -> httpx.URL:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise ImageLoadError("This is not a valid URL.") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise ImageLoadError("Images are only loaded from http and https addresses.")
    if url.userinfo:
        raise ImageLoadError(
            "Images are not loaded from addresses that contain a username or password."
        )
    return url


def _pin_to_resolved_ip(url: httpx.URL, resolve: Resolver) -> httpx.URL:
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        addresses = list(resolve(url.host, port))
    except OSError as error:
        raise ImageLoadError(f"Couldn't find the host {url.host}.") from error
    if not addresses or not all(_is_public(address) for address in addresses):
        raise ImageLoadError(f"{url.host} is not a public address, so no image is loaded from it.")
    return url.copy_with(host=addresses[0])


def _is_public(address: str) -> bool:
    try:
        ip = unwrap_ipv4(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    return ip.is_global and not ip.is_multicast


def _read(response: httpx.Response, deadline: float, clock: Callable[[], float]) -> bytes:
    if response.status_code != 200:
        raise ImageLoadError(f"The host responded with HTTP {response.status_code}.")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not kind.startswith("image/"):
        raise ImageLoadError("The response is not an image.")
    if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
        # a chunk of 64 kB may expand to 64 MB
        raise ImageLoadError("The response is compressed, although images already are.")
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise ImageLoadError("The image is larger than 20 MB.")
        if clock() > deadline:
            raise ImageLoadError("Loading the image took longer than 10 s.")
    data = bytes(body)
    if detect_media_type(data).kind is not MediaKind.IMAGE:
        raise ImageLoadError("The response is not a PNG, JPEG, GIF, WebP or BMP image.")
    return data

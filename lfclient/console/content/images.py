"""Find the images in an output, shrink them, and load an image from its URL.

Requests carry no credentials and use no proxy. The host is resolved once, all its addresses must be
public, and the connection goes to the checked address, so that a second DNS response changes
nothing. Redirects are checked in the same way.
"""

import asyncio
import io
import ipaddress
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, islice
from urllib.parse import unquote_to_bytes, urlsplit

import httpx
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)
from PIL.Image import DecompressionBombError

from lfclient.common.formatting import clean_text
from lfclient.common.json_types import Json
from lfclient.console.content.json_path import format_path, walk
from lfclient.console.content.media_types import MediaKind, detect_media_type
from lfclient.console.content.output_kinds import handler_for
from lfclient.errors import LangflowError
from lfclient.outputs.model import Output
from lfclient.wire.addresses import Resolver, is_refused_ip, resolve, unwrap_ipv4

MAX_IMAGES = 500
# Drawing an image takes 4 bytes for each pixel, and scaling it another 4. A file of 640 kB can
# declare 400 megapixels.
MAX_PIXELS = 25_000_000
MAX_SEARCHED_VALUES = 20_000  # values of structured data or a table
_BASE64_PREFIXES = ("iVBORw0KGgo", "/9j/")  # PNG, JPEG
_IN_TEXT = re.compile(
    r"(?:!\[(?P<alt>[^\[\]\n]*)\]\([ \t]{0,9}<?)?"
    r"(?P<uri>data:image/[\w.+-]{1,50};base64,[A-Za-z0-9+/]+={0,2})"
)
_IMAGE_EXTENSIONS = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp")

# not Pillow's `open`, which would also try its other formats
_READERS: dict[str, type[ImageFile.ImageFile]] = {
    "png": PngImagePlugin.PngImageFile,
    "jpg": JpegImagePlugin.JpegImageFile,
    "gif": GifImagePlugin.GifImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
    "bmp": BmpImagePlugin.BmpImageFile,
}
MAX_THUMBNAIL_PIXELS = 64  # width and height
MAX_SOURCE_PIXELS = 8_000_000  # a PNG of 12 megapixels took up to 1.6 s
_QUALITY = 70
MAX_BYTES = 20_000_000
TIMEOUT_SECONDS = 10.0
MAX_REDIRECTS = 3
# not those of asyncio, which would wait for a slow DNS lookup
_LOOKUPS = ThreadPoolExecutor(max_workers=100)


@dataclass(frozen=True)
class FoundImage:
    """An image in an output. `name` is its alt text or its path, without undrawable characters.

    `source` is the image's bytes, a `data:` URL, or a remote image's URL.
    """

    name: str
    source: bytes | str


def find_images(output: Output) -> list[FoundImage]:
    """Return the images of an output and its extras in order, without duplicates."""
    by_source: dict[bytes | str, FoundImage] = {}
    for image in chain.from_iterable(map(_images_in, (output, *output.extras))):
        by_source.setdefault(image.source, replace(image, name=clean_text(image.name)))
        if len(by_source) >= MAX_IMAGES:
            break
    return list(by_source.values())


def image_bytes(source: bytes | str) -> bytes:
    """Return the bytes of an embedded image, or b"" if they can't be decoded."""
    if isinstance(source, bytes):
        return source
    head, _, body = source.partition(",")
    try:
        if not head.endswith(";base64"):
            return unquote_to_bytes(body)
        return b64decode("".join(body.split()), validate=True)
    except ValueError:
        return b""


def image_size(data: bytes) -> tuple[int, int] | None:
    """Return an image's width and height in pixels without decoding it.

    Return None for drawings, which have no pixels, for damaged or huge images, and for other files.
    """
    try:
        return _read_size(data)
    except DecompressionBombError:
        return None


def undrawable_reason(data: bytes) -> str:
    """Return why an image must not be decoded, or "" if it may be.

    Images of unknown size must not be decoded: they might be too large.
    """
    if detect_media_type(data).kind is MediaKind.SVG:
        return ""
    limit = f"more than {MAX_PIXELS // 1_000_000} megapixels"
    try:
        size = _read_size(data)
    except DecompressionBombError:
        return f"it has {limit}"
    if size is None:
        return "it is damaged, or of a kind that this console does not show"
    width, height = size
    is_too_large = width * height > MAX_PIXELS
    return f"it has {width:,} × {height:,} pixels, {limit}" if is_too_large else ""


def _read_size(data: bytes) -> tuple[int, int] | None:
    """Return `image_size`. Raise `DecompressionBombError` for a WebP of 179 megapixels or more."""
    try:
        with _open_image(data) as image:
            return image.size
    except (OSError, SyntaxError, ValueError):
        return None


def _open_image(data: bytes) -> ImageFile.ImageFile:
    """Return a PNG, JPEG, GIF, WebP or BMP without decoding its pixels.

    Raise OSError, SyntaxError or ValueError for other or damaged files, and
    `DecompressionBombError` for a WebP of 179 megapixels or more.
    """
    reader = _READERS.get(detect_media_type(data).extension)
    if reader is None:
        raise ValueError("not an image with pixels")
    return reader(io.BytesIO(data))


def _images_in(output: Output) -> Iterator[FoundImage]:
    value = output.value
    if handler_for(output).is_image and isinstance(value, (bytes, str)):
        yield FoundImage("", value)
    elif isinstance(value, str):
        if "data:image/" in value:
            for match in _IN_TEXT.finditer(value):
                yield FoundImage(match["alt"] or "", match["uri"])
    else:
        for keys, inner in islice(walk(value), MAX_SEARCHED_VALUES):
            source = _image_source(inner)
            if source:
                yield FoundImage(format_path(keys), source)


def _image_source(value: Json) -> bytes | str:
    """Return an image's source: bytes, a data URL or a URL. Return "" for other values."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        return ""
    if value.startswith("data:image/"):
        return value
    if value.startswith(_BASE64_PREFIXES) and len(value) > 60:
        subtype = "png" if value.startswith(_BASE64_PREFIXES[0]) else "jpeg"
        return f"data:image/{subtype};base64,{value}"
    is_url = value.startswith(("http://", "https://")) and len(value) <= 4000 and " " not in value
    with suppress(ValueError):
        if is_url and urlsplit(value).path.lower().endswith(_IMAGE_EXTENSIONS):
            return value
    return ""


def make_thumbnail(outputs: Iterable[Output]) -> bytes | None:
    """Return the first embedded image as a WebP of at most 64 × 64 pixels.

    Return None without an embedded image, and for drawings, damaged images and images of more than
    8 megapixels. Remote images are not fetched.
    """
    for output in outputs:
        for image in find_images(output):
            if isinstance(image.source, str) and not image.source.startswith("data:"):
                continue
            return _shrink(image_bytes(image.source))
    return None


def _shrink(data: bytes) -> bytes | None:
    try:
        with _open_image(data) as image:
            if image.width * image.height > MAX_SOURCE_PIXELS:
                return None
            size = (MAX_THUMBNAIL_PIXELS, MAX_THUMBNAIL_PIXELS)
            image.draft("RGB", size)  # a JPEG is decoded in about this size
            small = image.convert("RGBA" if image.has_transparency_data else "RGB")
            small.thumbnail(size)
            file = io.BytesIO()
            small.save(file, "WEBP", quality=_QUALITY)
            return file.getvalue()
    except (OSError, SyntaxError, ValueError, DecompressionBombError):
        return None


class ImageLoadError(LangflowError):
    """The image was refused or could not be loaded. The message has the reason."""

    default_hint = "If you trust the address, open it in a new browser tab."


def load_image(
    address: str,
    *,
    resolve: Resolver = resolve,
    transport: httpx.AsyncBaseTransport | None = None,
    timeout: float = TIMEOUT_SECONDS,
) -> bytes:
    """Return the bytes of a PNG, JPEG, GIF, WebP or BMP image.

    Raise `ImageLoadError` for other files, and for more than 20 MB, `timeout` seconds or 3
    redirects.
    """
    try:
        return asyncio.run(asyncio.wait_for(_load(address, resolve, transport), timeout))
    except TimeoutError as error:
        raise ImageLoadError(f"Loading the image took longer than {timeout:g} s.") from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise ImageLoadError(f"Couldn't load the image: {type(error).__name__}.") from error


async def _load(
    address: str, resolve: Resolver, transport: httpx.AsyncBaseTransport | None
) -> bytes:
    async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=None) as client:
        for _ in range(MAX_REDIRECTS + 1):
            url = _parse_url(address)
            async with client.stream(
                "GET",
                await _pin_to_resolved_ip(url, resolve),
                headers={
                    "Host": url.netloc.decode(),
                    "Accept": "image/*",
                    "Accept-Encoding": "identity",
                },
                extensions={"sni_hostname": url.host},
            ) as response:
                if not response.is_redirect:
                    return await _read(response)
                address = str(url.join(response.headers.get("location", "")))
    raise ImageLoadError(f"The address redirects more than {MAX_REDIRECTS} times.")


def _parse_url(address: str) -> httpx.URL:
    try:
        url = httpx.URL(address)
        if url.scheme not in ("http", "https") or not url.host or (url.port or 0) > 65_535:
            raise ImageLoadError("Images are only loaded from http and https addresses.")
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ImageLoadError("This is not a valid URL.") from error
    if url.userinfo:
        raise ImageLoadError("Images are not loaded from URLs with a username or password.")
    return url


async def _pin_to_resolved_ip(url: httpx.URL, resolve: Resolver) -> httpx.URL:
    loop = asyncio.get_running_loop()
    try:
        addresses = list(await loop.run_in_executor(_LOOKUPS, resolve, url.host, url.port or 0))
    except (OSError, UnicodeError) as error:
        raise ImageLoadError(f"Couldn't find the host {url.host}.") from error
    if not addresses or not all(_is_public(address) for address in addresses):
        raise ImageLoadError(f"{url.host} is not a public address, so no image is loaded from it.")
    return url.copy_with(host=addresses[0])


def _is_public(address: str) -> bool:
    try:
        ip = unwrap_ipv4(ipaddress.ip_address(address.partition("%")[0]))
        return ip.is_global and not (is_refused_ip(address) or getattr(ip, "is_site_local", False))
    except ValueError:
        return False


async def _read(response: httpx.Response) -> bytes:
    if response.status_code != 200:
        raise ImageLoadError(f"The host responded with HTTP {response.status_code}.")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not kind.startswith("image/"):
        raise ImageLoadError("The response is not an image.")
    if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
        # a chunk of 64 kB may expand to 64 MB
        raise ImageLoadError("The response is compressed, although images already are.")
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise ImageLoadError("The image is larger than 20 MB.")
    data = bytes(body)
    if detect_media_type(data).kind is not MediaKind.IMAGE:
        raise ImageLoadError("The response is not a PNG, JPEG, GIF, WebP or BMP image.")
    return data

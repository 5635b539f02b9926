"""Small versions of images, for lists."""

import io
from collections.abc import Iterable

from PIL.Image import DecompressionBombError

from lfclient.console.content.images import find_images, image_bytes, open_image
from lfclient.outputs.model import Output

MAX_THUMBNAIL_PIXELS = 64  # width and height
MAX_SOURCE_PIXELS = 8_000_000  # a PNG of 12 megapixels took up to 1.6 s
_QUALITY = 70


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
        with open_image(data) as image:
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

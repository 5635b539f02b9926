"""Images for tests."""

from __future__ import annotations

import base64
import io

from PIL import Image, ImageDraw

DRAWING = """<svg xmlns="http://www.w3.org/2000/svg" width="120" height="60">
<script>window.top.hit = 1</script><rect width="120" height="60" fill="teal"/>
<image href="http://pictures.example/x.png" width="10" height="10"/></svg>"""


def image_file(kind: str = "PNG", size: tuple[int, int] = (320, 200), mode: str = "RGB") -> bytes:
    """Return an image of one color."""
    file = io.BytesIO()
    Image.new(mode, size, "teal" if mode in ("RGB", "RGBA", "CMYK") else 1).save(file, kind)
    return file.getvalue()


def picture(color: str, word: str, kind: str = "PNG") -> bytes:
    """Return a small image with a word on it."""
    image = Image.new("RGB", (320, 200), color)
    ImageDraw.Draw(image).text((20, 20), word, fill="white")
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def as_uri(data: bytes) -> str:
    """Return the `data:` address of a PNG."""
    return "data:image/png;base64," + base64.b64encode(data).decode()

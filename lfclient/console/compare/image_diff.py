"""Lay two images over each other, and mark the pixels that differ."""

import io
from dataclasses import dataclass
from math import ceil

from PIL import Image, ImageChops

from lfclient.console.content.images import open_image, undrawable_reason
from lfclient.console.content.media_types import MediaKind, detect_media_type

MAX_SIDE = 1_600  # pixels; larger images are compared in this size
TOLERANCE = 8  # of 255: how much a pixel may differ, as by compression, and count as equal
MARK = (214, 0, 110)  # color of pixels that differ
_FADED = 0.7  # share of white in what is unchanged

Size = tuple[int, int]


@dataclass(frozen=True)
class ImagePair:
    """Two decoded images on canvases of one size, at their top left corner, and their own sizes."""

    before: Image.Image
    after: Image.Image
    sizes: tuple[Size, Size]

    def overlay(self, share: float) -> bytes:
        """Return a PNG with the second image over the first one; `share` is its opacity, 0 to 1."""
        return _png(Image.blend(self.before, self.after, share))

    def difference(self) -> tuple[bytes, float]:
        """Return a PNG with the pixels that differ marked, and their share of all, 0 to 1."""
        channels = ImageChops.difference(self.before, self.after).split()
        largest = ImageChops.lighter(ImageChops.lighter(*channels[:2]), channels[2])
        mask = largest.point([255 * (value > TOLERANCE) for value in range(256)])
        gray = self.after.convert("L").convert("RGB")
        marked = Image.blend(gray, Image.new("RGB", gray.size, "white"), _FADED)
        marked.paste(MARK, mask=mask)
        return _png(marked), mask.histogram()[255] / (mask.width * mask.height)


def why_not_image(data: bytes) -> str:
    """Return why an image can't be laid over another, "" if it can."""
    if not data:
        return "it can't be read"
    if detect_media_type(data).kind is MediaKind.SVG:
        return "it is a drawing (SVG), which has no pixels"
    return undrawable_reason(data)


def pair_images(before: bytes, after: bytes) -> ImagePair:
    """Decode two images for which `why_not_image` has no reason.

    Raise `OSError`, `SyntaxError` or `ValueError` if one is damaged.
    """
    images = [open_image(data) for data in (before, after)]
    sizes = (images[0].size, images[1].size)
    factor = min(1.0, *(MAX_SIDE / max(size) for size in sizes))
    canvas = tuple(max(ceil(size[side] * factor) for size in sizes) for side in (0, 1))
    placed = [_place(image, factor, (canvas[0], canvas[1])) for image in images]
    return ImagePair(placed[0], placed[1], sizes)


def _place(image: Image.Image, factor: float, canvas: Size) -> Image.Image:
    """Return an image on a white canvas; its first frame, if it has several."""
    if factor < 1:
        image = image.resize((ceil(image.width * factor), ceil(image.height * factor)))
    image = image.convert("RGBA")
    placed = Image.new("RGB", canvas, "white")
    placed.paste(image, mask=image.getchannel("A"))
    return placed


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()

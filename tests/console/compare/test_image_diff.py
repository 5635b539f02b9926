"""Images are laid over each other, and pixels that differ are marked."""

import io

import pytest
from PIL import Image

from lfclient.console.compare import image_diff
from lfclient.console.compare.image_diff import MARK, pair_images, why_not_image
from tests.support.pictures import DRAWING
from tests.support.pictures import picture as photo
from tests.support.reports import png_header

WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def picture(color, size=(10, 10), dots=(), kind="PNG"):
    image = Image.new("RGB", size, color)
    for place in dots:
        image.putpixel(place, WHITE)
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def pixel(png, place=(0, 0)):
    return Image.open(io.BytesIO(png)).getpixel(place)


def test_an_overlay_shows_both_images():
    pair = pair_images(picture(BLACK), picture(WHITE))
    assert pixel(pair.overlay(0)) == BLACK
    assert pixel(pair.overlay(1)) == WHITE
    assert 120 < pixel(pair.overlay(0.5))[0] < 135


def test_pixels_that_differ_are_marked_and_counted():
    dotted = picture(BLACK, dots=[(3, 4), (5, 6)])
    marked, share = pair_images(picture(BLACK), dotted).difference()
    assert share == pytest.approx(0.02)
    assert pixel(marked, (3, 4)) == MARK
    assert pixel(marked, (0, 0)) != MARK


def test_differences_as_of_compression_do_not_count():
    _, share = pair_images(picture((100, 100, 100)), picture((104, 100, 98))).difference()
    assert share == 0


def test_images_of_different_sizes_are_aligned_at_the_top_left_corner():
    pair = pair_images(picture(BLACK, (10, 10)), picture(BLACK, (20, 5), kind="JPEG"))
    assert pair.sizes == ((10, 10), (20, 5))
    assert pair.before.size == pair.after.size == (20, 10)
    assert pair.difference()[1] == pytest.approx(0.5)


def test_large_images_are_compared_in_a_smaller_size(monkeypatch):
    monkeypatch.setattr(image_diff, "MAX_SIDE", 50)
    pair = pair_images(picture(BLACK, (100, 80)), picture(WHITE, (10, 200)))
    assert pair.sizes == ((100, 80), (10, 200))
    assert pair.before.size == (25, 50)


def test_transparent_pixels_are_white():
    file = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(file, "PNG")
    assert pixel(pair_images(file.getvalue(), picture(BLACK)).overlay(0)) == WHITE


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it can't be read"),
        (b"not an image", "of a kind that this console does not show"),
        (DRAWING.encode(), "it is a drawing"),
        (png_header(30_000, 30_000), "megapixels"),
        (picture(BLACK), ""),
    ],
)
def test_what_is_no_image_has_a_reason(data, reason):
    found = why_not_image(data)
    assert reason in found
    assert bool(found) is bool(reason)


def test_a_damaged_image_raises():
    with pytest.raises((OSError, SyntaxError, ValueError)):
        pair_images(photo("red", "a")[:300], picture(BLACK))

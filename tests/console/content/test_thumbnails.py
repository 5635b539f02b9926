"""Small versions of images, for lists."""

import base64
import io

import pytest
from PIL import Image

from lfclient.console.content import images
from lfclient.console.content.images import MAX_THUMBNAIL_PIXELS, make_thumbnail
from lfclient.outputs.model import Output, OutputKind
from tests.support.pictures import image_file


def thumbnail_of(*values):
    kinds = {bytes: OutputKind.IMAGE, str: OutputKind.MESSAGE, list: OutputKind.DATA}
    return make_thumbnail(Output("C", kinds[type(value)], value) for value in values)


def opened(data):
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", mode) for mode in ("RGB", "RGBA", "P", "I;16")]
    + [("JPEG", "CMYK"), ("GIF", "P"), ("WEBP", "RGB"), ("BMP", "1")],
)
def test_an_image_of_each_kind_gets_a_small_webp(kind, mode):
    small = opened(thumbnail_of(image_file(kind, mode=mode)))
    assert small.format == "WEBP"
    assert small.size == (MAX_THUMBNAIL_PIXELS, MAX_THUMBNAIL_PIXELS * 200 // 320)


def test_a_small_image_is_not_enlarged():
    assert opened(thumbnail_of(image_file(size=(20, 10)))).size == (20, 10)


def test_the_first_image_of_all_outputs_is_taken():
    """A data URL in a text counts as an image. Remote images are not fetched."""
    url = "data:image/png;base64," + base64.b64encode(image_file(size=(8, 4))).decode()
    remote = "http://127.0.0.1:9/picture.png"
    small = thumbnail_of("no image", [remote], f"Look: ![sunset]({url})", image_file())
    assert opened(small).size == (8, 4)


@pytest.mark.parametrize(
    "value",
    [
        "no image",
        b"\x89PNG\r\n\x1a\nbroken",
        image_file()[:60],
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "data:image/png;base64,!!!",
        "http://127.0.0.1:9/picture.png",
    ],
)
def test_without_an_image_that_can_be_drawn_there_is_no_thumbnail(value):
    assert thumbnail_of(value) is None


def test_a_large_image_is_not_decoded(monkeypatch):
    monkeypatch.setattr(images, "MAX_SOURCE_PIXELS", 99)
    assert thumbnail_of(image_file(size=(10, 10))) is None
    assert thumbnail_of(image_file(size=(11, 9)))

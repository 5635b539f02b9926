"""Images are found anywhere in an output, and shrunk for lists."""

import base64
import io

import pytest
from PIL import Image

from lfclient.console.content import images
from lfclient.console.content.images import (
    MAX_IMAGES,
    MAX_THUMBNAIL_PIXELS,
    FoundImage,
    find_images,
    image_size,
    make_thumbnail,
    undrawable_reason,
)
from lfclient.outputs.model import Output, OutputKind
from tests.support.pictures import image_file
from tests.support.reports import png_header

ONE = "data:image/png;base64,iVBORw0KGgoAAAA="
TWO = "data:image/gif;base64,R0lGODlhAQAB"


def found(value, kind=OutputKind.DATA, **more):
    return find_images(Output("C-1", kind, value, **more))


def test_finds_each_image_in_a_message_once():
    text = f"![cat]({ONE}) text ![]({TWO}) and again {ONE}"
    assert found(text, OutputKind.MESSAGE) == [FoundImage("cat", ONE), FoundImage("", TWO)]


def test_an_image_name_has_no_undrawable_characters():
    assert found(f"![a\ud800\u202eb]({ONE})", OutputKind.MESSAGE) == [FoundImage("a?b", ONE)]
    assert found({"a\ud800\u202eb": ONE}) == [FoundImage('["a?b"]', ONE)]


def test_images_in_lists_objects_and_rows_are_named_by_their_path():
    assert found([ONE, TWO]) == [FoundImage("[0]", ONE), FoundImage("[1]", TWO)]
    assert found({"a": {"b": [ONE]}}) == [FoundImage("a.b[0]", ONE)]
    rows = [{"name": "x", "photo": ONE}, {"name": "y", "photo": TWO}]
    assert found(rows, OutputKind.TABLE)[1] == FoundImage("[1].photo", TWO)


def test_finds_urls_of_image_files_and_ignores_others():
    rows = [{"a": "https://x.example/cat.PNG?w=1", "b": "https://x.example/page"}]
    assert found(rows, OutputKind.TABLE) == [FoundImage("[0].a", rows[0]["a"])]


def test_recognises_bare_base64_of_png_and_jpeg():
    text = "iVBORw0KGgo" + "A" * 60
    assert found({"image": text}) == [FoundImage("image", f"data:image/png;base64,{text}")]


def test_finds_images_in_image_outputs_and_extras():
    assert found(b"\x89PNG", OutputKind.IMAGE) == [FoundImage("", b"\x89PNG")]
    extra = Output("C-1", OutputKind.IMAGE, "http://x.example/a")
    assert found("![](http://x.example/a)", OutputKind.MESSAGE, extras=(extra,)) == [
        FoundImage("", "http://x.example/a")
    ]


def test_plain_values_contain_no_images():
    for value in ("text", 5, None, [], {}, [None, {"a": 1.5}]):
        assert found(value) == []


def test_the_number_of_images_is_limited():
    assert len(found([f"{ONE}{i}" for i in range(MAX_IMAGES + 9)])) == MAX_IMAGES


def encoded(kind, size):
    content = io.BytesIO()
    Image.new("L", size).save(content, kind)
    return content.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_the_size_of_an_image_is_read(kind):
    assert image_size(encoded(kind, (30, 20))) == (30, 20)


@pytest.mark.parametrize("data", [b"", b"text", b"<svg/>", b"\x89PNG broken", b"\xff\xd8\xff\xe0"])
def test_other_files_have_no_size(data):
    assert image_size(data) is None


def test_an_image_with_more_than_the_maximum_pixels_is_not_drawn():
    assert undrawable_reason(png_header(5_000, 5_000)) == ""
    reason = "it has 5,000 × 5,001 pixels, more than 25 megapixels"
    assert undrawable_reason(png_header(5_000, 5_001)) == reason


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "WEBP", "BMP"])
def test_a_large_image_of_each_kind_is_not_drawn(kind, monkeypatch):
    monkeypatch.setattr(images, "MAX_PIXELS", 1_000_000)
    assert "1,600 × 1,200 pixels" in undrawable_reason(encoded(kind, (1_600, 1_200)))


@pytest.mark.parametrize(("width", "height"), [(2**31 - 1, 2**31 - 1), (25_000_001, 1)])
def test_a_huge_declared_size_is_refused(width, height):
    assert "megapixels" in undrawable_reason(png_header(width, height))


def test_a_drawing_is_drawn_but_an_image_of_unknown_size_is_not():
    assert "damaged" in undrawable_reason(b"\x89PNG broken")
    assert undrawable_reason(b"<svg/>") == ""


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

"""Images: galleries, zoom, limits."""

import base64
import io
import json

import pytest
from PIL import Image

from lfclient.outputs.model import OutputKind
from pages._ui.outputs import image
from pages._ui.widgets import downloads
from tests.support.reports import big_png
from tests.ui.outputs.drawing import DOT, choose, draw_outputs, output, texts, uri

URI = uri()


def test_a_list_of_images_opens_as_a_gallery():
    app = draw_outputs(output(OutputKind.DATA, [uri(0), uri(1)]))
    assert app.segmented_control[0].options == ["Images", "Data"]
    assert [button.label for button in app.button] == ["Zoom", "Zoom"]
    assert "image 1" in texts(app)
    assert "image 2" in texts(app)


def test_a_list_that_the_server_types_as_image_opens_as_a_gallery():
    value = [{"name": "a", "data": uri(0)}, {"name": "b", "data": uri(1)}]
    app = draw_outputs(output(OutputKind.UNKNOWN, value, type="image"))
    assert app.segmented_control[0].options == ["Images", "Unknown"]


def test_images_in_a_messages_text_have_a_view():
    app = draw_outputs(output(OutputKind.MESSAGE, f"two: ![one]({uri(0)}) and ![]({uri(1)})"))
    assert app.segmented_control[0].options == ["Message", "Images"]
    app = choose(app, "Images")
    assert "one" in texts(app)


def test_images_in_cells_are_drawn_in_the_rows_and_in_a_gallery():
    app = draw_outputs(output(OutputKind.TABLE, [{"name": "a", "photo": URI}]))
    assert app.segmented_control[0].options == ["Rows", "Chart", "Columns", "Images"]
    assert '"type": "image"' in app.dataframe[0].proto.columns


def test_a_column_with_a_remote_address_is_not_drawn_as_images():
    """The browser would load the address."""
    rows = [{"photo": URI}, {"photo": "https://p.example/cat.png"}, {"photo": None}]
    app = draw_outputs(output(OutputKind.TABLE, rows))
    assert '"type": "image"' not in app.dataframe[0].proto.columns


def test_a_remote_image_in_a_cell_is_loaded_only_on_request():
    app = draw_outputs(output(OutputKind.TABLE, [{"photo": "https://p.example/cat.png"}]))
    app = choose(app, "Images")
    assert [button.label for button in app.button] == ["Load from p\\.example"]


def test_loaded_remote_images_replace_their_buttons_and_can_be_zoomed(monkeypatch):
    monkeypatch.setattr(image, "load_image", lambda address: DOT)
    app = draw_outputs(
        output(OutputKind.MESSAGE, "![](http://a.example/x) ![](http://a.example/y)")
    )
    app.button[0].click().run()
    app.button[0].click().run()
    assert not app.button
    rows = [{"photo": f"https://p.example/{n}.png"} for n in range(2)]
    app = choose(draw_outputs(output(OutputKind.TABLE, rows)), "Images")
    app.button[0].click().run()
    app.run()
    assert [button.label for button in app.button] == ["Zoom", "Load from p\\.example"]


def test_images_of_several_named_outputs_share_a_gallery():
    parts = {f"part {n}": output(OutputKind.IMAGE, uri(n)) for n in (1, 2)}
    app = draw_outputs(output(OutputKind.IMAGE, URI, parts=parts))
    assert app.segmented_control[0].options == ["Part 1", "Part 2", "All images"]
    app.segmented_control[0].set_value("All images").run()
    assert [button.label for button in app.button] == ["Zoom", "Zoom"]


@pytest.mark.parametrize("name", ["a\ud800b", "a\u202eb"])
def test_an_image_may_have_any_name(name):
    app = draw_outputs(output(OutputKind.MESSAGE, f"![{name}]({URI}) ![]({uri(1)})"))
    app = choose(app, "Images")
    assert len(app.get("image")) == len(app.get("download_button")) == 2


@pytest.mark.parametrize(
    ("name", "saved_as"),
    [("plot.png", "plot.png"), ("plot.JPEG", "plot.png"), ("a.b", "a.b.png")],
)
def test_a_saved_image_has_one_ending_that_of_its_content(name, saved_as, monkeypatch):
    names = []
    monkeypatch.setattr(downloads, "draw_button", lambda *args, **_: names.append(args[2]))
    choose(draw_outputs(output(OutputKind.MESSAGE, f"![{name}]({URI}) ![]({uri(1)})")), "Images")
    assert saved_as in names


def test_a_large_gallery_has_pages():
    app = draw_outputs(output(OutputKind.DATA, [uri(n) for n in range(30)]))
    assert len(app.button) == image.PER_PAGE
    assert "30 images" in texts(app)


def test_the_zoom_button_opens_a_dialog():
    app = draw_outputs(output(OutputKind.DATA, [uri(0), uri(1)]))
    app.button[0].click().run()
    assert "1 of 2" in texts(app)


def test_a_small_image_is_enlarged_at_most_four_times():
    """SVGs and damaged images use the full width."""
    assert image.zoom_width(DOT) == 4
    assert image.zoom_width(b"<svg></svg>") == image.zoom_width(DOT[:30]) == "stretch"


def test_only_images_that_browsers_show_are_opened_with_pillow():
    content = io.BytesIO()
    Image.new("RGB", (5, 5)).save(content, "TIFF")
    assert image.zoom_width(content.getvalue()) == "stretch"


def test_a_short_message_with_large_images_is_still_markdown():
    app = draw_outputs(output(OutputKind.MESSAGE, f"# Hi\n![cat]({URI}{'A' * 60_000})"))
    assert any(element.value == "# Hi  \n*image “cat”*" for element in app.markdown)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (b"\x89PNG broken", "This image is not shown: it is damaged, or of a kind"),
        ("data:image/png;base64,AAA", "The base64 text is damaged or truncated"),
        ("not an image", "Not an image URL: not an image"),
        (None, "No value."),
    ],
)
def test_what_is_no_image_says_why_in_a_sentence(value, sentence):
    app = draw_outputs(output(OutputKind.IMAGE, value))
    assert sentence in " ".join([texts(app), *(each.value for each in app.error)])


def test_a_drawing_whose_address_is_not_base64_is_drawn():
    app = draw_outputs(output(OutputKind.IMAGE, "data:image/svg+xml,<svg/>"))
    assert len(app.get("image")) == 1
    assert not app.error


@pytest.fixture
def decoded(monkeypatch):
    """The images that Streamlit decodes."""
    images = []
    monkeypatch.setattr(image.st, "image", lambda data, **_: images.append(data))
    return images


@pytest.mark.parametrize("kind", [OutputKind.IMAGE, OutputKind.DATA])
def test_an_image_of_too_many_pixels_is_offered_for_saving_instead(kind, decoded):
    """A PNG of 640 kB took 1.5 GB."""
    big = "data:image/png;base64," + base64.b64encode(big_png()).decode()
    value = big if kind is OutputKind.IMAGE else {"picture": big, "other": URI}
    app = draw_outputs(output(kind, value))
    if kind is OutputKind.DATA:
        choose(app, "Images")
    assert "20,000 × 20,000 pixels, more than 25 megapixels. Download it to open it" in texts(app)
    assert app.get("download_button")
    assert big_png() not in decoded


def test_a_column_with_an_image_of_too_many_pixels_is_drawn_as_text():
    big = "data:image/png;base64," + base64.b64encode(big_png()).decode()
    app = draw_outputs(output(OutputKind.TABLE, [{"a": URI, "b": URI}, {"a": URI, "b": big}]))
    columns = json.loads(app.dataframe[0].proto.columns)
    assert columns["a"]["type_config"]["type"] == "image"
    assert "type_config" not in columns.get("b", {})

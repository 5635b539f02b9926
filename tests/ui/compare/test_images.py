"""Images of two runs: side by side, over each other, or with the pixels that differ."""

import io

import pytest
from PIL import Image

from lfclient.outputs.model import OutputKind
from pages._ui.outputs import image
from tests.support.pictures import DRAWING, as_uri, picture
from tests.ui.support.compare_pages import draw_images, message, open_comparison, output
from tests.ui.support.whole_pages import page_text, press

RED, BLUE = picture("crimson", "a"), picture("royalblue", "b")
GREEN = picture("seagreen", "b")


def as_output(value):
    """Return an output with this image, or the output itself."""
    return value if hasattr(value, "kind") else output(OutputKind.IMAGE, value)


def compare(create_run, *values):
    """Open the comparison of two runs with these images, or outputs."""
    return open_comparison(*(create_run({}, [as_output(each)]) for each in values))


def draw(view, *values):
    """Draw a view of two images, or outputs, alone."""
    return draw_images(*map(as_output, values), view=view)


def as_png(image):
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def switch(app, view):
    control = next(each for each in app.segmented_control if each.label == "View")
    return control.set_value(view).run()


def test_images_are_side_by_side_at_first(create_run):
    app = compare(create_run, RED, BLUE)
    assert len(app.get("image")) == 2
    views = next(each for each in app.segmented_control if each.label == "View")
    assert views.options == ["Side by side", "Overlay", "Changed pixels"]


def test_messages_with_images_are_side_by_side_at_first(create_run):
    """Their source text has the images in letters."""
    texts = [f"{word} ![one]({as_uri(RED)})" for word in ("this", "last")]
    app = compare(create_run, *map(message, texts))
    views = next(each for each in app.segmented_control if each.label == "View")
    assert views.value == "Side by side"
    assert views.options[1] == "Differences"


def test_tables_with_images_open_with_their_differences(create_run):
    tables = [[{"photo": as_uri(each), "n": 1}] for each in (RED, BLUE)]
    app = compare(create_run, *(output(OutputKind.TABLE, rows) for rows in tables))
    views = next(each for each in app.segmented_control if each.label == "View")
    assert views.value == "Differences"


def test_pixels_that_differ_are_counted():
    quarter = Image.new("RGB", (20, 10), "crimson")
    quarter.paste("royalblue", (0, 0, 5, 10))
    plain = Image.new("RGB", (20, 10), "crimson")
    app = draw("Changed pixels", *map(as_png, (plain, quarter)))
    assert "≠ 25.0 % of the pixels" in page_text(app)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"no image", "the image of Run 2: it is damaged, or of a kind"),
        (DRAWING.encode(), "the image of Run 2: it is a drawing"),
        ("http://pictures.example/x.png", "the image of Run 2: it is on another server"),
        (RED[:200], "one is damaged"),
    ],
)
def test_what_is_no_image_has_a_sentence(value, reason):
    for view in ("Overlay", "Changed pixels"):
        assert reason in page_text(draw(view, RED, value))


def test_remote_images_are_compared_once_loaded(create_run, monkeypatch):
    """Those of a table or data have a gallery."""
    monkeypatch.setattr(image, "load_image", lambda _: RED)
    data = [{"n": n, "photo": f"http://pictures.example/{n}.png"} for n in range(2)]
    runs = [create_run({}, [output(OutputKind.DATA, each)]) for each in data]
    app = switch(open_comparison(*runs), "Side by side")
    for control in app.segmented_control:
        if control.label.startswith("View of"):
            control.set_value("Images")
    for _ in runs:
        app = press(app.run(), "Load from pictures\\.example")
    assert "No pixel differs visibly" in page_text(switch(app, "Changed pixels"))


def test_images_of_one_name_are_told_apart():
    """The second differ, the first do not."""
    texts = [f"![chart]({as_uri(RED)}) ![chart]({as_uri(each)})" for each in (BLUE, GREEN)]
    app = draw("Changed pixels", *map(message, texts))
    assert "No pixel differs visibly" in page_text(app)
    box = next(each for each in app.selectbox if each.label == "Image")
    assert box.options == ["chart", "chart (2)"]
    box.select("chart (2)").run()
    assert "No pixel differs visibly" not in page_text(app)


def test_another_number_of_images_is_reported():
    texts = [f"![one]({as_uri(RED)})", f"![one]({as_uri(RED)}) ![two]({as_uri(BLUE)})"]
    app = draw("Overlay", *map(message, texts))
    assert "Run 1: 1 image. Run 2: 2 images." in page_text(app)

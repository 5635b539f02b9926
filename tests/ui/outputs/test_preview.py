"""Previews of the files that a flow produced."""

import json

import pytest

from lfclient.outputs.model import FileRef, OutputKind
from tests.support.reports import big_png
from tests.ui.outputs.drawing import DOT, draw_outputs, output, texts


def preview_file(name, data):
    app = draw_outputs(output(OutputKind.FILE, FileRef(name, id="1")), download=lambda ref: data)
    app.button[0].click().run()
    return app


def test_a_csv_file_with_any_separator_is_drawn_as_a_table():
    app = preview_file("a.csv", "name;age\nZoë;36\n".encode("utf-8-sig"))
    assert app.dataframe[0].value.to_dict("list") == {"name": ["Zoë"], "age": [36]}


def test_a_json_file_is_drawn_as_a_searchable_tree():
    app = preview_file("data", b'{"a": [1]}')
    assert json.loads(app.json[0].value) == {"a": [1]}
    app.text_input[0].set_value("a").run()
    assert app.code[0].value == "a"


def test_an_image_of_too_many_pixels_is_not_decoded():
    app = preview_file("a.png", big_png())
    assert "20,000 × 20,000 pixels" in texts(app)
    assert not app.get("imgs")


def test_an_html_file_is_shown_as_source_text():
    app = preview_file("a.html", b"<script>alert(1)</script>")
    assert app.code[0].value == "<script>alert(1)</script>"
    assert not app.markdown or "<script" not in texts(app)


def test_a_markdown_file_loads_no_remote_images():
    app = preview_file("a.md", b"# Hi ![x](http://p.example/x.png) $5 and $6")
    assert "![" not in texts(app)
    assert "\\$5 and \\$6" in texts(app)


@pytest.mark.parametrize(
    ("name", "data", "note"),
    [
        ("a.png", b"", "Empty file"),
        ("a.bin", b"\x00\x01", "No preview"),
        ("a.txt", b"%PDF-1.7 x", "kind PDF"),
        ("a.json", b"{broken", "read this file as JSON"),
        ("a.csv", b"\x00\x00", "No preview"),
        ("a.txt", b"x" * 200_000, "the first 100,000"),
        ("a.csv", b"a,b\n" + b"1,2\n" * 5000, "the first 1,000 rows"),
        ("../" + "y" * 300 + "\x00.txt", b"hello", ""),
    ],
)
def test_unusual_files_show_a_note_instead_of_crashing(name, data, note):
    """Empty, unknown, mislabeled, broken, large."""
    assert note in texts(preview_file(name, data))


@pytest.mark.parametrize(
    ("data", "element"),
    [
        (DOT, "image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "image"),
        (b"ID3\x03", "audio"),
        (b"\x00\x00\x00\x18ftypisom", "video"),
    ],
)
def test_images_audio_and_video_are_previewed(data, element):
    app = preview_file("a", data)
    assert app.get(element)

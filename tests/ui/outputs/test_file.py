"""Files that a flow produced: download and preview."""

import json
from unittest.mock import Mock

import pytest

from lfclient.errors import ServerFault
from lfclient.outputs.model import FileRef, OutputKind
from pages._ui.outputs import card, file
from pages._ui.widgets import copy_button
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
    assert preview_file("a", data).get(element)


def test_browser_and_page_share_one_download_and_its_error():
    download = file.FileDownload(Mock(side_effect=[b"hello"]))
    assert download.get() == download.get() == b"hello"
    download = file.FileDownload(Mock(side_effect=[ServerFault("It is gone."), b"never"]))
    for _ in range(2):
        with pytest.raises(ServerFault, match="gone"):
            download.get()


@pytest.mark.parametrize(
    ("data", "copied"),
    [
        ("\ufeffname;age\nZoë;36\n".encode(), ["name;age\nZoë;36\n"]),
        (DOT, []),
        (b"x" * (card.MAX_COPIED_LENGTH + 1), []),
    ],
)
def test_a_file_of_text_that_is_not_too_long_can_be_copied_once_previewed(
    data, copied, monkeypatch
):
    drawn = []
    monkeypatch.setattr(copy_button, "draw", lambda key, text: drawn.append(text))
    download = Mock(return_value=data)
    app = draw_outputs(output(OutputKind.FILE, FileRef("out.csv", id="1")), download=download)
    assert (drawn, download.call_count) == ([], 0)
    app.button[0].click().run()
    assert (drawn, download.call_count) == (copied, 1)


def test_a_failed_download_shows_its_error_and_can_be_retried():
    download = Mock(side_effect=[ServerFault("It is gone."), b"back again"])
    app = draw_outputs(output(OutputKind.FILE, FileRef("out.txt", id="1")), download=download)
    app.button[0].click().run()
    assert "It is gone" in app.error[0].value
    app.button[0].click().run()
    assert not app.error
    assert app.code[0].value == "back again"

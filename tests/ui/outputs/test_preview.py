"""Files that a flow produced: their previews."""

import json

import pytest

from lfclient.outputs.model import FileRef, OutputKind
from tests.ui.outputs.test_view import DOT, drawn, output, texts


def fetched(name, data):
    app = drawn(output(OutputKind.FILE, FileRef(name, id="1")), download=lambda ref: data)
    app.button[0].click().run()
    return app


def test_a_table_file_is_a_table():
    """Whatever separates its columns."""
    app = fetched("a.csv", "name;age\nZoë;36\n".encode("utf-8-sig"))
    assert app.dataframe[0].value.to_dict("list") == {"name": ["Zoë"], "age": [36]}


def test_a_json_file_is_a_tree():
    """With its search."""
    app = fetched("data", b'{"a": [1]}')
    assert json.loads(app.json[0].value) == {"a": [1]}
    app.text_input[0].set_value("a").run()
    assert app.code[0].value == "a"


def test_a_page_is_shown_as_its_text():
    """Nothing of it is drawn or run."""
    app = fetched("a.html", b"<script>alert(1)</script>")
    assert app.code[0].value == "<script>alert(1)</script>"
    assert not app.markdown or "<script" not in texts(app)


def test_a_markdown_file_loads_nothing():
    """As a message does not."""
    app = fetched("a.md", b"# Hi ![x](http://p.example/x.png) $5 and $6")
    assert "![" not in texts(app)
    assert "\\$5 and \\$6" in texts(app)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.png", b"", "An empty file"),
        ("a.bin", b"\x00\x01", "no preview"),
        ("a.txt", b"%PDF-1.7 x", "kind PDF"),
        ("a.json", b"{broken", "no JSON"),
        ("a.csv", b"\x00\x00", "no preview"),
        ("a.txt", b"x" * 200_000, "The first 100,000"),
        ("a.csv", b"a,b\n" + b"1,2\n" * 5000, "The first 1,000 rows"),
        ("../" + "y" * 300 + "\x00.txt", b"hello", ""),
    ],
)
def test_odd_files_are_no_crash(name, data, said):
    """Empty, unknown, another kind than its name says, broken, large."""
    assert said in texts(fetched(name, data))


@pytest.mark.parametrize(
    ("data", "element"),
    [
        (DOT, "image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "image"),
        (b"ID3\x03", "audio"),
        (b"\x00\x00\x00\x18ftypisom", "video"),
    ],
)
def test_media_are_previewed(data, element):
    """Images, drawings, sound and video."""
    app = fetched("a", data)
    assert app.get(element)

"""Outputs in a report: images, tables, data and files, each as far as there is room."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from lfclient.console.export.report import blocks
from lfclient.errors import LangflowError
from lfclient.outputs.model import FileRef, OutputKind
from tests.support.reports import FILE, GONE, PNG, URI, of, output, page, png, record_of, run_of


def test_images_that_came_along_are_embedded():
    """Those in a message where they stand, and once; those of data and bytes below."""
    found = of(
        output("A-1", OutputKind.MESSAGE, f"before ![a]({URI}) after"),
        output("B-1", OutputKind.MESSAGE, URI),
        output("C-1", OutputKind.DATA, {"pic": URI}),
        output("D-1", OutputKind.IMAGE, PNG),
    )
    assert found.values("img", "src") == [URI] * 4


def test_images_beyond_the_room_are_counted(monkeypatch):
    """One that is too large, and all that would make the file too large."""
    monkeypatch.setattr(blocks, "MAX_TOTAL_IMAGE_BYTES", 2 * len(URI) + 10)
    pictures = [
        {"pic": "data:image/png;base64," + base64.b64encode(png(n)).decode()}
        for n in (8, 9, 10, 11)
    ]
    found = of(output("C-1", OutputKind.DATA, pictures))
    drawn = len(found.values("img", "src"))
    assert 0 < drawn < 4
    assert f"{4 - drawn} image" in found.text
    monkeypatch.setattr(blocks, "MAX_IMAGE_BYTES", 10)
    found = of(
        output("A-1", OutputKind.MESSAGE, f"![a]({URI})"), output("B-1", OutputKind.IMAGE, PNG)
    )
    assert found.values("img", "src") in ([], [""])
    assert found.text.count("1 image left out") == 2


def test_what_is_no_image_is_said():
    """Damaged text of an image, and a file that is another thing."""
    found = of(output("C-1", OutputKind.IMAGE, b"no image"))
    assert "An image that cannot be drawn" in found.text


def test_tables_have_an_honest_bound():
    """Rows, columns and cells that are left out are counted."""
    rows = [{f"c{column}": "x" for column in range(60)} for _ in range(1200)]
    rows[0]["c0"] = "y" * 5000
    found = of(output("C-1", OutputKind.TABLE, rows))
    for words in (
        "1,200 rows × 60 columns.",
        "The first 1,000 rows are shown, 200 are left out.",
        "10 columns left out.",
        "1 cell cut at 1,000 characters.",
    ):
        assert words in found.text
    assert [tag for tag, _ in found.elements].count("tr") == 1001


def test_a_table_of_long_cells_is_no_longer_than_others(monkeypatch):
    """It ends earlier, and says so."""
    monkeypatch.setattr(blocks, "MAX_TABLE_LENGTH", 5_000)
    found = of(output("C-1", OutputKind.TABLE, [{"a": "x" * 900}] * 10))
    assert "The first 5 rows are shown, 5 are left out." in found.text


@pytest.mark.parametrize("wide", [True, False])
def test_data_has_an_honest_bound(wide):
    """Whether it has many values or deep ones."""
    value = list(range(30_000)) if wide else []
    for _ in range(0 if wide else 5000):
        value = [value]
    found = of(output("C-1", OutputKind.DATA, value))
    assert ("Left out: 10,000 values" if wide else "Left out: 1 value") in found.text


def test_files_are_links_up_to_a_size():
    """Those that are larger or cannot be had are named, with why."""
    gone = replace(GONE, size=None)

    def fetch(ref, room):
        if ref is FILE:
            return b"hello"
        raise LangflowError(f"There are more than {room} bytes.")

    run = run_of(output("A-1", OutputKind.FILE, FILE), output("B-1", OutputKind.FILE, gone))
    found = page(record_of(run), fetch=fetch)
    assert found.values("a", "download") == ["out _put_.txt"]
    assert found.values("a", "href") == ["data:application/octet-stream;base64,aGVsbG8="]
    words = (
        f"The file itself is not in this report. There are more than {blocks.MAX_FILE_BYTES} bytes."
    )
    assert words in found.text


def test_files_are_fetched_only_while_there_is_room(monkeypatch):
    """What fits no more is not asked for, nor what says that it is too large."""
    monkeypatch.setattr(blocks, "MAX_FILE_BYTES", 10)
    monkeypatch.setattr(blocks, "MAX_TOTAL_FILE_BYTES", 25)
    monkeypatch.setattr(blocks, "MAX_FILES", 4)
    sizes = [20, 10, None, 10, 5, None, 1]
    refs = [FileRef(f"{number}.txt", id="1", size=size) for number, size in enumerate(sizes)]
    fetched = []

    def fetch(ref, room):
        fetched.append((ref.name, room))
        return bytes(ref.size or 10)

    run = run_of(*(output(f"F-{ref.name}", OutputKind.FILE, ref) for ref in refs))
    found = page(record_of(run), fetch=fetch)
    assert fetched == [("1.txt", 10), ("2.txt", 10), ("4.txt", 5)]
    assert found.values("a", "download") == ["1.txt", "2.txt", "4.txt"]
    assert found.text.count("The file itself is not in this report.") == 4

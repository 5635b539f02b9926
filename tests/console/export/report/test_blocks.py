"""Reports show images, tables, data and files within their limits."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from lfclient.console.export.report import blocks
from lfclient.errors import LangflowError
from lfclient.outputs.model import FileRef, OutputKind
from tests.support.reports import (
    FILE,
    GONE,
    PNG,
    URI,
    big_png,
    of,
    output,
    page,
    png,
    record_of,
    run_of,
)


def test_embedded_images_are_shown_once():
    report = of(
        output("A-1", OutputKind.MESSAGE, f"before ![a]({URI}) after"),
        output("B-1", OutputKind.MESSAGE, URI),
        output("C-1", OutputKind.DATA, {"pic": URI}),
        output("D-1", OutputKind.IMAGE, PNG),
    )
    assert report.values("img", "src") == [URI] * 4


def test_images_beyond_the_limits_are_counted(monkeypatch):
    monkeypatch.setattr(blocks, "MAX_TOTAL_IMAGE_BYTES", 2 * len(URI) + 10)
    pictures = [
        {"pic": "data:image/png;base64," + base64.b64encode(png(n)).decode()}
        for n in (8, 9, 10, 11)
    ]
    report = of(output("C-1", OutputKind.DATA, pictures))
    drawn = len(report.values("img", "src"))
    assert 0 < drawn < 4
    assert f"{4 - drawn} image" in report.text
    monkeypatch.setattr(blocks, "MAX_IMAGE_BYTES", 10)
    report = of(
        output("A-1", OutputKind.MESSAGE, f"![a]({URI})"), output("B-1", OutputKind.IMAGE, PNG)
    )
    assert report.values("img", "src") in ([], [""])
    assert report.text.count("1 image omitted") == 2


def test_an_image_of_too_many_pixels_is_omitted():
    """A browser would decode it when the report is opened."""
    big = "data:image/png;base64," + base64.b64encode(big_png()).decode()
    report = of(
        output("A-1", OutputKind.MESSAGE, f"![a]({big})"), output("B-1", OutputKind.DATA, [big])
    )
    assert report.values("img", "src") in ([], [""])
    assert report.text.count("1 image omitted") == 2


def test_a_damaged_image_is_reported():
    report = of(output("C-1", OutputKind.IMAGE, b"no image"))
    assert "Couldn't show an image" in report.text


def test_omitted_rows_columns_and_cells_are_counted(monkeypatch):
    monkeypatch.setattr(blocks, "MAX_ROWS", 10)
    monkeypatch.setattr(blocks, "MAX_COLUMNS", 5)
    rows = [{f"c{column}": "x" for column in range(6)} for _ in range(12)]
    rows[0]["c0"] = "y" * 5000
    report = of(output("C-1", OutputKind.TABLE, rows))
    for words in (
        "12 rows × 6 columns.",
        "Only the first 10 rows are shown; 2 are omitted.",
        "1 column omitted.",
        "1 cell truncated at 1,000 characters.",
    ):
        assert words in report.text
    assert [tag for tag, _ in report.elements].count("tr") == 11


def test_a_table_of_long_cells_has_fewer_rows(monkeypatch):
    monkeypatch.setattr(blocks, "MAX_TABLE_LENGTH", 5_000)
    report = of(output("C-1", OutputKind.TABLE, [{"a": "x" * 900}] * 10))
    assert "Only the first 5 rows are shown; 5 are omitted." in report.text


@pytest.mark.parametrize("wide", [True, False])
def test_omitted_values_are_counted(wide):
    value = list(range(30_000)) if wide else []
    for _ in range(0 if wide else 5000):
        value = [value]
    report = of(output("C-1", OutputKind.DATA, value))
    assert ("Omitted: 10,000 values" if wide else "Omitted: 1 value") in report.text


def test_files_are_embedded_or_named_with_the_reason():
    gone = replace(GONE, size=None)

    def fetch(ref, room):
        if ref is FILE:
            return b"hello"
        raise LangflowError(f"There are more than {room} bytes.")

    run = run_of(output("A-1", OutputKind.FILE, FILE), output("B-1", OutputKind.FILE, gone))
    report = page(record_of(run), fetch=fetch)
    assert report.values("a", "download") == ["out _put_.txt"]
    assert report.values("a", "href") == ["data:application/octet-stream;base64,aGVsbG8="]
    reason = f"There are more than {blocks.MAX_FILE_BYTES} bytes."
    assert f"The file is not included in this report. {reason}" in report.text


def test_files_are_downloaded_only_while_they_fit(monkeypatch):
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
    report = page(record_of(run), fetch=fetch)
    assert fetched == [("1.txt", 10), ("2.txt", 10), ("4.txt", 5)]
    assert report.values("a", "download") == ["1.txt", "2.txt", "4.txt"]
    assert report.text.count("The file is not included in this report.") == 4

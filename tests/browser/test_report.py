"""A run report in Chromium, opened from disk: what it asks for and how it looks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from lfclient.outputs import OutputKind
from lfclient.report import report_html
from tests.reports import everything, output, record_of, run_of
from tests.waiting import wait_for


@pytest.mark.parametrize(("scheme", "width"), [("light", 1100), ("dark", 500)])
def test_a_report_opens_from_disk_and_asks_for_nothing(
    window: Callable[..., Page], tmp_path: Path, scheme: str, width: int
):
    """Its images are drawn, nothing is fetched or run, and no page is wider than the window."""
    path = tmp_path / "report.html"
    path.write_text(report_html(everything(), None, fetch=lambda *_: b"hello"), encoding="utf-8")
    page = window(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.goto(path.as_uri())
    wait_for(lambda: page.evaluate("[...document.images].every((image) => image.complete)"))
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
    assert complaints == []
    drawn = page.evaluate("[...document.images].map((image) => image.naturalWidth)")
    assert drawn == [8, 8, 8]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shade = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert shade == ("rgb(252, 252, 254)" if scheme == "light" else "rgb(15, 15, 23)")


@pytest.mark.parametrize("columns", [8, 30])
def test_printed_no_column_of_a_wide_table_is_cut_off(
    window: Callable[..., Page], tmp_path: Path, columns: int
):
    """Paper does not scroll: neither tables of rows nor those in a message are wider than it."""
    names = [f"column {number}" for number in range(columns)]
    rows = [dict.fromkeys(names, "a value of some length"), dict.fromkeys(names, 1.23456789012345)]
    lines = [names, ["---"] * columns, ["some words"] * columns]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    run = run_of(output("A", OutputKind.TABLE, rows), output("B", OutputKind.MESSAGE, text))
    path = tmp_path / "report.html"
    path.write_text(report_html(record_of(run), None), encoding="utf-8")
    page = window()
    page.set_viewport_size({"width": 718, "height": 1000})  # A4 without its margins
    page.emulate_media(media="print")
    page.goto(path.as_uri())
    cells = page.evaluate(
        "[...document.querySelectorAll('th, td')].map((cell) => {"
        "  const { left, right } = cell.getBoundingClientRect();"
        "  return [left, right, cell.scrollWidth - cell.clientWidth]; })"
    )
    assert len(cells) == 5 * columns
    assert all(left >= 0 and right <= 718 and beyond <= 0 for left, right, beyond in cells)

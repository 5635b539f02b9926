"""A run report opened from disk in Chromium: its requests and its layout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page

from lfclient.console.export.report.report import report_html
from lfclient.outputs.model import OutputKind
from lfclient.runs.components import ComponentRun, ComponentState, Usage
from tests.support.reports import AT, everything, output, record_of, run_of
from tests.support.waiting import wait_for


@pytest.fixture(scope="module")
def module_page(lasting_window: Callable[..., Page]) -> Page:
    """The window of `page`."""
    return lasting_window()


@pytest.fixture
def page(module_page: Page) -> Page:
    """The window in which reports open that nothing is downloaded from."""
    module_page.emulate_media(media="null", color_scheme="light")
    return module_page


@pytest.mark.parametrize(
    ("scheme", "width"),
    [("light", 1100), pytest.param("dark", 500, marks=pytest.mark.exhaustive)],
)
def test_a_report_opens_from_disk_and_loads_nothing(
    page: Page, tmp_path: Path, scheme: Literal["light", "dark"], width: int
):
    """Its images are drawn, no script runs, and it is not wider than the window."""
    path = tmp_path / "report.html"
    path.write_text(report_html(everything(), None, fetch=lambda *_: b"hello"), encoding="utf-8")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    requested, messages = [], []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.on("dialog", lambda dialog: messages.append(dialog.message))
    page.goto(path.as_uri())
    wait_for(lambda: page.evaluate("[...document.images].every((image) => image.complete)"))
    assert [url for url in requested if not url.startswith("data:")] == [path.as_uri()]
    assert messages == []
    drawn = page.evaluate("[...document.images].map((image) => image.naturalWidth)")
    assert drawn == [8, 8, 8]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shade = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert shade == ("rgb(252, 252, 254)" if scheme == "light" else "rgb(15, 15, 23)")


@pytest.mark.exhaustive
@pytest.mark.parametrize("columns", [8, 30])
def test_no_column_of_a_wide_table_is_cut_off_in_print(page: Page, tmp_path: Path, columns: int):
    """Neither table outputs nor tables in a message are wider than the paper."""
    names = [f"column {number}" for number in range(columns)]
    rows = [dict.fromkeys(names, "a value of some length"), dict.fromkeys(names, 1.23456789012345)]
    lines = [names, ["---"] * columns, ["some words"] * columns]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    run = run_of(output("A", OutputKind.TABLE, rows), output("B", OutputKind.MESSAGE, text))
    path = tmp_path / "report.html"
    path.write_text(report_html(record_of(run), None), encoding="utf-8")
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


@pytest.mark.exhaustive
@pytest.mark.parametrize("width", [1100, 500, 360])
@pytest.mark.parametrize("media", ["screen", "print"])
def test_no_heading_of_a_table_breaks_within_a_word(
    page: Page, tmp_path: Path, width: int, media: Literal["screen", "print"]
):
    name = "A component with a rather long name that takes several lines " * 3
    parts = {
        id: ComponentRun(id, state, name, seconds=90.5, ended_at=AT, usage=Usage(1, 2, 300_000))
        for id, state in (("a", ComponentState.DONE), ("b", ComponentState.WAITING))
    }
    path = tmp_path / "report.html"
    path.write_text(report_html(record_of(run_of(components=parts)), None), encoding="utf-8")
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(media=media)
    page.goto(path.as_uri())
    lines = page.locator("thead th").evaluate_all(
        "(cells) => cells.map((cell) => {"
        "  const range = document.createRange();"
        "  range.selectNodeContents(cell);"
        "  return [cell.textContent, range.getClientRects().length]; })"
    )
    assert {"Component": 1, "State": 1, "Duration": 1, "Tokens": 1}.items() <= dict(lines).items()
    assert max(count for _, count in lines) == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width

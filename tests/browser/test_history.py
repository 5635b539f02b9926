"""What a person does with the list of all runs."""

import re

from playwright.sync_api import Locator, Page, expect

ROW, HEAD = 33, 17  # pixels: a row of a table, and the middle of its first
FLOW, STATUS = 2, 3  # columns


def table(page: Page) -> Locator:
    """The list; what its cells say stands beside the drawing, for those who do not see it."""
    return page.locator("[class*='st-key-history-table-']")


def cell(page: Page, column: int) -> Locator:
    """A cell of the newest run."""
    return table(page).get_by_test_id(f"glide-cell-{column}-0")


def press(page: Page, across: int) -> None:
    """Press in its row, so many pixels from the left: its box, or Open."""
    table(page).get_by_test_id("stDataFrame").click(position={"x": across, "y": HEAD + ROW})


def test_a_run_is_stopped_in_the_list_found_and_opened(screen):
    """Its row changes by itself and stays ticked; Back leads to the list as it was narrowed."""
    screen.pick("Takes half")
    screen.run()
    screen.wait("in progress")
    screen.address()
    page = screen.page
    screen.part("recent-head").get_by_text("All runs").click()
    expect(cell(page, STATUS)).to_have_text("▶ in progress")
    press(page, 17)
    bar = screen.part("history-bar")
    expect(bar).to_contain_text("1 of")
    bar.get_by_role("button", name="Stop").click()
    expect(cell(page, STATUS)).to_have_text("■ cancelled")
    expect(bar).to_contain_text("1 of")
    expect(bar.get_by_role("button", name="Stop")).to_have_count(0)
    screen.part("history-filters").get_by_placeholder("Search inputs").fill('"takes half a"')
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/history\?q="))
    expect(cell(page, FLOW)).to_contain_text("Takes half a minute")
    press(page, 70)
    screen.wait("cancelled")
    page.go_back()
    page.wait_for_url(re.compile(r"/history\?q="))
    search = screen.part("history-filters").get_by_placeholder("Search inputs")
    expect(search).to_have_value('"takes half a"')
    expect(cell(page, STATUS)).to_have_text("■ cancelled")

"""The run history in Chromium."""

import re
import time
import uuid
from contextlib import suppress

import pytest
from playwright.sync_api import Dialog, Locator, Page, expect

from tests.browser.accessibility import check
from tests.browser.screen import PHONE, Screen
from tests.browser.visitor import Visitor, start_run, wait_for_end
from tests.support.waiting import wait_for

ROW, HEAD = 33, 17  # pixels: the height of a row, and the middle of the header
FLOW, STATUS, OUTPUT = 2, 3, 7  # column numbers; the last one of a search

# records each distance of the list from the top of the window since the page was opened
_TOPS = """
window.tops = [];
const look = () => {
  const list = document.querySelector('[data-testid="stDataFrame"], .st-key-history-cards');
  const top = list && Math.round(list.getBoundingClientRect().top);
  if (list && window.tops.at(-1) !== top) window.tops.push(top);
  requestAnimationFrame(look);
};
look();
"""


def table(page: Page) -> Locator:
    """Return the list. Its cells are also in the page as text, for screen readers."""
    return page.locator("[class*='st-key-history-table-']")


def cell(page: Page, column: int, row: int = 0) -> Locator:
    """Return a cell, by default of the newest run."""
    return table(page).get_by_test_id(f"glide-cell-{column}-{row}")


def press(page: Page, x: int, row: int = 0) -> None:
    """Click in a row, `x` pixels from the left: on its checkbox, or on Open."""
    place = {"x": x, "y": HEAD + ROW * (row + 1)}
    canvas = table(page).get_by_test_id("stDataFrame")
    expect(canvas).to_have_count(1)  # two while a new table replaces the old one
    canvas.click(position=place)


def select(screen, row: int, count: str) -> None:
    """Select a row so that the bar shows `count`. A click while the table is drawn is lost.

    A second click follows late: where the page is only slow, it would clear the selection.
    """
    shown = screen.part("history-bar").get_by_text(count)
    screen.drawn()
    press(screen.page, 17, row)
    with suppress(AssertionError):
        return expect(shown).to_be_visible(timeout=20_000)
    press(screen.page, 17, row)
    return expect(shown).to_be_visible()


def open_list(screen, console, echoes) -> None:
    """Open the list of the echo chat's runs."""
    screen.page.goto(f"{console.url}/history?q={echoes.word}")
    expect(cell(screen.page, STATUS, len(echoes.texts) - 1)).to_be_attached()


@pytest.fixture(scope="module")
def lasting_list(lasting_window, console, echoes) -> Screen:
    """The list of the echo chat's runs; each test leaves it on the screen, with any selection."""
    screen = Screen(lasting_window())
    open_list(screen, console, echoes)
    return screen


@pytest.fixture
def listed(lasting_list, echoes) -> Screen:
    """The list of the echo chat's runs, of which none is selected."""
    expect(cell(lasting_list.page, STATUS, len(echoes.texts) - 1)).to_be_attached()
    clear_selection(lasting_list)
    return lasting_list


@pytest.fixture(scope="module")
def lasting_cards(lasting_window, console, echoes) -> Screen:
    """The same list as cards, in a window that stays open. Its runs have the searched text."""
    screen = Screen(lasting_window())
    screen.page.set_viewport_size(PHONE)
    screen.page.goto(f"{console.url}/history?q=%22{echoes.word}%20%22")
    return screen


@pytest.fixture
def cards(lasting_cards, echoes) -> Locator:
    """The cards of the echo chat's runs on a phone, of which none is selected."""
    lasting_cards.page.set_viewport_size(PHONE)
    cards = lasting_cards.page.locator("[class*='st-key-history-card-']")
    expect(cards).to_have_count(len(echoes.texts))
    clear_selection(lasting_cards)
    return cards


def clear_selection(screen) -> None:
    """Scroll to the top of the list and select no run."""
    screen.page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
    screen.drawn()
    clear = screen.part("history-bar").get_by_role("button", name="Clear selection")
    if clear.is_visible():
        clear.click()
        expect(clear).to_have_count(0)
        screen.drawn()


def test_a_run_can_be_stopped_found_and_opened_in_the_list(screen):
    """Its row updates and stays selected. Back returns to the filtered list."""
    screen.pick("Takes half")
    screen.run()
    screen.wait("running")
    screen.address()
    page = screen.page
    screen.part("recent-head").get_by_text("All runs").click()
    page.wait_for_url(re.compile(r"/history\?flow="))  # only those of this flow
    expect(cell(page, STATUS)).to_have_text("▶ Running")
    press(page, 17)
    bar = screen.part("history-bar")
    expect(bar).to_contain_text("1 selected")
    bar.get_by_role("button", name="Stop").click()
    expect(cell(page, STATUS)).to_have_text("■ Stopped")
    expect(bar).to_contain_text("1 selected")
    expect(bar.get_by_role("button", name="Stop")).to_have_count(0)
    screen.part("history-filters").get_by_placeholder("Search inputs").fill('"takes half a"')
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/history\?(.*&)?q="))
    screen.drawn()  # until then the unfiltered table is there too
    expect(cell(page, FLOW)).to_contain_text("Takes half a minute")
    check(page)
    press(page, 70)
    screen.wait("stopped")
    page.go_back()
    page.wait_for_url(re.compile(r"/history\?(.*&)?q="))
    search = screen.part("history-filters").get_by_placeholder("Search inputs")
    expect(search).to_have_value('"takes half a"')
    expect(cell(page, STATUS)).to_have_text("■ Stopped")


def test_a_cleared_selection_is_cleared_in_the_table(listed):
    for row, count in ((0, "1 selected"), (1, "2 selected")):
        select(listed, row, count)
    listed.part("history-bar").get_by_role("button", name="Clear selection").click()
    expect(listed.part("history-bar").get_by_role("button", name="CSV")).to_be_visible()
    select(listed, 1, "1 selected")


def test_new_runs_of_another_window_are_announced_and_shown_on_request(console, sample_ids, window):
    """Until then, neither the rows nor the table move."""
    words = uuid.uuid4().hex
    page = window()
    with Visitor(console) as other:

        def run(when: str) -> None:
            wait_for_end(other, start_run(other, sample_ids["Echo chat"], f"{words} {when}"))

        run("before")
        page.goto(f"{console.url}/history?q={words}")
        expect(cell(page, OUTPUT)).to_contain_text("before")
        top = table(page).bounding_box()["y"]
        run("after")
        news = page.get_by_role("button", name="Show 1 new run")
        expect(news).to_be_visible()
        expect(cell(page, OUTPUT)).to_contain_text("before")
        assert table(page).bounding_box()["y"] == top
        news.click()
        expect(cell(page, OUTPUT)).to_contain_text("after")
        expect(news).to_have_count(0)
        run("at last")
        expect(news).to_be_visible()
    page.get_by_role("link", name="Connection").click()
    expect(table(page)).to_have_count(0)
    page.get_by_role("link", name="History").click()
    # without a search, the table has other columns, such as the tokens of other tests' runs
    last = table(page).locator("td").filter(has_text="at last")
    expect(last.first).to_be_attached()


def test_a_filter_that_was_cleared_does_not_return(screen, console, echoes):
    """The browser keeps the values of controls in a closed panel."""
    page = screen.page
    open_list(screen, console, echoes)
    filters = screen.part("history-filters")
    for name in ("Shared only", "Starred only"):
        filters.get_by_text("More filters", exact=True).click()
        page.get_by_text(name, exact=True).click()
        expect(page.get_by_text("No matching runs")).to_be_visible()
        page.keyboard.press("Escape")
        screen.drawn()
        filters.get_by_role("button", name="Clear filters").click()
        expect(cell(page, STATUS)).to_be_attached()
        assert page.url == f"{console.url}/history"
        select(screen, 0, "1 selected")
        screen.drawn()
        assert page.url == f"{console.url}/history"
        page.keyboard.press("Escape")


def test_a_phone_lists_runs_as_cards_that_open_and_can_be_selected(cards, echoes):
    page = cards.page
    phone = Screen(page)
    expect(table(page)).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(cards.nth(1)).to_contain_text(echoes.texts[1])
    cards.nth(1).locator("label").click()
    expect(phone.part("history-bar")).to_contain_text("1 selected")
    phone.drawn()
    cards.nth(1).hover()
    # its label is for screen readers, its arrow at the right shows that the card opens
    button = cards.nth(1).get_by_role("button")
    expect(button).to_have_css("color", "rgba(0, 0, 0, 0)")
    arrow = button.get_by_test_id("stIconMaterial")
    expect(arrow).not_to_have_css("color", "rgba(0, 0, 0, 0)")
    assert arrow.bounding_box()["x"] > 340
    cards.nth(1).click(position={"x": 200, "y": 30})
    expect(phone.part("outputs")).to_contain_text(echoes.texts[1])
    page.go_back()
    expect(cards).to_have_count(len(echoes.texts))
    cards.nth(0).get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(phone.part("outputs")).to_contain_text(echoes.texts[0])
    page.go_back()


@pytest.mark.exhaustive
def test_the_list_does_not_move_when_the_parts_above_it_arrive(screen, console, echoes):
    """They are sent after the list into reserved room, in windows of any width."""
    page = screen.page
    page.add_init_script(_TOPS)
    for width in (1280, 680, 540, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{console.url}/history")
        label = "More filters" if width > 768 else "Filters"
        expect(screen.part("history-filters").get_by_text(label, exact=True)).to_be_visible()
        wait_for(lambda: page.evaluate("window.tops.length"))
        screen.drawn()  # after a late move of the list
        assert len(page.evaluate("window.tops")) == 1, (width, page.evaluate("window.tops"))


@pytest.mark.exhaustive
def test_a_file_is_saved_though_the_list_is_redrawn_meanwhile(listed, console):
    """The browser is too busy to show the new button before the old one is pressed."""
    page = listed.page

    def close_late(dialog: Dialog) -> None:
        time.sleep(3)
        dialog.accept()

    page.once("dialog", close_late)  # while it is open, the page does nothing else
    with page.expect_download() as download:
        page.evaluate(
            """async () => {
              document.querySelector(".st-key-history-bulk button").click();
              await new Promise((resolve) => setTimeout(resolve, 0));
              alert();
              document.querySelector(".st-key-history-csv button").click();
            }"""
        )
    assert download.value.suggested_filename == "runs.csv"
    assert "deferred" not in console.log.read_text()
    page.keyboard.press("Escape")

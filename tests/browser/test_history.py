"""What a person does with the list of all runs."""

import re
import uuid

from playwright.sync_api import Locator, Page, expect

ROW, HEAD = 33, 17  # pixels: a row of a table, and the middle of its first
FLOW, STATUS, LABELS, ANSWER = 2, 3, 6, 7  # columns; the last as long as there are no labels

# how far from the top of the window the list has stood since the page was opened
_TOPS = """
window.tops = [];
const look = () => {
  const list = document.querySelector('[data-testid="stDataFrame"]');
  const top = list && Math.round(list.getBoundingClientRect().top);
  if (list && window.tops.at(-1) !== top) window.tops.push(top);
  requestAnimationFrame(look);
};
look();
"""


def table(page: Page) -> Locator:
    """The list; what its cells say stands beside the drawing, for those who do not see it."""
    return page.locator("[class*='st-key-history-table-']")


def cell(page: Page, column: int, row: int = 0) -> Locator:
    """A cell, of the newest run unless told otherwise."""
    return table(page).get_by_test_id(f"glide-cell-{column}-{row}")


def press(page: Page, across: int, row: int = 0) -> None:
    """Press in a row, so many pixels from the left: its box, or Open."""
    place = {"x": across, "y": HEAD + ROW * (row + 1)}
    drawing = table(page).get_by_test_id("stDataFrame")
    expect(drawing).to_have_count(1)  # two while one is put in the place of the other
    drawing.click(position=place)


def tick(screen, row: int, said: str) -> None:
    """Press a row's box, again if the table was being drawn; until the bar says so."""
    said_so = screen.part("history-bar").get_by_text(said)
    for _ in range(5):
        press(screen.page, 17, row)
        try:
            return expect(said_so).to_be_visible(timeout=4_000)
        except AssertionError:
            continue
    raise AssertionError(f"The bar never said {said!r}")


def list_of(screen, console, runs: int) -> str:
    """Open the list of so many new runs, numbered from 0; the word that finds them."""
    page, words = screen.page, uuid.uuid4().hex
    screen.pick("Echo")
    for number in range(runs):
        page.locator("textarea").first.fill(f"{words} {number}")
        screen.run()
        expect(screen.part("outputs")).to_contain_text(f"{words} {number}")
    page.goto(f"{console.url}/history?q={words}")
    expect(cell(page, STATUS, runs - 1)).to_be_attached()
    return words


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
    expect(bar).to_contain_text("1 selected")
    bar.get_by_role("button", name="Stop").click()
    expect(cell(page, STATUS)).to_have_text("■ cancelled")
    expect(bar).to_contain_text("1 selected")
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


def test_a_label_goes_to_no_run_but_those_ticked(screen, console):
    """To those though nobody presses Enter. And to none that are ticked afterwards: a box of labels
    tells late what stood in it.
    """
    page = screen.page
    list_of(screen, console, 3)
    tick(screen, 0, "1 selected")
    opener = screen.part("history-bar").get_by_text("Label", exact=True)
    opener.click()
    box = page.get_by_label("New label")
    box.fill("mine")
    page.mouse.click(900, 800)  # which closes the panel
    expect(cell(page, LABELS)).to_contain_text("mine")
    expect(page.get_by_test_id("stPopoverBody")).to_be_hidden()
    for row, said in ((1, "2 selected"), (2, "3 selected")):
        tick(screen, row, said)
    expect(opener).to_be_visible()
    page.wait_for_timeout(500)  # time for the box to tell what it holds
    assert [cell(page, LABELS, row).inner_text() for row in range(3)] == ["mine", "", ""]


def test_new_runs_are_told_of_and_shown_when_wanted(screen, console, window):
    """Those of another window; no row moves until then, nor does the table."""
    words = uuid.uuid4().hex
    screen.pick("Echo")
    field = screen.page.locator("textarea").first
    field.fill(f"{words} before")
    screen.run()
    expect(screen.part("outputs")).to_contain_text(f"{words} before")
    page = window()
    page.goto(f"{console.url}/history?q={words}")
    expect(cell(page, ANSWER)).to_contain_text("before")
    top = table(page).bounding_box()["y"]
    field.fill(f"{words} after")
    screen.run()
    expect(screen.part("outputs")).to_contain_text(f"{words} after")
    news = page.get_by_role("button", name="Show 1 new run")
    expect(news).to_be_visible()
    expect(cell(page, ANSWER)).to_contain_text("before")
    assert table(page).bounding_box()["y"] == top
    news.click()
    expect(cell(page, ANSWER)).to_contain_text("after")
    expect(news).to_have_count(0)
    field.fill(f"{words} at last")
    screen.run()
    expect(news).to_be_visible()
    page.get_by_role("link", name="Connection").click()
    expect(table(page)).to_have_count(0)
    page.get_by_role("link", name="History").click()
    expect(cell(page, ANSWER)).to_contain_text("at last")


def test_a_run_is_opened_with_the_keyboard_alone(screen, console):
    """Ticked where the arrows have led to, then opened by a letter, which a search takes as one."""
    page = screen.page
    words = list_of(screen, console, 2)
    cell(page, FLOW, 0).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    expect(screen.part("history-bar")).to_contain_text("1 selected")
    search = screen.part("history-filters").get_by_placeholder("Search inputs")
    search.press_sequentially("o")
    expect(search).to_have_value(f"o{words}")
    search.fill(words)
    cell(page, FLOW, 1).focus()
    page.keyboard.press("o")
    expect(screen.part("outputs")).to_contain_text(f"{words} 0")


def test_no_row_moves_when_what_stands_above_the_list_comes(screen, console):
    """It is sent behind the list, and its room is kept free, in windows of any width."""
    page = screen.page
    list_of(screen, console, 1)
    page.add_init_script(_TOPS)
    for width in (1280, 680, 540, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{console.url}/history")
        expect(screen.part("history-chart")).to_be_visible()
        expect(screen.part("history-filters").get_by_text("More filters")).to_be_visible()
        page.wait_for_timeout(300)  # time for the list to be pushed
        assert len(page.evaluate("window.tops")) == 1, (width, page.evaluate("window.tops"))

"""The keys and Back in the run history in Chromium."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Echoes
from tests.browser.screen import Screen
from tests.browser.test_history import cell, open_list, select
from tests.support.console_process import Console

_IS_ON_TOP = """(open) => {
  const {top, left} = open.getBoundingClientRect();
  return open.contains(document.elementFromPoint(left + 5, top + 5));
}"""


@pytest.fixture
def listed(shared_window: Screen, console: Console, echoes: Echoes) -> Screen:
    """The list of the echo chat's runs in History, without a selection."""
    open_list(shared_window, console, echoes)
    return shared_window


def test_a_key_that_is_held_deletes_nothing(listed: Screen, console: Console, echoes: Echoes):
    """Its repeats open and close the question; what deletes does not get the focus by itself."""
    select(listed, 0, "1 selected")
    page = listed.page
    listed.part("history-bar").get_by_role("button", name="Delete").focus()
    for _ in range(9):
        page.keyboard.down("Enter")  # after the first, as a key that repeats
        page.wait_for_timeout(150)
    if not page.get_by_role("button", name="Delete 1 run").is_visible():
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    expect(page.get_by_test_id("stPopoverBody")).to_be_focused()
    open_list(listed, console, echoes)


def test_a_key_leads_to_the_runs_of_history(listed: Screen):
    page = listed.page
    page.keyboard.press("Alt+r")
    expect(cell(page, 1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(cell(page, 1, 1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Shift+Space")
    expect(listed.part("history-bar").get_by_role("button", name="Open")).to_be_visible()
    page.keyboard.press("o")
    listed.part("run-status").wait_for()


@pytest.mark.usefixtures("echoes")
def test_back_returns_to_the_unfiltered_history(shared_window: Screen, console: Console):
    page = shared_window.page
    page.goto(f"{console.url}/history")
    # once the code of both pages is loaded, Chat's flow is written before the path
    for name, path in (("Run", "/"), ("Chat", "/chat"), ("Chat", "/chat")):
        shared_window.part("history-form").wait_for()
        shared_window.drawn()
        expect(page).to_have_url(re.compile("/history$"))
        page.get_by_role("link", name=name, exact=True).first.click()
        expect(page).to_have_url(re.compile(f"{path}[?]flow="))
        shared_window.drawn()
        page.go_back()
    shared_window.part("history-form").wait_for()
    shared_window.drawn()
    flow = shared_window.part("history-form").get_by_role("combobox", name="Flow")
    flow.click()
    page.get_by_role("option", name="Echo chat").first.click()
    expect(page).to_have_url(re.compile("/history[?]flow="))
    shared_window.drawn()
    page.go_back()
    expect(page).to_have_url(re.compile("/history$"))


@pytest.mark.exhaustive
@pytest.mark.usefixtures("echoes")
def test_what_can_be_done_with_selected_runs_stays_in_sight(
    shared_window: Screen, console: Console
):
    page = shared_window.page
    page.set_viewport_size({"width": 900, "height": 220})
    page.goto(f"{console.url}/history")
    table = page.get_by_test_id("data-grid-canvas")
    table.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    bar = shared_window.part("history-bar")
    expect(bar).to_contain_text("1 selected")
    shared_window.drawn()
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, main.scrollHeight)")
    button = bar.get_by_role("button", name="Open")
    expect(button).to_be_in_viewport(ratio=1)
    assert button.evaluate(_IS_ON_TOP)

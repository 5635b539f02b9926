"""Narrow windows, and the keyboard focus when elements disappear, in Chromium."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.screen import PHONE
from tests.support.waiting import wait_for

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def phone(console, lasting_screen):
    """A narrow window with the Run page."""
    screen = lasting_screen()
    screen.page.set_viewport_size(PHONE)
    screen.open(console.url)
    return screen


# a window of 1440 × 900 at 200 % zoom, and a phone
NARROW = ({"width": 720, "height": 450}, PHONE)


@pytest.mark.parametrize("name", ["", "chat", "history", "compare", "connection"])
def test_no_page_scrolls_sideways(shared_window, console, name):
    page = shared_window.page
    page.set_viewport_size(PHONE)
    page.goto(f"{console.url}/{name}")
    expect(shared_window.part("server-link").locator("a:visible")).to_contain_text("Langflow 1.13")
    page.locator("h1, .st-key-flow-head input").first.wait_for(state="attached")
    assert_narrow_windows_fit(shared_window, name)


def test_no_presentation_scrolls_sideways(shared_window, addresses):
    shared_window.page.goto(f"{addresses['Sort a request']}&view=present")
    shared_window.page.get_by_role("heading", level=1).first.wait_for()
    assert_narrow_windows_fit(shared_window, "present")


def test_a_button_of_a_phones_chat_opens_the_sidebar(shared_window, console, sample_ids):
    shared_window.page.goto(f"{console.url}/chat?flow={sample_ids['Echo chat']}")
    opener = shared_window.part("open-sidebar").locator("button")
    opener.wait_for(state="attached")
    expect(opener).to_be_hidden()
    shared_window.page.set_viewport_size(PHONE)
    shared_window.page.reload()
    opener.click()
    new = shared_window.page.get_by_role("button", name="New session")
    expect(new).to_be_in_viewport()
    shared_window.page.get_by_test_id("stSidebarCollapseButton").locator("button").click()
    expect(new).not_to_be_in_viewport()


def test_the_menu_of_a_narrow_window_closes_when_a_page_is_chosen(phone):
    """It would cover the page. It closes every time, not only the first."""
    page = phone.page
    menu = page.get_by_test_id("stSidebar")
    for name, sign in (("Connection", "server-facts"), ("Run", "run-panel")):
        opener = page.get_by_role("button", name="Menu", exact=True)
        assert opener.bounding_box()["x"] < page.locator(".stAppToolbar img").bounding_box()["x"]
        opener.click()
        menu.get_by_role("link", name=name).click()
        phone.part(sign).wait_for()
        phone.drawn()
        expect(menu.get_by_role("link", name=name)).not_to_be_in_viewport()


def test_no_popover_of_a_narrow_window_is_open_after_a_reload(phone):
    """A run's options and the flow's menu would cover the page."""
    page = phone.page
    popover = page.get_by_test_id("stPopoverBody")
    for key in ("run-more", "flow-head-menu"):
        phone.part(key).get_by_role("button").click()
        expect(popover).to_be_in_viewport()
        page.reload()
        phone.part("flow-picker").wait_for()
        phone.drawn()
        expect(popover).not_to_be_in_viewport()


def test_keyboard_focus_stays_in_its_part_of_the_page_when_a_button_disappears(
    shared_window, addresses
):
    """The next Tab continues from there, not from the page's top."""
    shared_window.open(addresses["Wait for an approval"])
    shared_window.run()
    approve = shared_window.part("decisions").get_by_role("button").first
    approve.focus()
    shared_window.page.keyboard.press("Enter")
    shared_window.wait("completed")
    expect(shared_window.part("run-status")).to_be_focused()
    expect(shared_window.part("run-status")).to_have_css("outline-style", "none")
    close = shared_window.part("clear-run").get_by_role("button")
    close.focus()
    shared_window.page.keyboard.press("Enter")
    expect(close).to_have_count(0)
    expect(shared_window.part("run-status")).to_be_focused()


FOCUSED = "document.activeElement.className || document.activeElement.localName"


def test_keyboard_focus_stays_in_its_part_if_a_field_disappears_long_after_the_script(echo_form):
    field = echo_form.part("run-form").locator("textarea").first
    field.click()
    with echo_form.without(field):
        wait_for(lambda: "st-key-" in echo_form.page.evaluate(FOCUSED))


def test_a_field_that_was_left_does_not_get_the_focus_back(echo_form):
    """On a phone its keyboard would open."""
    field = echo_form.part("run-form").locator("textarea").first
    field.click()
    echo_form.page.get_by_test_id("stTopNav").click(position={"x": 400, "y": 2})
    with echo_form.without(field):
        echo_form.page.wait_for_timeout(1500)  # the page looks twice a second
        assert echo_form.page.evaluate(FOCUSED) == "body"


def test_no_part_of_an_opened_run_scrolls_sideways(shared_window, ended_run):
    page = shared_window.page
    page.set_viewport_size(PHONE)
    shared_window.open(ended_run("Table of sample records"))
    shared_window.wait("completed")
    for tab in ("", "Trace", "Inputs", "Code"):
        if tab:
            shared_window.part("run-status").get_by_role("tab", name=tab).click()
        assert_narrow_windows_fit(shared_window, tab)


def assert_narrow_windows_fit(screen, shown):
    # the second is Chat's, which follows its messages
    main = screen.page.get_by_test_id(re.compile("^(stMain|stAppScrollToBottomContainer)$"))
    for size in NARROW:
        screen.page.set_viewport_size(size)
        screen.drawn()
        assert main.evaluate("main => main.scrollWidth <= main.clientWidth"), (size, shown)

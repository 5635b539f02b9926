"""Presets and shared links in Chromium."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import OPEN_MENU, check
from tests.browser.screen import Screen
from tests.support.waiting import wait_for


def test_a_preset_is_saved_chosen_exported_and_shared(screen, window):
    page = screen.page
    screen.pick("Echo")
    message = page.locator("textarea").first
    message.fill("Dear reader")
    bar = screen.part("preset-bar")
    bar.get_by_role("button", name="Save").click()
    menu = page.get_by_test_id("stPopoverBody")
    menu.get_by_label("Save as preset").fill("Reply: friendly")
    check(page, OPEN_MENU)
    page.keyboard.press("Enter")
    choice = bar.get_by_role("combobox")
    expect(choice).to_have_value("Reply: friendly")

    message.fill("Dear reader, edited")
    message.press("Tab")
    differs = screen.part("preset-differs")
    expect(differs).to_contain_text("Differs from “Reply: friendly” in 1 value.")
    page.reload()
    expect(differs).to_be_visible()
    differs.get_by_role("button", name="Undo").click()
    expect(message).to_have_value("Dear reader")
    expect(differs).to_have_count(0)

    bar.get_by_role("button", name="Presets").click()
    with page.expect_download() as download:
        menu.get_by_role("button", name="Export").click()
    assert download.value.suggested_filename == "Reply-friendly.json"
    assert list(json.loads(download.value.path().read_text())["values"].values()) == ["Dear reader"]
    page.keyboard.press("Escape")

    screen.part("flow-head").get_by_role("button", name="Share").click()
    address = menu.locator("code").filter(has_text="preset=").inner_text().strip()
    assert address.startswith(page.url.partition("?")[0])
    other = Screen(window())
    other.page.goto("about:blank")
    other.open(address)
    theirs = other.page.locator("textarea").first
    expect(theirs).to_have_value("Dear reader")
    expect(other.page).to_have_url(re.compile(r"\?flow=[^&]+$"))
    theirs.fill("mine")
    theirs.press("Tab")
    expect(other.part("preset-differs")).to_be_visible()
    other.page.go_back()  # to the address that was opened, which is left at once
    expect(other.page).to_have_url(re.compile(r"\?flow=[^&]+$"))
    expect(theirs).to_have_value("mine")
    other.page.go_back()
    expect(other.page).to_have_url("about:blank")


@pytest.mark.exhaustive
def test_the_menu_that_saved_the_first_preset_stays_closed(screen):
    """Also if the browser draws the page in between, as a slow one: the list is there from then."""
    page = screen.page
    held: list[tuple] = []
    is_slow = []

    def relay(browser):
        server = browser.connect_to_server()
        browser.on_message(server.send)

        def deliver(message):
            if is_slow:
                held.append((browser, message))
            else:
                browser.send(message)

        server.on_message(deliver)

    page.route_web_socket("**/stream*", relay)
    screen.pick("Takes half")
    bar = screen.part("preset-bar")
    bar.get_by_role("button", name="Save").click()
    menu = page.get_by_test_id("stPopoverBody")
    menu.get_by_label("Save as preset").fill("first")
    is_slow.append(True)
    page.keyboard.press("Enter")

    def is_listed():
        page.evaluate("1")  # receives messages
        if held:
            browser, message = held.pop(0)
            browser.send(message)
        return not held and bar.get_by_role("combobox").count() > 0

    wait_for(is_listed)
    is_slow.clear()
    screen.drawn()
    bar.get_by_role("button", name="Presets").click()
    expect(menu.get_by_role("button", name="Rename")).to_be_visible()
    screen.drawn()
    expect(menu).to_have_count(1)

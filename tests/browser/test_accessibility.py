"""Pages and states in Chromium against axe-core's rules. Other tests check some of them."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import (
    OPEN_MENU,
    check,
    check_with_menus,
)
from tests.browser.screen import PHONE, Screen
from tests.support.console_process import Console

RESULT = ".st-key-run-status"
RUN = f".st-key-run-panel, {RESULT}"


def test_the_run_page_before_during_and_after_a_run(screen: Screen):
    screen.pick("Plan a trip")
    check(screen.page)
    screen.open_parameters("ChatInput-place")
    name = screen.part("param-ChatInput-place-sender_name").locator("input")
    name.fill("Somebody")
    name.blur()
    expect(screen.part("all-parameters").get_by_text("1 changed").first).to_be_visible()
    check(screen.page, ".st-key-run-form")
    screen.run()
    expect(screen.part("run-panel")).to_contain_text("of 7 components")
    check(screen.page, RUN)
    screen.wait("completed")
    screen.drawn()
    check_with_menus(screen.page)
    for view in ("Timings", "Raw response", "Details"):
        screen.trace(view)
        screen.drawn()
        check(screen.page, ".st-key-run-details")
    for tab in ("Inputs", "Code"):
        screen.part("run-status").get_by_role("tab", name=tab).click()
        screen.drawn()
        check(screen.page, RESULT)


def test_a_table_in_a_column_and_in_full_width(
    shared_window: Screen, ended_run: Callable[[str], str]
):
    shared_window.open(ended_run("Table of sample records"))
    shared_window.wait("completed")
    shared_window.drawn()
    check(shared_window.page, RESULT)
    shared_window.page.get_by_role("button", name="Full width").click()
    shared_window.page.get_by_role("button", name="Leave full width").wait_for()
    shared_window.view("outputs", "Columns")
    shared_window.drawn()
    check(shared_window.page)


def test_the_run_page_on_a_phone(screen: Screen):
    page = screen.page
    page.set_viewport_size(PHONE)
    screen.pick("Echo")
    check_with_menus(page)
    screen.run()
    screen.wait("completed")
    screen.drawn()
    check(page, f"{RUN}, .st-key-recent-head, .st-key-recent-runs")
    page.get_by_test_id("stExpandSidebarButton").click()
    screen.drawn()
    check(page, "[data-testid=stSidebar]")


def test_overrides_as_json_and_an_error_in_them(shared_window: Screen, addresses: dict[str, str]):
    shared_window.open(addresses["Echo chat"])
    form = shared_window.part("run-form")
    form.get_by_text("Overrides as JSON").click()
    box = form.get_by_role("textbox", name="Overrides as JSON")
    box.fill("{")
    box.blur()
    form.get_by_role("button", name="Apply").click()
    expect(form.get_by_test_id("stAlert")).to_have_count(1)
    shared_window.drawn()
    check(shared_window.page, ".st-key-run-form")


def test_unknown_flows_and_runs(shared_window: Screen, console: Console):
    for query, words in (("flow=unknown", "no such flow"), (f"run={'0' * 32}", "Run not found")):
        shared_window.page.goto(f"{console.url}/?{query}")
        message = shared_window.page.locator("[data-testid=stAlert], h2").filter(has_text=words)
        expect(message.first).to_be_visible()
        shared_window.drawn()
        check(shared_window.page)


@pytest.mark.usefixtures("echoes")
def test_the_history_on_a_phone(screen: Screen, console: Console):
    screen.page.set_viewport_size(PHONE)
    screen.page.goto(f"{console.url}/history")
    screen.part("history-cards").wait_for()
    screen.drawn()
    check(screen.page)


def test_keyboard_shortcuts_of_the_run_page(screen: Screen):
    page = screen.page
    screen.pick("Takes half")
    press = page.keyboard.press
    press("Control+Enter")
    expect(screen.part("stop-button")).to_be_visible()
    press("Alt+KeyR")
    expect(screen.part("run-status")).to_be_focused()
    press("Alt+KeyS")
    screen.wait("stopped")
    screen.drawn()
    press("Alt+KeyO")
    expect(screen.part("run-mode")).to_be_visible()
    check(page, f"{OPEN_MENU}, {RUN}")
    screen.part("run-mode").locator("input").first.focus()
    press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    press("Escape")
    press("Escape")
    press("Alt+KeyI")
    field = screen.part("run-form").locator("textarea").first
    expect(field).to_be_focused()
    page.keyboard.type("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_have_count(0)
    press("Alt+KeyR")
    press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_contain_text("Go to the result")
    expect(page.get_by_role("dialog", name="Keyboard")).not_to_contain_text("Shift + Space")
    check(page)
    press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(screen.part("run-status")).to_be_focused()


def test_a_presentation_and_its_editor(screen: Screen):
    page = screen.page
    screen.pick("Plan a trip")
    page.keyboard.press("Alt+p")
    screen.part("present-edit").wait_for()
    screen.drawn()
    check(page)
    screen.run()
    expect(screen.part("run-panel")).to_contain_text("of 7 steps")
    check(page, RUN)
    screen.wait("completed")
    screen.drawn()
    check(page, RUN)
    screen.part("present-edit").get_by_role("button").click()
    screen.part("present-editor").wait_for()
    screen.part("present-editor").get_by_test_id("stExpander").first.click()
    screen.drawn()
    box = page.get_by_role("combobox", name="Color")
    box.click()
    box.fill("Orange")
    page.get_by_role("option", name="Orange").click()
    screen.drawn()
    check(page)

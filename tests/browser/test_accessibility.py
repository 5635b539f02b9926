"""Every page and state in Chromium against axe-core's rules; some are checked by other tests."""

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import check, check_with_menus
from tests.browser.screen import Screen
from tests.support.console_process import Console
from tests.support.waiting import wait_for


def test_a_run_before_during_and_after(screen: Screen):
    screen.pick("Plan a trip")
    check(screen.page)
    screen.open_parameters("ChatInput-place")
    name = screen.part("param-ChatInput-place-sender_name").locator("input")
    name.fill("Somebody")
    name.blur()
    expect(screen.part("all-parameters").get_by_text("1 changed").first).to_be_visible()
    check(screen.page)
    screen.run()
    expect(screen.part("run-panel")).to_contain_text("of 7 components")
    check(screen.page)
    screen.wait("completed")
    screen.drawn()
    check_with_menus(screen.page)
    for view in ("Timings", "Messages", "Events", "Raw response", "Details"):
        screen.trace(view)
        screen.drawn()
        check(screen.page)
    for tab in ("Inputs", "Code"):
        screen.part("run-status").get_by_role("tab", name=tab).click()
        screen.drawn()
        check(screen.page)


def test_a_failed_run(screen: Screen):
    screen.pick("Fails until")
    screen.run()
    screen.wait("failed")
    screen.drawn()
    check(screen.page)


def test_a_table_of_a_run_opened_by_its_address(screen: Screen):
    screen.pick("Table of")
    screen.run()
    screen.wait("completed")
    screen.open(screen.address())
    screen.wait("completed")
    screen.drawn()
    check(screen.page)
    screen.page.get_by_role("button", name="Full width").click()
    screen.page.get_by_role("button", name="Leave full width").wait_for()
    screen.view("outputs", "Columns")
    screen.drawn()
    check(screen.page)


def test_a_phone_before_and_after_a_run(screen: Screen):
    page = screen.page
    page.set_viewport_size({"width": 390, "height": 844})
    screen.pick("Echo")
    check_with_menus(page)
    screen.run()
    screen.wait("completed")
    screen.drawn()
    check(page)
    page.get_by_test_id("stExpandSidebarButton").click()
    screen.drawn()
    check(page)


def test_overrides_as_json_and_an_error_in_them(screen: Screen):
    screen.pick("Echo")
    screen.page.get_by_text("Overrides as JSON").click()
    box = screen.page.get_by_role("textbox", name="Overrides as JSON")
    box.fill("{")
    box.blur()
    screen.page.get_by_role("button", name="Apply").click()
    expect(screen.page.get_by_test_id("stAlert")).to_have_count(1)
    screen.drawn()
    check(screen.page)


@pytest.mark.parametrize(
    ("query", "words"),
    [("flow=unknown", "no such flow"), (f"run={'0' * 32}", "Run not found")],
)
def test_an_address_that_leads_nowhere(screen: Screen, console: Console, query: str, words: str):
    screen.page.goto(f"{console.url}/?{query}")
    said = screen.page.locator("[data-testid=stAlert], h2").filter(has_text=words)
    expect(said.first).to_be_visible()
    screen.drawn()
    check(screen.page)


def present(screen: Screen, name: str) -> None:
    """Show a sample flow in the Present view, as its presenter."""
    screen.pick(name)
    screen.page.keyboard.press("Alt+p")
    screen.part("present").wait_for()
    screen.drawn()


def test_a_presentation_that_asks(screen: Screen):
    present(screen, "Wait for an approval")
    screen.run()
    expect(screen.part("approval")).to_be_visible()
    check(screen.page)
    screen.part("approval").get_by_role("button", name="Reject").click()
    screen.wait("completed")
    screen.drawn()
    check(screen.page)


def test_a_presentation_that_fails(screen: Screen):
    present(screen, "Fails until")
    screen.run()
    screen.wait("failed")
    screen.drawn()
    check(screen.page)


@pytest.mark.usefixtures("echoes")
def test_the_history_on_a_phone(screen: Screen, console: Console):
    screen.page.set_viewport_size({"width": 390, "height": 844})
    screen.page.goto(f"{console.url}/history?group=yes")
    screen.part("history-cards").wait_for()
    screen.drawn()
    check(screen.page)


def test_the_connection_page(screen: Screen, console: Console):
    screen.page.goto(f"{console.url}/connection")
    screen.part("server-facts").wait_for()
    screen.drawn()
    check(screen.page)


def test_keys_lead_to_run_stop_options_inputs_and_result(screen: Screen):
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
    check(page)
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
    expect(page.get_by_role("dialog", name="Keyboard")).to_contain_text("Shift + Space")
    check(page)
    press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(screen.part("run-status")).to_be_focused()
    page.set_viewport_size({"width": 1024, "height": 400})
    screen.part("recent-runs").scroll_into_view_if_needed()
    press("Alt+KeyR")
    head = page.get_by_test_id("stHeader").bounding_box()["height"]
    wait_for(lambda: head <= screen.part("run-status").bounding_box()["y"] < 100)


def test_a_presentation_its_editor_and_a_shared_result(screen: Screen):
    page = screen.page
    present(screen, "Plan a trip")
    check(page)
    screen.run()
    expect(screen.part("run-panel")).to_contain_text("of 7 steps")
    check(page)
    screen.wait("completed")
    screen.drawn()
    check(page)
    page.get_by_role("button", name="Share result").click()
    page.get_by_role("button", name="Create link").click()
    address = page.get_by_test_id("stPopoverBody").locator("code").inner_text()
    copy = page.get_by_test_id("stPopoverBody").get_by_role("button", name="Copy")
    wait_for(lambda: copy.evaluate("button => button.getRootNode().activeElement === button"))
    check(page)
    page.keyboard.press("Escape")
    screen.part("present-edit").get_by_role("button").click()
    screen.part("present-editor").wait_for()
    screen.part("present-editor").get_by_test_id("stExpander").first.click()
    screen.drawn()
    for color in ("Teal", "Orange", "Gray"):
        box = page.get_by_role("combobox", name="Color")
        box.click()
        box.fill(color)
        page.get_by_role("option", name=color).click()
        screen.drawn()
        check(page, "html" if color == "Teal" else ".st-key-present")
    page.goto(address)
    expect(screen.part("present")).to_contain_text("Result of")
    check(page)
    page.goto(address[:-4])
    expect(screen.part("present")).to_contain_text("This link shows no result")
    check(page)

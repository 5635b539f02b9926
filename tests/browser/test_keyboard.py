"""The keys for the controls of the page in Chromium."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen
from tests.support.console_process import Console
from tests.support.waiting import wait_for

# what macOS sends for Option and a key: another letter
_OPTION_KEY = """(field) => field.dispatchEvent(new KeyboardEvent("keydown", {
  key: "ø", code: "KeyO", altKey: true, bubbles: true, cancelable: true
}))"""

# what has the focus and lies under the header, the bar of Run or the box of a chat, else nothing
_COVERED = """() => {
  const focused = document.activeElement, {top, bottom} = focused.getBoundingClientRect();
  const bars = document.querySelectorAll(
    "[data-testid=stHeader], [data-testid=stBottom], div:has(> .st-key-run-panel)");
  const isCovered = [...bars].some((bar) => {
    const box = bar.getBoundingClientRect();
    return !bar.contains(focused) && box.top < bottom && top < box.bottom;
  });
  return isCovered ? focused.ariaLabel || focused.innerText : "";
}"""
_FOCUSED_PART = """() => {
  const part = document.activeElement.closest('[class*="st-key-"]');
  return part ? part.className : "";
}"""


@pytest.fixture(scope="module")
def trip(lasting_screen: Callable[..., Screen]) -> Screen:
    """The form of a flow with more fields than a window shows."""
    screen = lasting_screen()
    screen.pick("Plan a trip")
    return screen


@pytest.mark.exhaustive
def test_no_bar_covers_what_has_the_focus(trip: Screen):
    trip.page.set_viewport_size({"width": 900, "height": 600})
    check_nothing_is_covered(trip)


@pytest.mark.exhaustive
def test_no_bar_of_a_narrow_window_covers_what_has_the_focus(screen: Screen):
    screen.page.set_viewport_size({"width": 500, "height": 700})
    screen.pick("Plan a trip")
    check_nothing_is_covered(screen)


def check_nothing_is_covered(screen: Screen) -> None:
    """Check each stop of Tab from the first field to Run, and of Shift+Tab back to the flows."""
    page = screen.page
    page.locator("textarea").first.focus()
    covered = []

    def press_until(key: str, end: str) -> None:
        for _ in range(30):
            page.keyboard.press(key)
            covered.append(page.evaluate(_COVERED))
            if end in page.evaluate(_FOCUSED_PART):
                return
        raise AssertionError(f"{key} does not lead to {end}")

    press_until("Tab", "st-key-run")
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, main.scrollHeight)")
    press_until("Shift+Tab", "st-key-flow-choice")
    assert not any(covered), covered


@pytest.mark.exhaustive
def test_the_box_of_a_chat_covers_nothing_that_has_the_focus(
    shared_window: Screen, addresses: dict[str, str]
):
    page = shared_window.page
    shared_window.open(addresses["Echo chat"])
    page.get_by_role("link", name="Chat").first.click()
    page.set_viewport_size({"width": 900, "height": 600})
    box = page.get_by_test_id("stChatInputTextArea")
    for number in range(2):  # longer than the window
        box.fill("a line\n\n" * 6)
        box.press("Enter")
        expect(page.get_by_test_id("stChatMessage")).to_have_count(2 * (number + 1))
        shared_window.drawn()
    page.locator("main, section").get_by_role("heading", level=1).first.evaluate(
        "heading => { heading.tabIndex = -1; heading.focus(); }"
    )
    covered = []
    while len(covered) < 60 and not box.evaluate("box => box === document.activeElement"):
        page.keyboard.press("Tab")
        covered.append(page.evaluate(_COVERED))
    assert len(covered) > 4
    assert not any(covered), covered


@pytest.fixture(scope="module")
def narrow_window(lasting_screen: Callable[..., Screen]) -> Screen:
    """A window at 200 % zoom."""
    screen = lasting_screen()
    screen.page.set_viewport_size({"width": 720, "height": 450})
    return screen


@pytest.mark.parametrize("page_name", ["", pytest.param("chat", marks=pytest.mark.exhaustive)])
def test_a_narrow_windows_menu_has_the_focus_only_while_it_is_open(
    narrow_window: Screen, console: Console, page_name: str
):
    page = narrow_window.page
    narrow_window.open(f"{console.url}/{page_name}")
    page.get_by_test_id("stSidebar").locator("a").first.wait_for(state="hidden")
    menu = page.get_by_role("button", name="Menu", exact=True)
    menu.press("Enter")
    expect(page.get_by_role("link", name="Run").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(menu).to_be_focused()
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('[data-testid=stSidebar]') === null")


def test_a_letter_that_option_writes_is_left_to_the_field(echo_form: Screen):
    field = echo_form.part("run-form").locator("textarea").first
    assert field.evaluate(_OPTION_KEY) is True  # the browser goes on and writes it
    expect(echo_form.part("run-mode")).to_have_count(0)
    field.press("Alt+KeyO")
    expect(echo_form.part("run-mode")).to_be_visible()


def test_escape_closes_a_list_and_keeps_the_choice(
    shared_window: Screen, addresses: dict[str, str]
):
    shared_window.open(addresses["Echo chat"])
    bar = shared_window.part("preset-bar")
    bar.get_by_role("button", name="Save").click()
    shared_window.page.get_by_label("Save as preset").fill("Friendly")
    shared_window.page.keyboard.press("Enter")
    choice = bar.get_by_role("combobox")
    expect(choice).to_have_value("Friendly")
    choice.click()
    expect(choice).to_have_attribute("aria-expanded", "true")
    choice.press("Escape")
    expect(choice).to_have_attribute("aria-expanded", "false")
    choice.press("Escape")
    expect(choice).to_be_focused()
    expect(choice).to_have_value("Friendly")


@pytest.fixture(scope="module")
def echo_result(lasting_screen: Callable[..., Screen], ended_run: Callable[[str], str]) -> Screen:
    """A run of the echo chat, with its form and its recent runs."""
    screen = lasting_screen()
    screen.open(ended_run("Echo chat"))
    screen.wait("completed")
    screen.drawn()
    return screen


def test_a_popover_opened_with_the_keyboard_has_the_focus_until_it_is_closed(echo_form: Screen):
    page = echo_form.page
    page.locator("textarea").first.press("Alt+KeyO")
    expect(echo_form.part("run-mode").get_by_role("radio").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(echo_form.part("run-more").get_by_role("button")).to_be_focused()
    save = echo_form.part("preset-bar").get_by_role("button", name="Save")
    save.press("Enter")
    expect(page.get_by_label("Save as preset")).to_be_focused()
    page.keyboard.press("Escape")
    expect(save).to_be_focused()
    page.get_by_role("button", name="Share").press("Space")
    expect(page.get_by_role("button", name="Copy")).to_be_focused()


@pytest.mark.usefixtures("echoes")
def test_alt_i_focuses_the_main_field_of_each_page(echo_form: Screen):
    """The list of keys names the field, and omits what its page lacks."""
    page = echo_form.page
    for name, place, named, omitted in (
        ("", ".st-key-run-form textarea", "inputs", ["focused run", "Full screen"]),
        ("Chat", ".stChatInput textarea", "message box", ["Run", "Present", "focused run"]),
        ("History", ".st-key-history-text input", "search", ["Run", "Stop", "Present"]),
    ):
        if name:
            page.get_by_role("link", name=name, exact=True).first.click()
        field = page.locator(place).first
        field.wait_for()
        echo_form.drawn()
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("?")
        help_text = page.get_by_role("dialog", name="Keyboard")
        actions = help_text.locator("dt:has-text('Alt + I') + dd")
        expect(actions).to_have_text([f"Go to the {named}"])
        for word in omitted:
            listed = help_text.locator("dd").filter(has_text=re.compile(rf"\b{word}\b"))
            expect(listed).to_have_count(0)
        page.keyboard.press("Escape")
        page.keyboard.press("Alt+KeyI")
        expect(field).to_be_focused()
    page.get_by_role("link", name="Run", exact=True).first.click()
    echo_form.part("flow-picker").wait_for()


@pytest.mark.usefixtures("echoes")
def test_a_recent_run_that_is_opened_with_the_keyboard_has_the_focus(
    shared_window: Screen, addresses: dict[str, str]
):
    shared_window.open(addresses["Echo chat"])
    page = shared_window.page
    shared_window.part("recent-runs").locator("button:enabled").first.press("Enter")
    status = shared_window.part("run-status")
    expect(status).to_be_focused()
    expect(status).to_have_css("outline-style", "solid")
    wait_for(lambda: 0 < status.bounding_box()["y"] < 500)
    page.keyboard.press("Tab")
    expect(status.get_by_role("button", name="Close")).to_be_focused()


@pytest.mark.exhaustive
def test_a_chart_shows_its_buttons_while_they_have_the_focus(echo_result: Screen):
    echo_result.part("run-status").get_by_role("tab", name="Trace").click()
    bar = echo_result.part("run-status").get_by_test_id("stElementToolbar")
    echo_result.part("run-status").get_by_role("radio", name="Timings").focus()
    expect(bar).to_have_css("opacity", "0")
    echo_result.page.keyboard.press("Tab")
    button = bar.get_by_role("button", name="Download as PNG")
    expect(button).to_be_focused()
    expect(bar).to_have_css("opacity", "1")
    expect(button).to_have_css("outline", re.compile("solid 2px"))


@pytest.mark.parametrize("is_open", [pytest.param(False, marks=pytest.mark.exhaustive), True])
def test_options_pass_the_focus_to_stop_and_that_to_run(screen: Screen, is_open: bool):
    page = screen.page
    screen.pick("Takes half")
    screen.part("run-more").get_by_role("button").focus()
    if is_open:
        page.keyboard.press("Alt+KeyO")
        expect(screen.part("run-mode").get_by_role("radio").first).to_be_focused()
    page.keyboard.press("Control+Enter")
    stop = screen.part("stop-button").get_by_role("button")
    expect(stop).to_be_focused()
    expect(stop).not_to_have_css("box-shadow", "none")
    page.keyboard.press("Alt+KeyS")
    screen.wait("stopped")
    expect(screen.part("run-button").get_by_role("button")).to_be_focused()


@pytest.mark.exhaustive
def test_stop_does_not_get_the_focus_of_run_whose_second_press_it_would_take(screen: Screen):
    screen.pick("Takes half")
    screen.part("run-button").get_by_role("button").press("Enter")
    screen.wait("running")
    screen.drawn()
    expect(screen.part("stop-button").get_by_role("button")).not_to_be_focused()
    screen.stop()


@pytest.mark.exhaustive
def test_a_recent_run_that_leaves_its_list_moves_the_focus_to_no_result(echo_result: Screen):
    recent = echo_result.part("recent-runs")
    row = recent.locator("button:enabled").first
    row.focus()
    with echo_result.without(row):
        expect(recent.locator(":focus")).to_be_attached()

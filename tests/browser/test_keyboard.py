"""The keys for the controls of the page in Chromium."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Echoes
from tests.browser.screen import Screen
from tests.browser.test_history import cell, open_list, select
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

_IS_ON_TOP = """(open) => {
  const {top, left} = open.getBoundingClientRect();
  return open.contains(document.elementFromPoint(left + 5, top + 5));
}"""


@pytest.mark.parametrize("size", [(900, 600), (500, 700)])
def test_no_bar_covers_what_has_the_focus(screen: Screen, size: tuple[int, int]):
    page = screen.page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    screen.pick("Plan a trip")
    page.locator("textarea").first.focus()
    covered = []

    def walk(key: str, end: str) -> None:
        for _ in range(30):
            page.keyboard.press(key)
            covered.append(page.evaluate(_COVERED))
            if end in page.evaluate(_FOCUSED_PART):
                return
        raise AssertionError(f"{key} does not lead to {end}")

    walk("Tab", "st-key-run")
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, main.scrollHeight)")
    walk("Shift+Tab", "st-key-flow-choice")
    assert not any(covered), covered


def test_the_box_of_a_chat_covers_nothing_that_has_the_focus(screen: Screen):
    page = screen.page
    screen.pick("Echo")
    page.get_by_role("link", name="Chat").first.click()
    page.set_viewport_size({"width": 900, "height": 600})
    box = page.get_by_test_id("stChatInputTextArea")
    for number in range(4):
        box.fill(f"message {number}")
        box.press("Enter")
        expect(page.get_by_test_id("stChatMessage")).to_have_count(2 * (number + 1))
        screen.drawn()
    page.locator("main, section").get_by_role("heading", level=1).first.evaluate(
        "heading => { heading.tabIndex = -1; heading.focus(); }"
    )
    covered = []
    while len(covered) < 60 and not box.evaluate("box => box === document.activeElement"):
        page.keyboard.press("Tab")
        covered.append(page.evaluate(_COVERED))
    assert len(covered) > 4
    assert not any(covered), covered


@pytest.mark.parametrize("page_name", ["", "chat"])
def test_a_narrow_windows_menu_has_the_focus_only_while_it_is_open(
    screen: Screen, console: Console, page_name: str
):
    """At 200 % zoom: Chat has its sessions and parameters there, too."""
    page = screen.page
    page.set_viewport_size({"width": 720, "height": 450})
    screen.open(f"{console.url}/{page_name}")
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


def test_a_letter_that_option_writes_is_left_to_the_field(screen: Screen):
    screen.pick("Echo")
    field = screen.part("run-form").locator("textarea").first
    assert field.evaluate(_OPTION_KEY) is True  # the browser goes on and writes it
    expect(screen.part("run-mode")).to_have_count(0)
    field.press("Alt+KeyO")
    expect(screen.part("run-mode")).to_be_visible()


def test_escape_closes_a_list_and_keeps_the_choice(screen: Screen):
    screen.pick("Echo")
    bar = screen.part("preset-bar")
    bar.get_by_role("button", name="Save").click()
    screen.page.get_by_label("Save as preset").fill("Friendly")
    screen.page.keyboard.press("Enter")
    choice = bar.get_by_role("combobox")
    expect(choice).to_have_value("Friendly")
    choice.click()
    expect(choice).to_have_attribute("aria-expanded", "true")
    choice.press("Escape")
    expect(choice).to_have_attribute("aria-expanded", "false")
    choice.press("Escape")
    expect(choice).to_be_focused()
    expect(choice).to_have_value("Friendly")


def test_options_keep_the_focus_while_a_short_run_has_progress(screen: Screen):
    screen.pick("Echo")
    options = screen.part("run-more").get_by_role("button")
    options.focus()
    screen.page.keyboard.press("Control+Enter")
    screen.wait("completed")
    screen.drawn()
    assert screen.page.evaluate("document.activeElement !== document.body")


def test_a_popover_opened_with_the_keyboard_has_the_focus_until_it_is_closed(screen: Screen):
    screen.pick("Echo")
    page = screen.page
    page.locator("textarea").first.press("Alt+KeyO")
    expect(screen.part("run-mode").get_by_role("radio").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(screen.part("run-more").get_by_role("button")).to_be_focused()
    save = screen.part("preset-bar").get_by_role("button", name="Save")
    save.press("Enter")
    expect(page.get_by_label("Save as preset")).to_be_focused()
    page.keyboard.press("Escape")
    expect(save).to_be_focused()
    page.get_by_role("button", name="Share").press("Space")
    expect(page.get_by_role("button", name="Copy")).to_be_focused()


def test_only_the_field_of_a_popover_opened_with_the_mouse_gets_the_focus(screen: Screen):
    screen.pick("Echo")
    screen.part("preset-bar").get_by_role("button", name="Save").click()
    expect(screen.page.get_by_label("Save as preset")).to_be_focused()
    screen.page.keyboard.press("Escape")
    options = screen.part("run-more").get_by_role("button")
    options.click()
    screen.part("run-mode").get_by_role("radio").first.wait_for()
    screen.drawn()
    expect(options).to_be_focused()


def test_a_letter_typed_while_a_popover_is_open_opens_no_run(
    screen: Screen, console: Console, echoes: Echoes
):
    open_list(screen, console, echoes)
    select(screen, 0, "1 selected")
    page = screen.page
    delete = screen.part("history-bar").get_by_role("button", name="Delete")
    delete.click()
    expect(page.get_by_test_id("stPopoverBody")).to_be_visible()
    screen.drawn()
    page.keyboard.press("o")
    page.wait_for_timeout(500)
    expect(page).to_have_url(re.compile("/history"))
    page.keyboard.press("Escape")
    delete.press("o")
    expect(page).to_have_url(re.compile("run="))


def test_a_key_that_is_held_deletes_nothing(screen: Screen, console: Console, echoes: Echoes):
    """Its repeats open and close the question; what deletes does not get the focus by itself."""
    open_list(screen, console, echoes)
    select(screen, 0, "1 selected")
    page = screen.page
    screen.part("history-bar").get_by_role("button", name="Delete").focus()
    for _ in range(9):
        page.keyboard.down("Enter")  # after the first, as a key that repeats
        page.wait_for_timeout(150)
    if not page.get_by_role("button", name="Delete 1 run").is_visible():
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    expect(page.get_by_test_id("stPopoverBody")).to_be_focused()
    open_list(screen, console, echoes)


def test_a_key_leads_to_the_list_of_flows(screen: Screen):
    screen.pick("Echo")
    screen.page.get_by_label("Message").press("Alt+KeyL")
    expect(screen.part("flow-picker").get_by_role("combobox")).to_be_focused()


@pytest.mark.usefixtures("echoes")
def test_a_recent_run_that_is_opened_with_the_keyboard_has_the_focus(screen: Screen):
    screen.pick("Echo chat")
    page = screen.page
    screen.part("recent-runs").locator("button:enabled").first.press("Enter")
    status = screen.part("run-status")
    expect(status).to_be_focused()
    expect(status).to_have_css("outline-style", "solid")
    wait_for(lambda: 0 < status.bounding_box()["y"] < 500)
    page.keyboard.press("Tab")
    expect(status.get_by_role("button", name="Close")).to_be_focused()


def test_a_key_leads_to_the_runs_of_history(screen: Screen, console: Console, echoes: Echoes):
    open_list(screen, console, echoes)
    page = screen.page
    page.keyboard.press("Alt+r")
    expect(cell(page, 1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(cell(page, 1, 1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    screen.part("run-status").wait_for()


def test_back_leads_from_the_run_page_to_history_at_once(screen: Screen, console: Console):
    page = screen.page
    screen.open(console.url)
    page.get_by_role("link", name="History").first.click()
    screen.part("history-form").wait_for()
    screen.drawn()
    page.get_by_role("link", name="Run", exact=True).first.click()
    expect(page).to_have_url(re.compile("[?]flow="))
    screen.drawn()
    page.go_back()
    screen.part("history-form").wait_for()


def test_back_leads_from_chat_to_the_unfiltered_history(screen: Screen, console: Console):
    page = screen.page
    page.goto(f"{console.url}/history")
    screen.part("history-form").wait_for()
    screen.drawn()
    for _ in range(2):  # once the code of both pages is loaded, the flow is written before the path
        page.get_by_role("link", name="Chat").first.click()
        expect(page).to_have_url(re.compile("/chat[?]flow="))
        screen.drawn()
        page.go_back()
        screen.part("history-form").wait_for()
        screen.drawn()
        expect(page).to_have_url(re.compile("/history$"))


@pytest.mark.usefixtures("echoes")
def test_back_takes_the_filter_of_history_away(screen: Screen, console: Console):
    page = screen.page
    page.goto(f"{console.url}/history")
    flow = screen.part("history-form").get_by_role("combobox", name="Flow")
    flow.click()
    page.get_by_role("option", name="Echo chat").first.click()
    expect(page).to_have_url(re.compile("/history[?]flow="))
    screen.drawn()
    page.go_back()
    expect(page).to_have_url(re.compile("/history$"))


@pytest.mark.usefixtures("echoes")
@pytest.mark.parametrize(
    ("address", "part", "action"),
    [
        ("history", "history-bar", "Open"),
        ("history?group=yes", "history-results-bar", "Open newest"),
    ],
)
def test_what_can_be_done_with_selected_runs_stays_in_sight(
    screen: Screen, console: Console, address: str, part: str, action: str
):
    page = screen.page
    page.set_viewport_size({"width": 900, "height": 220})
    page.goto(f"{console.url}/{address}")
    table = page.get_by_test_id("data-grid-canvas")
    table.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    bar = screen.part(part)
    expect(bar).to_contain_text("1 selected")
    screen.drawn()
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, main.scrollHeight)")
    button = bar.get_by_role("button", name=action)
    expect(button).to_be_in_viewport(ratio=1)
    assert button.evaluate(_IS_ON_TOP)


def test_the_list_of_flows_has_room_for_longer_names_than_that_of_the_flow(screen: Screen):
    screen.pick("Echo chat")
    screen.part("flow-picker").get_by_role("combobox").click()
    choices = screen.page.get_by_test_id("stSelectboxVirtualDropdown")
    choices.wait_for()
    assert choices.bounding_box()["width"] > 350


def test_the_frame_of_what_has_the_focus_is_not_cut(screen: Screen):
    screen.page.set_viewport_size({"width": 1280, "height": 800})
    screen.pick("Plan a trip")
    more = screen.part("preset-bar").get_by_role("button", name="Presets")
    more.focus()
    form = screen.page.get_by_test_id("stLayoutWrapper").filter(has=screen.part("run-form")).last
    end = form.bounding_box()
    button = more.bounding_box()
    frame = 3  # pixels around a button
    assert button["y"] + button["height"] + frame <= end["y"] + end["height"]


def test_a_key_after_a_click_at_an_empty_place_draws_no_frame_around_the_page(
    screen: Screen, console: Console
):
    screen.open(console.url)
    main = screen.page.locator(".stMain")
    main.click(position={"x": 5, "y": 500})
    screen.page.keyboard.press("Shift")
    expect(main).to_be_focused()
    assert main.evaluate("main => getComputedStyle(main, '::before').content") == "none"


def test_the_frame_of_a_tab_is_inside_its_row_which_cuts_what_is_outside(screen: Screen):
    screen.pick("Echo chat")
    screen.run()
    screen.wait("completed")
    screen.drawn()
    tabs = screen.part("run-status").get_by_role("tab")
    tabs.first.focus()
    screen.page.keyboard.press("ArrowRight")
    expect(tabs.nth(1)).to_be_focused()
    expect(tabs.nth(1)).to_have_css("box-shadow", re.compile("inset"))


def test_the_picked_flow_has_a_frame_for_the_keyboard_only(screen: Screen, console: Console):
    screen.open(console.url)
    picker, page = screen.part("flow-picker"), screen.page
    frame = picker.get_by_role("group").locator("visible=true")
    picker.get_by_role("combobox").click()
    expect(frame).not_to_have_css("box-shadow", "none")
    page.get_by_role("option").filter(has_text="Echo").first.click()
    expect(picker.get_by_role("combobox")).to_be_focused()
    expect(frame).to_have_css("box-shadow", "none")
    screen.drawn()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(picker.get_by_role("combobox")).to_be_focused()
    expect(frame).not_to_have_css("box-shadow", "none")


def test_enter_opens_a_list_and_takes_back_a_name_that_no_flow_has(screen: Screen):
    page, box = screen.page, screen.part("flow-picker").locator("input")
    screen.pick("Echo")
    name = box.input_value()
    box.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("option").filter(has_text=name)).to_be_visible()
    page.keyboard.type("no flow has this name")
    expect(page.get_by_text("No results")).to_be_visible()
    page.keyboard.press("Enter")
    expect(box).to_have_value(name)
    expect(box).to_be_focused()


def test_enter_that_confirms_the_text_of_an_input_method_keeps_it(screen: Screen):
    page, box = screen.page, screen.part("flow-picker").locator("input")
    screen.pick("Echo")
    box.focus()
    page.keyboard.type("no flow ")
    expect(page.get_by_text("No results")).to_be_visible()
    composition = {"text": "nihon", "selectionStart": 5, "selectionEnd": 5}
    page.context.new_cdp_session(page).send("Input.imeSetComposition", composition)
    page.keyboard.press("Enter")
    expect(box).to_have_value("no flow nihon")
    expect(page.get_by_text("No results")).to_be_visible()


@pytest.mark.usefixtures("echoes")
def test_a_recent_run_that_leaves_its_list_moves_the_focus_to_no_result(screen: Screen):
    screen.pick("Echo chat")
    screen.run()
    screen.wait("completed")
    screen.drawn()
    row = screen.part("recent-runs").locator("button:enabled").first
    row.focus()
    row.evaluate("row => row.remove()")
    expect(screen.part("recent-runs").locator(":focus")).to_be_attached()

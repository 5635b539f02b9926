"""How the Present view and its editor look in Chromium: sizes, color, long texts."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.screen import PHONE, Screen

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def presented(lasting_screen: Callable[..., Screen]) -> Screen:
    """A presentation of the echo chat, whose result has headings of all levels."""
    screen = lasting_screen()
    screen.pick("Echo chat")
    screen.page.keyboard.press("Alt+p")
    screen.part("present-edit").get_by_role("button").wait_for()
    screen.drawn()
    text = "# One\n\nwords\n\n## Two\n\n### Three\n\n#### Four"
    screen.page.get_by_role("textbox", name="Message").fill(text)
    screen.run()
    screen.wait("completed")
    screen.drawn()
    return screen


@pytest.fixture
def editor(presented: Screen) -> Iterator[Locator]:
    """The open editor of the presentation, whose changes are then discarded."""
    presented.part("present-edit").get_by_role("button").click()
    editor = presented.part("present-editor")
    editor.wait_for()
    presented.drawn()
    yield editor
    presented.page.get_by_role("button", name="Discard").click()
    expect(editor).to_have_count(0)
    presented.drawn()


def choose_large_type(screen: Screen, editor: Locator) -> None:
    editor.get_by_text("Large type").click()
    looks = screen.page.locator("[class*='st-key-present-looks-'][class*='-large']")
    expect(looks).to_be_attached()
    screen.drawn()


def check_sizes(screen: Screen) -> float:
    """Return the size of the result's text in pixels, between the headings' and the inputs'."""

    def size(part: str, element: str) -> float:
        found = screen.part(part).locator(element).first
        pixels = "(each) => parseFloat(getComputedStyle(each).fontSize) * each.currentCSSZoom"
        return float(found.evaluate(pixels))

    title = size("present-head", "h1")
    h1, h2, h3, h4 = (size("present-output", f"h{level}") for level in range(1, 5))
    text = size("outputs", "p")
    assert title >= h1 > h2 > h3 > h4 >= text
    assert text > max(size("run-form", "p"), size("run-form", "textarea"))
    return text


def test_a_presented_result_is_larger_than_the_inputs_at_18_pixels(presented: Screen):
    assert check_sizes(presented) == 18


def test_a_result_in_large_type_is_larger_than_the_inputs_at_24_pixels(
    presented: Screen, editor: Locator
):
    choose_large_type(presented, editor)
    assert check_sizes(presented) >= 24


def test_large_type_leaves_the_editor_as_it_is(presented: Screen, editor: Locator):
    switch = editor.get_by_text("Large type")
    before = switch.bounding_box()
    choose_large_type(presented, editor)
    assert switch.bounding_box() == before


def test_large_type_cuts_no_line_of_a_text(presented: Screen, editor: Locator):
    message = presented.page.get_by_role("textbox", name="Message")
    text = message.input_value()
    message.fill(
        "A bakery with a long list of breads that needs a line more once its type is large"
    )
    message.press("Tab")
    presented.drawn()
    before = message.evaluate("each => each.clientHeight")
    choose_large_type(presented, editor)
    assert message.evaluate("each => each.scrollHeight > each.clientHeight") is False
    assert message.evaluate("each => each.clientHeight") > before
    message.fill(text)


def test_the_result_has_the_width_that_a_flow_without_inputs_leaves(screen: Screen):
    screen.pick("Table of sample records")
    screen.page.keyboard.press("Alt+p")
    screen.part("no-inputs").wait_for()
    screen.drawn()
    left, right = screen.part("run-form").bounding_box(), screen.part("run-status").bounding_box()
    assert right["y"] == left["y"]
    assert right["width"] > 4 * left["width"]


@pytest.mark.usefixtures("editor")
def test_the_color_of_a_presentation_is_that_of_its_run_button(presented: Screen):
    button = presented.part("present").locator(".st-key-run-button button")
    for color, background in (("Teal", "rgb(11, 95, 107)"), ("Orange", "rgb(154, 75, 0)")):
        box = presented.page.get_by_role("combobox", name="Color")
        box.click()
        box.fill(color)
        presented.page.get_by_role("option", name=color).click()
        expect(button).to_have_css("background-color", background)


def test_what_has_the_focus_has_the_color_of_the_presentation(presented: Screen, editor: Locator):
    box = presented.page.get_by_role("combobox", name="Color")
    box.fill("Teal")
    presented.page.get_by_role("option", name="Teal").click()
    teal = "rgb(11, 95, 107)"
    for field, color in ((presented.part("present-preview"), teal), (editor, "rgb(91, 61, 245)")):
        field.get_by_role("textbox").first.focus()
        frame = field.locator("div:has(> :is(input, textarea):focus)")
        expect(frame).to_have_css("border-color", color)
    presented.page.keyboard.press("Tab")  # a key: a click has no frame
    exit = presented.part("present-exit").get_by_role("button")
    exit.focus()
    expect(exit).to_have_css("outline-color", teal)
    expect(exit).to_have_css("box-shadow", "none")
    discard = editor.get_by_role("button", name="Discard")
    discard.focus()
    expect(discard).to_have_css("outline-color", "rgb(124, 99, 255)")


def test_the_box_of_an_input_takes_a_new_label_and_keeps_what_is_typed_in_it(
    presented: Screen, editor: Locator
):
    box = editor.get_by_test_id("stExpander").first
    box.locator("summary").click()
    box.get_by_label("Label").fill("Which city?")
    presented.page.keyboard.press("Tab")
    presented.page.keyboard.type("Any city in Europe", delay=30)
    expect(box.locator("summary")).to_contain_text("Which city?")
    presented.drawn()
    help_field = box.get_by_role("textbox", name="Help")
    expect(help_field).to_be_focused()
    expect(help_field).to_have_value("Any city in Europe")


def test_save_stays_in_sight_while_the_settings_are_scrolled(presented: Screen, editor: Locator):
    page = presented.page
    before = page.viewport_size
    for window in ({"width": 900, "height": 600}, PHONE, before):
        page.set_viewport_size(window)
        if window is not before:
            editor.get_by_text("Address").scroll_into_view_if_needed()
            expect(editor.get_by_text("Title")).not_to_be_in_viewport()
        expect(page.get_by_role("button", name="Save", exact=True)).to_be_in_viewport(ratio=1)


@pytest.mark.usefixtures("editor")
def test_a_long_title_and_hostile_text_stay_inside_the_page(presented: Screen):
    page = presented.page
    page.get_by_label("Title").fill("W" * 300)
    page.keyboard.press("Tab")
    hostile = "<img src=x onerror='window.hit=1'> [link](javascript:window.hit=1) ![x](https://a.example/x)"
    page.get_by_label("Description", exact=True).fill(hostile)
    page.keyboard.press("Tab")
    description = presented.part("present-description")
    expect(description).to_contain_text("onerror")
    expect(description.locator("img, a")).to_have_count(0)
    page.set_viewport_size(PHONE)
    presented.drawn()
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") == 390
    assert page.evaluate("window.hit") is None

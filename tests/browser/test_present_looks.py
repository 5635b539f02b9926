"""How the Present view looks in Chromium: sizes, color, long texts."""

from playwright.sync_api import expect

from tests.browser.screen import Screen


def present_headings(screen: Screen) -> None:
    """Present a result with headings of all levels."""
    screen.pick("Echo chat")
    screen.page.keyboard.press("Alt+p")
    screen.part("present-edit").get_by_role("button").wait_for()
    screen.drawn()
    text = "# One\n\nwords\n\n## Two\n\n### Three\n\n#### Four"
    screen.page.locator("textarea").first.fill(text)
    screen.run()
    screen.wait("completed")
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


def test_a_presented_result_is_larger_than_the_inputs_at_18_pixels(screen: Screen):
    present_headings(screen)
    assert check_sizes(screen) == 18


def test_a_result_in_large_type_is_larger_than_the_inputs_at_24_pixels(screen: Screen):
    present_headings(screen)
    screen.part("present-edit").get_by_role("button").click()
    editor = screen.part("present-editor")
    editor.get_by_text("Large type").click()
    looks = screen.page.locator("[class*='st-key-present-looks-'][class*='-large']")
    expect(looks).to_be_attached()
    screen.drawn()
    assert check_sizes(screen) >= 24
    screen.page.get_by_role("button", name="Discard").click()
    expect(editor).to_have_count(0)


def test_large_type_leaves_the_editor_as_it_is(screen: Screen):
    screen.pick("Echo chat")
    page = screen.page
    page.keyboard.press("Alt+p")
    screen.part("present-edit").get_by_role("button").click()
    switch = screen.part("present-editor").get_by_text("Large type")
    switch.wait_for()
    screen.drawn()
    before = switch.bounding_box()
    switch.click()
    expect(page.locator("[class*='st-key-present-looks-'][class*='-large']")).to_be_attached()
    screen.drawn()
    assert switch.bounding_box() == before
    page.get_by_role("button", name="Discard").click()
    expect(screen.part("present-editor")).to_have_count(0)


def test_large_type_cuts_no_line_of_a_text(screen: Screen):
    screen.pick("Echo chat")
    page = screen.page
    page.keyboard.press("Alt+p")
    screen.part("present-edit").get_by_role("button").click()
    editor = screen.part("present-editor")
    editor.wait_for()
    screen.drawn()
    message = page.get_by_role("textbox", name="Message")
    message.fill(
        "A bakery with a long list of breads that needs a line more once its type is large"
    )
    message.press("Tab")
    screen.drawn()
    before = message.evaluate("each => each.clientHeight")
    editor.get_by_text("Large type").click()
    expect(page.locator("[class*='st-key-present-looks-'][class*='-large']")).to_be_attached()
    screen.drawn()
    assert message.evaluate("each => each.scrollHeight > each.clientHeight") is False
    assert message.evaluate("each => each.clientHeight") > before
    page.get_by_role("button", name="Discard").click()
    expect(editor).to_have_count(0)


def test_the_result_has_the_width_that_a_flow_without_inputs_leaves(screen: Screen):
    screen.pick("Table of sample records")
    screen.page.keyboard.press("Alt+p")
    screen.part("no-inputs").wait_for()
    screen.drawn()
    left, right = screen.part("run-form").bounding_box(), screen.part("run-status").bounding_box()
    assert right["y"] == left["y"]
    assert right["width"] > 4 * left["width"]


def test_the_color_of_a_presentation_is_that_of_its_run_button(screen: Screen):
    screen.pick("Echo chat")
    screen.page.keyboard.press("Alt+p")
    screen.part("present-edit").get_by_role("button").click()
    screen.part("present-editor").wait_for()
    button = screen.part("present").locator(".st-key-run-button button")
    for color, background in (("Teal", "rgb(11, 95, 107)"), ("Orange", "rgb(154, 75, 0)")):
        box = screen.page.get_by_role("combobox", name="Color")
        box.click()
        box.fill(color)
        screen.page.get_by_role("option", name=color).click()
        expect(button).to_have_css("background-color", background)
    screen.page.get_by_role("button", name="Discard").click()
    expect(screen.part("present-editor")).to_have_count(0)


def test_a_long_title_and_hostile_text_stay_inside_the_page(screen: Screen):
    page = screen.page
    screen.pick("Echo chat")
    page.keyboard.press("Alt+p")
    screen.part("present-edit").get_by_role("button").click()
    screen.part("present-editor").wait_for()
    screen.drawn()
    page.get_by_label("Title").fill("W" * 300)
    page.keyboard.press("Tab")
    hostile = "<img src=x onerror='window.hit=1'> [link](javascript:window.hit=1) ![x](https://a.example/x)"
    page.get_by_label("Description", exact=True).fill(hostile)
    page.keyboard.press("Tab")
    description = screen.part("present-description")
    expect(description).to_contain_text("onerror")
    expect(description.locator("img, a")).to_have_count(0)
    page.set_viewport_size({"width": 390, "height": 844})
    screen.drawn()
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") == 390
    assert page.evaluate("window.hit") is None
    page.get_by_role("button", name="Discard").click()
    expect(screen.part("present-editor")).to_have_count(0)

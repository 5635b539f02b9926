"""The keys for the controls of the page in Chromium."""

from playwright.sync_api import expect

from tests.browser.screen import Screen

# what macOS sends for Option and a key: another letter
_OPTION_KEY = """(field) => field.dispatchEvent(new KeyboardEvent("keydown", {
  key: "ø", code: "KeyO", altKey: true, bubbles: true, cancelable: true
}))"""


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

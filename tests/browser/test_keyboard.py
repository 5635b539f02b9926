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

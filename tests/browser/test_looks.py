"""What can be read, reached and seen: in the dark, by the keyboard, in a narrow window."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen
from tests.support.waiting import wait_for

NARROW = {"width": 390, "height": 844}
READABLE = 4.5  # the contrast that WCAG asks of text


def colour(locator, name):
    """A colour of an element, as red, green and blue."""
    text = locator.evaluate(f"one => getComputedStyle(one).{name}")
    return [float(part) for part in re.findall(r"[\d.]+", text)[:3]]


def contrast(one, other):
    def luminance(rgb):
        parts = [part / 255 for part in rgb]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def focused_by_tab(page, link):
    """Whether the Tab key leads back to a link: not if something new was drawn in between."""
    link.focus()
    page.keyboard.press("Tab")
    assert link.evaluate("one => getComputedStyle(one).outlineStyle") == "none"
    page.keyboard.press("Shift+Tab")
    return link.evaluate("one => one === document.activeElement")


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_button_of_a_menu_can_be_read_in_each_of_its_states(console, window, scheme):
    """At rest, pointed at, pressed and while its menu is open."""
    screen = Screen(window(color_scheme=scheme))
    screen.open(console.url)
    button = screen.part("run-more").get_by_role("button")
    page = colour(screen.page.get_by_test_id("stApp"), "backgroundColor")

    def is_readable():
        return contrast(colour(button.locator("p"), "color"), page) >= READABLE

    at_rest = colour(button, "color")
    assert is_readable()
    button.hover()
    wait_for(lambda: colour(button, "color") != at_rest)
    assert is_readable()
    screen.page.mouse.down()
    assert is_readable()
    screen.page.mouse.up()
    expect(button).to_have_attribute("aria-expanded", "true")
    screen.page.mouse.move(5, 5)
    assert is_readable()
    assert colour(button, "color") != at_rest


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_a_link_that_has_the_keyboard_is_seen(console, window, scheme):
    """Those of the navigation, and that to the server."""
    screen = Screen(window(color_scheme=scheme))
    screen.open(console.url)
    page = screen.page
    background = colour(page.get_by_test_id("stApp"), "backgroundColor")
    for link in (
        page.get_by_test_id("stTopNavLink").filter(has_text="History"),
        page.get_by_test_id("stPageLink-NavLink").first,
    ):
        wait_for(lambda link=link: focused_by_tab(page, link))
        assert link.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
        assert contrast(colour(link, "outlineColor"), background) >= READABLE


def test_the_button_beside_the_flows_has_a_name(screen):
    """For who cannot see its icon, beside which the name takes no room."""
    button = screen.part("flow-picker").get_by_role("button", name="Ask for the flows again")
    assert button.bounding_box()["width"] < 60


def test_the_lines_of_a_run_begin_at_the_left(console, window):
    """Where a narrow window makes two of one."""
    screen = Screen(window())
    screen.page.set_viewport_size(NARROW)
    screen.open(console.url)
    screen.pick("Echo")
    screen.page.locator("textarea").first.fill("a message that is long enough for a second line")
    screen.run()
    screen.wait("completed")
    line = screen.part("recent-runs").locator("button p").first
    expect(line).to_contain_text("long enough")
    height, left, last = line.evaluate(
        """line => {
            const [range, box] = [document.createRange(), line.getBoundingClientRect()];
            range.selectNodeContents(line);
            return [box.height, box.left, [...range.getClientRects()].at(-1).left];
        }"""
    )
    assert height > 30  # more than a line
    assert abs(left - last) < 1


def test_a_narrow_chat_says_where_its_flow_is_chosen(console, window):
    """A wide one has it beside the conversation."""
    screen = Screen(window())
    screen.page.goto(f"{console.url}/chat")
    hint = screen.page.get_by_text("The flow, its parameters and the sessions are behind »")
    screen.part("flow-picker").wait_for()
    hint.wait_for(state="attached")
    expect(hint).to_be_hidden()
    screen.page.set_viewport_size(NARROW)
    expect(hint).to_be_visible()


def test_the_menu_of_a_narrow_window_closes_once_a_page_is_chosen(console, window):
    """It lies over that page; each time that it was opened, not the first only."""
    screen = Screen(window())
    page = screen.page
    page.set_viewport_size(NARROW)
    screen.open(console.url)
    menu = page.get_by_test_id("stSidebar")
    for name, sign in (("Connection", "server-facts"), ("Run", "run-panel")):
        page.get_by_test_id("stExpandSidebarButton").click()
        menu.get_by_role("link", name=name).click()
        screen.part(sign).wait_for()
        expect(menu.get_by_role("link", name=name)).not_to_be_in_viewport()


def test_the_keyboard_goes_on_at_the_run_after_a_decision(screen):
    """The button that was pressed is gone; the next Tab leads on from there, not from the top."""
    screen.pick("Wait for an approval")
    screen.run()
    approve = screen.part("decisions").get_by_role("button").first
    approve.focus()
    screen.page.keyboard.press("Enter")
    expect(screen.part("run-panel")).to_be_focused()
    screen.wait("completed")
    expect(screen.part("run-panel")).to_be_focused()

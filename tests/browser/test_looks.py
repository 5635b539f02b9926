"""Contrast, keyboard focus and narrow windows in Chromium."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen, color_of
from tests.support.waiting import wait_for

NARROW = {"width": 390, "height": 844}
MIN_CONTRAST = 4.5  # WCAG level AA for text


def contrast(first, second):
    def luminance(rgb):
        parts = [part / 255 for part in rgb]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def focus_by_keyboard(page, link):
    """Return whether Tab and Shift+Tab focus the link; a redraw in between prevents it."""
    link.focus()
    page.keyboard.press("Tab")
    assert link.evaluate("link => getComputedStyle(link).outlineStyle") == "none"
    page.keyboard.press("Shift+Tab")
    return link.evaluate("link => link === document.activeElement")


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_a_menu_button_is_readable_in_every_state(new_screen, scheme):
    """At rest, hovered, pressed, and while its menu is open."""
    screen = new_screen(color_scheme=scheme)
    screen.pick("Echo")
    button = screen.part("run-more").get_by_role("button")
    page = color_of(screen.page.get_by_test_id("stApp"), "backgroundColor")

    def is_readable():
        return contrast(color_of(button.locator("p"), "color"), page) >= MIN_CONTRAST

    at_rest = color_of(button, "color")
    assert is_readable()

    def is_hovered():
        button.hover()  # again, if a redraw has moved it
        return color_of(button, "color") != at_rest

    wait_for(is_hovered)
    assert is_readable()
    screen.page.mouse.down()
    assert is_readable()
    screen.page.mouse.up()
    expect(button).to_have_attribute("aria-expanded", "true")
    screen.page.mouse.move(5, 5)
    assert is_readable()
    assert color_of(button, "color") != at_rest


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_options_can_be_seen_and_their_captions_read(new_screen, scheme):
    """WCAG asks 3 to 1 of what is not text, such as a radio button that is not chosen."""
    screen = new_screen(color_scheme=scheme)
    screen.pick("Echo")
    on_page = screen.page.get_by_test_id("stCaptionContainer").first
    expect(on_page).to_have_css("opacity", "0.8")
    screen.part("run-more").get_by_role("button").click()
    menu = screen.page.get_by_test_id("stPopoverBody")
    expect(menu.get_by_test_id("stCaptionContainer").first).to_have_css("opacity", "0.8")
    behind = color_of(menu, "backgroundColor")
    radio = menu.locator("[data-testid=stRadioOption]:not([data-selected]) div div").first
    switch = menu.locator(".stCheckbox label > div").first
    for color in (color_of(radio, "borderTopColor"), color_of(switch, "backgroundColor")):
        assert contrast(color, behind) >= 3
    thumb = color_of(switch.locator("div"), "backgroundColor")
    assert contrast(color_of(switch, "backgroundColor"), thumb) >= 3


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_a_link_with_keyboard_focus_has_a_visible_outline(console, window, scheme):
    screen = Screen(window(color_scheme=scheme))
    screen.open(console.url)
    page = screen.page
    background = color_of(page.get_by_test_id("stApp"), "backgroundColor")
    for link in (
        page.get_by_test_id("stTopNavLink").filter(has_text="History"),
        page.get_by_test_id("stPageLink-NavLink").first,
    ):
        wait_for(lambda link=link: focus_by_keyboard(page, link))
        assert link.evaluate("link => getComputedStyle(link).outlineStyle") == "solid"
        assert contrast(color_of(link, "outlineColor"), background) >= MIN_CONTRAST


def test_the_refresh_button_has_a_name_for_screen_readers(screen):
    """The name takes no room beside the icon."""
    screen.pick("Echo")
    button = screen.part("flow-picker").get_by_role("button", name="Refresh flows")
    assert button.bounding_box()["width"] < 60


def test_every_folded_section_has_an_arrow(screen):
    screen.pick("Fails until")
    screen.run()
    screen.wait("failed")
    screen.drawn()
    folds = screen.page.locator("summary")
    names = ("All parameters", "Overrides as JSON", "Details", "Components")
    for name in names:
        expect(folds.filter(has_text=name)).to_contain_text(
            re.compile("keyboard_arrow_(right|down)")
        )
    assert folds.count() == len(names)


# the left edge and the vertical middle of the title's text, which may be in the box of the flows
_TITLE = """() => {
  const field = document.querySelector(".st-key-flow-head .stSelectbox input");
  const range = document.createRange();
  range.selectNodeContents(field ?? document.querySelector("h1"));
  const { x, y, height } = (field ?? range).getBoundingClientRect();
  return [x + (field ? parseFloat(getComputedStyle(field).paddingLeft) : 0), y + height / 2];
}"""


PAGES = ("", "chat", "history", "compare", "connection")
SIZES = {
    "1440": {"width": 1440, "height": 900},
    "twice the size": {"width": 720, "height": 450},  # shows half of the pixels of 1440 × 900
    "phone": NARROW,
}


@dataclass
class Look:
    """A page in a window: the place of its server and of its title, and whether it is too wide."""

    server: tuple[str, dict[str, float]]
    title: tuple[float, float]
    content_left: float
    scrolls_sideways: bool


@pytest.fixture(scope="module")
def looks(console, lasting_window):
    """Open each page once in windows of three sizes. Return their looks by size and page."""
    screen = Screen(lasting_window())
    return {name: look_at_pages(screen, console, size) for name, size in SIZES.items()}


def look_at_pages(screen, console, size):
    page, looks = screen.page, {}
    page.set_viewport_size(size)
    for name in PAGES:
        page.goto(f"{console.url}/{name}")
        link = screen.part("server-link").locator("a:visible")
        expect(link).to_contain_text("Langflow 1.13.0")
        page.locator("h1, .st-key-flow-head input").first.wait_for(state="attached")
        screen.drawn()
        content = page.locator("[data-testid=stMainBlockContainer] > div").bounding_box()
        looks[name] = Look(
            (link.inner_text(), link.bounding_box()),
            page.evaluate(_TITLE),
            content["x"],
            scrolls_sideways(page),
        )
    return looks


@pytest.mark.parametrize("size", SIZES)
def test_the_server_stands_in_the_same_place_on_every_page(looks, size):
    """In the same words and size, in the upper corner, within the window."""
    places = [look.server for look in looks[size].values()]
    assert places == [places[0]] * len(PAGES)
    box, width = places[0][1], SIZES[size]["width"]
    assert box["y"] + box["height"] < 50
    assert width / 2 < box["x"] + box["width"] / 2 < box["x"] + box["width"] <= width


def test_titles_begin_in_the_same_place_on_every_page(looks):
    """Where their pages' fields and cards begin."""
    for page, look in looks["phone"].items():
        left, top = look.title
        assert abs(left - look.content_left) < 1, page
        assert abs(top - 97) < 2, page


@pytest.mark.parametrize("size", SIZES)
def test_no_page_scrolls_sideways(looks, size):
    assert [page for page, look in looks[size].items() if look.scrolls_sideways] == []


@pytest.mark.parametrize("size", ["twice the size", "phone"])
def test_no_presentation_scrolls_sideways(screen, console, sample_ids, size):
    screen.page.set_viewport_size(SIZES[size])
    screen.page.goto(f"{console.url}/?view=present&flow={sample_ids['Sort a request']}")
    screen.page.get_by_role("heading", level=1).first.wait_for()
    screen.drawn()
    assert not scrolls_sideways(screen.page)


def test_a_button_of_a_phones_chat_opens_the_sidebar(screen, console, sample_ids):
    """It covers the server: its own button stands in the same corner. Wide windows show it."""
    screen.page.goto(f"{console.url}/chat?flow={sample_ids['Echo chat']}")
    opener = screen.part("open-sidebar").locator("button")
    opener.wait_for(state="attached")
    expect(opener).to_be_hidden()
    screen.page.set_viewport_size(NARROW)
    screen.page.reload()
    opener.click()
    new = screen.page.get_by_role("button", name="New session")
    expect(new).to_be_in_viewport()
    screen.page.get_by_test_id("stSidebarCollapseButton").locator("button").click()
    expect(new).not_to_be_in_viewport()


def test_the_menu_of_a_narrow_window_closes_when_a_page_is_chosen(console, window):
    """It would cover the page. It closes every time, not only the first."""
    screen = Screen(window())
    page = screen.page
    page.set_viewport_size(NARROW)
    screen.open(console.url)
    menu = page.get_by_test_id("stSidebar")
    for name, sign in (("Connection", "server-facts"), ("Run", "run-panel")):
        opener = page.get_by_role("button", name="Menu", exact=True)
        assert opener.bounding_box()["x"] < page.locator(".stAppToolbar img").bounding_box()["x"]
        opener.click()
        menu.get_by_role("link", name=name).click()
        screen.part(sign).wait_for()
        expect(menu.get_by_role("link", name=name)).not_to_be_in_viewport()


def test_no_menu_of_a_narrow_window_is_open_after_a_reload(console, window):
    """The pages', the options of a run and the flow's."""
    screen = Screen(window())
    page = screen.page
    page.set_viewport_size(NARROW)
    screen.open(console.url)
    link = page.get_by_test_id("stSidebarNavLink").first
    body = page.get_by_test_id("stPopoverBody")
    for opener, content in (
        (page.get_by_role("button", name="Menu", exact=True), link),
        (screen.part("run-more").get_by_role("button"), body),
        (screen.part("flow-head-menu").get_by_role("button"), body),
    ):
        opener.click()
        expect(content).to_be_in_viewport()
        page.reload()
        screen.part("flow-picker").wait_for()
        screen.drawn()
        expect(content).not_to_be_in_viewport()


def test_keyboard_focus_stays_in_its_part_of_the_page_when_a_button_disappears(screen):
    """The next Tab continues from there, not from the page's top."""
    screen.pick("Wait for an approval")
    screen.run()
    approve = screen.part("decisions").get_by_role("button").first
    approve.focus()
    screen.page.keyboard.press("Enter")
    screen.wait("completed")
    expect(screen.part("run-status")).to_be_focused()
    expect(screen.part("run-status")).to_have_css("outline-style", "none")
    close = screen.part("clear-run").get_by_role("button")
    close.focus()
    screen.page.keyboard.press("Enter")
    expect(close).to_have_count(0)
    expect(screen.part("run-status")).to_be_focused()


FOCUSED = "document.activeElement.className || document.activeElement.localName"


def test_keyboard_focus_stays_in_its_part_if_a_field_disappears_long_after_the_script(screen):
    screen.pick("Echo")
    field = screen.part("run-form").locator("textarea").first
    field.click()
    field.evaluate("field => field.remove()")
    wait_for(lambda: "st-key-" in screen.page.evaluate(FOCUSED))


def test_a_field_that_was_left_does_not_get_the_focus_back(screen):
    """On a phone its keyboard would open."""
    screen.pick("Echo")
    field = screen.part("run-form").locator("textarea").first
    field.click()
    screen.page.get_by_test_id("stTopNav").click(position={"x": 400, "y": 2})
    field.evaluate("field => field.remove()")
    screen.page.wait_for_timeout(1500)  # the page looks twice a second
    assert screen.page.evaluate(FOCUSED) == "body"


def middle(box):
    """Return the vertical middle of an element."""
    place = box.bounding_box()
    return place["y"] + place["height"] / 2


def test_links_and_buttons_are_level_with_the_heading_beside_them(screen):
    screen.pick("Echo")
    recent = screen.part("recent-head")
    heading, link = recent.locator("h2"), recent.get_by_role("link", name="All runs")
    assert abs(middle(heading) - middle(link)) < 2
    present = screen.part("flow-head").get_by_role("button", name="Present")
    assert abs(middle(present) - middle(screen.part("refresh-flows"))) < 2


def test_a_notice_leaves_the_top_of_the_page_free(screen):
    screen.pick("Echo")
    screen.page.get_by_role("button", name="Save").first.click()
    name = screen.page.get_by_test_id("stPopoverBody").locator("input").first
    name.fill("A notice")
    name.press("Enter")
    notice = screen.page.get_by_test_id("stToast")
    notice.wait_for()
    wait_for(lambda: middle(notice) > screen.page.viewport_size["height"] / 2)


# where the text of an element begins
LEFT = """(element) => {
  const padding = element.matches("input") ? parseFloat(getComputedStyle(element).paddingLeft) : 0;
  return Math.round(element.getBoundingClientRect().left + padding);
}"""


@pytest.mark.parametrize("width", [1440, 390])
def test_all_parts_of_the_run_page_begin_at_one_edge(screen, width):
    screen.page.set_viewport_size({"width": width, "height": 900})
    screen.pick("Plan a trip")
    parts = (
        ".st-key-flow-head .stSelectbox input",
        ".st-key-flow-head [data-testid=stCaptionContainer] p",
        ".st-key-run-form [class*=st-key-field-head] p",
        ".st-key-all-parameters details",
        ".st-key-run-button button",
    )
    edges = {part: screen.page.locator(part).first.evaluate(LEFT) for part in parts}
    assert len(set(edges.values())) == 1, edges


def test_no_part_of_an_opened_run_scrolls_sideways(screen):
    page = screen.page
    screen.pick("Table of")
    screen.run()
    screen.wait("completed")
    for size in ("twice the size", "phone"):
        page.set_viewport_size(SIZES[size])
        screen.open(screen.address())
        assert not scrolls_sideways(page), size
        for tab in ("Trace", "Inputs", "Code"):
            screen.part("run-status").get_by_role("tab", name=tab).click()
            screen.drawn()
            assert not scrolls_sideways(page), (size, tab)


def scrolls_sideways(page):
    # the second is Chat's, which follows its messages
    main = page.get_by_test_id(re.compile("^(stMain|stAppScrollToBottomContainer)$"))
    return main.evaluate("main => main.scrollWidth > main.clientWidth")

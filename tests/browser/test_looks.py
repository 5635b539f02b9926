"""Contrast, keyboard focus and narrow windows in Chromium."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from tests.browser.screen import PHONE, color_of
from tests.support.waiting import wait_for

pytestmark = pytest.mark.exhaustive

MIN_CONTRAST = 4.5  # WCAG level AA for text


@pytest.fixture(params=["dark", "light"])
def scheme(echo_form, request):
    """Show the form in a color scheme."""
    set_scheme(echo_form.page, request.param)
    yield
    set_scheme(echo_form.page, "light")


def set_scheme(page, scheme):
    page.emulate_media(color_scheme=scheme)
    expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme)


@pytest.fixture(scope="module")
def phone(console, lasting_screen):
    """A narrow window with the Run page."""
    screen = lasting_screen()
    screen.page.set_viewport_size(PHONE)
    screen.open(console.url)
    return screen


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


@pytest.mark.usefixtures("scheme")
def test_a_menu_button_is_readable_in_every_state(echo_form):
    """At rest, hovered, pressed, and while its menu is open."""
    button = echo_form.part("run-more").get_by_role("button")
    page = color_of(echo_form.page.get_by_test_id("stApp"), "backgroundColor")

    def is_readable():
        return contrast(color_of(button.locator("p"), "color"), page) >= MIN_CONTRAST

    at_rest = color_of(button, "color")
    assert is_readable()

    def is_hovered():
        button.hover()  # again, if a redraw has moved it
        return color_of(button, "color") != at_rest

    wait_for(is_hovered)
    assert is_readable()
    echo_form.page.mouse.down()
    assert is_readable()
    echo_form.page.mouse.up()
    expect(button).to_have_attribute("aria-expanded", "true")
    echo_form.page.mouse.move(5, 5)
    assert is_readable()
    assert color_of(button, "color") != at_rest


@pytest.mark.usefixtures("scheme")
def test_options_can_be_seen_and_their_captions_read(echo_form):
    """WCAG asks 3 to 1 of what is not text, such as a radio button that is not chosen."""
    on_page = echo_form.page.get_by_test_id("stCaptionContainer").first
    expect(on_page).to_have_css("opacity", "0.8")
    echo_form.part("run-more").get_by_role("button").click()
    menu = echo_form.page.get_by_test_id("stPopoverBody")
    expect(menu.get_by_test_id("stCaptionContainer").first).to_have_css("opacity", "0.8")
    behind = color_of(menu, "backgroundColor")
    radio = menu.locator("[data-testid=stRadioOption]:not([data-selected]) div div").first
    switch = menu.locator(".stCheckbox label > div").first
    for color in (color_of(radio, "borderTopColor"), color_of(switch, "backgroundColor")):
        assert contrast(color, behind) >= 3
    thumb = color_of(switch.locator("div"), "backgroundColor")
    assert contrast(color_of(switch, "backgroundColor"), thumb) >= 3


@pytest.mark.usefixtures("scheme")
def test_a_link_with_keyboard_focus_has_a_visible_outline(echo_form):
    page = echo_form.page
    background = color_of(page.get_by_test_id("stApp"), "backgroundColor")
    for link in (
        page.get_by_test_id("stTopNavLink").filter(has_text="History"),
        page.get_by_test_id("stPageLink-NavLink").first,
    ):
        wait_for(lambda link=link: focus_by_keyboard(page, link))
        assert link.evaluate("link => getComputedStyle(link).outlineStyle") == "solid"
        assert contrast(color_of(link, "outlineColor"), background) >= MIN_CONTRAST


def test_the_refresh_button_has_a_name_for_screen_readers(echo_form):
    """The name takes no room beside the icon."""
    button = echo_form.part("flow-picker").get_by_role("button", name="Refresh flows")
    assert button.bounding_box()["width"] < 60


def test_every_folded_section_has_an_arrow(shared_window, ended_run):
    shared_window.open(ended_run("Fails until it gets JSON"))
    shared_window.wait("failed")
    shared_window.drawn()
    folds = shared_window.page.locator("summary")
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
    "phone": PHONE,
}


@dataclass
class Look:
    """A page in a window: the place of its server and of its title, and whether it is too wide."""

    server: tuple[str, dict[str, float]]
    title: tuple[float, float]
    content_left: float
    scrolls_sideways: bool


@pytest.fixture(scope="module")
def looks(console, lasting_shared_screen):
    """Open each page in a wide and in a narrow window. Return their looks by size and page.

    What a page draws depends on which of them its window was; a narrow one may be resized.
    """
    wide, *narrow = SIZES
    return look_at_pages(lasting_shared_screen, console, [wide]) | look_at_pages(
        lasting_shared_screen, console, narrow
    )


def look_at_pages(screen, console, sizes):
    page, looks = screen.page, {size: {} for size in sizes}
    for name in PAGES:
        page.set_viewport_size(SIZES[sizes[0]])
        page.goto(f"{console.url}/{name}")
        link = screen.part("server-link").locator("a:visible")
        expect(link).to_contain_text("Langflow 1.13.0")
        page.locator("h1, .st-key-flow-head input").first.wait_for(state="attached")
        for size in sizes:
            page.set_viewport_size(SIZES[size])
            screen.drawn()
            content = page.locator("[data-testid=stMainBlockContainer] > div").bounding_box()
            looks[size][name] = Look(
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


@pytest.fixture(scope="module")
def presentation(lasting_screen, addresses):
    screen = lasting_screen()
    screen.page.set_viewport_size(PHONE)
    screen.page.goto(f"{addresses['Sort a request']}&view=present")
    screen.page.get_by_role("heading", level=1).first.wait_for()
    return screen


@pytest.mark.parametrize("size", ["twice the size", "phone"])
def test_no_presentation_scrolls_sideways(presentation, size):
    presentation.page.set_viewport_size(SIZES[size])
    presentation.drawn()
    assert not scrolls_sideways(presentation.page)


def test_a_button_of_a_phones_chat_opens_the_sidebar(shared_window, console, sample_ids):
    """It covers the server: its own button stands in the same corner. Wide windows show it."""
    shared_window.page.goto(f"{console.url}/chat?flow={sample_ids['Echo chat']}")
    opener = shared_window.part("open-sidebar").locator("button")
    opener.wait_for(state="attached")
    expect(opener).to_be_hidden()
    shared_window.page.set_viewport_size(PHONE)
    shared_window.page.reload()
    opener.click()
    new = shared_window.page.get_by_role("button", name="New session")
    expect(new).to_be_in_viewport()
    shared_window.page.get_by_test_id("stSidebarCollapseButton").locator("button").click()
    expect(new).not_to_be_in_viewport()


def test_the_menu_of_a_narrow_window_closes_when_a_page_is_chosen(phone):
    """It would cover the page. It closes every time, not only the first."""
    page = phone.page
    menu = page.get_by_test_id("stSidebar")
    for name, sign in (("Connection", "server-facts"), ("Run", "run-panel")):
        opener = page.get_by_role("button", name="Menu", exact=True)
        assert opener.bounding_box()["x"] < page.locator(".stAppToolbar img").bounding_box()["x"]
        opener.click()
        menu.get_by_role("link", name=name).click()
        phone.part(sign).wait_for()
        phone.drawn()
        expect(menu.get_by_role("link", name=name)).not_to_be_in_viewport()


def test_no_popover_of_a_narrow_window_is_open_after_a_reload(phone):
    """A run's options and the flow's menu would cover the page."""
    page = phone.page
    body = page.get_by_test_id("stPopoverBody")
    for opener, content in (
        (phone.part("run-more").get_by_role("button"), body),
        (phone.part("flow-head-menu").get_by_role("button"), body),
    ):
        opener.click()
        expect(content).to_be_in_viewport()
        page.reload()
        phone.part("flow-picker").wait_for()
        phone.drawn()
        expect(content).not_to_be_in_viewport()


def test_keyboard_focus_stays_in_its_part_of_the_page_when_a_button_disappears(
    shared_window, addresses
):
    """The next Tab continues from there, not from the page's top."""
    shared_window.open(addresses["Wait for an approval"])
    shared_window.run()
    approve = shared_window.part("decisions").get_by_role("button").first
    approve.focus()
    shared_window.page.keyboard.press("Enter")
    shared_window.wait("completed")
    expect(shared_window.part("run-status")).to_be_focused()
    expect(shared_window.part("run-status")).to_have_css("outline-style", "none")
    close = shared_window.part("clear-run").get_by_role("button")
    close.focus()
    shared_window.page.keyboard.press("Enter")
    expect(close).to_have_count(0)
    expect(shared_window.part("run-status")).to_be_focused()


FOCUSED = "document.activeElement.className || document.activeElement.localName"


def test_keyboard_focus_stays_in_its_part_if_a_field_disappears_long_after_the_script(echo_form):
    field = echo_form.part("run-form").locator("textarea").first
    field.click()
    with echo_form.without(field):
        wait_for(lambda: "st-key-" in echo_form.page.evaluate(FOCUSED))


def test_a_field_that_was_left_does_not_get_the_focus_back(echo_form):
    """On a phone its keyboard would open."""
    field = echo_form.part("run-form").locator("textarea").first
    field.click()
    echo_form.page.get_by_test_id("stTopNav").click(position={"x": 400, "y": 2})
    with echo_form.without(field):
        echo_form.page.wait_for_timeout(1500)  # the page looks twice a second
        assert echo_form.page.evaluate(FOCUSED) == "body"


def middle(box):
    """Return the vertical middle of an element."""
    place = box.bounding_box()
    return place["y"] + place["height"] / 2


def test_links_and_buttons_are_level_with_the_heading_beside_them(echo_form):
    recent = echo_form.part("recent-head")
    heading, link = recent.locator("h2"), recent.get_by_role("link", name="All runs")
    assert abs(middle(heading) - middle(link)) < 2
    present = echo_form.part("flow-head").get_by_role("button", name="Present")
    assert abs(middle(present) - middle(echo_form.part("refresh-flows"))) < 2


def test_a_notice_leaves_the_top_of_the_page_free(shared_window, addresses):
    shared_window.open(addresses["Echo chat"])
    shared_window.page.get_by_role("button", name="Save").first.click()
    name = shared_window.page.get_by_test_id("stPopoverBody").locator("input").first
    name.fill("A notice")
    name.press("Enter")
    notice = shared_window.page.get_by_test_id("stToast")
    notice.wait_for()
    wait_for(lambda: middle(notice) > shared_window.page.viewport_size["height"] / 2)


# where the text of an element begins
LEFT = """(element) => {
  const padding = element.matches("input") ? parseFloat(getComputedStyle(element).paddingLeft) : 0;
  return Math.round(element.getBoundingClientRect().left + padding);
}"""


@pytest.mark.parametrize("width", [1440, 390])
def test_all_parts_of_the_run_page_begin_at_one_edge(shared_window, addresses, width):
    shared_window.page.set_viewport_size({"width": width, "height": 900})
    shared_window.open(addresses["Plan a trip"])
    parts = (
        ".st-key-flow-head .stSelectbox input",
        ".st-key-flow-head [data-testid=stCaptionContainer] p",
        ".st-key-run-form [class*=st-key-field-head] p",
        ".st-key-all-parameters details",
        ".st-key-run-button button",
    )
    edges = {part: shared_window.page.locator(part).first.evaluate(LEFT) for part in parts}
    assert len(set(edges.values())) == 1, edges


def test_no_part_of_an_opened_run_scrolls_sideways(shared_window, ended_run):
    page = shared_window.page
    page.set_viewport_size(PHONE)
    shared_window.open(ended_run("Table of sample records"))
    shared_window.wait("completed")
    for tab in ("", "Trace", "Inputs", "Code"):
        if tab:
            shared_window.part("run-status").get_by_role("tab", name=tab).click()
        for size in ("twice the size", "phone"):
            page.set_viewport_size(SIZES[size])
            shared_window.drawn()
            assert not scrolls_sideways(page), (size, tab)


def scrolls_sideways(page):
    # the second is Chat's, which follows its messages
    main = page.get_by_test_id(re.compile("^(stMain|stAppScrollToBottomContainer)$"))
    return main.evaluate("main => main.scrollWidth > main.clientWidth")

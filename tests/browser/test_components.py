"""Graph, table and timings of a run's components in Chromium, also while the run changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Error, Locator, Page, WebSocket, expect

from tests.browser.screen import log_of
from tests.support.components import HOSTILE
from tests.support.console_process import Console
from tests.support.waiting import wait_for

pytestmark = pytest.mark.exhaustive

PAGE = Path(__file__).parent / "components_page.py"
INSIDE = """view => {
    const frame = view.getBoundingClientRect();
    return [...view.querySelectorAll(".node")].filter(node => {
        const box = node.getBoundingClientRect();
        return box.left >= frame.left && box.right <= frame.right
            && box.top >= frame.top && box.bottom <= frame.bottom;
    }).length;
}"""

_SCROLL = """button => {
    button.click();
    return button.getRootNode().querySelector(".view").scrollLeft;
}"""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """The test page `components_page.py`, behind the console's security headers."""
    with Console(tmp_path_factory.mktemp("components"), script=PAGE) as started:
        yield started


@pytest.fixture(scope="module")
def lasting_page(lasting_window: Callable[..., Page]) -> Page:
    """The window of `open_page`."""
    return lasting_window()


@pytest.fixture
def open_page(drawn: Console, lasting_page: Page) -> Iterator[Callable[..., Page]]:
    """Open the page. Fails at the end if anything was blocked, missing or raised in it."""
    faults: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            faults.append(message.text)

    def note_error(error: Error) -> None:
        faults.append(str(error))

    def open_window(
        query: str = "",
        *,
        width: int = 1000,
        motion: str = "no-preference",
        frames: list[int] | None = None,
    ) -> Page:
        lasting_page.emulate_media(color_scheme="light", reduced_motion=motion)
        lasting_page.set_viewport_size({"width": width, "height": 900})
        if frames is not None:
            lasting_page.once("websocket", lambda socket: _count(socket, frames))
        lasting_page.goto(f"{drawn.url}/?{query}")
        return lasting_page

    lasting_page.on("console", note)
    lasting_page.on("pageerror", note_error)
    yield open_window
    lasting_page.remove_listener("console", note)
    lasting_page.remove_listener("pageerror", note_error)
    assert faults == []
    assert "Traceback" not in log_of(drawn)


@pytest.mark.parametrize("width", [1000, 500])
def test_sixty_components_can_be_read(open_page, width):
    """Names are large enough, the running component is in view, and one press shows all."""
    page = open_page(width=width)
    nodes = page.locator(".node")
    expect(nodes).to_have_count(60)
    running = nodes.filter(has_text="Running").first
    expect(running).to_be_in_viewport(ratio=1)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme)
        assert running.locator(".name").bounding_box()["height"] > 13  # 1.2 times its size
        assert nodes.evaluate_all(
            "nodes => nodes.every(node => node.scrollHeight <= node.clientHeight + 1"
            " && node.querySelector('.icon').textContent"
            " && node.querySelector('.words').textContent)"
        )
        wait_for(lambda: _is_readable(running))  # the colors fade in
    main = page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
    page.get_by_role("button", name="Fit to view").click()
    assert page.locator(".view").evaluate(INSIDE) == 60
    page.get_by_role("button", name="Zoom in").click(click_count=1 if width == 1000 else 3)
    expect(running.locator(".name")).to_be_visible()  # once some characters fit


def _is_readable(node: Locator) -> bool:
    text_color, background = node.evaluate(
        "node => [getComputedStyle(node).color, getComputedStyle(node).backgroundColor]"
    )
    return abs(_brightness(text_color) - _brightness(background)) > 120


@pytest.mark.parametrize("how", ["tick", "updates"])
def test_a_changing_graph_keeps_its_zoom_scroll_and_cards(open_page, how):
    """Five changes a second rebuild nothing and are small to send."""
    frames: list[int] = []
    page = open_page(how, frames=frames)
    view, plan = page.locator(".view"), page.locator(".plan")
    expect(page.locator(".node")).to_have_count(60)
    for _ in range(3):
        page.get_by_role("button", name="Zoom in").click()
    view.evaluate("view => view.scrollTo(700, 40)")
    page.locator(".node").evaluate_all("nodes => nodes.forEach(node => (node.mine = true))")

    def position():
        scroll = view.evaluate("view => [view.scrollLeft, view.scrollTop]")
        return plan.get_attribute("style"), scroll, view.bounding_box()

    before, labels = position(), set()
    for _ in range(6):
        label = plan.get_attribute("aria-label")
        labels.add(label)
        expect(plan).not_to_have_attribute("aria-label", label)
        assert position() == before
    assert len(labels) > 3
    assert page.locator(".node").evaluate_all("nodes => nodes.every(node => node.mine)")
    expect(page.get_by_test_id("stText")).to_be_hidden()
    assert max(frames) < 30_000


def test_arrows_show_where_the_graph_continues_and_scroll_it(open_page):
    """Without a visible scrollbar the graph would seem to end at the edge."""
    page = open_page(width=500)
    expect(page.locator(".node")).to_have_count(60)
    view = page.locator(".view")
    view.evaluate(
        "view => view.dispatchEvent(new WheelEvent('wheel', {deltaX: 9}))"
    )  # the person has taken over
    view.evaluate("view => view.scrollTo(0, 0)")
    left, right = page.locator(".more.left"), page.locator(".more.right")
    expect(right).to_be_visible()
    expect(left).to_be_hidden()
    right.click()
    wait_for(lambda: view.evaluate("view => view.scrollLeft") > 100)
    expect(left).to_be_visible()
    view.evaluate("view => view.scrollTo(view.scrollWidth, 0)")
    expect(right).to_be_hidden()
    page.get_by_role("button", name="Fit to view").click()
    expect(page.locator(".more:visible")).to_have_count(0)


@pytest.mark.parametrize(("motion", "is_calm"), [("reduce", True), ("no-preference", False)])
def test_the_graph_moves_only_for_those_who_like_motion(open_page, motion, is_calm):
    page = open_page(width=500, motion=motion)
    expect(page.locator(".node")).to_have_count(60)
    icon = page.locator(".running .icon").first
    animation = icon.evaluate("icon => getComputedStyle(icon).animationName")
    assert (animation == "none") is is_calm
    view = page.locator(".view")
    view.evaluate("view => view.dispatchEvent(new WheelEvent('wheel', {deltaX: 9}))")
    view.evaluate("view => view.scrollTo(0, 0)")
    right = page.locator(".more.right")
    expect(right).to_be_visible()
    at_once = right.evaluate(_SCROLL)
    assert (at_once > 100) is is_calm
    wait_for(lambda: view.evaluate("view => view.scrollLeft") > 100)


def test_markup_in_names_is_shown_as_text(open_page):
    requested: list[str] = []
    page = open_page("view=Hostile")
    page.on("request", lambda request: requested.append(request.url))
    expect(page.locator(".node .name")).to_have_text(list(HOSTILE))
    for number, name in enumerate(HOSTILE):
        title = page.locator(".node").nth(number).get_attribute("title")
        assert title.startswith(f"{name}\nDone · ")
        expect(page.locator("td").filter(has_text=name)).to_have_count(1)
    page.locator(".stEChartsChart canvas").wait_for()
    page.locator(".stEChartsChart").hover()
    page.wait_for_timeout(300)
    assert page.evaluate("window.hit") is None
    assert page.locator("img[src='x']").count() == 0
    assert not [url for url in requested if url.endswith("/x")]


def _count(socket: WebSocket, frames: list[int]) -> None:
    socket.on("framereceived", lambda frame: frames.append(len(frame)))


def _brightness(color: str) -> float:
    red, green, blue = (int(part) for part in re.findall(r"\d+", color)[:3])
    return 0.3 * red + 0.6 * green + 0.1 * blue

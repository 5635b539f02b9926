"""The components of a run as a person sees them: drawn, read, zoomed, while the run goes on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocket, expect

from tests.browser.screen import log_of
from tests.support.components import HOSTILE
from tests.support.console_process import Console
from tests.support.waiting import wait_for

PAGE = Path(__file__).parent / "components_page.py"
INSIDE = """view => {
    const frame = view.getBoundingClientRect();
    return [...view.querySelectorAll(".node")].filter(node => {
        const box = node.getBoundingClientRect();
        return box.left >= frame.left && box.right <= frame.right
            && box.top >= frame.top && box.bottom <= frame.bottom;
    }).length;
}"""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """The page of the tests' own, behind the console's security headers."""
    with Console(tmp_path_factory.mktemp("components"), script=PAGE) as started:
        yield started


@pytest.fixture
def open_page(drawn: Console, window: Callable[..., Page]) -> Iterator[Callable[..., Page]]:
    """Opens the page; at the end nothing must have been refused, missed or thrown in it."""
    faults: list[str] = []

    def opened(
        query: str = "",
        *,
        width: int = 1000,
        scheme: str = "light",
        frames: list[int] | None = None,
    ) -> Page:
        page = window(color_scheme=scheme)
        if frames is not None:
            page.on("websocket", lambda socket: _count(socket, frames))
        page.set_viewport_size({"width": width, "height": 900})
        page.on("console", lambda said: said.type == "error" and faults.append(said.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{drawn.url}/?{query}")
        return page

    yield opened
    assert faults == []
    assert "Traceback" not in log_of(drawn)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1000, 500])
def test_sixty_components_can_be_read(open_page, scheme, width):
    """Names are large enough and clipped, the one at work is in sight, and one press shows all."""
    page = open_page(width=width, scheme=scheme)
    nodes = page.locator(".node")
    expect(nodes).to_have_count(60)
    at_work = nodes.filter(has_text="running").first
    expect(at_work).to_be_in_viewport(ratio=1)
    assert at_work.locator(".name").bounding_box()["height"] > 11
    assert nodes.evaluate_all(
        "nodes => nodes.every(node => node.scrollHeight <= node.clientHeight + 1"
        " && node.querySelector('.icon').textContent && node.querySelector('.words').textContent)"
    )
    ink, paper = at_work.evaluate(
        "node => [getComputedStyle(node).color, getComputedStyle(node).backgroundColor]"
    )
    assert abs(_brightness(ink) - _brightness(paper)) > 120
    main = page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
    page.get_by_role("button", name="Show all of it").click()
    assert page.locator(".view").evaluate(INSIDE) == 60
    page.get_by_role("button", name="Larger").click(click_count=1 if width == 1000 else 3)
    expect(at_work.locator(".name")).to_be_visible()  # as soon as there is room for some letters


@pytest.mark.parametrize("how", ["tick", "told"])
def test_a_drawing_that_changes_keeps_zoom_place_and_cards(open_page, how):
    """Five changes a second move nothing, rebuild nothing, and cost little."""
    frames: list[int] = []
    page = open_page(how, frames=frames)
    view, plan = page.locator(".view"), page.locator(".plan")
    expect(page.locator(".node")).to_have_count(60)
    for _ in range(3):
        page.get_by_role("button", name="Larger").click()
    view.evaluate("view => view.scrollTo(700, 40)")
    page.locator(".node").evaluate_all("nodes => nodes.forEach(node => (node.mine = true))")

    def place():
        scroll = view.evaluate("view => [view.scrollLeft, view.scrollTop]")
        return plan.get_attribute("style"), scroll, view.bounding_box()

    before, labels = place(), set()
    for _ in range(6):
        label = plan.get_attribute("aria-label")
        labels.add(label)
        expect(plan).not_to_have_attribute("aria-label", label)
        assert place() == before
    assert len(labels) > 3
    assert page.locator(".node").evaluate_all("nodes => nodes.every(node => node.mine)")
    expect(page.get_by_test_id("stText")).to_be_hidden()
    assert max(frames) < 30_000


def test_a_drawing_tells_at_which_sides_there_is_more(open_page):
    """Where no scrollbar can be seen it would look as if it ended there; a press leads on."""
    page = open_page(width=500)
    expect(page.locator(".node")).to_have_count(60)
    view = page.locator(".view")
    view.evaluate("view => view.dispatchEvent(new WheelEvent('wheel', {deltaX: 9}))")  # in hand
    view.evaluate("view => view.scrollTo(0, 0)")
    left, right = page.locator(".more.left"), page.locator(".more.right")
    expect(right).to_be_visible()
    expect(left).to_be_hidden()
    right.click()
    wait_for(lambda: view.evaluate("view => view.scrollLeft") > 100)
    expect(left).to_be_visible()
    view.evaluate("view => view.scrollTo(view.scrollWidth, 0)")
    expect(right).to_be_hidden()
    page.get_by_role("button", name="Show all of it").click()
    expect(page.locator(".more:visible")).to_have_count(0)


def test_what_has_not_changed_is_hardly_sent(open_page):
    """The same drawing again is a word about it."""
    frames: list[int] = []
    page = open_page(frames=frames)
    expect(page.locator(".node")).to_have_count(60)
    page.wait_for_timeout(600)
    frames.clear()
    page.wait_for_timeout(1000)  # five ticks
    assert 0 < sum(frames) < 15_000


def test_names_of_strangers_are_letters_only(open_page):
    """In the graph and its tips, the table, and the timings; and nothing of them runs or loads."""
    asked: list[str] = []
    page = open_page("view=Hostile")
    page.on("request", lambda request: asked.append(request.url))
    expect(page.locator(".node .name")).to_have_text(list(HOSTILE))
    for number, name in enumerate(HOSTILE):
        title = page.locator(".node").nth(number).get_attribute("title")
        assert title.startswith(f"{name} (Odd-{number})\ndone · ")
        expect(page.locator("td").filter(has_text=name)).to_have_count(1)
    page.locator(".stEChartsChart canvas").wait_for()
    page.locator(".stEChartsChart").hover()
    page.wait_for_timeout(300)
    assert page.evaluate("window.hit") is None
    assert page.locator("img[src='x']").count() == 0
    assert not [url for url in asked if url.endswith("/x")]


def _count(socket: WebSocket, frames: list[int]) -> None:
    socket.on("framereceived", lambda frame: frames.append(len(frame)))


def _brightness(colour: str) -> float:
    red, green, blue = (int(part) for part in re.findall(r"\d+", colour)[:3])
    return 0.3 * red + 0.6 * green + 0.1 * blue

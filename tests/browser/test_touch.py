"""The console on a phone, as fingers use it, in Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.screen import PHONE, Screen
from tests.support.waiting import wait_for

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def phone(lasting_screen: Callable[..., Screen]) -> Screen:
    """A phone's window, in which each test opens an address."""
    screen = lasting_screen(is_mobile=True, has_touch=True)
    screen.page.set_viewport_size(PHONE)
    return screen


def color_of(button: Locator) -> list[float]:
    """Return the red, green and blue of a button."""
    text = button.evaluate("button => getComputedStyle(button).backgroundColor")
    return [float(part) for part in re.findall(r"[\d.]+", text)[:3]]


def test_a_tapped_button_keeps_its_color(phone: Screen, addresses: dict[str, str]):
    """A phone takes the pointer to be where it was tapped, until something else is."""
    phone.open(addresses["Echo chat"])
    button = phone.part("run-button").get_by_role("button", name="Run")
    before = color_of(button)
    button.hover()
    phone.page.wait_for_timeout(500)
    assert color_of(button) == before


def test_a_button_under_the_mouse_has_a_darker_shade_of_its_color(screen: Screen):
    screen.pick("Echo")
    button = screen.part("run-button").get_by_role("button", name="Run")
    before = color_of(button)
    button.hover()
    wait_for(lambda: color_of(button) != before)
    shade = color_of(button)
    shares = [after / part for part, after in zip(before, shade, strict=True)]
    assert max(shares) - min(shares) < 0.01 * max(shares)


def test_the_result_of_a_flow_without_parameters_is_scrolled_to(
    phone: Screen, addresses: dict[str, str]
):
    """Though most of a small result would be in sight, below the form."""
    phone.open(addresses["Table of sample records"])
    expect(phone.part("run-status")).to_contain_text("Press Run.")
    phone.part("run-button").get_by_role("button", name="Run").tap()
    phone.wait("completed")
    expect(phone.page.get_by_text("Press Run.")).to_have_count(0)
    wait_for(lambda: phone.part("run-status").bounding_box()["y"] < 100)


def test_long_lines_of_code_wrap(phone: Screen, ended_run: Callable[[str], str]):
    phone.open(ended_run("Echo chat"))
    phone.wait("completed")
    phone.part("run-status").get_by_role("tab", name="Code").click()
    code = phone.part("run-status").get_by_test_id("stCode").locator("pre")
    code.wait_for()
    phone.drawn()
    assert code.evaluate("code => code.scrollWidth <= code.clientWidth")

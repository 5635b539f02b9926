"""The console from afar: everything takes 100 ms to it and back."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screen import Screen
from tests.support.console_process import Console
from tests.support.relay import Relay


@pytest.fixture(scope="module")
def distant(console: Console) -> Iterator[str]:
    """The address of the console beyond a slow network."""
    relay = Relay(console.url, delay=0.05)
    relay.open()
    yield relay.url
    relay.cut()


@pytest.fixture(scope="module")
def screen(lasting_window: Callable[..., Page], distant: str, sample_ids: dict[str, str]) -> Screen:
    """A flow's form with two of its parameters, which stays open."""
    screen = Screen(lasting_window())
    screen.open(f"{distant}/?flow={sample_ids['Echo chat']}")
    screen.open_parameters("ChatOutput-answer")
    return screen


@pytest.mark.parametrize(
    "pause", [0, *(pytest.param(ms, marks=pytest.mark.exhaustive) for ms in (40, 150))]
)
def test_all_that_is_typed_reaches_the_run(screen: Screen, pause: int):
    """Each field is sent when it is left, and the page redrawn while the next one is filled in."""
    fields = [screen.page.locator(".st-key-run-form textarea").first]
    for name in ("sender_name", "context_id"):
        fields.append(screen.part(f"param-ChatOutput-answer-{name}").locator("input"))
    texts = [uuid.uuid4().hex[:12] for _ in fields]
    for field, text in zip(fields, texts, strict=True):
        field.focus()
        screen.page.keyboard.press("Control+a")
        screen.page.keyboard.type(text, delay=pause)
    screen.page.keyboard.press("Control+Enter")
    expect(screen.part("recent-runs")).to_contain_text(texts[0])
    screen.wait("completed")
    screen.part("run-status").get_by_role("tab", name="Inputs").click()
    for text in texts:
        expect(screen.part("run-status")).to_contain_text(text)

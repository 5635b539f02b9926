"""A console that is killed and started again, in Chromium."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screen import Screen
from tests.support.console_process import Console
from tests.support.servers import LiveServer


@dataclass
class Left:
    """What a window left behind when its console was killed."""

    screen: Screen
    address: str


@pytest.fixture(scope="module")
def killed(
    lasting_window: Callable[..., Page],
    sample_flows: LiveServer,
    sample_ids: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Left]]:
    """Windows with a typed text and with a run, whose console was killed and started again."""
    environ = {"LANGFLOW_SERVER_URL": sample_flows.url, "LANGFLOW_API_KEY": sample_flows.api_key}
    with Console(tmp_path_factory.mktemp("killed"), environ) as console:
        typing, running = (Screen(lasting_window()) for _ in range(2))
        typing.open(f"{console.url}/?flow={sample_ids['Echo chat']}")
        message = typing.page.locator("textarea").first
        message.fill("not run yet")
        message.press("Tab")
        expect(typing.page.get_by_text("Changed", exact=True)).to_be_visible()
        running.open(f"{console.url}/?flow={sample_ids['Takes half a minute']}")
        running.run()
        running.wait("running")
        running.page.wait_for_timeout(1_000)  # the draft is saved half a second after its text
        left = {"text": Left(typing, typing.page.url), "run": Left(running, running.address())}
        console.stop(signal.SIGKILL)
        console.start()
        yield left


def test_a_killed_console_loses_no_run(killed: dict[str, Left], finish_work: Callable[[], None]):
    """After a restart, its URL shows the same run, which then completes."""
    screen = killed["run"].screen
    screen.page.goto(killed["run"].address)
    finish_work()
    screen.wait("completed")
    expect(screen.part("outputs")).to_contain_text("The work is done")


def test_input_survives_a_killed_console(killed: dict[str, Left], window: Callable[..., Page]):
    """In the browser in which it was typed."""
    screen, address = killed["text"].screen, killed["text"].address
    screen.open(address)
    expect(screen.page.locator("textarea").first).to_have_value("not run yet")
    other = Screen(window())
    other.open(address)
    expect(other.page.locator("textarea").first).to_have_value("Hello, Langflow!")

"""A console that is killed and started again, in Chromium."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screen import Screen
from tests.browser.visitor import Visitor, start_run, wait_for_end
from tests.support.console_process import Console
from tests.support.servers import LiveServer
from tests.support.waiting import wait_for


@dataclass
class KilledConsole:
    """A console that was killed and started again, with what it left behind."""

    console: Console
    screen: Screen  # with a typed text
    run: str


@pytest.fixture(scope="module")
def killed(
    lasting_window: Callable[..., Page],
    sample_flows: LiveServer,
    sample_ids: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[KilledConsole]:
    environ = {"LANGFLOW_SERVER_URL": sample_flows.url, "LANGFLOW_API_KEY": sample_flows.api_key}
    with Console(tmp_path_factory.mktemp("killed"), environ) as console:
        screen = Screen(lasting_window())
        screen.open(f"{console.url}/?flow={sample_ids['Echo chat']}")
        message = screen.page.locator("textarea").first
        message.fill("not run yet")
        message.press("Tab")
        expect(screen.page.get_by_text("Changed", exact=True)).to_be_visible()
        with Visitor(console) as visitor:
            run = start_run(visitor, sample_ids["Takes half a minute"])
            wait_for(lambda: "Running" in visitor.open(run=run))
            time.sleep(1)  # the draft is saved half a second after its text
            console.stop(signal.SIGKILL)
        console.start()
        yield KilledConsole(console, screen, run)


def test_a_killed_console_loses_no_run(killed: KilledConsole, finish_work: Callable[[], None]):
    with Visitor(killed.console) as visitor:
        assert "stop-button" in visitor.open(run=killed.run)
        finish_work()
        wait_for_end(visitor, killed.run)
        assert "The work is done" in visitor.open(run=killed.run)


def test_input_survives_a_killed_console(killed: KilledConsole):
    url = killed.screen.page.url
    killed.screen.open(url)
    expect(killed.screen.page.locator("textarea").first).to_have_value("not run yet")
    (flow,) = parse_qs(urlsplit(url).query)["flow"]
    with Visitor(killed.console) as other:
        wait_for(lambda: "Hello, Langflow!" in other.open(flow=flow))
        assert "not run yet" not in other.open(flow=flow)

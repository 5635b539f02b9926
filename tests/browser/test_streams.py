"""Event streams that are cut, long or large, in Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Event

import pytest
from playwright.sync_api import Page, expect

from bench.events import busy_script
from bench.scripted_langflow import Line, ScriptedLangflow, chain_script
from tests.browser.screen import Screen, logged_lines
from tests.support.console_process import Console
from tests.support.fake_langflow import FLOW, FLOW_ID
from tests.support.proxy import Proxy

EVENTS = 5_000
PASSING = ("token", "log", "build_start")  # Langflow does not list these again
LETTERS = 10_000_000


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedLangflow]:
    """A scripted Langflow whose jobs send the events of the test."""
    with ScriptedLangflow(FLOW, []) as started:
        yield started


@pytest.fixture(scope="module")
def proxy(server: ScriptedLangflow) -> Iterator[Proxy]:
    """A proxy in front of the server that cuts connections on request."""
    with Proxy(server.url) as started:
        yield started


@pytest.fixture(scope="module")
def console(proxy: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console connected to the proxy."""
    environ = {"LANGFLOW_SERVER_URL": proxy.url, "LANGFLOW_API_KEY": "sk-stand-in-key"}
    with Console(tmp_path_factory.mktemp("streams"), environ) as started:
        yield started


@pytest.fixture(scope="module")
def form(console: Console, lasting_window: Callable[..., Page]) -> Screen:
    """The flow's form in a window of all tests."""
    made = Screen(lasting_window())
    made.open(f"{console.url}/?flow={FLOW_ID}")
    return made


@pytest.fixture
def shared_screen(console: Console, form: Screen) -> Iterator[Screen]:
    """The flow's form without a run; checks afterwards that the console logged nothing."""
    form.reset()
    yield form
    assert logged_lines(console) == []


def answered(script: list[Line]) -> list[Line]:
    """Return the script with its full message as the run's output, which servers truncate."""
    *rest, whole, output, end = script
    content = f"{whole.data['text'][:6000]}..."
    return [*rest, whole, replace(output, data={**output.data, "content": content}), end]


def held(script: list[Line], gate: Event) -> list[Line]:
    """Return the script with its last component running until the gate opens."""
    return [replace(line, gate=gate) if line.mark == "done 2" else line for line in script]


def listed_events(screen: Screen) -> int:
    """Return the number of listed events of an ended run, without the empty first and last ones."""
    details = screen.trace("Events")
    details.get_by_role("button", name="Fetch events").click()
    grid = details.get_by_test_id("stDataFrame").locator("canvas [role=grid]")
    return int(grid.get_attribute("aria-rowcount") or 0) - 1


@pytest.mark.exhaustive
def test_5000_events_of_components_are_all_listed(shared_screen: Screen, server: ScriptedLangflow):
    script = [line for line in busy_script(EVENTS * 16 // 6) if line.event not in PASSING]
    server.play(script)
    shared_screen.run()
    shared_screen.wait("completed")
    expect(shared_screen.part("outputs")).to_contain_text("tok0 tok1")
    assert listed_events(shared_screen) == len(script) - 1 > EVENTS - 10


def test_a_page_with_a_10_mb_event_stays_usable(shared_screen: Screen, server: ScriptedLangflow):
    """The page shows the end of the text as it grows and the full text at the end, and responds to
    presses in the meantime and afterwards.
    """
    text = "many " * (LETTERS // 5)
    script = [
        replace(line, data={**line.data, "text": text + line.data["text"]})
        if line.event == "add_message"
        else line
        for line in chain_script(FLOW, words=2, pause=0.05)
    ]
    go_on = Event()
    server.play(held(answered(script), go_on))
    shared_screen.run()
    status = shared_screen.part("run-status")
    expect(status).to_contain_text("word3 ")
    expect(status).to_contain_text("last 20,000 of 10,000,0")
    status.get_by_text("Table", exact=True).click()
    expect(status.get_by_role("columnheader", name="State")).to_be_visible()
    go_on.set()
    shared_screen.wait("completed")
    expect(shared_screen.part("outputs")).to_contain_text("10,000,")
    assert listed_events(shared_screen) == 6
    details = shared_screen.part("run-details")
    # the box before the second row; what takes the click lies over the canvas
    details.locator("canvas").first.click(position={"x": 15, "y": 88}, force=True)
    expect(details).to_contain_text("first 500,000")
    shared_screen.close()

"""Streams of events that break, are long or are heavy, as a person sees their runs in Chromium."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Event

import pytest
from playwright.sync_api import Page, expect

from tests.bench.events import busy_script
from tests.bench.scripted_langflow import WORKFLOWS, Line, ScriptedLangflow, chain_script
from tests.browser.screen import Screen, log_of
from tests.support.console_process import Console
from tests.support.fake_langflow import FLOW, FLOW_ID
from tests.support.proxy import Fault, Proxy

EVENTS = 5_000
PASSING = ("token", "log", "build_start")  # these are not told again
LETTERS = 10_000_000
SOON = 5.0  # seconds within which a page that can be used answers a press; it takes a part of one


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedLangflow]:
    """Its jobs tell what a test has it tell."""
    with ScriptedLangflow(FLOW, []) as started:
        yield started


@pytest.fixture(scope="module")
def proxy(server: ScriptedLangflow) -> Iterator[Proxy]:
    """What the console takes for the server; it breaks connections where a test says so."""
    with Proxy(server.url) as started:
        yield started


@pytest.fixture(scope="module")
def console(proxy: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console that is set up for them."""
    environ = {"LANGFLOW_SERVER_URL": proxy.url, "LANGFLOW_API_KEY": "sk-stand-in-key"}
    with Console(tmp_path_factory.mktemp("streams"), environ) as started:
        yield started


@pytest.fixture
def screen(console: Console, window: Callable[..., Page]) -> Iterator[Screen]:
    """The flow's form in a fresh window; the console has no fault of its own meanwhile."""
    made = Screen(window())
    made.open(f"{console.url}/?flow={FLOW_ID}")
    yield made
    assert "Traceback" not in log_of(console)
    assert "fault " not in log_of(console)


def answered(script: list[Line]) -> list[Line]:
    """The script with its whole message as the run's output, which servers cut."""
    *rest, whole, output, end = script
    content = f"{whole.data['text'][:6000]}..."
    return [*rest, whole, replace(output, data={**output.data, "content": content}), end]


def held(script: list[Line], gate: Event) -> list[Line]:
    """The script, whose last component works until the gate is opened."""
    return [replace(line, gate=gate) if line.mark == "done 2" else line for line in script]


def words_in(text: str) -> list[int]:
    """The numbers of the words that stand in a text."""
    return [int(number) for number in re.findall(r"word(\d+)", text)]


def messages(screen: Screen) -> str:
    """What a run that has ended shows of its messages."""
    details = screen.part("run-details")
    details.get_by_role("tab", name="Messages").click()
    details.get_by_test_id("stChatMessage").first.wait_for()
    return details.inner_text()


def listed_events(screen: Screen) -> int:
    """How many events of a run that has ended are listed, once they are fetched; the empty ones at
    its beginning and its end are not.
    """
    details = screen.part("run-details")
    details.get_by_role("tab", name="Events").click()
    details.get_by_role("button", name="Fetch the events").click()
    grid = details.get_by_test_id("stDataFrame").locator("canvas [role=grid]")
    return int(grid.get_attribute("aria-rowcount") or 0) - 1


def test_a_stream_that_is_cut_goes_on_where_it_was(
    screen: Screen, server: ScriptedLangflow, proxy: Proxy
):
    """Twice, within the words and within an event: what stands there stands there once, and at the
    end nothing is missing; the run was begun once.
    """
    go_on = Event()
    server.play(held(chain_script(FLOW, words=12, pause=0.05), go_on))
    cuts = [Fault(cut=True, after=b'"word5 "'), Fault(cut=True, after=b'"event": "end_ver')]
    proxy.plan("/events", *cuts)
    begun, opened = server.asked[f"POST {WORKFLOWS}"], proxy.count("/events")
    screen.run()
    status = screen.part("run-status")
    expect(status).to_contain_text("word23 ")
    expect(status).to_contain_text("1 of 2 components")
    seen = status.inner_text()
    assert words_in(seen) == [*range(5), *range(12, 24)]
    assert "word4 … word12" in seen  # words that went by meanwhile
    go_on.set()
    screen.wait("completed")
    assert proxy.count("/events") - opened >= 3
    assert server.asked[f"POST {WORKFLOWS}"] - begun == 1
    expect(screen.part("outputs")).to_contain_text("That is all.")
    expect(screen.part("run-details").get_by_text("done ·")).to_have_count(2)
    assert words_in(messages(screen)) == list(range(24))
    assert listed_events(screen) == 6


def test_5000_words_are_all_there(screen: Screen, server: ScriptedLangflow):
    """Written about as fast as a server can; the page keeps up, and the end has each once."""
    go_on = Event()
    script = answered(chain_script(FLOW, words=EVENTS // 2, pause=0.0002))
    server.play(held(script, go_on))
    screen.run()
    expect(screen.part("run-status")).to_contain_text(f"word{EVENTS - 1} ")
    go_on.set()
    screen.wait("completed")
    assert words_in(screen.part("outputs").inner_text()) == list(range(EVENTS))


def test_5000_events_of_components_are_all_listed(screen: Screen, server: ScriptedLangflow):
    """A flow that goes round and round ends on the screen, too, with its last result."""
    script = [line for line in busy_script(EVENTS * 16 // 6) if line.event not in PASSING]
    server.play(script)
    screen.run()
    screen.wait("completed")
    expect(screen.part("outputs")).to_contain_text("tok0 tok1")
    assert listed_events(screen) == len(script) - 1 > EVENTS - 10


def test_a_page_with_an_event_of_10_mb_can_be_used(screen: Screen, server: ScriptedLangflow):
    """The end of its text is shown as far as it is written, and all of it at the end; what is
    pressed meanwhile and afterwards is answered.
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
    screen.run()
    status = screen.part("run-status")
    expect(status).to_contain_text("word3 ")
    expect(status).to_contain_text("The last 20,000 of 10,000,0")
    began = time.monotonic()
    status.get_by_text("Table", exact=True).click()
    expect(status.get_by_role("columnheader", name="State")).to_be_visible()
    assert time.monotonic() - began < SOON
    go_on.set()
    screen.wait("completed")
    expect(screen.part("outputs")).to_contain_text("10,000,")
    assert listed_events(screen) == 6
    details = screen.part("run-details")
    # the box before the second row; what takes the click lies over the canvas
    details.locator("canvas").first.click(position={"x": 15, "y": 88}, force=True)
    expect(details).to_contain_text("these are the first 500,000")
    began = time.monotonic()
    screen.page.get_by_role("button", name="Show no run", exact=True).click()
    expect(status).to_contain_text("No run is shown")
    assert time.monotonic() - began < SOON

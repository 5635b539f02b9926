"""Many people at one console: their cost for its server, and for its memory."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from bench import many_watchers
from bench.figures import Figure
from bench.outputs import MB
from bench.screen import STATUS, new_run, open_flow
from bench.scripted_langflow import ScriptedLangflow, chain, chain_script
from tests.support.console_process import CHROMIUM_ARGS, Console
from tests.support.recorded import WORKFLOWS

WATCHERS, OPENING = 10, 30  # windows, and seconds until all are open
SESSIONS, EARLY, LATE = 5, 5, 20  # runs of each session
REST = 25  # seconds until the console evicts what nobody looks at


@contextmanager
def windows(browser: Browser, count: int) -> Iterator[list[Page]]:
    """This many browser windows that share nothing."""
    with ExitStack() as stack:
        contexts = [browser.new_context() for _ in range(count)]
        for context in contexts:
            stack.callback(context.close)
        yield [context.new_page() for context in contexts]


@contextmanager
def console_on(server: ScriptedLangflow) -> Iterator[Console]:
    """A console for this server."""
    environ = {"LANGFLOW_SERVER_URL": server.url, "LANGFLOW_API_KEY": "sk-benchmark"}
    with tempfile.TemporaryDirectory() as folder, Console(Path(folder), environ) as console:
        yield console


def requests(browser: Browser, watchers: int) -> int:
    """The requests to a server about one run that this many windows watch to its end.

    Requests made when a window is opened, such as the list of flows, do not count.
    """
    flow = chain(8)
    with (
        ScriptedLangflow(flow, chain_script(flow, 8, 0.12, hold=OPENING)) as server,
        console_on(server) as console,
        windows(browser, watchers) as (first, *others),
    ):
        open_flow(first, console, flow["id"])
        first.locator(".st-key-run-button button").first.click()
        first.wait_for_url("**run=*")
        for page in others:
            page.goto(first.url)
        for page in others:
            page.locator(STATUS).get_by_text("running").first.wait_for(timeout=30_000)
        for page in (first, *others):
            page.locator(STATUS).get_by_text("completed").first.wait_for(timeout=60_000)
        time.sleep(2)
        return sum(WORKFLOWS in line for line in server.lines)


def growth(browser: Browser) -> tuple[float, float]:
    """MB of the console's memory per open session, after few runs and after many."""
    flow = chain(6)
    sizes = []
    with (
        ScriptedLangflow(flow, chain_script(flow, 5, 0.01)) as server,
        console_on(server) as console,
        windows(browser, SESSIONS) as pages,
    ):
        assert console.process is not None
        process = psutil.Process(console.process.pid)
        for page in pages:
            open_flow(page, console, flow["id"])
        for run in range(LATE):
            for page in pages:
                page.locator(".st-key-run-button button").first.click()
                page.locator(STATUS).get_by_text("completed").first.wait_for(timeout=15_000)
                page.locator(".st-key-outputs").first.wait_for(timeout=15_000)
                new_run(page)
            if run + 1 in (EARLY, LATE):
                time.sleep(REST)
                sizes.append(process.memory_info().rss / MB / SESSIONS)
    early, late = sizes
    return early, late


def run(chromium_path: str) -> list[Figure]:
    """Both, on a stand-in."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=CHROMIUM_ARGS)
        alone, together = requests(browser, 1), requests(browser, WATCHERS)
        early, late = growth(browser)
        many = list(many_watchers.run(browser))
        browser.close()
    asked = f"Requests about a run with {WATCHERS} watchers"
    grown = f"Memory of the console for each of {SESSIONS} sessions, {EARLY} to {LATE} runs"
    return [
        Figure(asked, together, 1, "requests", alone, "one watcher"),
        Figure(grown, late - early, 1, "MB"),
        *many,
    ]

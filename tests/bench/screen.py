"""What a person waits for on the screen: after a click on Run, and after the end of a job."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx
from playwright.sync_api import Page, sync_playwright

from tests.bench.browser import click_to_text
from tests.bench.figures import Figure
from tests.console import CHROMIUM_ARGS, ROOT, Console

TRIVIAL = """
import streamlit as st
if st.button("Press", key="press"):
    st.session_state.n = st.session_state.get("n", 0) + 1
with st.container(key="shown"):
    st.write(f"pressed {st.session_state.get('n', 0)} times")
"""
CLICKS = 15
STATUS = ".st-key-run-status"
ENDED = ["completed", "failed"]


@contextmanager
def chromium(path: str) -> Iterator[Page]:
    """One page of a fresh Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        yield browser.new_page(viewport={"width": 1440, "height": 900})
        browser.close()


def trivial_clicks(page: Page, folder: Path, *, our_settings: bool) -> float:
    """Median click-to-change of a page that only counts clicks, in ms."""
    folder.mkdir()
    script = folder / "trivial.py"
    script.write_text(TRIVIAL)
    if our_settings:
        (folder / ".streamlit").mkdir()
        config = (ROOT / ".streamlit" / "config.toml").read_text()
        (folder / ".streamlit" / "config.toml").write_text(config)
    taken = []
    with Console(folder, script=script, cwd=folder) as console:
        page.goto(console.url)
        page.get_by_text("pressed 0 times").wait_for()
        for n in range(CLICKS):
            page.wait_for_timeout(250)
            taken.append(
                click_to_text(page, ".st-key-press button", ".st-key-shown", [f"pressed {n + 1} "])
            )
    return median(taken)


def choose(page: Page, console: Console, name: str) -> None:
    """Open the console on the flow whose name begins with `name`."""
    page.goto(console.url)
    box = page.locator(".st-key-flow-picker input")
    box.wait_for(timeout=30_000)
    box.click()
    box.fill(name)
    page.wait_for_timeout(300)
    page.keyboard.press("Enter")
    page.locator(".st-key-flow-picker").get_by_text(name).first.wait_for()
    page.wait_for_timeout(800)


def run_clicks(page: Page, console: Console) -> float:
    """Median from the click on Run to a status word on the screen, in ms."""
    taken = []
    words = ["queued", "in progress", *ENDED]
    for _ in range(CLICKS):
        button = page.locator(".st-key-run-button button")
        button.wait_for(timeout=15_000)
        page.wait_for_timeout(400)
        taken.append(click_to_text(page, ".st-key-run-button button", STATUS, words))
        page.locator(STATUS).get_by_text("completed").first.wait_for(timeout=15_000)
        page.locator("button", has_text="New run").first.click()
    return median(taken)


def end_to_screen(page: Page, url: str, api_key: str, runs: int) -> list[float]:
    """Seconds from the end of a job at its server to its result on the screen, for some runs.

    The end is when the server first answers that it is over, asked every 20 ms by a watcher of
    the benchmark's own; so a figure may come out up to that much too small.
    """
    lags = []
    for _ in range(runs):
        page.locator(".st-key-run-button button").wait_for(timeout=15_000)
        page.wait_for_timeout(400)
        seen: list[float] = []
        page.locator(".st-key-run-button button").click()
        page.locator(".st-key-stop-button").wait_for(timeout=10_000)
        job = _job_of(page)
        watcher = threading.Thread(target=_watch, args=(url, api_key, job, seen))
        watcher.start()
        page.locator(STATUS).get_by_text("completed").first.wait_for(timeout=90_000)
        page.locator(".st-key-outputs").first.wait_for(timeout=10_000)
        shown = time.time()
        watcher.join(30)
        lags.append(shown - seen[0])
        page.locator("button", has_text="New run").first.click()
    return lags


def _job_of(page: Page) -> str:
    """The job's id, as the run's details show it."""
    text = page.locator(".st-key-run-job").inner_text(timeout=10_000)
    return text.split()[-1]


def _watch(url: str, api_key: str, job: str, seen: list[float]) -> None:
    with httpx.Client(headers={"x-api-key": api_key}, timeout=10) as client:
        until = time.time() + 120
        while time.time() < until:
            answer = client.get(f"{url}/api/v2/workflows", params={"job_id": job})
            if answer.json().get("status") in ENDED:
                seen.append(time.time())
                return
            time.sleep(0.02)


def run(url: str, api_key: str, chromium_path: str) -> list[Figure]:
    """Both figures of the click; the floors are trivial pages, with our settings and without."""
    with tempfile.TemporaryDirectory() as name, chromium(chromium_path) as page:
        folder = Path(name)
        same = trivial_clicks(page, folder / "same", our_settings=True)
        plain = trivial_clicks(page, folder / "plain", our_settings=False)
        environ = {"LANGFLOW_SERVER_URL": url, "LANGFLOW_API_KEY": api_key}
        with Console(folder, environ) as console:
            choose(page, console, "Echo")
            click = run_clicks(page, console)
    name = "Click on Run to the status word, record committed"
    return [
        Figure(name, click, 3, floor=same, floor_name="trivial page, same settings"),
        Figure(name, click, 1, floor=plain, floor_name="trivial page, Streamlit's defaults"),
    ]

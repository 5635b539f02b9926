"""Waiting times on the screen: after a click on Run, and after the end of a job."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import parse_qs, urlsplit

import httpx
from playwright.sync_api import Page, sync_playwright

from bench.browser import click_to_text, settle
from bench.figures import Figure
from lfclient import LangflowClient
from lfclient.console.store.store import Store
from tests.browser.screen import Screen
from tests.support.console_process import CHROMIUM_ARGS, ROOT, Console
from tests.support.relay import Relay

TRIVIAL = """
import streamlit as st
if st.button("Press", key="press"):
    st.session_state.n = st.session_state.get("n", 0) + 1
with st.container(key="shown"):
    st.write(f"pressed {st.session_state.get('n', 0)} times")
"""
# rows of a form, for baselines with many elements: the console's page of Echo chat has 63 elements
# before a run and 115 after it
FILLED = "100 elements"
ROWS = """
for n in range(20):
    with st.container(key=f"row-{n}", horizontal=True):
        with st.container():
            st.markdown(f"**Label {n}**")
            st.text_input(f"Field {n}", key=f"field-{n}")
        st.button(f"Button {n}", key=f"button-{n}")
"""
CLICKS = 15
STOPS = 5
STATUS = ".st-key-run-status"
MAIN = "[data-testid=stMain]"  # with the progress, which is below the form
ENDED = ["completed", "failed"]


# resolves to the ms from a click until the button looks pressed, and until a status is there
_PRESS = """
([press, status]) => new Promise((resolve) => {
  const button = document.querySelector(press), start = performance.now();
  let pressed = 0;
  const look = () => {
    const past = performance.now() - start;
    if (!pressed && (!button.isConnected || getComputedStyle(button).opacity < 1)) pressed = past;
    const shown = document.querySelector(status).innerText;
    if (/queued|running|completed/i.test(shown)) resolve([pressed || past, past]);
    else requestAnimationFrame(look);
  };
  button.focus();
  button.click();
  look();
})
"""


@contextmanager
def chromium(path: str) -> Iterator[Page]:
    """A page of a fresh Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        yield browser.new_page(viewport={"width": 1440, "height": 900})
        browser.close()


def trivial_clicks(page: Page, folder: Path, *, our_settings: bool) -> float:
    """Median from click to change on a page that only counts clicks, in ms."""
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
            settle(page)
            taken.append(
                click_to_text(page, ".st-key-press button", ".st-key-shown", [f"pressed {n + 1} "])
            )
    return median(taken)


def open_flow(page: Page, console: Console, flow_id: str) -> None:
    """Open a flow with its form and its Run button."""
    page.goto(f"{console.url}/?flow={flow_id}")
    page.locator(".st-key-run-button button").first.wait_for(timeout=30_000)
    settle(page)


def new_run(page: Page, ended: str = "completed") -> None:
    """Close a run that ended with this status."""
    page.locator(".st-key-clear-run button").first.click()
    page.locator(STATUS).get_by_text(ended).first.wait_for(state="detached", timeout=15_000)
    page.locator(".st-key-run-button button").first.wait_for(timeout=15_000)
    settle(page)


def run_clicks(page: Page, console: Console) -> float:
    """Median from the click on Run to a status on the screen, in ms."""
    taken = []
    words = ["queued", "running", *ENDED]
    for _ in range(CLICKS):
        taken.append(click_to_text(page, ".st-key-run-button button", STATUS, words))
        page.locator(STATUS).get_by_text("completed").first.wait_for(timeout=15_000)
        settle(page)
        new_run(page)
    return median(taken)


def stop_clicks(page: Page) -> tuple[float, float]:
    """Medians, in seconds, from the click on Stop to its acknowledgement and to its confirmation.

    The run would go on for half a minute.
    """
    requested, confirmed = [], []
    words = ["stopping", "stopped"]  # the second may replace the first before it is seen
    for _ in range(STOPS):
        for taken, texts in ((requested, words), (confirmed, words[1:])):
            page.locator(".st-key-run-button button").first.click()
            page.locator(STATUS).get_by_text("running").first.wait_for(timeout=15_000)
            page.wait_for_timeout(700)  # the run continues, so the page is never idle
            taken.append(click_to_text(page, ".st-key-stop-button button", STATUS, texts) / 1000)
            page.locator(STATUS).get_by_text("stopped").first.wait_for(timeout=15_000)
            settle(page)
            new_run(page, "stopped")
    return median(requested), median(confirmed)


def distant_clicks(page: Page, console: Console, flow_id: str) -> tuple[float, float]:
    """Medians, in ms, from a click on Run to its look when pressed and to a status.

    The console is 100 ms away, there and back.
    """
    relay = Relay(console.url, delay=0.05)
    relay.open()
    pressed, status = [], []
    page.goto(f"{relay.url}/?flow={flow_id}")
    page.locator(".st-key-run-button button").first.wait_for(timeout=30_000)
    for _ in range(CLICKS):
        settle(page)
        seen = page.evaluate(_PRESS, [".st-key-run-button button", STATUS])
        pressed.append(seen[0])
        status.append(seen[1])
        page.locator(STATUS).get_by_text("completed").first.wait_for(timeout=15_000)
        settle(page)
        new_run(page)
    relay.cut()
    return median(pressed), median(status)


def end_to_screen(
    page: Page, console: Console, url: str, api_key: str, *, runs: int = 5
) -> list[float]:
    """Seconds from the end of each job on its server to its result on the screen.

    The benchmark polls the server every 20 ms for the end, so a figure may be that much too small.
    """
    lags = []
    store = Store(console.folder / "data")
    for _ in range(runs):
        page.locator(".st-key-run-button button").first.click()
        page.wait_for_url("**run=*")
        job = _job_of(store, parse_qs(urlsplit(page.url).query)["run"][0])
        seen: list[float] = []
        watcher = threading.Thread(target=_watch, args=(url, api_key, job, seen))
        watcher.start()
        page.locator(".st-key-outputs").first.wait_for(timeout=90_000)
        shown = time.time()
        watcher.join(30)
        lags.append(shown - seen[0])
        settle(page)
        new_run(page)
    store.close()
    return lags


def _job_of(store: Store, run_id: str) -> str:
    """The job's id, once the server has assigned one."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        record = store.get(run_id)
        if record and record.job_id:
            return record.job_id
        time.sleep(0.01)
    raise AssertionError("the run was given no job")


def _watch(url: str, api_key: str, job: str, seen: list[float]) -> None:
    with httpx.Client(headers={"x-api-key": api_key}, timeout=10) as client:
        until = time.time() + 120
        while time.time() < until:
            answer = client.get(f"{url}/api/v2/workflows", params={"job_id": job})
            if answer.json().get("status") in ENDED:
                seen.append(time.time())
                return
            time.sleep(0.02)


def flow_id(url: str, api_key: str, name: str) -> str:
    """The id of the flow with this name."""
    with LangflowClient(url, api_key=api_key) as client:
        return next(flow.id for flow in client.flows() if flow.name == name)


def run(url: str, api_key: str, chromium_path: str) -> list[Figure]:
    """Both figures of the click; the baselines are trivial pages, with these settings or not."""
    with tempfile.TemporaryDirectory() as name, chromium(chromium_path) as page:
        folder = Path(name)
        same = trivial_clicks(page, folder / "same", our_settings=True)
        plain = trivial_clicks(page, folder / "plain", our_settings=False)
        environ = {"LANGFLOW_SERVER_URL": url, "LANGFLOW_API_KEY": api_key}
        echo = flow_id(url, api_key, "Echo chat")
        with Console(folder, environ) as console:
            open_flow(page, console, echo)
            click = run_clicks(page, console)
            pressed, distant = distant_clicks(page, console, echo)
            open_flow(page, console, echo)
            short = end_to_screen(page, console, url, api_key)
            open_flow(page, console, flow_id(url, api_key, "Takes half a minute"))
            long = end_to_screen(page, console, url, api_key, runs=1)
            requested, confirmed = stop_clicks(page)
    name = "Click on Run to the status word, record committed"
    return [
        Figure(name, click, 3, baseline=same, baseline_name="trivial page, same settings"),
        Figure(name, click, 1, baseline=plain, baseline_name="trivial page, Streamlit's defaults"),
        Figure("Click on Run, 100 ms away, to its look when pressed", pressed, 150),
        Figure("the same, to the status word", distant, click + 150),
        Figure("End of a short job to its result on the screen", median(short), 0.5, "s"),
        Figure("End of a 25 s job to its result on the screen", median(long), 0.5, "s"),
        Figure("Click on Stop to the word that it was asked for", requested, 1, "s"),
        Figure("Click on Stop to the server's word that it has stopped", confirmed, 1, "s"),
    ]


def run_polled(url: str, api_key: str, chromium_path: str) -> list[Figure]:
    """End of a job to the screen on a server before 1.11, which is polled."""
    environ = {"LANGFLOW_SERVER_URL": url, "LANGFLOW_API_KEY": api_key}
    with (
        tempfile.TemporaryDirectory() as folder,
        chromium(chromium_path) as page,
        Console(Path(folder), environ) as console,
    ):
        open_flow(page, console, flow_id(url, api_key, "Echo chat"))
        Screen(page).mode("Background")
        short = end_to_screen(page, console, url, api_key)
        open_flow(page, console, flow_id(url, api_key, "Takes half a minute"))
        Screen(page).mode("Background")
        long = end_to_screen(page, console, url, api_key, runs=1)
    return [
        Figure("End of a short job to the screen, polled (1.10)", median(short), 1, "s"),
        Figure("End of a 25 s job to the screen, polled (1.10)", median(long), 4, "s"),
    ]

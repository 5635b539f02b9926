"""From the click on Run to the first that is seen of what the run does."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from statistics import median

import httpx
from playwright.sync_api import Page

from lfclient import LangflowClient
from lfclient.samples import build
from tests.bench.browser import click_to_text, settle
from tests.bench.figures import Figure
from tests.bench.live import trivial
from tests.bench.screen import STATUS, chromium, new_run, open_flow
from tests.bench.status_requests import sleeping
from tests.console import Console

CLICKS = 15
SECONDS = 1  # that each run takes, so that its end does not come first

FRAGMENT = """
import streamlit as st

@st.fragment
def counter():
    if st.button("Press", key="press"):
        st.session_state.n = st.session_state.get("n", 0) + 1
    with st.container(key="shown"):
        st.write(f"pressed {st.session_state.get('n', 0)} times")

counter()
"""


def bare(url: str, api_key: str, flow_id: str) -> float:
    """Seconds from a bare POST of a job to the first of its events; waits for its end."""
    body = {"flow_id": flow_id, "mode": "background"}
    with httpx.Client(headers={"x-api-key": api_key}, timeout=60) as client:
        start = time.perf_counter()
        job = client.post(f"{url}/api/v2/workflows", json=body).json()["job_id"]
        with client.stream("GET", f"{url}/api/v2/workflows/{job}/events") as stream:
            lines = (line for line in stream.iter_lines() if line.startswith("data:"))
            first = json.loads(next(lines)[5:])
            taken = time.perf_counter() - start
            assert first["event"] == "vertices_sorted", first
            for _ in lines:
                pass
    return taken


def clicks(page: Page, beside: Page, url: str, api_key: str, flow_id: str) -> list[list[float]]:
    """Milliseconds to the progress on the console's page, of the bare calls, and of the fragment's
    change on the page `beside`, each in turn, so that noise meets all alike.
    """
    ours, calls, fragment = [], [], []
    for _ in range(CLICKS):
        page.bring_to_front()
        words = ["0 of 3 components"]
        ours.append(click_to_text(page, ".st-key-run-button button", STATUS, words))
        page.locator(STATUS).get_by_text("completed").first.wait_for(timeout=15_000)
        settle(page)
        new_run(page)
        calls.append(bare(url, api_key, flow_id) * 1000)
        beside.bring_to_front()
        shown = int(beside.locator(".st-key-shown").inner_text().split()[1])
        wanted = [f"pressed {shown + 1} "]
        fragment.append(click_to_text(beside, ".st-key-press button", ".st-key-shown", wanted))
    return [ours, calls, fragment]


def run(url: str, api_key: str, chromium_path: str) -> list[Figure]:
    """With a flow of the benchmark's own on the server."""
    environ = {"LANGFLOW_SERVER_URL": url, "LANGFLOW_API_KEY": api_key}
    with (
        tempfile.TemporaryDirectory() as name,
        LangflowClient(url, api_key=api_key, timeout=60) as client,
        chromium(chromium_path) as page,
        trivial(Path(name) / "fragment", FRAGMENT) as counter,
        Console(Path(name), environ) as console,
    ):
        made = client.create_flow("bench begin", build(sleeping(SECONDS), client.catalogue()))
        try:
            beside = page.context.browser.new_page()
            beside.goto(counter.url)
            beside.get_by_text("pressed 0 times").wait_for()
            open_flow(page, console, made.id)
            clicks(page, beside, url, api_key, made.id)  # warm up
            ours, calls, fragment = map(median, clicks(page, beside, url, api_key, made.id))
        finally:
            client.delete_flow(made.id)
    what = "bare POST and /events to the first event, and a fragment"
    return [Figure("Click on Run to the first progress", ours, 1.2, "ms", calls + fragment, what)]

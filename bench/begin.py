"""From the click on Run to the first progress on the screen."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import httpx
from playwright.sync_api import Page

from bench.browser import click_to_text, settle
from bench.figures import Figure
from bench.live import trivial
from bench.screen import FILLED, MAIN, ROWS, STATUS, chromium, new_run, open_flow
from bench.status_requests import sleeping
from lfclient import LangflowClient
from lfclient.console.samples.graph_builder import build_graph
from tests.support.console_process import Console

CLICKS = 25
WARMING = 5
SECONDS = 1  # of each run, so that its end does not come first

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

# the same requests made where the console has to make them: in a page's script
CALLING = """
import json, os
import httpx
import streamlit as st

workflows = os.environ["BENCH_SERVER"] + "/api/v2/workflows"
body = {"flow_id": os.environ["BENCH_FLOW"], "mode": "background"}

@st.cache_resource
def client():
    return httpx.Client(headers={"x-api-key": os.environ["BENCH_KEY"]}, timeout=60)

@st.fragment
def counter():
    pressed = st.button("Press", key="press")
    with st.container(key="shown"):
        shown = st.empty()
    shown.write(f"pressed {st.session_state.get('n', 0)} times")
    if pressed:
        st.session_state.n = st.session_state.get("n", 0) + 1
        job = client().post(workflows, json=body).json()["job_id"]
        with client().stream("GET", f"{workflows}/{job}/events") as stream:
            lines = (line for line in stream.iter_lines() if line.startswith("data:"))
            assert json.loads(next(lines)[5:])["event"] == "vertices_sorted"
            shown.write(f"pressed {st.session_state.n} times")
            for _ in lines:
                pass

counter()
"""


def bare_call(url: str, api_key: str, flow_id: str) -> float:
    """Seconds from a bare POST of a job to its first event; waits for its end."""
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


def counter_click(page: Page) -> float:
    """Milliseconds from a click on a counting page to its next number; waits until it is idle."""
    page.bring_to_front()
    settle(page)
    shown = int(page.locator(".st-key-shown").inner_text().split()[1])
    texts = [f"pressed {shown + 1} "]
    taken = click_to_text(page, ".st-key-press button", ".st-key-shown", texts)
    settle(page)
    return taken


def run_click(page: Page) -> float:
    """Milliseconds from the click on Run to the first progress; waits for the end."""
    page.bring_to_front()
    taken = click_to_text(page, ".st-key-run-button button", MAIN, ["0 of 3 components"])
    page.locator(STATUS).get_by_text("completed").first.wait_for(timeout=15_000)
    settle(page)
    new_run(page)
    return taken


def run(url: str, api_key: str, chromium_path: str) -> list[Figure]:
    """Measure with a flow of its own, in turn, so that noise affects all alike."""
    environ = {"LANGFLOW_SERVER_URL": url, "LANGFLOW_API_KEY": api_key}
    with (
        tempfile.TemporaryDirectory() as name,
        LangflowClient(url, api_key=api_key, timeout=60) as client,
        chromium(chromium_path) as page,
    ):
        made = client.editor.create_flow(
            "bench begin", build_graph(sleeping(SECONDS), client.editor.catalogue())
        )
        environment = {"BENCH_SERVER": url, "BENCH_KEY": api_key, "BENCH_FLOW": made.id}
        try:
            with (
                trivial(Path(name) / "fragment", FRAGMENT) as counter,
                trivial(Path(name) / "calling", CALLING, environment) as calling,
                trivial(Path(name) / "filled", CALLING + ROWS, environment) as filled,
                Console(Path(name), environ) as console,
            ):
                in_counter, in_calling, in_filled = besides = [
                    page.context.browser.new_page() for _ in range(3)
                ]
                for beside, shown in zip(besides, (counter, calling, filled), strict=True):
                    beside.goto(shown.url)
                    beside.get_by_text("pressed 0 times").wait_for()
                open_flow(page, console, made.id)
                rows = [
                    (
                        run_click(page),
                        bare_call(url, api_key, made.id) * 1000 + counter_click(in_counter),
                        counter_click(in_calling),
                        counter_click(in_filled),
                    )
                    for _ in range(WARMING + CLICKS)
                ]
        finally:
            client.editor.delete_flow(made.id)
    ours, apart, inside, inside_filled = (
        list(column) for column in zip(*rows[WARMING:], strict=True)
    )
    name = "Click on Run to the first progress"
    what = "bare POST and /events to the first event"
    return [
        Figure.of(name, ours, apart, 1.2, f"{what}, and a fragment, each in turn"),
        Figure.of(name, ours, inside, 1.3, f"{what}, in a fragment of a trivial page"),
        Figure.of(name, ours, inside_filled, 1.3, f"{what}, in a fragment of a page with {FILLED}"),
    ]

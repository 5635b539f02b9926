"""From the click on Run to the answer on the screen, against pages of Gradio and of Streamlit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Page

from bench.browser import click_to_text, settle
from bench.figures import Figure
from bench.live import trivial
from bench.screen import FILLED, ROWS, STATUS, chromium, flow_id, new_run, open_flow
from tests.browser.screen import Screen
from tests.support.console_process import Console, free_port
from tests.support.waiting import wait_for

WARMING, CLICKS = 3, 15

PAGE = """
import os
import gradio as gr
import httpx

client = httpx.Client(headers={"x-api-key": os.environ["BENCH_KEY"]}, timeout=60)

def ask(text):
    body = {"flow_id": os.environ["BENCH_FLOW"], "mode": "sync", "input_value": text}
    return client.post(os.environ["BENCH_SERVER"] + "/api/v2/workflows", json=body).text

with gr.Blocks() as page:
    question = gr.Textbox(elem_id="question")
    answer = gr.Markdown(elem_id="answer")
    gr.Button("Run", elem_id="run").click(ask, question, answer, show_progress="hidden")
page.launch(server_name="127.0.0.1", server_port=int(os.environ["BENCH_PORT"]))
"""


# the same page, as one would write it in Streamlit
STREAMLIT_PAGE = """
import os
import httpx
import streamlit as st

@st.cache_resource
def client():
    return httpx.Client(headers={"x-api-key": os.environ["BENCH_KEY"]}, timeout=60)

with st.container(key="question"):
    text = st.text_area("Question")
if st.button("Run", key="run"):
    body = {"flow_id": os.environ["BENCH_FLOW"], "mode": "sync", "input_value": text}
    response = client().post(os.environ["BENCH_SERVER"] + "/api/v2/workflows", json=body)
    with st.container(key="answer"):
        st.markdown(response.text)
"""


@contextmanager
def gradio(folder: Path, environ: dict[str, str]) -> Iterator[str]:
    """Serve the page from an environment of its own; yields its address."""
    python = folder / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([python, "-m", "pip", "install", "-q", "gradio", "httpx"], check=True)
    port = free_port()
    environ |= {"BENCH_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
    page = subprocess.Popen([python, "-c", PAGE], env={**os.environ, **environ})
    url = f"http://127.0.0.1:{port}"

    def responds() -> bool:
        try:
            return httpx.get(url).is_success
        except httpx.TransportError:
            return False

    try:
        wait_for(responds)
        yield url
    finally:
        page.kill()
        page.wait()


def gradio_click(page: Page) -> float:
    """Milliseconds from the click to the answer on Gradio's page."""
    page.bring_to_front()
    word = uuid.uuid4().hex
    page.locator("#question textarea").fill(word)
    page.wait_for_timeout(500)
    return click_to_text(page, "#run", "#answer", [word])


def streamlit_click(page: Page) -> float:
    """Milliseconds from the click to the answer on Streamlit's page."""
    page.bring_to_front()
    word = uuid.uuid4().hex
    page.locator(".st-key-question textarea").fill(word)
    page.keyboard.press("Tab")
    settle(page)
    taken = click_to_text(page, ".st-key-run button", ".st-key-answer", [word])
    settle(page)
    return taken


def run_click(page: Page) -> float:
    """Milliseconds from the click to the answer on the console's page."""
    page.bring_to_front()
    word = uuid.uuid4().hex
    page.locator(".st-key-run-form textarea").first.fill(word)
    page.keyboard.press("Tab")
    settle(page)
    taken = click_to_text(page, ".st-key-run-button button", STATUS, [word])
    page.locator(STATUS).get_by_text("completed").first.wait_for(timeout=15_000)
    settle(page)
    new_run(page)
    return taken


def bare_job(url: str, api_key: str, flow: str) -> float:
    """Milliseconds from a bare POST of a job to the first event with its answer."""
    workflows = f"{url}/api/v2/workflows"
    body = {"flow_id": flow, "mode": "background", "input_value": uuid.uuid4().hex}
    with httpx.Client(headers={"x-api-key": api_key}, timeout=60) as client:
        client.get(workflows, params={"job_id": str(uuid.uuid4())})  # connects
        start = time.perf_counter()
        job = client.post(workflows, json=body).json()["job_id"]
        with client.stream("GET", f"{workflows}/{job}/events") as stream:
            next(line for line in stream.iter_lines() if is_answer(line, body["input_value"]))
            return (time.perf_counter() - start) * 1000


def is_answer(line: str, text: str) -> bool:
    """Return whether a line of the events is a message of the flow, not a person's, with a text."""
    if not line.startswith("data:") or text not in line:
        return False
    event = json.loads(line[5:])
    if event["event"] != "add_message":
        return False
    message = event["data"]["data"]
    return message["sender"] == "Machine" and text in message["text"]


def run(url: str, api_key: str, chromium_path: str) -> list[Figure]:
    """Measure in both modes, each in turn with its baseline."""
    flow = flow_id(url, api_key, "Echo chat")
    environ = {"LANGFLOW_SERVER_URL": url, "LANGFLOW_API_KEY": api_key}
    called = {"BENCH_SERVER": url, "BENCH_KEY": api_key, "BENCH_FLOW": flow}
    rounds = range(WARMING + CLICKS)
    with (
        tempfile.TemporaryDirectory() as name,
        chromium(chromium_path) as page,
        gradio(Path(name) / "gradio", called) as gradio_url,
        trivial(Path(name) / "streamlit", STREAMLIT_PAGE, called) as streamlit,
        trivial(Path(name) / "filled", STREAMLIT_PAGE + ROWS, called) as filled,
        Console(Path(name), environ) as console,
    ):
        in_gradio, in_streamlit, in_filled = (page.context.browser.new_page() for _ in range(3))
        in_gradio.goto(gradio_url)
        in_streamlit.goto(streamlit.url)
        in_filled.goto(filled.url)
        open_flow(page, console, flow)
        background = [(run_click(page), bare_job(url, api_key, flow)) for _ in rounds]
        Screen(page).mode("Synchronous")
        sync = [
            (
                run_click(page),
                gradio_click(in_gradio),
                streamlit_click(in_streamlit),
                streamlit_click(in_filled),
            )
            for _ in rounds
        ]
    what = "Click on Run to the answer"
    ours, *baselines = map(list, zip(*sync[WARMING:], strict=True))
    pages = ("Gradio", "Streamlit", f"Streamlit with {FILLED}")
    background_ours, bare = map(list, zip(*background[WARMING:], strict=True))
    return [
        *(
            Figure.of(f"{what}, synchronous", ours, baseline, 1.2, f"the same call in {which}")
            for baseline, which in zip(baselines, pages, strict=True)
        ),
        Figure.of(f"{what}, background", background_ours, bare, 2, "bare calls"),
    ]

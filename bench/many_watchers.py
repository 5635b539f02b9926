"""The end of two runs that many sessions watch: when each session shows it."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import Browser, Page

from bench.figures import Figure
from bench.live import trivial
from bench.screen import STATUS, open_flow
from bench.scripted_langflow import (
    Line,
    ScriptedJob,
    ScriptedLangflow,
    chain,
    chain_script,
)
from bench.simulated_sessions import watching
from tests.support.console_process import Console
from tests.support.recorded import WORKFLOWS

SESSIONS, RUNS = (20, 60, 200), 2
COMPONENTS, WORDS, PAUSE = 8, 8, 0.1  # a run of 7 s after all sessions are open
OPEN_SECONDS, END_SECONDS = 600, 120

# the baseline: a worker for each run reads its events, and each session's fragment draws one line
TAILS = """
import json, os, threading, time
import httpx
import streamlit as st

URL = os.environ["BENCH_URL"]

class Worker:
    def __init__(self):
        self.line, self.version, self.ended = "Running", 0, False
        self.changed = threading.Condition()
        threading.Thread(target=self.work, daemon=True).start()

    def work(self):
        with httpx.Client(timeout=300) as client:
            job = client.post(URL, json={}).json()["job_id"]
            with client.stream("GET", f"{URL}/{job}/events") as stream:
                for line in stream.iter_lines():
                    if line.startswith("data: "):
                        event = json.loads(line[6:])
                        if event["event"] == "token":
                            self.say("Running: " + event["data"]["chunk"])
        self.say("Completed", ended=True)

    def say(self, line, ended=False):
        with self.changed:
            self.line, self.version, self.ended = line, self.version + 1, ended
            self.changed.notify_all()

@st.cache_resource
def worker(number):
    return Worker()

@st.fragment(run_every=0.5)
def tail(worker):
    place = st.empty()
    until, version = time.monotonic() + 0.45, -1
    while True:
        with worker.changed:
            worker.changed.wait_for(
                lambda: worker.version != version, max(until - time.monotonic(), 0)
            )
            line, ended, version = worker.line, worker.ended, worker.version
        place.markdown(line)
        if ended:
            st.rerun()
        if time.monotonic() >= until:
            return

shown = worker(st.query_params["run"])
if shown.ended:
    st.markdown("Completed")
else:
    tail(shown)
"""

# notes when the status and the outputs first show the end of the run
_NOTE_END = """
() => {
  window.endSeen = {};
  const note = () => {
    const status = document.querySelector('.st-key-run-status')?.textContent ?? '';
    if (status.includes('Completed')) window.endSeen.end ??= Date.now();
    if (document.querySelector('.st-key-outputs')) window.endSeen.result ??= Date.now();
  };
  new MutationObserver(note).observe(document.body,
    {subtree: true, childList: true, characterData: true});
}
"""


@dataclass(frozen=True)
class Delays:
    """Seconds from the last event of a run on the wire, in each session."""

    end: list[float]
    result: list[float]
    browser_end: list[float]
    health: list[float]


def _script(flow: dict[str, object], gate: threading.Event) -> list[Line]:
    """Components that end and write words, from the moment that the gate is open."""
    lines = chain_script(flow, WORDS, PAUSE)
    return [replace(line, gate=gate) if line.event == "add_message" else line for line in lines]


def console_delays(browser: Browser, sessions: int) -> Delays:
    """On the console's Run page; a browser starts each run and watches it beside the sessions."""
    flow, gate = chain(COMPONENTS), threading.Event()
    with ExitStack() as opened:
        server = opened.enter_context(ScriptedLangflow(flow, _script(flow, gate)))
        folder = opened.enter_context(tempfile.TemporaryDirectory())
        environ = {"LANGFLOW_SERVER_URL": server.url, "LANGFLOW_API_KEY": "sk-benchmark"}
        console = opened.enter_context(Console(Path(folder), environ))
        pages = [_start_run(opened, browser, console, flow["id"]) for _ in range(RUNS)]
        addresses = [pages[number % RUNS].url for number in range(sessions)]
        watch = opened.enter_context(
            watching(addresses, "Running", "Completed", "That is all.", seconds=END_SECONDS)
        )
        watch.wait_until_open(OPEN_SECONDS)
        gate.set()
        seen = watch.result()
        ends = _ends(list(server.jobs.values()))
        in_browsers = [
            page.wait_for_function("() => window.endSeen.result && window.endSeen").json_value()
            for page in pages
        ]
    return Delays(
        [times["Completed"] - end for times, end in zip(seen.times, cycle(ends), strict=False)],
        [times["That is all."] - end for times, end in zip(seen.times, cycle(ends), strict=False)],
        [shown["end"] / 1000 - end for shown, end in zip(in_browsers, ends, strict=True)],
        seen.health,
    )


def _start_run(opened: ExitStack, browser: Browser, console: Console, flow_id: str) -> Page:
    context = browser.new_context()
    opened.callback(context.close)
    page = context.new_page()
    open_flow(page, console, flow_id)
    page.locator(".st-key-run-button button").first.click()
    page.wait_for_url("**run=*")
    page.locator(STATUS).get_by_text("running").first.wait_for(timeout=30_000)
    page.evaluate(_NOTE_END)
    return page


def tail_delays(sessions: int) -> Delays:
    """On a page whose fragment draws one line."""
    flow, gate = chain(COMPONENTS), threading.Event()
    with (
        ScriptedLangflow(flow, _script(flow, gate)) as server,
        tempfile.TemporaryDirectory() as folder,
        trivial(Path(folder) / "tail", TAILS, {"BENCH_URL": f"{server.url}{WORKFLOWS}"}) as tail,
    ):
        addresses = [f"{tail.url}/?run={number % RUNS}" for number in range(sessions)]
        with watching(addresses, "Running", "Completed", seconds=END_SECONDS) as watch:
            watch.wait_until_open(OPEN_SECONDS)
            gate.set()
            seen = watch.result()
        end = max(_ends(list(server.jobs.values())))
    return Delays([times["Completed"] - end for times in seen.times], [], [], seen.health)


def _ends(jobs: Sequence[ScriptedJob]) -> list[float]:
    return [job.sent["end"] for job in jobs]


def summary(delays: Sequence[float]) -> str:
    """Return median, 95th percentile and maximum."""
    return f"{median(delays):.2f} / {quantiles(delays, n=20)[-1]:.2f} / {max(delays):.2f} s"


def run(browser: Browser) -> Iterator[Figure]:
    """Both, with a few sessions and with many."""
    for sessions in SESSIONS:
        ours, baseline = console_delays(browser, sessions), tail_delays(sessions)
        what = f"with {sessions} sessions on {RUNS} runs"
        of_baseline = "the same sessions of a fragment of one line"
        yield Figure(f"End of a run to the last screen, {what}", max(ours.end), 1, "s")
        yield Figure("the same", max(ours.end), 1.5, "s", max(baseline.end), of_baseline)
        yield Figure(
            "the same, in the two Chromium windows among them", max(ours.browser_end), 1, "s"
        )
        yield Figure(f"End of a run to its result, {what}", max(ours.result), 3, "s")
        yield Figure(f"Slowest health check {what}", max(ours.health), 1, "s", None, of_baseline)

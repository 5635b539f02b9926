"""A running run: from an event on the wire to its change on the screen."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import quantiles

from playwright.sync_api import Page

from bench.figures import Figure
from bench.screen import MAIN, STATUS, chromium, new_run, open_flow
from bench.scripted_langflow import ScriptedLangflow, chain, chain_script
from tests.support.console_process import ROOT, Console
from tests.support.recorded import WORKFLOWS

COMPONENTS, WORDS, PAUSE = 16, 8, 0.097  # a run of 14 s, out of step with half seconds
RUNS = 3

# the baseline: a worker reads the same stream, and a bounded tail draws one line of it
TAIL = """
import json, os, threading, time
import httpx
import streamlit as st

URL = os.environ["BENCH_URL"]

class Worker:
    def __init__(self):
        self.line, self.version, self.done, self.ended = "begun", 0, 0, False
        self.changed = threading.Condition()
        threading.Thread(target=self.work, daemon=True).start()

    def work(self):
        with httpx.Client(timeout=60) as client:
            job = client.post(URL, json={}).json()["job_id"]
            with client.stream("GET", f"{URL}/{job}/events") as stream:
                for line in stream.iter_lines():
                    if line.startswith("data: "):
                        self.take(json.loads(line[6:]))
        self.say("it is over", ended=True)

    def take(self, event):
        if event["event"] == "token":
            self.say(event["data"]["chunk"])
        elif event["event"] == "end_vertex":
            self.done += 1
            self.say(f"{self.done} of the components")

    def say(self, line, ended=False):
        with self.changed:
            self.line, self.version, self.ended = line, self.version + 1, ended
            self.changed.notify_all()

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
        if ended or time.monotonic() >= until:
            return

if st.button("Press", key="press"):
    st.session_state.worker = Worker()
with st.container(key="shown"):
    if "worker" in st.session_state:
        tail(st.session_state.worker)
"""

# Clicks, then records when each word and each number of done components first appears in
# `selector`, by the machine's clock, until `last`. A skipped one counts as seen with the next.
_NOTE = """
([selector, button, last]) => new Promise((resolve, reject) => {
  const seen = {}, highest = {word: -1, done: 0, graph: 0};
  const what = {subtree: true, childList: true, characterData: true};
  let graph = null;
  const note = (kind, number, name) => {
    while (highest[kind] < number) seen[name(++highest[kind])] = Date.now();
  };
  const observer = new MutationObserver(() => {
    const text = document.querySelector(selector)?.textContent ?? '';
    const words = text.match(/word\\d+/g);
    if (words) note('word', Number(words.at(-1).slice(4)), (n) => `word ${n}`);
    const done = text.match(/(\\d+) of /);
    if (done) note('done', Number(done[1]), (n) => `done ${n}`);
    const host = document.querySelector(`${selector} [data-testid="stBidiComponentIsolated"]`);
    if (host?.shadowRoot && host !== graph) {
      graph = host;
      observer.observe(host.shadowRoot, {...what, attributes: true});
    }
    const cards = graph?.shadowRoot.querySelectorAll('.node.done').length;
    if (cards) note('graph', cards, (n) => `graph ${n}`);
    if (last in seen) { observer.disconnect(); resolve(seen); }
  });
  observer.observe(document.body, what);
  setTimeout(() => { observer.disconnect(); reject(new Error(JSON.stringify(seen))); }, 60000);
  document.querySelector(button).click();
})
"""


def delays(page: Page, server: ScriptedLangflow, selector: str, button: str) -> dict[str, float]:
    """Milliseconds from each marked event on the wire to the screen, for one run."""
    earlier = set(server.jobs)
    times: dict[str, float] = page.evaluate(_NOTE, [selector, button, f"done {COMPONENTS}"])
    (job,) = (job for name, job in server.jobs.items() if name not in earlier)
    return {mark: at - job.sent[mark.replace("graph", "done")] * 1000 for mark, at in times.items()}


def console_delays(page: Page, console: Console, server: ScriptedLangflow) -> dict[str, float]:
    """On the console's Run page."""
    open_flow(page, console, server.flow["id"])
    found = delays(page, server, MAIN, ".st-key-run-button button")
    page.locator(STATUS).get_by_text("completed").first.wait_for(timeout=15_000)
    new_run(page)
    return found


def tail_delays(page: Page, tail: Console, server: ScriptedLangflow) -> dict[str, float]:
    """On the page that draws one line."""
    page.goto(tail.url)
    page.locator(".st-key-press button").first.wait_for()
    page.wait_for_timeout(500)
    found = delays(page, server, ".st-key-shown", ".st-key-press button")
    page.get_by_text("it is over").wait_for()
    return found


def trivial(folder: Path, script: str, environ: dict[str, str] | None = None) -> Console:
    """A context manager: a page of the benchmark, under the console's settings."""
    (folder / ".streamlit").mkdir(parents=True)
    config = (ROOT / ".streamlit" / "config.toml").read_text()
    (folder / ".streamlit" / "config.toml").write_text(config)
    (folder / "trivial.py").write_text(script)
    return Console(folder, environ, script=folder / "trivial.py", cwd=folder)


def run(chromium_path: str) -> list[Figure]:
    """Both, in turn, on a stand-in that knows when it sent what."""
    flow = chain(COMPONENTS)
    ours: list[tuple[str, float]] = []
    baseline: list[tuple[str, float]] = []
    with (
        tempfile.TemporaryDirectory() as name,
        ScriptedLangflow(flow, chain_script(flow, WORDS, PAUSE)) as server,
        chromium(chromium_path) as page,
    ):
        folder = Path(name)
        environ = {"LANGFLOW_SERVER_URL": server.url, "LANGFLOW_API_KEY": "sk-benchmark"}
        tail_environ = {"BENCH_URL": f"{server.url}{WORKFLOWS}"}
        with (
            trivial(folder / "tail", TAIL, tail_environ) as tail,
            Console(folder, environ) as console,
        ):
            for _ in range(RUNS):
                ours += console_delays(page, console, server).items()
                baseline += tail_delays(page, tail, server).items()
    figures = []
    for what, mark, below in (
        ("a word on the screen", "word", "word"),
        ("a component's end in the progress", "done", "done"),
        ("a component's end in the graph", "graph", "done"),
    ):
        value, least = _p95(ours, mark), _p95(baseline, below)
        name = f"Event on the wire to {what}, p95"
        figures.append(Figure(name, value, 150))
        figures.append(Figure(name, value, 1.3, baseline=least, baseline_name="a tail of one line"))
    return figures


def _p95(delays: list[tuple[str, float]], mark: str) -> float:
    return quantiles([delay for name, delay in delays if name.startswith(mark)], n=20)[-1]

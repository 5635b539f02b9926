"""Large outputs on the screen: how long a table takes, and how much memory an answer costs."""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import psutil
from playwright.sync_api import Page

from bench.figures import Figure
from bench.screen import chromium, new_run, open_flow
from tests.browser.screen import Screen
from tests.support.console_process import Console
from tests.support.fake_langflow import FLOW, FLOW_ID
from tests.support.http_stand_in import Answer, StandIn
from tests.support.recorded import WORKFLOWS

VIEWS = 5
TABLE = '[data-testid="stDataFrame"] canvas'
MB = 1_000_000
TEXT, ROWS = "50 MB of text", "930000 rows"  # both 50 MB on the wire

_PARAGRAPH = (
    "The quick brown fox jumps over the lazy dog, and then it does so again. " * 12 + "\n\n"
)


def answer(request: str) -> bytes:
    """The response to the message "<n> rows" or "<n> MB of text"."""
    number = int(request.split()[0])
    if "rows" in request:
        kind: str = "dataframe"
        rows = [{"id": i, "name": f"person {i}", "score": i * 0.5} for i in range(number)]
        content: Any = {"dataframe": {"message": rows, "type": "array"}}
    else:
        kind, content = "message", _PARAGRAPH * (number * 1_000_000 // len(_PARAGRAPH))
    output = {
        "type": kind,
        "status": "completed",
        "display_name": "Answer",
        "content": content,
        "metadata": {"component_type": "ChatOutput"},
    }
    whole = {
        "flow_id": FLOW_ID,
        "job_id": "00000000-0000-0000-0000-000000000001",
        "object": "response",
        "status": "completed",
        "errors": [],
        "inputs": {},
        "outputs": {"ChatOutput-b": output},
        "has_errors": False,
    }
    return json.dumps(whole).encode()


def big_langflow() -> StandIn:
    """Return a Langflow whose answer is as large as the message asks for: "100000 rows".

    A real server's limits would have to be raised for each size; only the console is measured here.
    """

    def run_flow(request: httpx.Request) -> Answer:
        body = answer(json.loads(request.content)["input_value"])
        return 200, body, {"content-type": "application/json"}

    server = StandIn({"GET /api/v1/config": (200, {}), f"POST {WORKFLOWS}": run_flow})
    server.set_flows({**FLOW, "name": "Big"})
    return server


def run_with(page: Page, message: str) -> str:
    """Run the big flow with this message, and return the run's address."""
    Screen(page).mode("Synchronous")
    page.locator("textarea").first.fill(message)
    page.wait_for_timeout(500)
    page.locator(".st-key-run-button button").first.click()
    page.locator(".st-key-outputs").first.wait_for(timeout=120_000)
    return page.url


def views(page: Page, address: str) -> float:
    """Median from opening a run's address to its table, in ms."""
    taken = []
    for _ in range(VIEWS):
        page.goto("about:blank")
        start = time.perf_counter()
        page.goto(address)
        page.locator(TABLE).first.wait_for(timeout=60_000)
        taken.append((time.perf_counter() - start) * 1000)
        page.wait_for_timeout(300)
    return median(taken)


class Peak:
    """The peak memory of a process inside the block, in MB, sampled every 10 ms."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self.before = self.now()
        self.most = self.before

    def now(self) -> float:
        return self._process.memory_info().rss / MB

    def _sample(self) -> None:
        while not self._done.wait(0.01):
            self.most = max(self.most, self.now())

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


@contextmanager
def console_on(url: str) -> Iterator[Console]:
    """A fresh console, so that one measurement leaves nothing for the next."""
    environ = {"LANGFLOW_SERVER_URL": url, "LANGFLOW_API_KEY": "sk-benchmark"}
    with tempfile.TemporaryDirectory() as folder, Console(Path(folder), environ) as console:
        yield console


def table_views(page: Page, url: str) -> list[Figure]:
    """Opening a run with 100,000 rows against one with 100."""
    with console_on(url) as console:
        open_flow(page, console, FLOW_ID)
        small = run_with(page, "100 rows")
        new_run(page)
        large = run_with(page, "100000 rows")
        views(page, small)  # warm up
        baseline, value = views(page, small), views(page, large)
    return [
        Figure(
            "100,000-row table: first view", value, 3, baseline=baseline, baseline_name="100 rows"
        )
    ]


def memory(page: Page, url: str, message: str, limit: float) -> list[Figure]:
    """Growth of the console's memory by a 50 MB answer: at its peak, and a minute later."""
    size = len(answer(message)) / MB
    with console_on(url) as console:
        assert console.process is not None
        open_flow(page, console, FLOW_ID)
        run_with(page, "10 rows" if "rows" in message else "1 MB of text")  # warm up
        new_run(page)
        with Peak(console.process.pid) as peak:
            run_with(page, message)
            page.wait_for_timeout(3000)
        new_run(page)
        page.wait_for_timeout(60_000)
        later = peak.now()
    what = message.split()[-1]
    grown = {"peak growth": (peak.most, limit), "a minute after": (later, 1.5)}
    return [
        Figure(
            f"50 MB of {what}: {when}",
            reached - peak.before,
            most,
            "MB",
            baseline=size,
            baseline_name="the answer",
        )
        for when, (reached, most) in grown.items()
    ]


def run(chromium_path: str) -> list[Figure]:
    """All of them, on a stand-in."""
    with big_langflow() as server, chromium(chromium_path) as page:
        return [
            *table_views(page, server.url),
            *memory(page, server.url, TEXT, 4),
            *memory(page, server.url, ROWS, 12),
        ]

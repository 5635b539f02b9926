"""The cost of `client.events` over httpx-sse with `json.loads`: processor time per event.

`python -m bench.events <url>` is the measured process; it prints the two medians.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpx
import httpx_sse

from bench.figures import Figure, medians
from bench.scripted_langflow import Line, ScriptedLangflow
from lfclient import LangflowClient
from lfclient.runs.events import OutputReady
from tests.support.console_process import ROOT
from tests.support.fake_langflow import FLOW, FLOW_ID
from tests.support.recorded import WORKFLOWS, events

COUNT, RUNS = 5_000, 9
_NAMES = {"ChatInput-abc12": "ChatInput-a", "ChatOutput-xyz34": "ChatOutput-b"}


def long_text_script(count: int) -> list[Line]:
    """A recorded run with an answer of this many words."""
    lines = _recorded()
    (first, *_, last) = (n for n, line in enumerate(lines) if line.event == "token")
    words = [lines[first + n % (last + 1 - first)] for n in range(count - len(lines))]
    return [*lines[:first], *words, *lines[first:]]


def busy_script(count: int) -> list[Line]:
    """A recorded run whose components, at about 2 KB an event, repeat."""
    head, *middle, output, end = _recorded()
    return [head, *(middle[n % len(middle)] for n in range(count - 3)), output, end]


def _recorded() -> list[Line]:
    text = json.dumps(events("1.13.0", "bg_events_live"))
    for recorded, ours in _NAMES.items():
        text = text.replace(recorded, ours)
    return [Line(each["event"], each["data"]) for each in json.loads(text)]


def measure(url: str) -> tuple[float, float]:
    """Microseconds of this process per event, for the client and the baseline."""
    with LangflowClient(url, api_key="sk-benchmark") as client, httpx.Client() as bare:
        flow = client.flow(FLOW_ID)

        def ours() -> float:
            job = client.submit(flow)
            received = client.events(job, flow=flow)
            return _cost(received, lambda event: isinstance(event, OutputReady))

        def theirs() -> float:
            job = bare.post(f"{url}{WORKFLOWS}", json={}).json()["job_id"]
            received = _bare(bare, f"{url}{WORKFLOWS}/{job}/events")
            return _cost(received, lambda event: event["event"] == "output")

        medians(ours, theirs, 1)  # warm up both
        return medians(ours, theirs, RUNS)


def _bare(client: httpx.Client, url: str) -> Iterator[Any]:
    """Opening the stream is part of the measurement, as for `client.events`."""
    with httpx_sse.connect_sse(client, "GET", url) as source:
        for sse in source.iter_sse():
            yield json.loads(sse.data)


def _cost(received: Iterable[Any], is_last: Callable[[Any], bool]) -> float:
    """Up to the last event before `end`, after which the client requests the job's status."""
    start = time.process_time()
    for event in received:
        if is_last(event):
            break
    return (time.process_time() - start) / COUNT * 1_000_000


def run() -> list[Figure]:
    """Each kind of stream, served by this process to another."""
    figures = []
    for name, script in {
        "an answer's words": long_text_script(COUNT),
        "all kinds": busy_script(COUNT),
    }.items():
        with ScriptedLangflow(FLOW, script) as server:
            command = [sys.executable, "-m", "bench.events", server.url]
            process = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        value, baseline = map(float, process.stdout.split())
        what = f"Processor time of `client.events` for an event, {name}"
        figures.append(Figure(what, value, 1.5, "µs", baseline, "httpx-sse with json.loads"))
    return figures


if __name__ == "__main__":
    print(*measure(sys.argv[1]))

"""Many people who press Run at once, each on a page of their own, on a real server."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure
from bench.load import RUNS, run_bare
from bench.simulated_sessions import Press, Seen, watching
from lfclient import LangflowClient
from lfclient.console.samples import builtin
from tests.support import servers
from tests.support.console_process import Console

PRESS_SECONDS = 3.0
OPEN_SECONDS, END_SECONDS = 300, 900


def run() -> Iterator[Figure]:
    """Press Run in many sessions, on the newest release."""
    live = servers.release("1.13.0")
    with LangflowClient(live.url, api_key=live.api_key, timeout=120) as client:
        builtin.install_samples(client)
        summary = next(flow for flow in client.flows() if flow.name == "Echo chat")
        flow, server = client.flow(summary.id), client.server.info()
        for count in RUNS:
            baseline = asyncio.run(run_bare(live.url, live.api_key, flow, server, count))
            text = f"{count} presses:"
            seen = _press(live.url, live.api_key, flow.id, count, text)
            messages = client.sessions.messages(flow, limit=10 * count)
            texts = Counter(one.text for one in messages if one.text.startswith(text))
            assert texts == {f"{text} {number}": 2 for number in range(count)}  # and their echoes
            began = min(seen.pressed)
            what = f"{count} sessions press Run within {PRESS_SECONDS:.0f} s"
            ends = [times["Completed"] for times in seen.times]
            baseline_name = "bare requests, ten submits at a time"
            yield Figure(
                f"{what}: until the last shows the end",
                max(ends) - began,
                1.5,
                "s",
                baseline,
                baseline_name,
            )
            accepted = [
                times["run="] - pressed
                for times, pressed in zip(seen.times, seen.pressed, strict=True)
            ]
            yield Figure("the same: from a press to its run's address", max(accepted), 30, "s")
            yield Figure("the same: slowest health check", max(seen.health), 10, "s")


def _press(url: str, key: str, flow_id: str, count: int, text: str) -> Seen:
    """Return what the sessions saw; each shows the end of its own run."""
    with tempfile.TemporaryDirectory() as folder:
        environ = {"LANGFLOW_SERVER_URL": url, "LANGFLOW_API_KEY": key}
        with Console(Path(folder), environ) as console:
            addresses = [f"{console.url}/?flow={flow_id}"] * count
            press = Press("Run", PRESS_SECONDS, text)
            with watching(
                addresses,
                "Results appear here",
                "run=",
                "Completed",
                seconds=END_SECONDS,
                press=press,
            ) as watch:
                watch.wait_until_open(OPEN_SECONDS)
                watch.press()
                return watch.result()

"""The cost of the client over the same request in bare httpx, on a real server."""

from __future__ import annotations

import time

import httpx

from bench.figures import Figure, medians
from lfclient import LangflowClient

CALLS = 60


def run(url: str, api_key: str) -> list[Figure]:
    """Time `client.run` and the bare POST alternately."""
    with LangflowClient(url, api_key=api_key) as client, httpx.Client(timeout=60) as bare:
        summary = next(f for f in client.flows() if f.name == "Echo chat")
        flow = client.flow(summary.id)
        chat = flow.chat_input
        assert chat is not None

        def ours() -> float:
            start = time.perf_counter()
            done = client.run(flow, overrides={f"{chat.id}.input_value": "hello"})
            taken = time.perf_counter() - start
            assert done.status.value == "completed", done
            return taken * 1000

        def theirs() -> float:
            body = {"flow_id": flow.id, "mode": "sync", "input_value": "hello"}
            start = time.perf_counter()
            answer = bare.post(f"{url}/api/v2/workflows", json=body, headers={"x-api-key": api_key})
            answer.json()
            taken = time.perf_counter() - start
            assert answer.status_code == 200, answer.text
            return taken * 1000

        medians(ours, theirs, 5)  # warm up both
        value, baseline = medians(ours, theirs, CALLS)
    return [
        Figure(
            "`client.run`, flow loaded", value, 1.05, baseline=baseline, baseline_name="bare httpx"
        )
    ]

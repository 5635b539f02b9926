"""Runs that are closed, or stopped by several people at once.

The runs have started and are not writing: an end in the middle of a write may leave SQLite locked.
The server is restarted then. 1.13.0 gets its second server, because the browser tests need the
first one meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from lfclient import LangflowClient, LogLine, RunStatus, ServerFault, Unreachable
from tests.live.live_runner import LiveRunner, ended
from tests.live.releases import Make, on
from tests.support import servers
from tests.support.proxy import Proxy
from tests.support.servers import LiveServer
from tests.support.waiting import wait_for


@pytest.fixture(autouse=True)
def _unlocked(langflow: LiveServer) -> Iterator[None]:
    yield
    servers.restart_if_locked(langflow)


@on("1.13.0-isolated")
def test_closing_a_streamed_call_stops_its_run(
    langflow: LiveServer, proxy: Proxy, client: LangflowClient, make: Make
):
    flow = make("Plan a trip")
    quick = {f"TimedStep-{name}.seconds": 2 for name in ("weather", "hotel", "train", "bag")}
    with LangflowClient(proxy.url, langflow.api_key) as through:
        events = through.stream(flow, quick, session_id=uuid4().hex)
        assert any(isinstance(event, LogLine) for event in events)  # a second has passed
        events.close()
        wait_for(lambda: proxy.open == 0)
    time.sleep(3.5)  # longer than the run would have taken
    assert [one for one in client.sessions.messages(flow) if one.sender == "Machine"] == []


@on("1.8.4", "1.13.0-isolated")
def test_two_people_can_stop_the_same_run(
    live_runner: LiveRunner, make: Make, client: LangflowClient, langflow: LiveServer
):
    """In this console and in another program: both see it stopped.

    A server that gets several stops for one run may exceed the timeout for one of them or lose its
    database lock, or one stop interrupts the write by which another ends the run, and the server
    closes that connection to its database; that person sees this error instead, or no status,
    because the request for it failed.
    """
    flow = make("Takes half a minute")
    run_id = live_runner.start(flow)
    record = live_runner.until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    time.sleep(1)
    results: list[Any] = []

    def press() -> None:
        try:
            run = client.stop(record.job_id, flow=flow).run
            results.append(run.status if run else None)
        except (ServerFault, Unreachable) as error:
            results.append(error)

    pressed = [threading.Thread(target=press) for _ in range(2)]
    for one in pressed:
        one.start()
    for _ in range(2):
        live_runner.runner.stop(run_id, live_runner.connection)
    for one in pressed:
        one.join(150)
    record = live_runner.until(run_id, ended)
    assert record.status is RunStatus.CANCELLED
    assert len(results) == 2
    for one in results:
        message = "" if one in (RunStatus.CANCELLED, None) else one.message
        expected = (
            "in time",
            "could not check the API key",
            "sqlite3.OperationalError",
            "Connection closed",
        )
        assert not message or any(words in message for words in expected)
    assert client.status(record.job_id, flow).status is RunStatus.CANCELLED
    assert len(live_runner.runner.recent(live_runner.owner)) == 1

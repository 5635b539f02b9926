"""Runs that are cut off or stopped by several at once, on five real releases.

Once they have begun, and write nothing: for up to a minute after such an end in the middle of a
write to SQLite, 1.13.0 answers nobody, or refuses every key, and 1.10.3 finds its database locked.
Of 1.13.0 on its second server all the same: the browser's tests need the first meanwhile.
"""

from __future__ import annotations

import threading
import time
from typing import Any
from uuid import uuid4

import pytest

from lfclient import LangflowClient, LogLine, RunStatus, ServerFault, Unreachable, Unsupported
from tests.live.desk import Desk, ended
from tests.live.releases import Make
from tests.support.proxy import Proxy
from tests.support.servers import LiveServer
from tests.support.waiting import wait_for

pytestmark = pytest.mark.parametrize(
    "langflow", ["1.8.4", "1.10.3", "1.11.6", "1.12.8", "1.13.0-isolated"], indirect=True
)


def test_closing_the_iterator_stops_the_run(
    langflow: LiveServer, proxy: Proxy, client: LangflowClient, make: Make, modes: bool
):
    """What would have come after is never built; before 1.11 it is refused before it is sent."""
    flow = make("Plan a trip")
    quick = {f"TimedStep-{name}.seconds": 2 for name in ("weather", "hotel", "train", "bag")}
    with LangflowClient(proxy.url, langflow.api_key) as through:
        events = through.stream(flow, quick, session_id=uuid4().hex)
        if not modes:
            with pytest.raises(Unsupported):
                next(events)
            assert proxy.count("POST /api/v2/workflows") == 0
            return
        assert any(isinstance(event, LogLine) for event in events)  # a second has gone by
        events.close()
        wait_for(lambda: proxy.open == 0)
    time.sleep(3.5)  # more than it would have taken
    assert [one for one in client.messages(flow) if one.sender == "Machine"] == []


def test_two_people_who_stop_the_same_run(
    desk: Desk, make: Make, client: LangflowClient, langflow: LiveServer
):
    """In this console and in another program: it is stopped, and each is told so.

    A server that is asked for the same stop by several at once may take longer to answer one of
    them than is waited for, or lose its hold of the database; that is then what this one is told.
    """
    flow = make("Takes half a minute")
    run_id = desk.start(flow)
    record = desk.until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    time.sleep(1)
    results: list[Any] = []

    def press() -> None:
        try:
            results.append(client.stop(record.job_id, flow=flow).run.status)
        except (ServerFault, Unreachable) as error:
            results.append(error)

    pressed = [threading.Thread(target=press) for _ in range(2)]
    for one in pressed:
        one.start()
    for _ in range(2):
        desk.runner.stop(run_id, desk.connection)
    for one in pressed:
        one.join(150)
    record = desk.until(run_id, ended)
    assert record.status is RunStatus.CANCELLED
    assert len(results) == 2
    for one in results:
        told = "" if one is RunStatus.CANCELLED else one.message
        known = ("in time", "could not check the API key", "sqlite3.OperationalError")
        assert not told or any(words in told for words in known)
    assert client.status(record.job_id, flow).status is RunStatus.CANCELLED
    assert len(desk.runner.recent(desk.owner)) == 1

"""Stops that come while a run is just beginning, on 1.13.0, which they could leave locked.

On its second server, as it was last started: should they do so again, the other tests still have
theirs. Several people at once, since a server that has other work takes longer to begin.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from lfclient import LangflowClient, RunStatus
from tests.live.desk import Desk, ended
from tests.live.releases import Make
from tests.support.servers import LiveServer

pytestmark = pytest.mark.parametrize("langflow", ["1.13.0-isolated"], indirect=True)

PEOPLE = 3
TIMES = 10


def test_jobs_that_are_stopped_right_after_their_submit(langflow: LiveServer, make: Make):
    """The server stays well, and each stop is a stop."""
    slow, quick = make("Takes half a minute"), make("Echo chat")

    def person(_: int) -> list[RunStatus]:
        # a locked server answers after 30 seconds, with a refusal
        with LangflowClient(langflow.url, langflow.api_key, timeout=20) as client:
            return [stopped(client) for _ in range(TIMES)]

    def stopped(client: LangflowClient) -> RunStatus:
        beside = pool.submit(client.run, quick)
        job = client.submit(slow)
        client.stop(job)
        beside.result()
        return client.wait(job, timeout=20).status

    with ThreadPoolExecutor(2 * PEOPLE) as pool:
        found = list(pool.map(person, range(PEOPLE)))
    assert found == [[RunStatus.CANCELLED] * TIMES] * PEOPLE


def test_calls_that_are_stopped_right_after_they_were_sent(
    desk: Desk, make: Make, client: LangflowClient
):
    """By the console, which closes them."""
    flow = make("Takes half a minute")
    for turn in range(TIMES):
        runs = [desk.start(flow, mode="stream") for _ in range(PEOPLE)]
        time.sleep(0.03 * (turn % 5))  # until they are sent
        for run_id in runs:
            desk.runner.stop(run_id, desk.connection)
        found = {desk.until(run_id, ended).status for run_id in runs}
        assert found == {RunStatus.CANCELLED}
    began = time.monotonic()
    assert client.flows()
    assert time.monotonic() - began < 20

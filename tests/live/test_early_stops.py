"""Stops in the first moment of a run, on 1.13.0, whose database they could lock.

On its second server, so that a locked one does not affect the other tests. Several people at once,
because a busy server takes longer to start a run.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from lfclient import LangflowClient, RunStatus
from tests.live.live_runner import LiveRunner, ended
from tests.live.releases import Make
from tests.support.servers import LiveServer

pytestmark = pytest.mark.parametrize("langflow", ["1.13.0-isolated"], indirect=True)

PEOPLE = 3
TIMES = 6


def test_jobs_stopped_right_after_their_submit_leave_the_server_well(
    langflow: LiveServer, make: Make
):
    slow, quick = make("Takes half a minute"), make("Echo chat")

    def person(_: int) -> list[RunStatus]:
        # a locked server responds after 30 seconds with an error
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


def test_calls_stopped_right_after_they_were_sent_leave_the_server_well(
    live_runner: LiveRunner, make: Make, client: LangflowClient
):
    flow = make("Takes half a minute")
    for turn in range(TIMES):
        runs = [live_runner.start(flow, mode="stream") for _ in range(PEOPLE)]
        time.sleep(0.03 * (turn % 5))  # until they have been sent
        for run_id in runs:
            live_runner.runner.stop(run_id, live_runner.connection)
        found = {live_runner.until(run_id, ended).status for run_id in runs}
        assert found == {RunStatus.CANCELLED}
    began = time.monotonic()
    assert client.flows()
    assert time.monotonic() - began < 20

"""Stops that come while a run is just beginning, on 1.13.0, which they could leave locked.

On its second server: should they do so again, the other tests still have theirs. Several people at
once, since a server that has other work takes longer to begin.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from lfclient import LangflowClient, RunStatus
from tests.live.conftest import Make
from tests.live.test_faults_live import desk
from tests.live.test_live_runs import Desk, ended
from tests.servers import LiveServer
from tests.waiting import wait_for

__all__ = ["desk"]

pytestmark = pytest.mark.parametrize("langflow", ["1.13.0-apart"], indirect=True)

PEOPLE = 3
Turn = Callable[[LangflowClient], RunStatus]


def all_do(server: LiveServer, turn: Turn, times: int) -> set[RunStatus]:
    """What becomes of the runs of some people who do the same so many times."""

    def person(_: int) -> list[RunStatus]:
        # a locked server answers after 30 seconds, with a refusal
        with LangflowClient(server.url, server.api_key, timeout=20) as client:
            return [turn(client) for _ in range(times)]

    with ThreadPoolExecutor(PEOPLE) as pool:
        return {status for found in pool.map(person, range(PEOPLE)) for status in found}


def test_jobs_that_are_stopped_right_after_a_decision(langflow: LiveServer, make: Make):
    """They begin a second time then."""
    flow = make("Wait for an approval")

    def turn(client: LangflowClient) -> RunStatus:
        job = client.submit(flow, session_id=uuid4().hex)  # the next of a session ends it
        wait_for(lambda: client.status(job).status is RunStatus.SUSPENDED)
        (asked,) = (one for one in client.pending(flow) if one.job_id == job.job_id)
        client.resume(job, asked.request_id, "approve")
        client.stop(job)
        return client.wait(job, timeout=20).status

    assert all_do(langflow, turn, 5) <= {RunStatus.CANCELLED, RunStatus.COMPLETED}


def test_jobs_that_are_stopped_right_after_their_submit(langflow: LiveServer, make: Make):
    """The server stays well, and each stop is a stop."""
    slow, quick = make("Takes half a minute"), make("Echo chat")

    def turn(client: LangflowClient) -> RunStatus:
        beside = pool.submit(client.run, quick)
        job = client.submit(slow)
        client.stop(job)
        beside.result()
        return client.wait(job, timeout=20).status

    with ThreadPoolExecutor(PEOPLE) as pool:
        assert all_do(langflow, turn, 15) == {RunStatus.CANCELLED}


def test_calls_that_are_stopped_right_after_they_were_sent(
    desk: Desk, make: Make, client: LangflowClient
):
    """By the console, which closes them."""
    flow = make("Takes half a minute")
    for turn in range(10):
        runs = [desk.start(flow, mode="stream") for _ in range(PEOPLE)]
        time.sleep(0.03 * (turn % 5))  # until they are sent
        for run_id in runs:
            desk.runner.stop(run_id, desk.connection)
        found = {desk.until(run_id, ended).status for run_id in runs}
        assert found == {RunStatus.CANCELLED}
    began = time.monotonic()
    assert client.flows()
    assert time.monotonic() - began < 20

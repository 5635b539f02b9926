"""Runs whose response is lost, by a crash of the console or on the way, on real servers.

Executions are counted on the servers.
"""

from __future__ import annotations

import threading
from functools import partial

import pytest

from lfclient import LangflowClient, RunStatus
from lfclient.console.runner.runner import Runner
from lfclient.console.runner.timings import Timings
from lfclient.console.store.run_record import RunRecord
from tests.live.held_flow import Hold
from tests.live.live_runner import LiveRunner, ended
from tests.live.releases import with_events
from tests.support.proxy import Fault, Proxy
from tests.support.runner_harness import backdate_run
from tests.support.waiting import wait_for

POST = "POST /api/v2/workflows"
BUILDS = "GET /api/v1/monitor/builds"
LATE = 121.0  # seconds after the click
LOST = Fault(stall=60.0)  # the server has received it, its response never comes


@pytest.fixture
def live_runner(proxied_runner: LiveRunner) -> LiveRunner:
    return proxied_runner


def ran_twice(record: RunRecord) -> bool:
    return record.ended and record.run is not None and "ran twice" in str(record.run.warnings)


@with_events
def test_a_failed_first_attempt_runs_again_and_is_counted(
    live_runner: LiveRunner, proxy: Proxy, hold: Hold, client: LangflowClient
):
    """The only known duplicate: it fails between the search and the second request with its key."""
    held, arrives = hold("twice"), threading.Event()
    held.mark("fails")
    proxy.plan(POST, LOST, Fault(let_go=arrives))
    run_id = live_runner.start(held.flow)
    wait_for(held.begun)
    live_runner.restart()
    wait_for(lambda: proxy.count(POST) == 2)
    held.mark("go")
    sent = live_runner.runner.get(run_id, live_runner.owner)
    find = partial(client.runs.find_jobs, held.flow, sent.session_id, sent.created_at)
    wait_for(find)
    (first,) = find()
    assert client.wait(first.job_id, 30, flow=held.flow).status is RunStatus.FAILED
    assert held.executions() == 1
    arrives.set()
    record = live_runner.until(run_id, ran_twice)
    assert (record.status, record.attempts) == (RunStatus.COMPLETED, 2)
    assert first.job_id in record.run.warnings[-1]
    assert proxy.count(POST) == 2
    assert held.executions() == 2


@with_events
def test_a_late_restart_or_a_lost_secret_starts_nothing(
    live_runner: LiveRunner, proxy: Proxy, hold: Hold
):
    """The job is followed if it is found; one that never arrived is not started."""
    cases = [(why, arrived) for why in ("late", "secret") for arrived in (True, False)]
    helds = {case: hold(f"{case[0]} {case[1]}") for case in cases}
    runs = {}
    for case, held in helds.items():
        why, arrived = case
        proxy.plan(POST, LOST if arrived else Fault(let_go=threading.Event()))
        secret = {"HeldStep-h.api_key": "sk-a-secret-of-this-test"} if why == "secret" else {}
        runs[case] = live_runner.start(held.flow, **secret)
        wait_for(held.begun if arrived else lambda: proxy.count(POST) == len(runs))
    live_runner.runner.close()
    for (why, _), run_id in runs.items():
        if why == "late":
            backdate_run(live_runner.folder, run_id, LATE)
    live_runner.runner = Runner(
        live_runner.folder, timings=Timings(search_seconds=4.0, min_search_seconds=4.0)
    )
    live_runner.runner.attach(live_runner.connection)
    wait_for(lambda: proxy.count(BUILDS) >= 2 * len(runs))  # each search found nothing
    for held in helds.values():
        held.mark("go")
    records = {case: live_runner.until(run_id, ended) for case, run_id in runs.items()}
    expected = {True: RunStatus.COMPLETED, False: RunStatus.OUTCOME_UNKNOWN}
    found = {case: record.status for case, record in records.items()}
    assert found == {case: expected[case[1]] for case in cases}
    assert {record.attempts for record in records.values()} == {1}
    assert proxy.count(POST) == len(runs)
    ran = {case: int(case[1]) for case in cases}
    assert {case: held.executions() for case, held in helds.items()} == ran

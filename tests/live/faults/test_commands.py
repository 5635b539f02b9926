"""Run and Stop, pressed twice or at the worst moment."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from lfclient import LangflowClient, RunStatus
from lfclient.console.runner import takeover
from tests.live.faults.support import (
    POST,
    STOP,
    SUBMIT_SECONDS,
    call_twice,
    classic,
    ends_once,
    isolated,
    newest,
    noted,
    start_and_begin,
)
from tests.live.held_flow import HeldFlow
from tests.live.live_runner import LiveRunner, ended
from tests.support.proxy import Fault, Proxy, raw_response
from tests.support.waiting import wait_for


@isolated
def test_a_stop_during_the_submit_stops_the_job_on_the_server(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow, client: LangflowClient
):
    arrives = threading.Event()
    proxy.plan(POST, Fault(let_go=arrives))
    run_id = live_runner.start(held.flow)
    wait_for(lambda: proxy.count(POST))
    live_runner.runner.stop(run_id, live_runner.connection)
    arrives.set()
    record = live_runner.until(run_id, ended)
    assert record.status is RunStatus.CANCELLED
    assert client.status(record.job_id, held.flow).status is RunStatus.CANCELLED
    assert held.executions() <= 1


@newest
def test_a_run_that_is_found_when_it_is_opened_ended_when_the_server_says(
    live_runner: LiveRunner,
    proxy: Proxy,
    held: HeldFlow,
    client: LangflowClient,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(takeover, "JUST_LOST_SECONDS", 0.0)
    unavailable = Fault(raw=raw_response(503), patience=SUBMIT_SECONDS)
    proxy.plan(POST, *[unavailable] * 20)
    run_id = start_and_begin(live_runner, held)
    live_runner.until(run_id, noted("looks for the run"))
    live_runner.runner.stop(run_id, live_runner.connection)
    session_id = live_runner.until(run_id, ended).session_id
    began = datetime.now(UTC)
    held.mark("go")
    wait_for(
        lambda: "done" in [one.text for one in client.sessions.messages(held.flow, session_id)]
    )
    wait_for(lambda: not live_runner.runner.is_followed(run_id))
    time.sleep(2.5)
    opened = datetime.now(UTC)
    live_runner.runner.open(run_id, live_runner.connection)
    record = live_runner.until(run_id, lambda record: record.run and record.ended_at)
    assert record.status is RunStatus.COMPLETED
    assert began - timedelta(seconds=1) < record.ended_at < opened - timedelta(seconds=1)
    assert held.executions() == 1


@classic
def test_two_clicks_on_stop_send_one_stop(live_runner: LiveRunner, proxy: Proxy, held: HeldFlow):
    """A second one could make Langflow 1.8 call an ended job cancelled."""
    run_id = start_and_begin(live_runner, held)
    call_twice(lambda: live_runner.runner.stop(run_id, live_runner.connection))
    record = live_runner.until(run_id, ended)
    assert (record.status, held.executions()) == (RunStatus.CANCELLED, 1)
    live_runner.runner.stop(run_id, live_runner.connection)
    assert live_runner.runner.get(run_id, live_runner.owner).status is RunStatus.CANCELLED
    assert proxy.count(STOP) == 1


@newest
def test_one_press_in_two_consoles_on_one_database_runs_once(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow
):
    runners = [live_runner.runner, live_runner.new_runner()]
    turns = iter(runners)
    try:
        runs = call_twice(
            lambda: live_runner.start(held.flow, submit_token="press", runner=next(turns))
        )
        assert len(set(runs)) == 1
        ends_once(live_runner, held, runs[0])
    finally:
        runners[1].close()
    assert proxy.count(POST) == 1

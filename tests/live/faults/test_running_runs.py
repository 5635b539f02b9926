"""Faults of the network, the server, the console and the flow while a run is in progress."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from lfclient import LangflowClient, RunStatus
from lfclient.wire.server_info import DEFAULT_CONCURRENCY
from tests.live.faults.conftest import Clock
from tests.live.faults.support import (
    LOGIN_PAGE,
    POST,
    STATUS,
    SUBMIT_SECONDS,
    TRUNCATED,
    classic,
    ends_once,
    isolated,
    newest,
    noted,
    start_and_begin,
)
from tests.live.flows import ROWS
from tests.live.held_flow import HeldFlow, Hold
from tests.live.live_runner import LiveRunner, ended, states
from tests.live.releases import Make
from tests.support.proxy import Fault, Proxy, raw_response
from tests.support.servers import LiveServer
from tests.support.waiting import wait_for

BUILDS = "GET /api/v1/monitor/builds"
WORDS = {"ChatInput-question.input_value": "Good morning!", "WordByWord-writer.pause": 50}


@newest
def test_a_streamed_call_that_is_cut_off_keeps_its_partial_output(
    live_runner: LiveRunner, proxy: Proxy, make: Make
):
    proxy.plan(POST, Fault(cut=True, after=b'"event": "token"'))
    record = live_runner.until(
        live_runner.start(make("Write word by word"), "stream", **WORDS), ended
    )
    assert record.status is RunStatus.INTERRUPTED
    assert states(record)["PromptTemplate-story"] == "done"
    assert (proxy.count(POST), len(live_runner.runner.recent(live_runner.owner))) == (1, 1)


@classic
def test_other_responses_to_status_requests_are_reported_and_do_not_end_the_run(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow
):
    signed_in = raw_response(302, location="https://login.example/?next=/")
    proxy.plan(STATUS, *[Fault(raw=answer) for answer in (signed_in, LOGIN_PAGE, TRUNCATED)])
    run_id = live_runner.start(held.flow)
    record = live_runner.until(run_id, noted("has not responded properly"))
    assert not record.ended
    wait_for(lambda: proxy.count(STATUS) > 3)
    ends_once(live_runner, held, run_id)


@classic
def test_a_network_that_is_away_for_a_while_loses_no_run(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow
):
    run_id = start_and_begin(live_runner, held)
    proxy.refuse()
    live_runner.until(run_id, noted("No response since"))
    held.mark("go")
    proxy.accept()
    ends_once(live_runner, held, run_id)


@newest
def test_a_name_that_moves_to_another_address_is_followed(
    live_runner: LiveRunner,
    proxy: Proxy,
    held: HeldFlow,
    langflow: LiveServer,
    monkeypatch: pytest.MonkeyPatch,
):
    resolve, address = socket.getaddrinfo, ["127.0.0.1"]

    def look_up(host: str, *args: Any, **options: Any) -> Any:
        name = address[0] if host == "langflow.localhost" else host
        return resolve(name, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    live_runner.connection = replace(
        live_runner.connection, url=f"http://langflow.localhost:{proxy.port}"
    )
    run_id = start_and_begin(live_runner, held)
    with Proxy(langflow.url, "127.0.0.2", proxy.port) as other:
        address[0] = "127.0.0.2"
        proxy.refuse()
        ends_once(live_runner, held, run_id)
        assert other.requests


@classic
def test_a_server_that_restarts_at_another_port_is_followed_there(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow, langflow: LiveServer
):
    """Its address is corrected in the console's configuration."""
    run_id = start_and_begin(live_runner, held)
    proxy.refuse()
    with Proxy(langflow.url) as other:
        live_runner.connection = replace(live_runner.connection, url=other.url)
        live_runner.restart()
        ends_once(live_runner, held, run_id)


@isolated
def test_a_flow_that_is_deleted_during_its_run_leaves_what_it_had_reported(
    live_runner: LiveRunner, held: HeldFlow, client: LangflowClient
):
    """The server no longer tells how the run ended, and the record says so."""
    run_id = start_and_begin(live_runner, held)
    client.editor.delete_flow(held.flow.id)
    held.mark("go")
    record = live_runner.until(run_id, ended)
    assert (record.status, held.executions()) == (RunStatus.OUTCOME_UNKNOWN, 1)
    assert "The flow was deleted" in record.problem.message
    assert [output.value for output in record.run.outputs.values()] == ["done"]


@newest
def test_a_flow_that_is_edited_during_its_run_changes_nothing(
    live_runner: LiveRunner, held: HeldFlow, make: Make, api: httpx.Client
):
    edited = make(ROWS)
    run_id = start_and_begin(live_runner, held)
    data = api.get(f"/api/v1/flows/{edited.id}").json()["data"]
    api.patch(f"/api/v1/flows/{held.flow.id}", json={"data": data}).raise_for_status()
    live_runner.restart()
    ends_once(live_runner, held, run_id)


@classic
@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_jumps_during_a_lost_submit_hides_no_run(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow, clock: Clock, hours: int
):
    answers = threading.Event()
    proxy.plan(POST, Fault(raw=b"", patience=SUBMIT_SECONDS))
    proxy.plan(BUILDS, Fault(let_go=answers))
    run_id = live_runner.start(held.flow)
    wait_for(lambda: proxy.count(BUILDS))
    clock.offset = timedelta(hours=hours)
    answers.set()
    ends_once(live_runner, held, run_id)


@isolated
def test_a_console_that_restarts_while_runs_are_queued_runs_each_once(
    live_runner: LiveRunner, hold: Hold
):
    """Langflow runs five at a time."""
    helds = [hold(f"flow {number}") for number in range(DEFAULT_CONCURRENCY + 2)]
    runs = [live_runner.start(held.flow) for held in helds]
    for run_id in runs:
        live_runner.until(run_id, lambda record: record.job_id)
    wait_for(lambda: sum(held.begun() for held in helds) == DEFAULT_CONCURRENCY)
    live_runner.restart()
    for held in helds:
        held.mark("go")
    for held, run_id in zip(helds, runs, strict=True):
        ends_once(live_runner, held, run_id)

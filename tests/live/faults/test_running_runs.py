"""Faults of the network, the server, the key and the flow while a run is in progress."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from lfclient import LangflowClient, RunStatus
from lfclient.api.operations import event_streams
from lfclient.console.store.notes import Note, NoteCode
from tests.live.faults.conftest import Clock
from tests.live.faults.support import (
    LOGIN_PAGE,
    POST,
    STATUS,
    STOP,
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
from tests.live.held_flow import HeldFlow
from tests.live.live_runner import LiveRunner, ended, states
from tests.live.releases import Make
from tests.support.proxy import Fault, Proxy, raw_response
from tests.support.servers import LiveServer
from tests.support.waiting import wait_for

NewKey = Callable[[], tuple[str, str]]

BUILDS = "GET /api/v1/monitor/builds"
WORDS = {"ChatInput-question.input_value": "Good morning!", "WordByWord-writer.pause": 50}


@newest
def test_a_streamed_call_that_is_cut_off_keeps_its_partial_output(
    live_runner: LiveRunner, proxy: Proxy, make: Make
):
    """It is not repeated."""
    proxy.plan(POST, Fault(cut=True, after=b'"event": "token"'))
    record = live_runner.until(
        live_runner.start(make("Write word by word"), "stream", **WORDS), ended
    )
    assert record.status is RunStatus.INTERRUPTED
    assert states(record)["PromptTemplate-story"] == "done"
    assert (proxy.count(POST), len(live_runner.runner.recent(live_runner.owner))) == (1, 1)


@isolated
def test_a_streamed_call_that_falls_silent_ends_in_time(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(event_streams, "MAX_CALL_SILENCE_SECONDS", 1.0)
    proxy.plan(POST, Fault(stall=60.0, after=b'"event": "build_start"'))
    record = live_runner.until(live_runner.start(held.flow, "stream"), ended)
    assert (record.status, held.executions()) == (RunStatus.INTERRUPTED, 1)
    assert "did not respond in time" in str(record.run.warnings)
    assert proxy.count(POST) == 1


@isolated
def test_a_run_whose_stream_stays_broken_still_gets_its_complete_text(
    live_runner: LiveRunner, proxy: Proxy, make: Make
):
    """From the session's messages; the components' states come from the build records."""
    broken = [Fault(raw=raw_response(502))] * 50
    proxy.plan("/events", Fault(cut=True, after=b'"event": "token"'), *broken)
    overrides = {**WORDS, "WordByWord-writer.pause": 10}
    run_id = live_runner.start(make("Write word by word"), **overrides)
    live_runner.until(run_id, ended)
    wait_for(lambda: not live_runner.runner.is_followed(run_id))
    record = live_runner.runner.get(run_id, live_runner.owner)
    assert record.status is RunStatus.COMPLETED
    assert set(states(record).values()) == {"done"}
    texts = [one.text for one in record.run.messages.values() if one.sender == "Machine"]
    assert texts == [record.run.outputs["ChatOutput-answer"].value]


@classic
def test_a_server_that_falls_silent_in_a_status_request_is_asked_again(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow
):
    proxy.plan(STATUS, Fault(let_go=threading.Event()))
    run_id = live_runner.start(held.flow)
    record = live_runner.until(run_id, noted("did not respond in time"))
    assert not record.ended
    ends_once(live_runner, held, run_id)


@classic
def test_other_responses_to_status_requests_are_reported_and_do_not_end_the_run(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow
):
    """As those of a login page in between, or cut off."""
    signed_in = raw_response(302, location="https://login.example/?next=/")
    proxy.plan(STATUS, *[Fault(raw=answer) for answer in (signed_in, LOGIN_PAGE, TRUNCATED)])
    run_id = live_runner.start(held.flow)
    record = live_runner.until(run_id, noted("has not responded properly"))
    assert not record.ended
    wait_for(lambda: proxy.count(STATUS) > 3)
    ends_once(live_runner, held, run_id)


@pytest.mark.parametrize("langflow", ["1.8.4", "1.13.0"], indirect=True)
def test_a_run_is_stopped_although_the_server_wants_no_status_request_for_a_day(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow
):
    """It gets one stop at once, and is asked again some seconds later whether the run ended."""
    run_id = start_and_begin(live_runner, held)
    refused = Fault(raw=raw_response(429, b'{"detail": "Too many"}', retry_after="86400"))
    proxy.plan(STATUS, *[refused] * 3)
    live_runner.until(run_id, noted("tries again at"))
    live_runner.runner.stop(run_id, live_runner.connection)
    record = live_runner.until(run_id, ended)
    assert (record.status, held.executions()) == (RunStatus.CANCELLED, 1)
    assert record.stop_result == (Note(NoteCode.STOPPED),)
    assert proxy.count(STOP) == 1


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


@newest
def test_a_new_key_takes_on_a_run_whose_key_is_revoked(
    live_runner: LiveRunner,
    held: HeldFlow,
    client: LangflowClient,
    api: httpx.Client,
    new_key: NewKey,
):
    """It sees the run, and follows it to its end."""
    (first, first_id), (second, _) = new_key(), new_key()
    typed = replace(live_runner.connection, source="typed", user_id=client.auth.user_id())
    live_runner.connection = replace(typed, api_key=SecretStr(first))
    live_runner.owner = live_runner.runner.owner_of(live_runner.connection)
    run_id = start_and_begin(live_runner, held)
    api.delete(f"/api/v1/api_key/{first_id}").raise_for_status()
    live_runner.runner.stop(run_id, live_runner.connection)
    live_runner.until(run_id, noted("rejects the API key"))
    other = replace(typed, api_key=SecretStr(second))
    assert live_runner.runner.get(run_id, live_runner.runner.owner_of(other))
    live_runner.runner.attach(other)
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
    """Even if the console restarts and knows the edited flow only."""
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

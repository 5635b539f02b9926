"""What breaks between the console, its database and a real Langflow: one fault a test.

Whatever happens, one press runs the flow once at most, and the run's final status tells the truth.
The flow's step counts its executions on the server.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from pydantic import SecretStr

from lfclient import AsyncLangflowClient, LangflowClient, RunStatus
from lfclient.api import http, payloads
from lfclient.api.operations import event_streams, job_search
from lfclient.common.backoff import Backoff
from lfclient.console.config.connection import Connection
from lfclient.console.runner import execution, recovery, run_context, runner, submission
from lfclient.console.runner.timings import Timings
from lfclient.console.store import database
from lfclient.console.store.errors import StoreError
from lfclient.console.store.run_record import RunRecord, StoredParts
from lfclient.console.store.store import Store
from lfclient.wire import bodies
from lfclient.wire.server_info import DEFAULT_CONCURRENCY, ServerInfo
from tests.live.desk import Desk, ended, states
from tests.live.flows import ROWS
from tests.live.held_flow import HeldFlow, Hold
from tests.live.releases import Make
from tests.support import servers
from tests.support.databases import full_disk
from tests.support.proxy import Fault, Proxy, raw_response
from tests.support.servers import LiveServer
from tests.support.waiting import wait_for

ISOLATED = "1.12.8-isolated"  # its second server, which tests may freeze and kill
NewKey = Callable[[], tuple[str, str]]

POST = "POST /api/v2/workflows"
BUILDS = "GET /api/v1/monitor/builds"
STATUS = "GET /api/v2/workflows"
STOP = "/api/v2/workflows/stop"
LOGIN_PAGE = raw_response(200, b"<html><h1>Sign in</h1></html>", "text/html")
TIMEOUT = 2.0  # of the console, in seconds
TOOK = 10.0  # seconds within which a server responds to a submit
WORDS = {"ChatInput-question.input_value": "Good morning!", "WordByWord-writer.pause": 50}


def on(release: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("langflow", [release], indirect=True)


classic, isolated, newest = on("1.8.4"), on(ISOLATED), on("1.13.0")


@pytest.fixture(scope="session", autouse=True)
def started(request: pytest.FixtureRequest) -> None:
    """Start the servers of this file together, where no other worker starts some of them."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        mine = [item for item in request.session.items if item.module.__name__ == __name__]
        with ThreadPoolExecutor() as pool:
            list(pool.map(servers.release, {item.callspec.params["langflow"] for item in mine}))


@pytest.fixture
def timings(monkeypatch: pytest.MonkeyPatch) -> Timings:
    """A tenth of the usual patience, or less."""
    monkeypatch.setattr(payloads, "MIN_SUBMIT_TIMEOUT", TIMEOUT)
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.5)
    often = Backoff(0.1, 0.5)
    return Timings(
        polling=often,
        listening=often,
        searching=often,
        unreachable=often,
        search_seconds=10.0,
        min_search_seconds=2.0,
        resend_delay_seconds=1.0,
        silence_seconds=3.0,
        maintenance_seconds=0.2,
    )


def impatient(connection: Connection, server: ServerInfo | None) -> AsyncLangflowClient:
    key = connection.api_key and connection.api_key.get_secret_value()
    return AsyncLangflowClient(connection.url, key, timeout=TIMEOUT, server=server)


@pytest.fixture
def desk(
    tmp_path: Path, langflow: LiveServer, client: LangflowClient, proxy: Proxy, timings: Timings
) -> Iterator[Desk]:
    """A console that connects through the proxy."""
    made = Desk(tmp_path / "console", langflow, client, timings, impatient)
    made.connection = replace(made.connection, url=proxy.url)
    yield made
    made.runner.close()


@pytest.fixture
def held(hold: Hold) -> HeldFlow:
    return hold("flow")


def at_once(call: Callable[[], Any]) -> list[Any]:
    """Return what two simultaneous calls return."""
    with ThreadPoolExecutor(2) as pool:
        return [future.result() for future in [pool.submit(call), pool.submit(call)]]


def start_and_begin(desk: Desk, held: HeldFlow, mode: str = "background") -> str:
    """Start a run, wait until its step has begun, and return the run's id."""
    run_id = desk.start(held.flow, mode)
    wait_for(held.begun)
    return run_id


def ends_once(desk: Desk, held: HeldFlow, run_id: str) -> RunRecord:
    """Let the step end; the run has completed, and the step has run once."""
    held.mark("go")
    record = desk.until(run_id, ended)
    assert (record.status, held.executions()) == (RunStatus.COMPLETED, 1), record
    assert [output.value for output in record.run.outputs.values()] == ["done"]
    return record


def server_process(langflow: LiveServer) -> psutil.Process:
    pid = servers.isolated(langflow.version).status().pid
    assert pid  # None would be the test process itself
    return psutil.Process(pid)


class Clock:
    """The console's clock, `offset` ahead of the server's."""

    offset = timedelta()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()

    class Jumping(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + made.offset

    for module in (execution, http, job_search, recovery, run_context, runner, submission):
        monkeypatch.setattr(module, "datetime", Jumping)
    return made


@contextmanager
def locked(desk: Desk) -> Iterator[None]:
    """Let another program hold the lock of the database."""
    with closing(sqlite3.connect(desk.folder / database.FILE_NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def noted(text: str) -> Callable[[RunRecord], bool]:
    return lambda record: text in record.note


def is_lost(record: RunRecord) -> bool:
    """Return whether Langflow itself says that its death ended the run."""
    return record.ended and "worker_lost" in [error.code for error in record.run.errors]


# The submit


@classic
@pytest.mark.parametrize("answer", [b"", raw_response(502)], ids=["none", "502"])
def test_a_submit_that_the_server_took_and_a_proxy_lost_runs_once(
    desk: Desk, proxy: Proxy, held: HeldFlow, answer: bytes
):
    proxy.plan(POST, Fault(raw=answer, patience=TOOK))
    ends_once(desk, held, desk.start(held.flow))
    assert proxy.count(POST) == 1


@isolated
def test_truncated_json_from_a_server_that_took_the_submit_runs_once(
    desk: Desk, proxy: Proxy, held: HeldFlow
):
    proxy.plan(POST, Fault(raw=raw_response(200, b'{"job_id": "0f'), patience=TOOK))
    ends_once(desk, held, desk.start(held.flow))


@newest
def test_a_login_page_in_place_of_the_submits_response_runs_once(
    desk: Desk, proxy: Proxy, held: HeldFlow
):
    proxy.plan(POST, Fault(raw=LOGIN_PAGE, patience=TOOK))
    ends_once(desk, held, desk.start(held.flow))


@newest
def test_a_submit_whose_connection_is_reset_in_mid_body_runs_once(
    desk: Desk, proxy: Proxy, held: HeldFlow
):
    proxy.plan(POST, Fault(cut=True, after=b'"job_id"'))
    ends_once(desk, held, desk.start(held.flow))


@isolated
def test_a_call_that_a_proxy_gives_up_is_found_and_runs_once(
    desk: Desk, proxy: Proxy, held: HeldFlow
):
    """The call takes longer than the proxy waits; it is not repeated."""
    proxy.plan(POST, Fault(raw=raw_response(504), patience=0.5))
    run_id = desk.start(held.flow, "sync")
    desk.until(run_id, noted("looks for the run"))
    ends_once(desk, held, run_id)
    assert proxy.count(POST) == 1


@newest
def test_a_server_that_falls_silent_in_a_submit_runs_it_once(
    desk: Desk, proxy: Proxy, held: HeldFlow
):
    proxy.plan(POST, Fault(stall=60.0))
    run_id = desk.start(held.flow)
    desk.until(run_id, noted("did not respond in time"))
    ends_once(desk, held, run_id)


@classic
def test_a_submit_that_never_arrives_has_an_unknown_outcome(
    desk: Desk, proxy: Proxy, held: HeldFlow
):
    """Without idempotency keys it is not sent again."""
    desk.timings = replace(desk.timings, search_seconds=2.0)
    desk.restart()
    proxy.plan(POST, Fault(let_go=threading.Event()))
    record = desk.until(desk.start(held.flow), ended)
    assert (record.status, held.executions()) == (RunStatus.OUTCOME_UNKNOWN, 0)
    assert "no trace of the run" in record.problem.message
    assert "Run it again if it has not" in record.problem.hint
    assert proxy.count(POST) == 1


@isolated
def test_a_server_that_is_frozen_for_a_while_runs_each_submit_once(
    desk: Desk, hold: Hold, langflow: LiveServer
):
    """It then handles what has arrived meanwhile, all at once."""
    helds = [hold(f"flow {number}") for number in range(5)]
    process = server_process(langflow)
    process.suspend()
    try:
        runs = [desk.start(held.flow) for held in helds]
        for run_id in runs:
            desk.until(run_id, noted("looks for the run"))
        time.sleep(2 * desk.timings.resend_delay_seconds)
    finally:
        process.resume()
    for held, run_id in zip(helds, runs, strict=True):
        ends_once(desk, held, run_id)


@classic
def test_a_server_that_asks_for_a_pause_of_seconds_gets_it(
    desk: Desk, proxy: Proxy, held: HeldFlow
):
    started = time.monotonic()
    proxy.plan(POST, Fault(raw=raw_response(429, b'{"detail": "Too busy"}', retry_after="1")))
    run_id = desk.start(held.flow)
    desk.until(run_id, noted("It is sent again at"))
    record = ends_once(desk, held, run_id)
    assert time.monotonic() - started >= 1
    assert (record.attempts, proxy.count(POST)) == (1, 2)


@newest
def test_a_server_that_asks_for_a_pause_until_a_time_gets_it(
    desk: Desk, proxy: Proxy, held: HeldFlow
):
    started = time.monotonic()
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    proxy.plan(POST, Fault(raw=raw_response(503, retry_after=at)))
    run_id = desk.start(held.flow)
    desk.until(run_id, noted("It is sent again at"))
    record = ends_once(desk, held, run_id)
    assert time.monotonic() - started >= 1  # dates have whole seconds
    assert (record.attempts, proxy.count(POST)) == (1, 2)


@isolated
def test_a_gzip_bomb_instead_of_the_response_takes_little_memory(
    desk: Desk, proxy: Proxy, held: HeldFlow
):
    deflate = zlib.compressobj(1, wbits=zlib.MAX_WBITS | 16)
    pieces = [deflate.compress(b" " * 1_000_000) for _ in range(300)]
    bomb = raw_response(200, b"".join(pieces) + deflate.flush(), content_encoding="gzip")
    proxy.plan(POST, Fault(raw=bomb, patience=TOOK))
    tracemalloc.start()
    ends_once(desk, held, desk.start(held.flow))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 230_000_000  # at most 100 MB are read


@classic
def test_a_submit_whose_response_drips_holds_up_neither_the_run_nor_its_stop(
    desk: Desk, proxy: Proxy, held: HeldFlow, monkeypatch: pytest.MonkeyPatch
):
    """One byte at a time, so that no timeout expires."""
    monkeypatch.setattr(bodies, "GRACE_SECONDS", 1.5)
    proxy.plan(POST, Fault(drip=True, pause=0.5))
    run_id = start_and_begin(desk, held)
    desk.runner.stop(run_id, desk.connection)
    record = desk.until(run_id, ended)
    assert (record.status, held.executions()) == (RunStatus.OUTCOME_UNKNOWN, 1)
    assert "before the run was found" in record.problem.message


@newest
def test_a_redirect_is_not_followed_and_nothing_runs(
    desk: Desk, proxy: Proxy, held: HeldFlow, langflow: LiveServer
):
    """Neither the key nor the inputs go to the other address."""
    with Proxy(langflow.url) as other:
        target = f"{other.url}/api/v2/workflows"
        proxy.plan(POST, Fault(raw=raw_response(307, location=target)))
        record = desk.until(desk.start(held.flow), ended)
        assert other.requests == {}
    assert (record.status, held.executions()) == (RunStatus.FAILED, 0)
    assert "redirects to" in record.problem.message


@isolated
def test_a_submit_that_a_proxy_repeats_runs_once(desk: Desk, proxy: Proxy, held: HeldFlow):
    proxy.plan(POST, Fault(requests=2))
    ends_once(desk, held, desk.start(held.flow))


@classic
def test_a_press_while_nothing_listens_runs_nothing(desk: Desk, proxy: Proxy, held: HeldFlow):
    proxy.refuse()
    record = desk.until(desk.start(held.flow), ended)
    assert (record.status, held.executions()) == (RunStatus.FAILED, 0)
    assert "Couldn't reach" in record.problem.message


# Commands


@isolated
def test_a_stop_during_the_submit_stops_the_job_on_the_server(
    desk: Desk, proxy: Proxy, held: HeldFlow, client: LangflowClient
):
    arrives = threading.Event()
    proxy.plan(POST, Fault(let_go=arrives))
    run_id = desk.start(held.flow)
    wait_for(lambda: proxy.count(POST))
    desk.runner.stop(run_id, desk.connection)
    arrives.set()
    record = desk.until(run_id, ended)
    assert record.status is RunStatus.CANCELLED
    assert client.status(record.job_id, held.flow).status is RunStatus.CANCELLED
    assert held.executions() <= 1


@classic
def test_two_clicks_on_stop_send_one_stop(desk: Desk, proxy: Proxy, held: HeldFlow):
    """A second one could make Langflow 1.8 call an ended job cancelled."""
    run_id = start_and_begin(desk, held)
    at_once(lambda: desk.runner.stop(run_id, desk.connection))
    record = desk.until(run_id, ended)
    assert (record.status, held.executions()) == (RunStatus.CANCELLED, 1)
    desk.runner.stop(run_id, desk.connection)
    assert desk.runner.get(run_id, desk.owner).status is RunStatus.CANCELLED
    assert proxy.count(STOP) == 1


@classic
def test_two_clicks_on_run_are_one_press(desk: Desk, proxy: Proxy, held: HeldFlow):
    [run_id, same] = at_once(lambda: desk.start(held.flow, submit_token="press"))
    assert run_id == same
    ends_once(desk, held, run_id)
    assert proxy.count(POST) == 1


@newest
def test_one_press_in_two_consoles_on_one_database_runs_once(
    desk: Desk, proxy: Proxy, held: HeldFlow
):
    runners = [desk.runner, desk.new_runner()]
    turns = iter(runners)
    try:
        runs = at_once(lambda: desk.start(held.flow, submit_token="press", runner=next(turns)))
        assert len(set(runs)) == 1
        ends_once(desk, held, runs[0])
    finally:
        runners[1].close()
    assert proxy.count(POST) == 1


# During the run


@newest
def test_a_streamed_call_that_is_cut_off_keeps_its_partial_output(
    desk: Desk, proxy: Proxy, make: Make
):
    """It is not repeated."""
    proxy.plan(POST, Fault(cut=True, after=b'"event": "token"'))
    record = desk.until(desk.start(make("Write word by word"), "stream", **WORDS), ended)
    assert record.status is RunStatus.INTERRUPTED
    assert states(record)["PromptTemplate-story"] == "done"
    assert (proxy.count(POST), len(desk.runner.recent(desk.owner))) == (1, 1)


@isolated
def test_a_streamed_call_that_falls_silent_ends_in_time(
    desk: Desk, proxy: Proxy, held: HeldFlow, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(event_streams, "MAX_CALL_SILENCE_SECONDS", 1.0)
    proxy.plan(POST, Fault(stall=60.0, after=b'"event": "build_start"'))
    record = desk.until(desk.start(held.flow, "stream"), ended)
    assert (record.status, held.executions()) == (RunStatus.INTERRUPTED, 1)
    assert "did not respond in time" in str(record.run.warnings)
    assert proxy.count(POST) == 1


@isolated
def test_a_run_whose_stream_stays_broken_still_gets_its_complete_text(
    desk: Desk, proxy: Proxy, make: Make
):
    """From the session's messages; the components' states come from the build records."""
    broken = [Fault(raw=raw_response(502))] * 50
    proxy.plan("/events", Fault(cut=True, after=b'"event": "token"'), *broken)
    overrides = {**WORDS, "WordByWord-writer.pause": 10}
    run_id = desk.start(make("Write word by word"), **overrides)
    desk.until(run_id, ended)
    wait_for(lambda: not desk.runner.is_followed(run_id))
    record = desk.runner.get(run_id, desk.owner)
    assert record.status is RunStatus.COMPLETED
    assert set(states(record).values()) == {"done"}
    texts = [one.text for one in record.run.messages.values() if one.sender == "Machine"]
    assert texts == [record.run.outputs["ChatOutput-answer"].value]


@classic
def test_a_server_that_falls_silent_in_a_status_request_is_asked_again(
    desk: Desk, proxy: Proxy, held: HeldFlow
):
    proxy.plan(STATUS, Fault(let_go=threading.Event()))
    run_id = desk.start(held.flow)
    record = desk.until(run_id, noted("did not respond in time"))
    assert not record.ended
    ends_once(desk, held, run_id)


@classic
def test_a_login_page_during_the_run_is_told_and_does_not_end_it(
    desk: Desk, proxy: Proxy, held: HeldFlow
):
    signed_in = raw_response(302, location="https://login.example/?next=/")
    proxy.plan(STATUS, *[Fault(raw=answer) for answer in (signed_in, LOGIN_PAGE)])
    run_id = desk.start(held.flow)
    record = desk.until(run_id, noted("has not responded properly"))
    assert not record.ended
    ends_once(desk, held, run_id)


@classic
def test_a_network_that_is_away_for_a_while_loses_no_run(desk: Desk, proxy: Proxy, held: HeldFlow):
    run_id = start_and_begin(desk, held)
    proxy.refuse()
    desk.until(run_id, noted("Couldn't reach"))
    held.mark("go")
    proxy.accept()
    ends_once(desk, held, run_id)


@newest
def test_a_name_that_moves_to_another_address_is_followed(
    desk: Desk, proxy: Proxy, held: HeldFlow, langflow: LiveServer, monkeypatch: pytest.MonkeyPatch
):
    resolve, address = socket.getaddrinfo, ["127.0.0.1"]

    def look_up(host: str, *args: Any, **options: Any) -> Any:
        name = address[0] if host == "langflow.localhost" else host
        return resolve(name, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    desk.connection = replace(desk.connection, url=f"http://langflow.localhost:{proxy.port}")
    run_id = start_and_begin(desk, held)
    with Proxy(langflow.url, "127.0.0.2", proxy.port) as other:
        address[0] = "127.0.0.2"
        proxy.refuse()
        ends_once(desk, held, run_id)
        assert other.requests


@classic
def test_a_server_that_restarts_at_another_port_is_followed_there(
    desk: Desk, proxy: Proxy, held: HeldFlow, langflow: LiveServer
):
    """Its address is corrected in the console's configuration."""
    run_id = start_and_begin(desk, held)
    proxy.refuse()
    with Proxy(langflow.url) as other:
        desk.connection = replace(desk.connection, url=other.url)
        desk.restart()
        ends_once(desk, held, run_id)


@newest
def test_a_new_key_takes_on_a_run_whose_key_is_revoked(
    desk: Desk, held: HeldFlow, client: LangflowClient, api: httpx.Client, new_key: NewKey
):
    """It sees the run, and follows it to its end."""
    (first, first_id), (second, _) = new_key(), new_key()
    typed = replace(desk.connection, source="typed", user_id=client.user_id())
    desk.connection = replace(typed, api_key=SecretStr(first))
    desk.owner = desk.runner.owner_of(desk.connection)
    run_id = start_and_begin(desk, held)
    api.delete(f"/api/v1/api_key/{first_id}").raise_for_status()
    desk.runner.stop(run_id, desk.connection)
    desk.until(run_id, noted("rejects the API key"))
    other = replace(typed, api_key=SecretStr(second))
    assert desk.runner.get(run_id, desk.runner.owner_of(other))
    desk.runner.attach(other)
    ends_once(desk, held, run_id)


@isolated
def test_a_flow_that_is_deleted_during_its_run_leaves_what_it_had_reported(
    desk: Desk, held: HeldFlow, client: LangflowClient
):
    """The server no longer tells how the run ended, and the record says so."""
    run_id = start_and_begin(desk, held)
    client.delete_flow(held.flow.id)
    held.mark("go")
    record = desk.until(run_id, ended)
    assert (record.status, held.executions()) == (RunStatus.OUTCOME_UNKNOWN, 1)
    assert "The flow was deleted" in record.problem.message
    assert [output.value for output in record.run.outputs.values()] == ["done"]


@newest
def test_a_flow_that_is_edited_during_its_run_changes_nothing(
    desk: Desk, held: HeldFlow, make: Make, api: httpx.Client
):
    """Even if the console restarts and knows the edited flow only."""
    edited = make(ROWS)
    run_id = start_and_begin(desk, held)
    data = api.get(f"/api/v1/flows/{edited.id}").json()["data"]
    api.patch(f"/api/v1/flows/{held.flow.id}", json={"data": data}).raise_for_status()
    desk.restart()
    ends_once(desk, held, run_id)


@classic
@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_jumps_during_a_lost_submit_hides_no_run(
    desk: Desk, proxy: Proxy, held: HeldFlow, clock: Clock, hours: int
):
    answers = threading.Event()
    proxy.plan(POST, Fault(raw=b"", patience=TOOK))
    proxy.plan(BUILDS, Fault(let_go=answers))
    run_id = desk.start(held.flow)
    wait_for(lambda: proxy.count(BUILDS))
    clock.offset = timedelta(hours=hours)
    answers.set()
    ends_once(desk, held, run_id)


# The console and its database


@newest
def test_a_console_killed_between_submit_and_response_runs_it_once(
    desk: Desk, proxy: Proxy, held: HeldFlow
):
    proxy.plan(POST, Fault(stall=60.0))
    job = {"folder": str(desk.folder), "url": proxy.url, "database": None}
    job["key"] = desk.connection.api_key.get_secret_value()
    job["runs"] = [{"flow": held.flow.id, "mode": "background", "session": "killed"}]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.live.replica_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as console:
        json.dump(job, console.stdin)
        console.stdin.close()
        run_id = console.stdout.readline().strip()
        wait_for(held.begun)
        console.kill()
    desk.restart()
    ends_once(desk, held, run_id)


@isolated
def test_a_console_that_restarts_while_runs_are_queued_runs_each_once(desk: Desk, hold: Hold):
    """Langflow runs five at a time."""
    helds = [hold(f"flow {number}") for number in range(DEFAULT_CONCURRENCY + 2)]
    runs = [desk.start(held.flow) for held in helds]
    for run_id in runs:
        desk.until(run_id, lambda record: record.job_id)
    wait_for(lambda: sum(held.begun() for held in helds) == DEFAULT_CONCURRENCY)
    desk.restart()
    for held in helds:
        held.mark("go")
    for held, run_id in zip(helds, runs, strict=True):
        ends_once(desk, held, run_id)


@isolated
def test_jobs_that_a_killed_server_left_behind_are_reported_and_can_be_stopped(
    desk: Desk, hold: Hold, langflow: LiveServer
):
    """Langflow calls them in progress or queued for good, unless its restart takes 45 s."""
    helds = [hold(f"flow {number}") for number in range(DEFAULT_CONCURRENCY + 1)]
    runs = [desk.start(held.flow) for held in helds]
    for run_id in runs:
        desk.until(run_id, lambda record: record.job_id)
    wait_for(lambda: sum(held.begun() for held in helds) == DEFAULT_CONCURRENCY)
    server_process(langflow).kill()
    desk.until(runs[0], noted("keeps trying"))
    assert servers.isolated(langflow.version).start().url == langflow.url
    for held, run_id in zip(helds, runs, strict=True):
        silent = noted("sent no updates" if held.begun() else "queued for more than")
        desk.until(run_id, lambda record, silent=silent: silent(record) or is_lost(record))
        desk.runner.stop(run_id, desk.connection)
    records = [desk.until(run_id, ended) for run_id in runs]
    assert all(record.status is RunStatus.CANCELLED or is_lost(record) for record in records)
    assert sum(held.executions() for held in helds) == DEFAULT_CONCURRENCY


@newest
def test_a_press_that_a_full_database_does_not_record_runs_nothing(
    desk: Desk, proxy: Proxy, held: HeldFlow
):
    with full_disk(desk.runner.store, room_bytes=0), pytest.raises(StoreError, match="full"):
        desk.start(held.flow, **{"HeldStep-h.note": "x" * 1_000_000})
    assert (proxy.count(POST), held.executions()) == (0, 0)
    ends_once(desk, held, desk.start(held.flow))


@classic
def test_a_run_whose_result_finds_no_room_in_the_database_still_ends(desk: Desk, held: HeldFlow):
    """It is stored without its outputs, and whole once there is room."""
    stored = Store(desk.folder)
    held.mark("large")
    run_id = start_and_begin(desk, held, "sync")
    with full_disk(desk.runner.store, room_bytes=100_000):
        held.mark("go")
        record = desk.until(run_id, ended)
        assert (record.status, held.executions()) == (RunStatus.COMPLETED, 1)
        wait_for(lambda: stored.get(run_id).ended)
        assert stored.get(run_id).status is RunStatus.COMPLETED
        assert stored.get(run_id).stored_parts is StoredParts.NO_ROOM
    wait_for(lambda: stored.get(run_id).stored_parts is StoredParts.WHOLE)
    assert stored.get(run_id).run.outputs == record.run.outputs
    stored.close()


@newest
def test_a_press_that_a_locked_database_does_not_record_runs_nothing(
    desk: Desk, proxy: Proxy, held: HeldFlow
):
    with locked(desk), pytest.raises(StoreError, match="locked"):
        desk.start(held.flow)
    assert (proxy.count(POST), held.executions()) == (0, 0)
    ends_once(desk, held, desk.start(held.flow))


@isolated
def test_a_run_during_which_the_database_is_locked_ends_and_is_stored(desk: Desk, held: HeldFlow):
    stored = Store(desk.folder)
    run_id = start_and_begin(desk, held)
    with locked(desk):
        ends_once(desk, held, run_id)
        assert not stored.get(run_id).ended
    wait_for(lambda: stored.get(run_id).ended)
    assert stored.get(run_id).status is RunStatus.COMPLETED
    stored.close()

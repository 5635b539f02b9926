"""Faults of the request that starts a run."""

from __future__ import annotations

import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from lfclient import RunStatus
from lfclient.console.store.notes import NoteCode, has_code
from lfclient.wire import bodies
from lfclient.wire.modes import Mode
from tests.live.faults.support import (
    LOGIN_PAGE,
    POST,
    SUBMIT_SECONDS,
    TRUNCATED,
    classic,
    ends_once,
    isolated,
    newest,
    noted,
    server_process,
    start_and_begin,
)
from tests.live.flows import ECHO
from tests.live.held_flow import HeldFlow, Hold, executions
from tests.live.live_runner import LiveRunner, ended
from tests.live.releases import Make
from tests.support.proxy import Fault, Proxy, raw_response
from tests.support.servers import LiveServer
from tests.support.waiting import wait_for

GATEWAY = b"<html><h1>Gateway</h1></html>"
DETAIL = b'{"detail": "Try again"}'  # Langflow's own errors have a code, too
INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"


def taken(response: bytes) -> Fault:
    """The server takes the request, and something else arrives in place of its response."""
    return Fault(raw=response, patience=SUBMIT_SECONDS)


@pytest.mark.parametrize(
    ("langflow", "fault"),
    [
        pytest.param("1.8.4", taken(b""), id="no response"),
        pytest.param("1.8.4", taken(raw_response(502)), id="502"),
        pytest.param("1.8.4", taken(raw_response(500, GATEWAY, "text/html")), id="500"),
        pytest.param("1.8.4", taken(raw_response(524, GATEWAY, "text/html")), id="524"),
        pytest.param("1.13.0", taken(TRUNCATED), id="truncated JSON"),
        pytest.param("1.13.0", taken(raw_response(408, GATEWAY, "text/html")), id="408"),
        pytest.param("1.13.0", taken(raw_response(408, DETAIL)), id="408 with a detail"),
        pytest.param("1.13.0", taken(raw_response(500, DETAIL)), id="500 with a detail"),
        pytest.param("1.13.0", taken(raw_response(503)), id="503"),
        pytest.param("1.13.0", taken(LOGIN_PAGE), id="login page"),
        pytest.param("1.13.0", taken(INTERIM * 30_000), id="103 without end"),
        pytest.param("1.13.0", Fault(cut=True, after=b'"job_id"'), id="reset in mid-body"),
    ],
    indirect=["langflow"],
)
def test_a_submit_that_the_server_took_and_whose_response_is_lost_runs_once(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow, fault: Fault
):
    proxy.plan(POST, fault)
    ends_once(live_runner, held, live_runner.start(held.flow))
    assert proxy.count(POST) == 1 or live_runner.info.capabilities.idempotency


@newest
def test_a_submit_that_a_login_page_answers_twice_is_sent_again_and_runs_once(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow
):
    """The server got neither; the record says meanwhile that the console looks for the run."""
    proxy.plan(POST, Fault(raw=LOGIN_PAGE), Fault(raw=LOGIN_PAGE))
    run_id = live_runner.start(held.flow)
    live_runner.until(
        run_id, lambda record: record.attempts == 2 and has_code(record.notes, NoteCode.SEARCHING)
    )
    ends_once(live_runner, held, run_id)
    assert proxy.count(POST) == 3


@isolated
def test_a_call_that_a_proxy_gives_up_is_found_and_runs_once(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow
):
    """The call takes longer than the proxy waits; it is not repeated."""
    proxy.plan(POST, Fault(raw=raw_response(504), patience=0.5))
    run_id = live_runner.start(held.flow, "sync")
    live_runner.until(run_id, noted("looks for the run"))
    ends_once(live_runner, held, run_id)
    assert proxy.count(POST) == 1


@isolated
def test_a_call_whose_response_is_truncated_is_found_and_ran_once(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow
):
    proxy.plan(POST, taken(TRUNCATED))
    ends_once(live_runner, held, live_runner.start(held.flow, "sync"))
    assert proxy.count(POST) == 1


@newest
def test_a_streamed_call_that_ends_with_503_is_found_and_ran_once(
    live_runner: LiveRunner, proxy: Proxy, make: Make, langflow: LiveServer
):
    """From a proxy, after the run; nothing of its stream has arrived."""
    proxy.plan(POST, taken(raw_response(503)))
    flow = make(ECHO)
    record = live_runner.until(live_runner.start(flow, "stream"), ended)
    assert record.status is RunStatus.COMPLETED, record
    assert [output.value for output in record.run.outputs.values()] == ["stored"]
    wait_for(lambda: executions(langflow, flow, "ChatOutput-b"))  # recorded a moment later
    assert (executions(langflow, flow, "ChatOutput-b"), proxy.count(POST)) == (1, 1)


@newest
def test_a_server_that_falls_silent_in_a_submit_runs_it_once(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow
):
    proxy.plan(POST, Fault(stall=60.0))
    run_id = live_runner.start(held.flow)
    live_runner.until(run_id, noted("did not respond in time"))
    ends_once(live_runner, held, run_id)


@classic
def test_a_submit_that_never_arrives_has_an_unknown_outcome(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow
):
    """Without idempotency keys it is not sent again."""
    live_runner.timings = replace(live_runner.timings, search_seconds=2.0)
    live_runner.restart()
    proxy.plan(POST, Fault(let_go=threading.Event()))
    record = live_runner.until(live_runner.start(held.flow), ended)
    assert (record.status, held.executions()) == (RunStatus.OUTCOME_UNKNOWN, 0)
    assert "no trace of the run" in record.problem.message
    assert "before you run it again" in record.problem.hint
    assert proxy.count(POST) == 1


@isolated
def test_a_server_that_is_frozen_for_a_while_runs_each_submit_once(
    live_runner: LiveRunner, hold: Hold, langflow: LiveServer
):
    """It then handles what has arrived meanwhile, all at once."""
    helds = [hold(f"flow {number}") for number in range(5)]
    process = server_process(langflow)
    process.suspend()
    try:
        runs = [live_runner.start(held.flow) for held in helds]
        for run_id in runs:
            live_runner.until(run_id, noted("looks for the run"))
        time.sleep(2 * live_runner.timings.resend_delay_seconds)
    finally:
        process.resume()
    for held, run_id in zip(helds, runs, strict=True):
        ends_once(live_runner, held, run_id)


def in_two_seconds() -> str:
    """A date, which has whole seconds: between one and two seconds from now."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)


@pytest.mark.parametrize(
    ("langflow", "mode", "retry_after"),
    [
        pytest.param("1.8.4", "background", lambda: "1", id="seconds"),
        pytest.param("1.13.0", "background", in_two_seconds, id="date"),
        pytest.param("1.8.4", "sync", lambda: "1", id="synchronous"),
        pytest.param("1.13.0", "stream", lambda: "1", id="streamed"),
    ],
    indirect=["langflow"],
)
def test_a_server_that_asks_for_a_pause_gets_it(
    live_runner: LiveRunner,
    proxy: Proxy,
    held: HeldFlow,
    mode: Mode,
    retry_after: Callable[[], str],
):
    started = time.monotonic()
    proxy.plan(POST, Fault(raw=raw_response(429, retry_after=retry_after())))
    run_id = live_runner.start(held.flow, mode)
    live_runner.until(run_id, noted("It is sent again at"))
    record = ends_once(live_runner, held, run_id)
    assert time.monotonic() - started >= 1
    assert (record.attempts, proxy.count(POST)) == (1, 2)


@pytest.mark.parametrize("mode", ["background", "sync", "stream"])
@newest
def test_a_refused_run_that_is_stopped_while_it_waits_never_runs(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow, mode: Mode
):
    proxy.plan(POST, Fault(raw=raw_response(429, retry_after="300")))
    run_id = live_runner.start(held.flow, mode)
    live_runner.until(run_id, noted("It is sent again at"))
    live_runner.runner.stop(run_id, live_runner.connection)
    record = live_runner.until(run_id, ended)
    assert (record.status, held.executions()) == (RunStatus.CANCELLED, 0)
    assert has_code(record.stop_result, NoteCode.STOPPED_UNSENT)
    assert proxy.count(POST) == 1


@isolated
def test_a_gzip_bomb_instead_of_the_response_takes_little_memory(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow
):
    deflate = zlib.compressobj(1, wbits=zlib.MAX_WBITS | 16)
    pieces = [deflate.compress(b" " * 1_000_000) for _ in range(300)]
    bomb = raw_response(200, b"".join(pieces) + deflate.flush(), content_encoding="gzip")
    proxy.plan(POST, Fault(raw=bomb, patience=SUBMIT_SECONDS))
    tracemalloc.start()
    ends_once(live_runner, held, live_runner.start(held.flow))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 230_000_000  # at most 100 MB are read


@classic
def test_a_submit_whose_response_drips_holds_up_neither_the_run_nor_its_stop(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow, monkeypatch: pytest.MonkeyPatch
):
    """One byte at a time, so that no timeout expires."""
    monkeypatch.setattr(bodies, "GRACE_SECONDS", 1.5)
    proxy.plan(POST, Fault(drip=True, pause=0.5))
    run_id = start_and_begin(live_runner, held)
    live_runner.runner.stop(run_id, live_runner.connection)
    record = live_runner.until(run_id, ended)
    assert (record.status, held.executions()) == (RunStatus.OUTCOME_UNKNOWN, 1)
    assert "before the run was found" in record.problem.message


@newest
def test_a_redirect_is_not_followed_and_nothing_runs(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow, langflow: LiveServer
):
    """Neither the key nor the inputs go to the other address."""
    with Proxy(langflow.url) as other:
        target = f"{other.url}/api/v2/workflows"
        proxy.plan(POST, Fault(raw=raw_response(307, location=target)))
        record = live_runner.until(live_runner.start(held.flow), ended)
        assert other.requests == {}
    assert (record.status, held.executions()) == (RunStatus.FAILED, 0)
    assert "redirects to" in record.problem.message


@isolated
def test_a_submit_that_a_proxy_repeats_runs_once(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow
):
    proxy.plan(POST, Fault(requests=2))
    ends_once(live_runner, held, live_runner.start(held.flow))


@classic
def test_a_press_while_nothing_listens_runs_nothing(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow
):
    proxy.refuse()
    record = live_runner.until(live_runner.start(held.flow), ended)
    assert (record.status, held.executions()) == (RunStatus.FAILED, 0)
    assert "Nothing responds" in record.problem.message

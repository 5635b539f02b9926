"""Faults of the request that starts a run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from lfclient import RunStatus
from lfclient.wire import bodies
from lfclient.wire.modes import Mode
from tests.live.faults.support import (
    POST,
    SUBMIT_SECONDS,
    TRUNCATED,
    classic,
    ends_once,
    isolated,
    noted,
    start_and_begin,
)
from tests.live.held_flow import HeldFlow
from tests.live.live_runner import LiveRunner, ended
from tests.support.proxy import Fault, Proxy, raw_response


def taken(response: bytes) -> Fault:
    """The server takes the request, and something else arrives in place of its response."""
    return Fault(raw=response, patience=SUBMIT_SECONDS)


@pytest.mark.parametrize(
    ("langflow", "fault"),
    [
        pytest.param("1.8.4", taken(b""), id="no response"),
        pytest.param("1.8.4", taken(raw_response(502)), id="502"),
        pytest.param("1.13.0", taken(TRUNCATED), id="truncated JSON"),
        pytest.param("1.13.0", taken(raw_response(503)), id="503"),
    ],
    indirect=["langflow"],
)
def test_a_submit_that_the_server_took_and_whose_response_is_lost_runs_once(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow, fault: Fault
):
    proxy.plan(POST, fault)
    ends_once(live_runner, held, live_runner.start(held.flow))
    assert proxy.count(POST) == 1 or live_runner.info.capabilities.idempotency


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


def in_two_seconds() -> str:
    """A date, which has whole seconds: between one and two seconds from now."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)


@pytest.mark.parametrize(
    ("langflow", "mode", "retry_after"),
    [
        pytest.param("1.8.4", "sync", lambda: "1", id="seconds"),
        pytest.param("1.13.0", "background", in_two_seconds, id="date"),
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


@isolated
def test_a_submit_that_a_proxy_repeats_runs_once(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow
):
    proxy.plan(POST, Fault(requests=2))
    ends_once(live_runner, held, live_runner.start(held.flow))


@classic
def test_a_submit_whose_response_drips_holds_up_neither_the_run_nor_its_stop(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bodies, "GRACE_SECONDS", 1.5)
    proxy.plan(POST, Fault(drip=True, pause=0.5))
    run_id = start_and_begin(live_runner, held)
    live_runner.runner.stop(run_id, live_runner.connection)
    record = live_runner.until(run_id, ended)
    assert (record.status, held.executions()) == (RunStatus.OUTCOME_UNKNOWN, 1)
    assert "before the run was found" in record.problem.message

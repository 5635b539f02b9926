"""Servers, faults and steps that the tests of faults share."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lfclient import RunStatus
from lfclient.api import requests
from lfclient.console.store.run_record import RunRecord
from lfclient.console.wording.run_notes import describe_notes
from tests.live.held_flow import HeldFlow
from tests.live.live_runner import LiveRunner, ended
from tests.live.releases import on
from tests.support.proxy import raw_response
from tests.support.waiting import wait_for

ISOLATED = "1.13.0-isolated"  # its second server, which tests may freeze and kill

POST = "POST /api/v2/workflows"
STOP = "POST /api/v2/workflows/stop"
STATUS = f"GET {requests.STATUS}"
LOGIN_PAGE = raw_response(200, b"<html><h1>Sign in</h1></html>", "text/html")
TRUNCATED = raw_response(200, b'{"job_id": "0f')
SUBMIT_SECONDS = 10.0  # within which a server responds to a submit


classic, isolated, newest = on("1.8.4"), on(ISOLATED), on("1.13.0")


def call_twice(call: Callable[[], Any]) -> list[Any]:
    """Return what two simultaneous calls return."""
    with ThreadPoolExecutor(2) as pool:
        return [future.result() for future in [pool.submit(call), pool.submit(call)]]


def start_and_begin(live_runner: LiveRunner, held: HeldFlow, mode: str = "background") -> str:
    """Start a run, wait until its step has begun, and return the run's id."""
    run_id = live_runner.start(held.flow, mode)
    wait_for(held.begun)
    return run_id


def ends_once(live_runner: LiveRunner, held: HeldFlow, run_id: str) -> RunRecord:
    """Let the step end; the run has completed, and the step has run once."""
    held.mark("go")
    record = live_runner.until(run_id, ended)
    assert (record.status, held.executions()) == (RunStatus.COMPLETED, 1), record
    assert [output.value for output in record.run.outputs.values()] == ["done"]
    return record


def noted(text: str) -> Callable[[RunRecord], bool]:
    return lambda record: text in describe_notes(record.notes)

"""Deaths of the console and the server, and a database that is full or locked."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from lfclient import RunStatus
from lfclient.console.store import database
from lfclient.console.store.errors import StoreError
from lfclient.console.store.run_record import StoredParts
from lfclient.console.store.store import Store
from lfclient.wire.server_info import DEFAULT_CONCURRENCY
from tests.live.faults.support import (
    POST,
    classic,
    ends_once,
    is_lost,
    isolated,
    newest,
    noted,
    server_process,
    start_and_begin,
)
from tests.live.held_flow import HeldFlow, Hold
from tests.live.live_runner import LiveRunner, ended
from tests.support import servers
from tests.support.databases import full_disk
from tests.support.proxy import Fault, Proxy
from tests.support.servers import LiveServer
from tests.support.waiting import wait_for


@contextmanager
def locked(live_runner: LiveRunner) -> Iterator[None]:
    """Let another program hold the lock of the database."""
    with closing(
        sqlite3.connect(live_runner.folder / database.FILE_NAME, isolation_level=None)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@newest
def test_a_console_killed_between_submit_and_response_runs_it_once(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow
):
    proxy.plan(POST, Fault(stall=60.0))
    job = {"folder": str(live_runner.folder), "url": proxy.url, "database": None}
    job["key"] = live_runner.connection.api_key.get_secret_value()
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
    live_runner.restart()
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


@isolated
def test_jobs_that_a_killed_server_left_behind_are_reported_and_can_be_stopped(
    live_runner: LiveRunner, hold: Hold, langflow: LiveServer
):
    """Langflow calls them in progress or queued for good, unless its restart takes 45 s."""
    helds = [hold(f"flow {number}") for number in range(DEFAULT_CONCURRENCY + 1)]
    runs = [live_runner.start(held.flow) for held in helds]
    for run_id in runs:
        live_runner.until(run_id, lambda record: record.job_id)
    wait_for(lambda: sum(held.begun() for held in helds) == DEFAULT_CONCURRENCY)
    server_process(langflow).kill()
    live_runner.until(runs[0], noted("Retrying"))
    assert servers.isolated(langflow.version).start().url == langflow.url
    silent = noted("the connection to Langflow was interrupted")
    for run_id in runs:
        live_runner.until(run_id, lambda record: silent(record) or is_lost(record))
        live_runner.runner.stop(run_id, live_runner.connection)
    records = [live_runner.until(run_id, ended) for run_id in runs]
    assert all(record.status is RunStatus.CANCELLED or is_lost(record) for record in records)
    assert sum(held.executions() for held in helds) == DEFAULT_CONCURRENCY


@newest
def test_a_press_that_a_full_database_does_not_record_runs_nothing(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow
):
    with full_disk(live_runner.runner.store, room_bytes=0), pytest.raises(StoreError, match="full"):
        live_runner.start(held.flow, **{"HeldStep-h.note": "x" * 1_000_000})
    assert (proxy.count(POST), held.executions()) == (0, 0)
    ends_once(live_runner, held, live_runner.start(held.flow))


@classic
def test_a_run_whose_result_finds_no_room_in_the_database_still_ends(
    live_runner: LiveRunner, held: HeldFlow
):
    """It is stored without its outputs, and whole once there is room."""
    stored = Store(live_runner.folder)
    held.mark("large")
    run_id = start_and_begin(live_runner, held, "sync")
    with full_disk(live_runner.runner.store, room_bytes=100_000):
        held.mark("go")
        record = live_runner.until(run_id, ended)
        assert (record.status, held.executions()) == (RunStatus.COMPLETED, 1)
        wait_for(lambda: stored.get(run_id).ended)
        assert stored.get(run_id).status is RunStatus.COMPLETED
        assert stored.get(run_id).stored_parts is StoredParts.NO_ROOM
    wait_for(lambda: stored.get(run_id).stored_parts is StoredParts.WHOLE)
    assert stored.get(run_id).run.outputs == record.run.outputs
    stored.close()


@newest
def test_a_press_that_a_locked_database_does_not_record_runs_nothing(
    live_runner: LiveRunner, proxy: Proxy, held: HeldFlow
):
    with locked(live_runner), pytest.raises(StoreError, match="locked"):
        live_runner.start(held.flow)
    assert (proxy.count(POST), held.executions()) == (0, 0)
    ends_once(live_runner, held, live_runner.start(held.flow))


@isolated
def test_a_run_during_which_the_database_is_locked_ends_and_is_stored(
    live_runner: LiveRunner, held: HeldFlow
):
    stored = Store(live_runner.folder)
    run_id = start_and_begin(live_runner, held)
    with locked(live_runner):
        ends_once(live_runner, held, run_id)
        assert not stored.get(run_id).ended
    wait_for(lambda: stored.get(run_id).ended)
    assert stored.get(run_id).status is RunStatus.COMPLETED
    stored.close()

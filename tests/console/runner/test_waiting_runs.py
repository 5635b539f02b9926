"""Runs that wait for their turn to be sent."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest
from pydantic import SecretStr

from lfclient.console.config.connection import Connection
from lfclient.console.runner import server_load
from lfclient.console.runner.server_load import room_for
from lfclient.console.store.errors import StoreError
from lfclient.console.store.notes import Note, NoteCode, has_code
from lfclient.console.store.store import Store
from lfclient.runs.model import RunStatus
from lfclient.wire.modes import Mode
from tests.support.fake_events import component_done, event
from tests.support.runner_harness import (
    CONNECTION,
    RUN_STARTED,
    SUBMIT,
    WITH_SECRET,
    backdate_run,
    both_dialects,
)
from tests.support.store_records import record as make_record
from tests.support.waiting import wait_for

ONE = Connection("typed", "http://langflow.test", SecretStr("sk-one"), "typed", user_id="u")
TWO = replace(ONE, api_key=SecretStr("sk-two"))
ANSWER = [component_done("ChatOutput-b", "echo"), event("end")]
ROW = {"ChatInput-a.input_value": "hi"}


@pytest.fixture
def two_slots(monkeypatch):
    """Let two jobs be queued, which are filled sooner than ten."""
    monkeypatch.setattr(server_load, "MAX_QUEUED_JOBS", 2)


def start_waiting(harness, *rows, connection=CONNECTION):
    """Fill the server's slots with held requests; return the ids of runs that wait behind them."""
    harness.server.hold_submits = True
    harness.start_rows([ROW] * server_load.MAX_QUEUED_JOBS, connection=connection)
    wait_for(lambda: harness.server.count("POST", SUBMIT) == server_load.MAX_QUEUED_JOBS)
    return harness.start_rows(rows or [ROW], connection=connection)


def restart(harness, **options):
    """Kill the console, let the server respond again, and start another console."""
    harness.close()
    harness.server.hold_submits = False
    harness.runner = harness.new_runner(**options)
    harness.runner.attach(CONNECTION)


@both_dialects
def test_ten_submits_are_in_flight_and_the_other_runs_wait(harness):
    waiting = start_waiting(harness, ROW, ROW)
    for run_id in waiting:
        record = Store(harness.folder).get(run_id)
        assert (record.status, record.attempts) == (RunStatus.QUEUED, 0)
    assert harness.server.count("POST", SUBMIT) == 10
    harness.server.hold_submits = False
    for run_id in waiting:
        record = harness.wait_for_end(run_id)
        assert (record.status, record.attempts, record.notes) == (RunStatus.COMPLETED, 1, ())
        assert record.sent_at > record.created_at
    assert len(harness.server.jobs) == 12


@pytest.mark.usefixtures("two_slots")
def test_jobs_that_the_server_has_started_make_room(harness):
    harness.server.seconds, harness.server.log = 60, [RUN_STARTED]
    harness.start_rows([ROW] * 5)
    wait_for(lambda: len(harness.server.jobs) == 5)


@pytest.mark.parametrize("mode", ["background", "sync", "stream"])
def test_a_bounded_number_of_runs_is_in_flight(harness, monkeypatch, mode):
    monkeypatch.setattr(server_load, "MAX_IN_FLIGHT", 2)
    harness.server.hold_submits = True
    if mode == "stream":
        harness.server.log = ANSWER
    started = harness.start_rows([ROW] * 5, mode)
    wait_for(lambda: len(harness.server.requests) >= 2)
    assert [harness.get(run_id).attempts for run_id in started] == [1, 1, 0, 0, 0]
    harness.server.hold_submits = False
    assert all(harness.wait_for_end(run_id).ended for run_id in started)


@pytest.mark.usefixtures("two_slots")
def test_silent_jobs_make_room_only_after_an_interruption_of_their_server(harness):
    """A component may take hours, but a restart leaves jobs that never end."""
    harness.use_timings(silence_seconds=0.3)
    harness.server.seconds, harness.server.state = 60, "queued"
    *sent, waiting = harness.start_rows([ROW] * 3)
    silent = [harness.wait_until(run_id, lambda record: record.notes) for run_id in sent]
    assert room_for(Mode.BACKGROUND, silent) == 0
    harness.server.is_down = True
    for run_id in sent:
        harness.wait_until(run_id, lambda run: has_code(run.notes, NoteCode.UNREACHABLE))
    assert harness.get(waiting).attempts == 0
    harness.server.is_down = False
    wait_for(lambda: len(harness.server.jobs) == 3)


def test_running_jobs_without_updates_fill_their_server():
    notes = (Note(NoteCode.RUNNING_SILENTLY, number=5),)
    jobs = [make_record(str(n), status=RunStatus.IN_PROGRESS, notes=notes) for n in range(205)]
    assert room_for(Mode.BACKGROUND, jobs) == 0


@pytest.mark.usefixtures("two_slots")
def test_a_single_run_passes_the_waiting_runs_of_a_batch(harness):
    rows = start_waiting(harness, ROW, ROW)
    single = harness.start()
    harness.server.hold_submits = False
    sent = [harness.wait_for_end(run_id).sent_at for run_id in (single, *rows)]
    assert sent == sorted(sent)


@pytest.mark.usefixtures("two_slots")
def test_stopped_waiting_runs_end_without_a_request(harness):
    waiting = start_waiting(harness, ROW, ROW)
    for run_id in waiting:
        harness.runner.stop(run_id, CONNECTION)
    for run_id in waiting:
        record = harness.wait_for_end(run_id)
        assert (record.status, record.attempts) == (RunStatus.CANCELLED, 0)
        assert has_code(record.stop_result, NoteCode.STOPPED_UNSENT)
    assert harness.server.count("POST", SUBMIT) == 2


@pytest.mark.usefixtures("two_slots")
def test_runs_that_end_free_their_places(harness):
    harness.server.refusal = httpx.Response(422, json={"detail": "No."})
    runs = harness.start_rows([ROW] * 6)
    assert {harness.wait_for_end(run_id).status for run_id in runs} == {RunStatus.FAILED}


@pytest.mark.usefixtures("two_slots")
@both_dialects
def test_after_a_restart_waiting_runs_are_sent(harness):
    harness.use_timings(search_seconds=0.5, min_search_seconds=0.5)
    waiting = start_waiting(harness, ROW, ROW, ROW)
    backdate_run(harness.folder, waiting[0], 3600)  # too old only for a single run
    restart(harness)
    for run_id in waiting:
        record = harness.wait_for_end(run_id)
        assert (record.status, record.attempts) == (RunStatus.COMPLETED, 1)


@pytest.mark.usefixtures("two_slots")
def test_a_new_key_of_the_user_sends_waiting_runs(harness):
    harness.owner = harness.runner.owner_of(ONE)
    waiting = start_waiting(harness, ROW, ROW, connection=ONE)
    harness.server.revoked.add("sk-one")
    harness.runner.attach(TWO)
    harness.server.hold_submits = False
    for run_id in waiting:
        record = harness.wait_for_end(run_id)
        assert (record.status, record.attempts) == (RunStatus.COMPLETED, 1)


@pytest.mark.usefixtures("two_slots")
def test_simultaneous_starts_share_the_room(harness, monkeypatch):
    harness.server.hold_submits = True
    create, together = harness.runner._writer.create, threading.Barrier(2, timeout=20)

    def create_together(records):
        together.wait()
        return create(records)

    monkeypatch.setattr(harness.runner._writer, "create", create_together)
    with ThreadPoolExecutor(2) as pool:
        started = pool.map(lambda rows: harness.start_rows(rows), [[ROW, ROW], [ROW, ROW]])
        records = [harness.get(run_id) for run_ids in started for run_id in run_ids]
    assert sorted(record.attempts for record in records) == [0, 0, 1, 1]
    harness.server.hold_submits = False
    assert all(harness.wait_for_end(record.id).ended for record in records)


@pytest.mark.parametrize("mode", ["sync", "stream"])
def test_after_a_restart_waiting_calls_are_sent(harness, monkeypatch, mode):
    monkeypatch.setattr(server_load, "MAX_IN_FLIGHT", 1)
    harness.server.hold_submits = True
    if mode == "stream":
        harness.server.log = ANSWER
    sent, waiting = harness.start_rows([ROW, ROW], mode)
    restart(harness)
    assert harness.wait_for_end(sent).status is not RunStatus.COMPLETED
    assert harness.wait_for_end(waiting).status is RunStatus.COMPLETED


@pytest.mark.usefixtures("two_slots")
def test_after_a_restart_a_waiting_run_can_be_stopped(harness):
    [run_id] = start_waiting(harness)
    harness.restart()
    harness.runner.attach(CONNECTION)
    harness.runner.stop(run_id, CONNECTION)
    record = harness.wait_for_end(run_id)
    assert (record.status, record.attempts) == (RunStatus.CANCELLED, 0)


@pytest.mark.usefixtures("two_slots")
@pytest.mark.parametrize(
    ("rows", "age"),
    [([WITH_SECRET], 0), ([ROW], 601), ([ROW, ROW], 90_000)],
    ids=["a secret is not stored", "10 minutes old", "a batch more than a day old"],
)
def test_after_a_restart_a_waiting_run_fails_if_it_cannot_be_sent(harness, rows, age):
    run_id, *_ = start_waiting(harness, *rows)
    backdate_run(harness.folder, run_id, age)
    restart(harness)
    assert_not_started(harness.wait_for_end(run_id))


def assert_not_started(record):
    assert (record.status, record.attempts) == (RunStatus.FAILED, 0)
    assert "nothing ran" in record.problem.message
    assert "Run it again" in record.problem.hint


@pytest.mark.usefixtures("two_slots")
def test_the_same_token_starts_the_same_runs(harness):
    first = harness.start_rows([ROW] * 4, submit_token="one")
    assert harness.start_rows([ROW] * 4, submit_token="one") == first
    for run_id in first:
        harness.wait_for_end(run_id)
    assert len(harness.server.jobs) == 4
    runs = harness.runner.history.batch(harness.owner, harness.get(first[0]).batch_id)
    assert {run.id for run in runs} == {*first}


def test_a_single_run_has_no_batch(harness):
    assert harness.get(harness.start()).batch_id is None


def test_all_runs_of_a_start_are_recorded_or_none(harness, monkeypatch):
    insert, calls = harness.runner.store._insert, []

    def fail_at_third(connection, record):
        calls.append(record.id)
        if len(calls) == 3:
            raise StoreError("The disk is full.")
        return insert(connection, record)

    monkeypatch.setattr(harness.runner.store, "_insert", fail_at_third)
    with pytest.raises(StoreError):
        harness.start_rows([ROW] * 4)
    assert not harness.runner.recent(harness.owner)
    assert not harness.server.requests

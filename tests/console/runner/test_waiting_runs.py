"""Runs that wait for their turn to be sent."""

from __future__ import annotations

import httpx
import pytest

from lfclient.console.runner import server_load
from lfclient.console.store.errors import StoreError
from lfclient.console.store.notes import NoteCode, has_code
from lfclient.runs.model import RunStatus
from tests.support.runner_harness import (
    CONNECTION,
    SUBMIT,
    WITH_SECRET,
    backdate_run,
    both_dialects,
)
from tests.support.waiting import wait_for


@pytest.fixture
def two_slots(monkeypatch):
    """Let two submits be in flight, which are filled sooner than ten."""
    monkeypatch.setattr(server_load, "MAX_SUBMITS", 2)


def start_waiting(bench, *overrides):
    """Fill the server's slots with held requests; return the ids of runs that wait behind them."""
    bench.server.hold_submits = True
    for _ in range(server_load.MAX_SUBMITS):
        bench.start()
    wait_for(lambda: bench.server.count("POST", SUBMIT) == server_load.MAX_SUBMITS)
    waiting = [bench.start(values) for values in overrides or (None,)]
    for run_id in waiting:
        bench.wait_until_saved(run_id, lambda stored: stored.attempts == 0)
    return waiting


@both_dialects
def test_ten_submits_are_in_flight_and_the_others_wait_and_say_so(bench):
    waiting = start_waiting(bench, None, None)
    for run_id in waiting:
        record = bench.get(run_id)
        assert (record.status, record.attempts) == (RunStatus.QUEUED, 0)
        assert has_code(record.notes, NoteCode.WAITING_FOR_TURN)
    assert bench.server.count("POST", SUBMIT) == 10
    bench.server.hold_submits = False
    for run_id in waiting:
        record = bench.wait_for_end(run_id)
        assert (record.status, record.attempts, record.notes) == (RunStatus.COMPLETED, 1, ())
    assert len(bench.server.jobs) == 12


@pytest.mark.usefixtures("two_slots")
def test_a_waiting_run_that_is_stopped_is_not_sent(bench):
    [run_id] = start_waiting(bench)
    bench.runner.stop(run_id, CONNECTION)
    record = bench.wait_for_end(run_id)
    assert record.status is RunStatus.CANCELLED
    assert has_code(record.stop_result, NoteCode.STOPPED_UNSENT)
    bench.server.hold_submits = False
    wait_for(lambda: len(bench.server.jobs) == 2)
    assert bench.server.count("POST", SUBMIT) == 2


@pytest.mark.usefixtures("two_slots")
def test_runs_that_end_free_their_places(bench):
    bench.server.refusal = httpx.Response(422, json={"detail": "No."})
    runs = [bench.start() for _ in range(6)]
    assert {bench.wait_for_end(run_id).status for run_id in runs} == {RunStatus.FAILED}


@pytest.mark.usefixtures("two_slots")
def test_a_waiting_run_that_cannot_be_recorded_is_not_sent(bench, monkeypatch):
    """After a crash it would count as not sent."""
    [run_id] = start_waiting(bench)
    update, failures = bench.runner.store.update, []

    def fail_twice(record, **options):
        if record.id == run_id and record.attempts == 1 and len(failures) < 2:
            failures.append(bench.server.count("POST", SUBMIT))
            raise StoreError("The file of runs is locked.")
        return update(record, **options)

    monkeypatch.setattr(bench.runner.store, "update", fail_twice)
    bench.server.hold_submits = False
    record = bench.wait_for_end(run_id)
    assert (record.status, record.attempts) == (RunStatus.COMPLETED, 1)
    assert failures == [2, 2]


@pytest.mark.usefixtures("two_slots")
@both_dialects
def test_after_a_restart_a_waiting_run_is_sent(bench):
    [run_id] = start_waiting(bench)
    bench.close()
    bench.server.hold_submits = False
    bench.runner = bench.new_runner()
    bench.runner.attach(CONNECTION)
    record = bench.wait_for_end(run_id)
    assert (record.status, record.attempts) == (RunStatus.COMPLETED, 1)


@pytest.mark.usefixtures("two_slots")
@pytest.mark.parametrize(
    ("overrides", "age"), [(WITH_SECRET, 0), (None, 601)], ids=["a secret", "too old"]
)
def test_after_a_restart_a_waiting_run_fails_if_it_cannot_be_sent(bench, overrides, age):
    """Its secrets are not stored; one from long ago would come as a surprise."""
    [run_id] = start_waiting(bench, overrides)
    bench.close()
    backdate_run(bench.folder, run_id, age)
    bench.server.hold_submits = False
    bench.runner = bench.new_runner()
    bench.runner.attach(CONNECTION)
    record = bench.wait_for_end(run_id)
    assert (record.status, record.attempts) == (RunStatus.FAILED, 0)
    assert "nothing ran" in record.problem.message
    assert "Run it again" in record.problem.hint

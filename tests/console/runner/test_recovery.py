"""Runs whose console died between their record and the server's answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from lfclient.console.runner import recovery
from lfclient.console.runner.clock import now
from lfclient.console.runner.takeover import KEY_NEEDED_NOTE
from lfclient.console.store.errors import StoreError
from lfclient.runs.model import RunStatus
from tests.support.runner_bench import CONNECTION, both_dialects, move_click
from tests.support.waiting import wait_for

SECRET = {"ChatInput-a.input_value": "hi", "ChatInput-a.key": "hunter2-hunter2"}
inputs = pytest.mark.parametrize("bench", [{"dialect": "inputs"}], indirect=True)


@pytest.fixture(autouse=True)
def soon_given_up(monkeypatch):
    """A job that is not found is given up within half a second."""
    monkeypatch.setattr(recovery, "SEARCH_SECONDS", 0.4)
    monkeypatch.setattr(recovery, "MIN_SEARCH_SECONDS", 0.4)


def lost(bench, *, arrived, overrides=None, ago=0.0):
    """The id of a run whose console was killed before the answer; did its request arrive?"""
    bench.server.hold_submits, bench.server.hold_responses = not arrived, arrived
    run_id = bench.start(overrides)
    if arrived:
        wait_for(lambda: bench.server.jobs)
    else:
        wait_for(lambda: bench.server.count("POST", "/api/v2/workflows"))
    bench.runner.close()
    bench.runners.remove(bench.runner)
    move_click(bench.folder, run_id, ago)
    bench.server.hold_submits = bench.server.hold_responses = False
    bench.runner = bench.new_runner()
    return run_id


def tell(bench, job_id, session="session", after=1.0):
    """Let the server have kept a build of a job."""
    result = {"message": {"data": {"session_id": session}}}
    time = (now() + timedelta(seconds=after)).isoformat()
    build = {"job_id": job_id, "timestamp": time, "data": {"results": result}}
    component = f"ChatInput-{len(bench.server.builds)}"
    bench.server.builds[component] = [build]
    bench.server.transactions.append({"vertex_id": component, "timestamp": time})


@pytest.mark.parametrize("arrived", [False, True])
def test_the_same_key_is_sent_again_within_a_minute(bench, arrived):
    """Whether the first request had arrived or not, there is one job."""
    run_id = lost(bench, arrived=arrived)
    bench.runner.attach(CONNECTION)
    record = bench.ended(run_id)
    assert (record.status, record.attempts) == (RunStatus.COMPLETED, 2)
    assert [record.job_id] == list(bench.server.jobs)
    assert "twice" not in str(record.run.warnings)
    assert bench.kept(run_id, lambda kept: kept.ended).attempts == 2


@both_dialects
@pytest.mark.parametrize("ago", [61, -30], ids=["too old", "in the future"])
def test_nothing_is_sent_later(bench, ago):
    """A click in the future is that of a moved clock, and counts as too old."""
    run_id = lost(bench, arrived=False, ago=ago)
    bench.runner.attach(CONNECTION)
    record = bench.ended(run_id)
    assert (record.status, record.attempts) == (RunStatus.OUTCOME_UNKNOWN, 1)
    assert "restarted" in record.problem.message
    assert "Run it again" in record.problem.hint
    assert bench.server.jobs == {}
    assert record.elapsed(now()) >= 0


def test_an_attempt_that_could_not_be_recorded_is_not_counted(bench, monkeypatch):
    """It was not sent."""
    run_id = lost(bench, arrived=False)
    update, faults = bench.runner.store.update, [StoreError("The file of runs is locked.")]

    def locked(record, **more):
        if record.attempts == 2 and faults:
            raise faults.pop()
        return update(record, **more)

    monkeypatch.setattr(bench.runner.store, "update", locked)
    bench.runner.attach(CONNECTION)
    assert bench.ended(run_id).attempts == 2
    assert bench.server.count("POST", "/api/v2/workflows") == 2


def test_a_run_with_a_secret_is_not_sent_again(bench):
    """Its secret is nowhere any more."""
    run_id = lost(bench, arrived=False, overrides=SECRET)
    bench.runner.attach(CONNECTION)
    assert bench.ended(run_id).status is RunStatus.OUTCOME_UNKNOWN
    assert bench.server.jobs == {}


def test_a_run_whose_inputs_were_not_kept_is_not_sent_again(bench):
    """It would be another run."""
    bench.runner.store.retention = replace(bench.runner.store.retention, store_inputs=False)
    run_id = lost(bench, arrived=False)
    bench.runner.attach(CONNECTION)
    assert bench.ended(run_id).status is RunStatus.OUTCOME_UNKNOWN
    assert bench.server.jobs == {}


@inputs
@pytest.mark.parametrize("overrides", [None, SECRET], ids=["plain", "with a secret"])
def test_a_job_that_is_found_is_followed(bench, overrides):
    """Before 1.11 nothing is sent again; what its secrets were is not known any more."""
    run_id = lost(bench, arrived=True, overrides=overrides)
    (job_id,) = bench.server.jobs
    tell(bench, job_id)
    bench.runner.attach(CONNECTION)
    record = bench.ended(run_id)
    assert (record.status, record.job_id) == (RunStatus.COMPLETED, job_id)
    assert (record.attempts, len(bench.server.jobs)) == (1, 1)
    assert bool(record.run.raw) is (overrides is None)


def test_what_is_found_is_not_sent_again(bench):
    """Though a minute has not gone by."""
    run_id = lost(bench, arrived=True)
    tell(bench, *bench.server.jobs)
    bench.runner.attach(CONNECTION)
    record = bench.ended(run_id)
    assert (record.status, record.attempts) == (RunStatus.COMPLETED, 1)
    assert bench.server.count("POST", "/api/v2/workflows") == 1


@inputs
def test_the_job_of_another_record_is_not_taken(bench):
    """Though its session is the same."""
    other = bench.ended(bench.start())
    bench.server.jobs.clear()
    run_id = lost(bench, arrived=False)
    tell(bench, other.job_id)
    bench.runner.attach(CONNECTION)
    record = bench.ended(run_id)
    assert (record.status, record.job_id) == (RunStatus.OUTCOME_UNKNOWN, None)


@inputs
def test_of_two_lost_runs_of_one_session_none_takes_the_job_of_the_other(bench):
    """Only one had arrived, and which cannot be told."""
    first = lost(bench, arrived=False)
    second = lost(bench, arrived=True)
    tell(bench, *bench.server.jobs)
    bench.runner.attach(CONNECTION)
    for run_id in (first, second):
        record = bench.ended(run_id)
        assert (record.status, record.job_id) == (RunStatus.OUTCOME_UNKNOWN, None)
        assert "Another run was lost" in record.problem.message


def test_of_two_lost_runs_of_one_session_each_has_its_job_by_its_key(bench, monkeypatch):
    """While it may be sent again, however long the one whose job it is takes to find it."""
    monkeypatch.setattr(recovery, "SEARCH_SECONDS", 15)
    monkeypatch.setattr(recovery, "MIN_SEARCH_SECONDS", 15)
    first = lost(bench, arrived=False)
    second = lost(bench, arrived=True)
    (job_id,) = bench.server.jobs
    tell(bench, job_id)
    bench.runner.attach(CONNECTION)
    assert bench.ended(second).job_id == job_id
    assert bench.ended(first).job_id not in (None, job_id)
    assert len(bench.server.jobs) == 2


@inputs
def test_the_job_of_a_streamed_run_that_failed_is_not_taken(bench):
    """Its record never knows its job, but it has one, and it was in the same session."""
    run_id = lost(bench, arrived=False)
    failed = replace(
        bench.runner.get(run_id, bench.owner), id="f" * 32, submit_token="failed", mode="stream"
    )
    failed = replace(failed, status=RunStatus.FAILED, started_at=now(), ended_at=now())
    bench.runner.store.create(failed)
    tell(bench, "00000000-0000-0000-0000-00000000000f")
    bench.runner.attach(CONNECTION)
    record = bench.ended(run_id)
    assert (record.status, record.job_id) == (RunStatus.OUTCOME_UNKNOWN, None)
    assert "Another run was lost" in record.problem.message


@inputs
@pytest.mark.parametrize("alone", [True, False])
def test_a_job_that_tells_no_session_is_taken_only_if_no_other_run_can_be_meant(bench, alone):
    """And then it is said by what it was known."""
    if not alone:
        bench.ended(bench.start({"ChatInput-a.nonsense": "so it never gets a job"}))
    run_id = lost(bench, arrived=True)
    tell(bench, *bench.server.jobs, session="")
    bench.runner.attach(CONNECTION)
    record = bench.ended(run_id)
    if alone:
        assert record.status is RunStatus.COMPLETED
        assert "recognised by its time" in record.run.warnings[0]
    else:
        assert record.status is RunStatus.OUTCOME_UNKNOWN


@inputs
def test_of_two_jobs_none_is_taken(bench):
    """It cannot be told which it is."""
    run_id = lost(bench, arrived=True)
    tell(bench, *bench.server.jobs)
    tell(bench, "00000000-0000-0000-0000-00000000000f")
    bench.runner.attach(CONNECTION)
    record = bench.ended(run_id)
    assert record.status is RunStatus.OUTCOME_UNKNOWN
    assert "several runs" in record.problem.message


@inputs
def test_a_server_that_is_away_is_waited_for(bench):
    """Nothing is concluded from its silence."""
    run_id = lost(bench, arrived=True)
    tell(bench, *bench.server.jobs)
    bench.server.is_down = True
    bench.runner.attach(CONNECTION)
    record = bench.until(run_id, lambda record: "At " in record.note)
    assert not record.ended
    bench.server.is_down = False
    assert bench.ended(run_id).status is RunStatus.COMPLETED


@inputs
def test_stop_ends_the_search(bench, monkeypatch):
    """What can be known by then is said."""
    monkeypatch.setattr(recovery, "MIN_SEARCH_SECONDS", 60)
    run_id = lost(bench, arrived=False)
    bench.runner.attach(CONNECTION)
    bench.until(run_id, lambda record: "looks for the run" in record.note)
    bench.runner.stop(run_id, CONNECTION)
    record = bench.ended(run_id)
    assert record.status is RunStatus.OUTCOME_UNKNOWN
    assert "look no further" in record.problem.message


@inputs
def test_a_job_that_is_found_after_stop_is_stopped(bench, monkeypatch):
    """The search goes on to its next look, and the server is told."""
    monkeypatch.setattr(recovery, "MIN_SEARCH_SECONDS", 60)
    bench.server.seconds = 60
    run_id = lost(bench, arrived=True)
    bench.server.refuse_key = True
    bench.runner.attach(CONNECTION)
    bench.until(run_id, lambda record: "At " in record.note)
    tell(bench, *bench.server.jobs)
    bench.server.refuse_key = False
    bench.runner.stop(run_id, CONNECTION)
    record = bench.ended(run_id)
    assert record.status is RunStatus.CANCELLED
    assert "Stopped at the server" in record.stop_result


def test_a_failed_first_attempt_is_counted(bench):
    """The one case in which a key runs twice: seen afterwards, it is said."""
    run_id = lost(bench, arrived=True)
    (first,) = bench.server.jobs
    bench.server.jobs[first].state = "failed"
    bench.server.seconds = 60
    bench.runner.attach(CONNECTION)
    bench.until(run_id, lambda record: record.job_id)
    tell(bench, first)
    bench.server.finish()
    record = bench.until(run_id, lambda one: one.ended and "twice" in str(one.run.warnings))
    assert first in record.run.warnings[-1]
    assert (record.attempts, len(bench.server.jobs)) == (2, 2)
    assert record.job_id != first


@inputs
def test_a_lost_answer_is_looked_for_without_a_restart_too(bench):
    """The request had arrived: its job is found and followed, and no other is made."""
    bench.server.lose_responses = 1
    tell(bench, "00000000-0000-0000-0000-000000000000", after=2)
    record = bench.ended(bench.start())
    assert (record.status, len(bench.server.jobs)) == (RunStatus.COMPLETED, 1)


@pytest.mark.parametrize("overrides", [None, SECRET], ids=["plain", "with a secret"])
def test_without_a_restart_a_key_that_is_sent_again_is_counted_too(bench, overrides):
    """As the first attempt has failed, it runs twice; a secret is at hand still."""
    bench.server.seconds = 60
    bench.server.hold_responses, bench.server.lose_responses = True, 1
    run_id = bench.start(overrides)
    wait_for(lambda: bench.server.jobs)
    (first,) = bench.server.jobs
    bench.server.jobs[first].state = "failed"
    bench.server.hold_responses = False
    bench.until(run_id, lambda record: record.job_id)
    tell(bench, first)
    bench.server.finish()
    record = bench.until(run_id, lambda one: one.ended and "twice" in str(one.run.warnings))
    assert (record.status, record.attempts, len(bench.server.jobs)) == (RunStatus.COMPLETED, 2, 2)
    assert "restarted" not in record.run.warnings[-1]
    assert bench.server.submitted[0] == bench.server.submitted[1]


def test_an_answer_that_is_lost_again_and_again_is_counted_each_time(bench):
    """There is one job."""
    bench.server.lose_responses = 2
    record = bench.ended(bench.start())
    assert (record.status, record.attempts, len(bench.server.jobs)) == (RunStatus.COMPLETED, 3, 1)


def test_a_configured_server_needs_no_visitor(bench):
    """Its runs are taken up at the start."""
    run_id = lost(bench, arrived=False)
    bench.runner.close()
    bench.runners.remove(bench.runner)
    bench.runner = bench.new_runner(connections=[CONNECTION])
    assert bench.ended(run_id).status is RunStatus.COMPLETED


@pytest.mark.parametrize("arrived", [False, True])
def test_without_its_key_a_run_waits_and_says_so(bench, monkeypatch, arrived):
    """Until somebody comes with the key; nothing is lost until then."""
    bench.server.seconds = 60
    if arrived:
        run_id = bench.start()
        bench.kept(run_id, lambda record: record.job_id)
        bench.restart()
    else:
        run_id = lost(bench, arrived=False)
    bench.runner._takeover.check()
    record = bench.runner.get(run_id, bench.owner)
    assert (record.ended, record.note) == (False, KEY_NEEDED_NOTE)
    assert "key needed" in record.note
    bench.server.finish()
    bench.runner.attach(replace(CONNECTION, api_key=SecretStr("sk-another-key")))
    record = bench.ended(run_id)
    assert (record.status, record.note) == (RunStatus.COMPLETED, "")

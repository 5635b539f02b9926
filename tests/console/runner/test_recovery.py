"""Runs whose console died between saving their record and the server's response."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from lfclient.console.store.errors import StoreError
from lfclient.console.store.notes import Note, NoteCode, has_code
from lfclient.runs.model import RunStatus
from tests.support.runner_harness import (
    CONNECTION,
    JOB,
    SUBMIT,
    WITH_SECRET,
    add_trace,
    both_dialects,
    without_events,
)
from tests.support.waiting import wait_for

ANOTHER_JOB = "00000000-0000-0000-0000-00000000000f"
UNKNOWN_WITHOUT_JOB = RunStatus.OUTCOME_UNKNOWN, None

pytestmark = pytest.mark.usefixtures("searched_at_once")


@pytest.fixture
def runner_timings(short_search_timings):
    return short_search_timings


def ran_twice(record):
    return record.ended and "twice" in str(record.run.warnings)


@pytest.mark.parametrize("arrived", [False, True])
def test_the_request_is_sent_again_within_two_minutes(harness, arrived):
    """There is one job, whether the first request had arrived or not."""
    run_id = harness.lose_response(arrived=arrived)
    harness.runner.attach(CONNECTION)
    record = harness.wait_for_end(run_id)
    assert (record.status, record.attempts) == (RunStatus.COMPLETED, 2)
    assert [record.job_id] == list(harness.server.jobs)
    assert "twice" not in str(record.run.warnings)
    assert harness.wait_until_saved(run_id, lambda stored: stored.ended).attempts == 2


@both_dialects
@pytest.mark.parametrize("seconds_ago", [121, -30], ids=["too old", "in the future"])
def test_the_request_is_not_sent_again_later(harness, seconds_ago):
    """A click in the future comes from a moved clock, and counts as too old."""
    run_id = harness.lose_response(arrived=False, seconds_ago=seconds_ago)
    harness.runner.attach(CONNECTION)
    record = harness.wait_for_end(run_id)
    assert (record.status, record.attempts) == (RunStatus.OUTCOME_UNKNOWN, 1)
    assert "restarted" in record.problem.message
    assert "before you run it again" in record.problem.hint
    assert harness.server.jobs == {}
    assert record.elapsed(datetime.now(UTC)) >= 0


def test_an_attempt_that_cannot_be_recorded_is_not_sent_or_counted(harness, monkeypatch):
    run_id = harness.lose_response(arrived=False)
    update, errors = harness.runner.store.update, [StoreError("The file of runs is locked.")]

    def fail_once(record, **options):
        if record.attempts == 2 and errors:
            raise errors.pop()
        return update(record, **options)

    monkeypatch.setattr(harness.runner.store, "update", fail_once)
    harness.runner.attach(CONNECTION)
    assert harness.wait_for_end(run_id).attempts == 2
    assert harness.server.count("POST", SUBMIT) == 2


@pytest.mark.parametrize(
    "overrides",
    [
        WITH_SECRET,
        {"ChatInput-a.input_value": f"use {CONNECTION.api_key.get_secret_value()}"},
        {"ChatInput-removed.input_value": "hi"},  # the server would ignore it, and run the flow
    ],
    ids=["a secret", "the connection's key", "an unknown field"],
)
def test_a_request_that_is_not_stored_whole_or_no_longer_fits_is_not_sent_again(harness, overrides):
    run_id = harness.lose_response(arrived=False, overrides=overrides)
    harness.runner.attach(CONNECTION)
    assert harness.wait_for_end(run_id).status is RunStatus.OUTCOME_UNKNOWN
    assert harness.server.jobs == {}


def test_a_request_whose_inputs_were_not_stored_is_not_sent_again(harness):
    harness.runner.store.retention = replace(harness.runner.store.retention, store_inputs=False)
    run_id = harness.lose_response(arrived=False)
    harness.runner.attach(CONNECTION)
    assert harness.wait_for_end(run_id).status is RunStatus.OUTCOME_UNKNOWN
    assert harness.server.jobs == {}


@without_events
@pytest.mark.parametrize("overrides", [None, WITH_SECRET], ids=["plain", "with a secret"])
def test_a_job_that_is_found_is_followed(harness, overrides):
    """Before 1.11 nothing is sent again; secrets are unknown after the restart."""
    run_id = harness.lose_response(arrived=True, overrides=overrides)
    (job_id,) = harness.server.jobs
    add_trace(harness, job_id)
    harness.runner.attach(CONNECTION)
    record = harness.wait_for_end(run_id)
    assert (record.status, record.job_id) == (RunStatus.COMPLETED, job_id)
    assert (record.attempts, len(harness.server.jobs)) == (1, 1)
    assert bool(record.run.raw) is (overrides is None)


@without_events
def test_the_job_of_another_record_is_not_taken(harness):
    other = harness.wait_for_end(harness.start())
    harness.server.jobs.clear()
    run_id = harness.lose_response(arrived=False)
    add_trace(harness, other.job_id)
    harness.runner.attach(CONNECTION)
    record = harness.wait_for_end(run_id)
    assert (record.status, record.job_id) == UNKNOWN_WITHOUT_JOB


@without_events
def test_of_two_lost_runs_of_a_session_neither_takes_a_job_that_may_be_the_others(harness):
    """Only one request had arrived, and nothing tells which."""
    first = harness.lose_response(arrived=False)
    second = harness.lose_response(arrived=True)
    add_trace(harness, *harness.server.jobs)
    harness.runner.attach(CONNECTION)
    for run_id in (first, second):
        record = harness.wait_for_end(run_id)
        assert (record.status, record.job_id) == UNKNOWN_WITHOUT_JOB
        assert "Another run was lost" in record.problem.message


def test_two_lost_runs_of_a_session_each_get_their_job_by_their_key(harness):
    """While the requests may be sent again, however long the second takes to find its job."""
    harness.timings = replace(harness.timings, search_seconds=15, min_search_seconds=15)
    first = harness.lose_response(arrived=False)
    second = harness.lose_response(arrived=True)
    (job_id,) = harness.server.jobs
    add_trace(harness, job_id)
    harness.runner.attach(CONNECTION)
    assert harness.wait_for_end(second).job_id == job_id
    assert harness.wait_for_end(first).job_id not in (None, job_id)
    assert len(harness.server.jobs) == 2


@without_events
@pytest.mark.parametrize("is_only_run", [True, False])
def test_a_job_without_a_session_is_taken_only_if_the_flow_had_no_other_run(harness, is_only_run):
    """A warning then says how it was recognized."""
    if not is_only_run:
        harness.server.is_down = True  # so it never gets a job
        harness.wait_for_end(harness.start())
        harness.server.is_down = False
    run_id = harness.lose_response(arrived=True)
    add_trace(harness, *harness.server.jobs, session="")
    harness.runner.attach(CONNECTION)
    record = harness.wait_for_end(run_id)
    if is_only_run:
        assert record.status is RunStatus.COMPLETED
        assert "recognized by its time" in record.run.warnings[0]
    else:
        assert record.status is RunStatus.OUTCOME_UNKNOWN


@without_events
def test_of_two_jobs_that_match_none_is_taken(harness):
    run_id = harness.lose_response(arrived=True)
    add_trace(harness, *harness.server.jobs)
    add_trace(harness, ANOTHER_JOB)
    harness.runner.attach(CONNECTION)
    record = harness.wait_for_end(run_id)
    assert record.status is RunStatus.OUTCOME_UNKNOWN
    assert "Several runs" in record.problem.message


@without_events
def test_the_search_waits_for_a_server_that_is_down(harness):
    run_id = harness.lose_response(arrived=True)
    add_trace(harness, *harness.server.jobs)
    harness.server.is_down = True
    harness.runner.attach(CONNECTION)
    record = harness.wait_until(
        run_id, lambda record: has_code(record.notes, NoteCode.SEARCH_FAILED)
    )
    assert not record.ended
    harness.server.is_down = False
    assert harness.wait_for_end(run_id).status is RunStatus.COMPLETED


@without_events
def test_stop_ends_the_search(harness):
    harness.timings = replace(harness.timings, min_search_seconds=60)
    run_id = harness.lose_response(arrived=False)
    harness.runner.attach(CONNECTION)
    harness.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.SEARCHING))
    harness.runner.stop(run_id, CONNECTION)
    record = harness.wait_for_end(run_id)
    assert record.status is RunStatus.OUTCOME_UNKNOWN
    assert "search was stopped" in record.problem.message


@without_events
def test_a_job_that_is_found_after_a_stop_is_stopped(harness):
    """One more search is made, and the server gets the stop."""
    harness.timings = replace(harness.timings, min_search_seconds=60)
    harness.server.seconds = 60
    run_id = harness.lose_response(arrived=True)
    harness.server.refuse_key = True
    harness.runner.attach(CONNECTION)
    harness.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.SEARCH_FAILED))
    add_trace(harness, *harness.server.jobs)
    harness.server.refuse_key = False
    harness.runner.stop(run_id, CONNECTION)
    record = harness.wait_for_end(run_id)
    assert record.status is RunStatus.CANCELLED
    assert has_code(record.stop_result, NoteCode.STOPPED)


@without_events
def test_a_lost_response_is_recovered_without_a_restart(harness):
    """The request had arrived: its job is found and followed, and no other is made."""
    harness.server.lose_responses = 1
    add_trace(harness, JOB, seconds_from_now=2)
    record = harness.wait_for_end(harness.start())
    assert (record.status, len(harness.server.jobs)) == (RunStatus.COMPLETED, 1)


@pytest.mark.parametrize("overrides", [None, WITH_SECRET], ids=["plain", "with a secret"])
def test_a_second_run_is_reported_without_a_restart(harness, overrides):
    """The first attempt has failed, so the key runs twice; secrets are still known."""
    harness.server.seconds = 60
    harness.server.hold_responses, harness.server.lose_responses = True, 1
    run_id = harness.start(overrides)
    wait_for(lambda: harness.server.jobs)
    (first,) = harness.server.jobs
    harness.server.jobs[first].state = "failed"
    harness.server.hold_responses = False
    harness.wait_until(run_id, lambda record: record.job_id)
    add_trace(harness, first)
    harness.server.finish()
    record = harness.wait_until(run_id, ran_twice)
    assert (record.status, record.attempts, len(harness.server.jobs)) == (RunStatus.COMPLETED, 2, 2)
    assert "restarted" not in record.run.warnings[-1]
    assert harness.server.submitted[0] == harness.server.submitted[1]


def test_a_run_says_that_it_is_searched_for_while_it_is_sent_again(harness):
    """A server that has frozen may take minutes to respond to that."""
    harness.server.lose_responses = 1
    harness.server.hold_responses = True
    run_id = harness.start()
    wait_for(lambda: harness.server.jobs)
    harness.server.jobs.clear()  # the server has no trace of it
    harness.server.jobs_by_key.clear()
    harness.server.hold_submits, harness.server.hold_responses = True, False
    wait_for(lambda: harness.server.count("POST", SUBMIT) == 2)
    record = harness.get(run_id)
    assert record.attempts == 2
    assert has_code(record.notes, NoteCode.RESPONSE_LOST)
    assert has_code(record.notes, NoteCode.SEARCHING)
    harness.server.hold_submits = False
    assert harness.wait_for_end(run_id).notes == ()


@pytest.mark.parametrize("arrived", [False, True])
def test_a_run_waits_for_its_key_and_says_so(harness, arrived):
    harness.server.seconds = 60
    if arrived:
        run_id = harness.start()
        harness.wait_until_saved(run_id, lambda record: record.job_id)
        harness.restart()
    else:
        run_id = harness.lose_response(arrived=False)
    harness.runner._takeover.check()
    record = harness.get(run_id)
    assert (record.ended, record.notes) == (False, (Note(NoteCode.KEY_NEEDED),))
    assert has_code(record.notes, NoteCode.KEY_NEEDED)
    harness.server.finish()
    harness.runner.attach(replace(CONNECTION, api_key=SecretStr("sk-another-key")))
    record = harness.wait_for_end(run_id)
    assert (record.status, record.notes) == (RunStatus.COMPLETED, ())

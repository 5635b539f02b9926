"""Runs that the server never ends, as after its death: what is said, and what Stop does."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lfclient import RunStatus
from lfclient.common.backoff import Backoff
from lfclient.console.store.notes import Note, NoteCode, has_code
from tests.support.clock import Clock
from tests.support.runner_harness import CONNECTION, OFTEN, RUN_STARTED, STOP, backdate_run
from tests.support.waiting import wait_for

SILENT = 0.3
WAIT = Backoff(0.05, 0.05)


@pytest.fixture
def runner_timings(runner_timings):
    return replace(runner_timings, listening=OFTEN, settling=WAIT, silence_seconds=SILENT)


@pytest.fixture
def clock(harness):
    """The clock that silence is measured with."""
    clock = Clock()
    harness.use_timings(clock=clock)
    return clock


def start_queued(harness):
    """Start a run that stays queued, and return its id once the server has it."""
    harness.server.seconds, harness.server.log = 60, []
    harness.server.state = "queued"
    run_id = harness.start()
    harness.wait_until(run_id, lambda record: record.job_id)
    return run_id


def begin(harness, run_id):
    """Let the server begin a queued run."""
    harness.server.jobs[harness.get(run_id).job_id].state = ""


def log_line(text):
    data = {"name": "n", "message": text, "component_id": "ChatInput-a"}
    return {"event": "log", "data": data}


def report(harness, run_id, text):
    """Let the server log a line, and wait until the run has it."""
    harness.server.log.append(log_line(text))
    harness.wait_until(run_id, lambda record: text in record.run.components["ChatInput-a"].log)


def note_of(harness, run_id):
    (note,) = harness.wait_until(run_id, lambda record: record.notes).notes
    return note


def test_a_run_that_stays_queued_is_reported_with_what_to_do(harness):
    run_id = start_queued(harness)
    assert note_of(harness, run_id).code is NoteCode.QUEUED_SILENTLY
    begin(harness, run_id)
    record = harness.wait_until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    assert record.notes == ()


def test_a_run_that_is_queued_behind_running_ones_is_not_reported(harness, clock):
    """A server at its limit of concurrent runs is alive."""
    running = harness.start_running()
    waiting = start_queued(harness)
    harness.server.log = [RUN_STARTED]
    for number in range(3):  # in all twice as long as the silence that is reported
        report(harness, running, f"line {number}")
        clock.seconds += SILENT / 1.5
        harness.wait_for_polls(3)
        assert harness.get(waiting).notes == ()
    harness.server.finish()
    assert harness.wait_for_end(running).status is RunStatus.COMPLETED


def test_a_queued_run_is_reported_if_the_running_ones_are_silent_as_well(harness):
    running = harness.start_running()
    waiting = start_queued(harness)
    assert note_of(harness, running).code is NoteCode.RUNNING_SILENTLY
    assert note_of(harness, waiting).code is NoteCode.QUEUED_SILENTLY


def test_a_queued_run_that_later_ones_overtake_is_reported_as_lost(harness):
    waiting = start_queued(harness)
    harness.runner._cache.edit(
        waiting, lambda record: {"created_at": record.created_at - timedelta(minutes=2)}
    )
    harness.server.state = ""
    harness.start_running()
    harness.wait_until(waiting, lambda record: has_code(record.notes, NoteCode.OVERTAKEN))


def test_keep_alives_are_no_sign_of_the_run(harness):
    """1.13 sends them for a job that a restart has left behind."""
    harness.server.keeps_alive = True
    assert note_of(harness, harness.start_running()).code is NoteCode.RUNNING_SILENTLY
    assert note_of(harness, start_queued(harness)).code is NoteCode.QUEUED_SILENTLY


def test_silence_is_still_reported_after_a_restart_of_the_console(harness):
    """It began before."""
    harness.use_timings(silence_seconds=300.0)
    queued = start_queued(harness)
    harness.server.state = ""
    running = harness.start_running()
    # sent once more after the restart, its events must be no news
    harness.wait_until_saved(running, lambda record: record.run and record.run.components)
    harness.runner.close()
    for run_id in (queued, running):
        backdate_run(harness.folder, run_id, 400)
    harness.restart()
    harness.runner.attach(CONNECTION)
    for run_id in (queued, running):  # the server may have been restarted as well
        assert note_of(harness, run_id) == Note(NoteCode.CONTACT_LOST, number=5)


@pytest.mark.parametrize("state", ["queued", ""])
def test_a_stop_that_is_not_confirmed_ends_a_silent_run_in_time(harness, state):
    """The record says that the server may still run it."""
    harness.use_timings(stop_timeout_seconds=SILENT)
    run_id = start_queued(harness)
    harness.server.jobs[harness.get(run_id).job_id].state = state
    harness.server.ignore_stop = True
    harness.runner.stop(run_id, CONNECTION)
    record = harness.wait_for_end(run_id)
    assert record.status is RunStatus.OUTCOME_UNKNOWN
    assert "did not confirm the stop" in record.problem.message
    assert record.problem.hint
    assert harness.server.count("POST", STOP) == 1


def test_a_run_that_reports_after_an_unconfirmed_stop_is_followed(harness, clock):
    harness.use_timings(stop_timeout_seconds=SILENT)
    run_id = harness.start_running()
    harness.server.ignore_stop = True
    harness.runner.stop(run_id, CONNECTION)
    harness.wait_until(run_id, lambda record: record.stop_result)
    for number in range(3):
        report(harness, run_id, f"line {number}")
        clock.seconds += SILENT / 1.5
        harness.wait_for_polls(3)
    assert not harness.get(run_id).ended
    harness.server.finish()
    wait_for(lambda: harness.get(run_id).ended)
    assert harness.get(run_id).status is RunStatus.COMPLETED

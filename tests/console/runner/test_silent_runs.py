"""Runs that the server never ends, as after its death: what is said, and what Stop does."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lfclient import RunStatus
from lfclient.common.backoff import Backoff
from lfclient.console.store.notes import Note, NoteCode, has_code
from tests.support.clock import Clock
from tests.support.fake_events import component_done
from tests.support.runner_harness import CONNECTION, OFTEN, RUN_STARTED, STOP, backdate_run
from tests.support.waiting import wait_for

SILENT = 0.3
WAIT = Backoff(0.05, 0.05)


@pytest.fixture
def timings(timings):
    return replace(timings, listening=OFTEN, settling=WAIT, silence_seconds=SILENT)


@pytest.fixture
def clock(bench):
    """The clock that silence is measured with."""
    clock = Clock()
    bench.use_timings(clock=clock)
    return clock


def start_queued(bench):
    """Start a run that stays queued, and return its id once the server has it."""
    bench.server.seconds, bench.server.log = 60, []
    bench.server.state = "queued"
    run_id = bench.start()
    bench.wait_until(run_id, lambda record: record.job_id)
    return run_id


def begin(bench, run_id):
    """Let the server begin a queued run."""
    bench.server.jobs[bench.get(run_id).job_id].state = ""


def log_line(text):
    data = {"name": "n", "message": text, "component_id": "ChatInput-a"}
    return {"event": "log", "data": data}


def report(bench, run_id, text):
    """Let the server log a line, and wait until the run has it."""
    bench.server.log.append(log_line(text))
    bench.wait_until(run_id, lambda record: text in record.run.components["ChatInput-a"].log)


def note_of(bench, run_id):
    (note,) = bench.wait_until(run_id, lambda record: record.notes).notes
    return note


def test_a_run_that_stays_queued_is_reported_with_what_to_do(bench):
    run_id = start_queued(bench)
    assert note_of(bench, run_id).code is NoteCode.QUEUED_SILENTLY
    begin(bench, run_id)
    record = bench.wait_until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    assert record.notes == ()


def test_a_run_that_is_queued_behind_running_ones_is_not_reported(bench, clock):
    """A server at its limit of concurrent runs is alive."""
    running = bench.start_running()
    waiting = start_queued(bench)
    bench.server.log = [RUN_STARTED]
    for number in range(8):  # in all more than twice as long as the silence that is reported
        report(bench, running, f"line {number}")
        clock.seconds += SILENT / 3
        bench.wait_for_polls(4)
        assert bench.get(waiting).notes == ()
    bench.server.finish()
    assert bench.wait_for_end(running).status is RunStatus.COMPLETED


def test_a_queued_run_is_reported_if_the_running_ones_are_silent_as_well(bench):
    """As after the death of a server with a full queue."""
    running = bench.start_running()
    waiting = start_queued(bench)
    assert note_of(bench, running).code is NoteCode.RUNNING_SILENTLY
    assert note_of(bench, waiting).code is NoteCode.QUEUED_SILENTLY


def test_a_queued_run_that_later_ones_overtake_is_reported_as_lost(bench):
    waiting = start_queued(bench)
    bench.runner._cache.edit(
        waiting, lambda record: {"created_at": record.created_at - timedelta(minutes=2)}
    )
    bench.server.state = ""
    bench.start_running()
    bench.wait_until(waiting, lambda record: has_code(record.notes, NoteCode.OVERTAKEN))


def test_keep_alives_are_no_sign_of_the_run(bench):
    """1.13 sends them for a job that a restart has left behind."""
    bench.server.keeps_alive = True
    assert note_of(bench, bench.start_running()).code is NoteCode.RUNNING_SILENTLY
    assert note_of(bench, start_queued(bench)).code is NoteCode.QUEUED_SILENTLY


def test_silence_is_still_reported_after_a_restart_of_the_console(bench):
    """It began before."""
    bench.use_timings(silence_seconds=300.0)
    queued = start_queued(bench)
    bench.server.state = ""
    running = bench.start_running()
    # sent once more after the restart, its events must be no news
    bench.wait_until_saved(running, lambda record: record.run and record.run.components)
    bench.runner.close()
    for run_id in (queued, running):
        backdate_run(bench.folder, run_id, 400)
    bench.restart()
    bench.runner.attach(CONNECTION)
    assert note_of(bench, queued) == Note(NoteCode.QUEUED_SILENTLY, number=5)
    assert note_of(bench, running) == Note(NoteCode.RUNNING_SILENTLY, number=5)


def test_a_run_that_has_just_reported_a_component_is_not_silent_after_a_restart(bench):
    run_id = bench.start_running()
    bench.wait_until_saved(run_id, lambda record: record.started_at)
    bench.runner.close()
    backdate_run(bench.folder, run_id, 400)
    bench.timings = replace(bench.timings, silence_seconds=300.0)
    bench.server.log.append(component_done("ChatInput-a", "hi", "ChatOutput-b"))
    bench.restart()
    bench.runner.attach(CONNECTION)
    bench.wait_for_polls(4)
    assert bench.get(run_id).notes == ()


@pytest.mark.parametrize("state", ["queued", ""])
def test_a_stop_that_is_not_confirmed_ends_a_silent_run_in_time(bench, state):
    """The record says that the server may still run it."""
    bench.use_timings(stop_timeout_seconds=SILENT)
    run_id = start_queued(bench)
    bench.server.jobs[bench.get(run_id).job_id].state = state
    bench.server.ignore_stop = True
    bench.runner.stop(run_id, CONNECTION)
    record = bench.wait_for_end(run_id)
    assert record.status is RunStatus.OUTCOME_UNKNOWN
    assert "did not confirm the stop" in record.problem.message
    assert record.problem.hint
    assert bench.server.count("POST", STOP) == 1


def test_a_run_that_reports_after_an_unconfirmed_stop_is_followed(bench):
    bench.use_timings(stop_timeout_seconds=1.0)
    run_id = bench.start_running()
    bench.server.ignore_stop = True
    bench.runner.stop(run_id, CONNECTION)
    bench.wait_until(run_id, lambda record: record.stop_result)
    for number in range(8):
        bench.server.log.append(log_line(f"line {number}"))
        bench.wait_for_polls(4)
    assert not bench.get(run_id).ended
    bench.server.finish()
    wait_for(lambda: bench.get(run_id).ended)
    assert bench.get(run_id).status is RunStatus.COMPLETED

"""What the runner does when servers, keys, disks and consoles fail."""

import time
from dataclasses import replace

import pytest
from pydantic import SecretStr

from lfclient.async_client import AsyncLangflowClient
from lfclient.console.runner import memory, task_supervisor
from lfclient.console.runner import runner as runner_core
from lfclient.console.runner.runner import TooManyRuns
from lfclient.console.store.errors import StoreError
from lfclient.console.store.run_queries import RunFilter
from lfclient.console.store.store import Store
from lfclient.runs.model import RunStatus, StopResult
from tests.support.runner_bench import CONNECTION, both_dialects
from tests.support.waiting import wait_for


@both_dialects
@pytest.mark.parametrize("mode", ["background", "sync"])
def test_a_server_that_is_down_at_the_start_fails_the_run_with_a_hint(bench, mode):
    """Nothing was sent, so the run has failed and may be started again."""
    bench.server.is_down = True
    record = bench.ended(bench.start(mode=mode))
    assert record.status is RunStatus.FAILED
    assert record.problem.message
    assert record.problem.hint


def test_a_lost_answer_of_a_sync_call_is_outcome_unknown(bench):
    """It is not repeated: it may have run."""
    bench.server.lose_responses = 1
    record = bench.ended(bench.start(mode="sync"))
    assert record.status is RunStatus.OUTCOME_UNKNOWN
    assert len(bench.server.jobs) == 1
    assert record.problem.hint


@both_dialects
def test_a_server_that_goes_away_during_a_run_is_waited_for(bench):
    """The record keeps its status with a note, and recovers by itself."""
    bench.server.seconds = 60
    run_id = bench.start()
    bench.until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    bench.server.is_down = True
    # what is open breaks too, as a server's death would have it
    record = bench.until(run_id, lambda record: record.note)
    assert record.status is RunStatus.IN_PROGRESS
    assert "still" in record.note or "keeps trying" in record.note
    bench.server.finish()
    bench.server.is_down = False
    record = bench.ended(run_id)
    assert (record.status, record.note) == (RunStatus.COMPLETED, "")


@pytest.mark.parametrize("bench", [{"dialect": "inputs"}], indirect=True)
def test_a_key_revoked_during_a_run_is_said(bench):
    """The run is not ended falsely; with a valid key it is followed again."""
    bench.server.seconds = 60
    run_id = bench.start()
    bench.until(run_id, lambda record: record.job_id)
    bench.server.refuse_key = True
    record = bench.until(run_id, lambda record: record.note)
    assert "API key" in record.note
    assert not record.ended
    bench.server.finish()
    bench.server.refuse_key = False
    bench.runner.attach(replace(CONNECTION, api_key=SecretStr("sk-another-key")))
    assert bench.ended(run_id).status is RunStatus.COMPLETED


@both_dialects
def test_a_job_that_the_server_has_forgotten_is_outcome_unknown(bench):
    """With the reason."""
    bench.server.seconds = 60
    run_id = bench.start()
    bench.kept(run_id, lambda record: record.job_id)
    bench.restart()
    bench.server.jobs.clear()
    bench.runner.attach(CONNECTION)
    record = bench.ended(run_id)
    assert record.status is RunStatus.OUTCOME_UNKNOWN
    assert "no longer knows" in record.problem.message


def test_a_refused_value_fails_the_run_and_names_the_field(bench):
    """The client's check, seen through the record."""
    record = bench.ended(bench.start({"ChatInput-a.nonsense": "x"}))
    assert record.status is RunStatus.FAILED
    assert "ChatInput-a.nonsense" in record.problem.message
    assert bench.server.jobs == {}


def test_long_silence_is_said_and_does_not_end_the_run(bench, monkeypatch):
    """A server that was restarted can leave a job in progress for ever."""
    monkeypatch.setattr("lfclient.console.runner.job_follower.SILENCE_SECONDS", 0.3)
    bench.server.dialect = "inputs"
    bench.server.seconds = 60
    run_id = bench.start()
    record = bench.until(run_id, lambda record: record.note)
    assert "no news" in record.note
    assert not record.ended


def test_a_stop_waits_for_no_answer_that_does_not_come(bench):
    """It is sent while the server is still asked how the job stands."""
    bench.server.silent_stream, bench.server.seconds = True, 60
    run_id = bench.start()
    bench.until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    bench.server.hold_status = True
    asked = bench.server.status_requests
    wait_for(lambda: bench.server.status_requests > asked)
    bench.runner.stop(run_id, CONNECTION)
    wait_for(lambda: bench.server.count("POST", "/api/v2/workflows/stop"))
    assert bench.server.hold_status
    bench.server.hold_status = bench.server.silent_stream = False
    assert bench.ended(run_id).status is RunStatus.CANCELLED


def test_what_cannot_be_tidied_holds_up_nothing_else_and_is_logged_once(bench, monkeypatch, caplog):
    """Its text may hold anything, and is not in the log."""
    monkeypatch.setattr(task_supervisor, "MAINTENANCE_SECONDS", 0.02)
    bench.restart()
    done = []

    def fails():
        done.append("fails")
        raise LookupError("a word of somebody's")

    bench.runner._supervisor.maintenance_jobs[:] = [fails, lambda: done.append("goes on")]
    wait_for(lambda: done.count("goes on") >= 3)
    assert caplog.text.count("Tidying the runs failed (LookupError)") == 1
    assert "a word" not in caplog.text


def test_a_console_that_follows_too_many_runs_says_so(bench, monkeypatch):
    """Nothing is sent or recorded then."""
    monkeypatch.setattr(runner_core, "MAX_FOLLOWED_RUNS", 1)
    bench.server.hold_submits = True
    bench.start()
    with pytest.raises(TooManyRuns):
        bench.start()
    assert len(bench.runner.recent(bench.owner)) == 1


def test_a_store_that_fails_stops_a_start_before_anything_is_sent(bench, monkeypatch):
    """No run without a record."""

    def full(record):
        raise StoreError("the disk is full", hint="Make room.")

    monkeypatch.setattr(bench.runner._store, "create", full)
    with pytest.raises(StoreError):
        bench.start()
    assert bench.server.jobs == {}


def test_a_record_that_is_kept_without_an_answer_is_closed(bench, monkeypatch):
    """Nothing was sent for it, also when the same button is pressed again."""
    monkeypatch.setattr(task_supervisor, "MAINTENANCE_SECONDS", 0.3)
    bench.restart()
    bench.break_once("create")
    with pytest.raises(StoreError):
        bench.start(submit_token="a press")
    record = bench.ended(bench.start(submit_token="a press"))
    assert record.status is RunStatus.FAILED
    assert "Not started" in record.problem.message
    assert bench.server.jobs == {}


def test_a_record_that_cannot_be_written_is_kept_and_written_later(bench, monkeypatch):
    """The run ends in memory, says so, and is on disk once there is room."""
    monkeypatch.setattr("lfclient.console.runner.task_supervisor.MAINTENANCE_SECONDS", 0.1)
    bench.restart()
    write = bench.runner._store.update

    def full(record, **more):
        raise StoreError("the disk is full")

    bench.runner._store.update = full
    record = bench.ended(bench.start())
    assert record.status is RunStatus.COMPLETED
    assert Store(bench.folder).get(record.id).status is RunStatus.QUEUED
    bench.runner._store.update = write
    assert bench.kept(record.id, lambda kept: kept.ended).run == record.run


def test_a_record_that_cannot_be_kept_does_not_hold_up_others(bench, monkeypatch, caplog):
    """It is logged by its kind alone, and tidying goes on."""
    monkeypatch.setattr("lfclient.console.runner.task_supervisor.MAINTENANCE_SECONDS", 0.05)
    bench.restart()
    write, broken, failing = bench.runner._store.update, [], [True]

    def update(record, **more):
        if record.id in broken:
            raise TypeError("hunter2-hunter2")
        if failing[0]:
            raise StoreError("the disk is full")
        write(record, **more)

    bench.runner._store.update = update
    broken.append(bench.start())
    assert bench.ended(broken[0]).status is RunStatus.COMPLETED
    other = bench.ended(bench.start())
    failing[0] = False
    assert bench.kept(other.id, lambda kept: kept.ended).status is RunStatus.COMPLETED
    assert "TypeError" in caplog.text
    assert "hunter2" not in caplog.text


def test_a_fault_after_the_end_leaves_the_end_as_it_was(bench, monkeypatch):
    """What goes wrong while the console lets go of a run does not rewrite its outcome."""

    async def fail(listener):
        raise RuntimeError

    monkeypatch.setattr("lfclient.console.runner.event_listener.EventListener.close", fail)
    record = bench.ended(bench.start())
    while bench.runner._supervisor.connection(record.id):
        time.sleep(0.01)
    assert bench.runner.get(record.id, bench.owner) == record


@both_dialects
def test_a_restart_loses_no_record_and_attaches_to_running_jobs(bench):
    """The job that goes on is followed to its end by the next process."""
    bench.server.seconds = 60
    run_id = bench.start()
    bench.kept(run_id, lambda record: record.job_id)
    bench.restart()
    assert bench.runner.get(run_id, bench.owner).status in (
        RunStatus.QUEUED,
        RunStatus.IN_PROGRESS,
    )
    bench.runner.attach(CONNECTION)
    bench.server.finish()
    record = bench.ended(run_id)
    assert record.status is RunStatus.COMPLETED
    assert record.run.outputs["ChatOutput-b"].value == "echo"


def test_a_restart_forgets_the_secrets_and_so_keeps_no_raw_answer(bench):
    """They are nowhere on disk, so they cannot be taken out of what comes back."""
    bench.server.seconds = 60
    run_id = bench.start({"ChatInput-a.input_value": "hi", "ChatInput-a.key": "hunter2-hunter2"})
    bench.kept(run_id, lambda record: record.job_id)
    bench.restart()
    bench.runner.attach(CONNECTION)
    bench.server.finish()
    run = bench.ended(run_id).run
    assert run.raw == {}
    assert "restarted" in run.warnings[-1]
    assert "secrets" in run.warnings[-1]


def test_another_key_for_a_run_forgets_its_secrets_too_and_is_no_restart(bench):
    """The warning says what happened."""
    bench.server.seconds = 60
    run_id = bench.start({"ChatInput-a.input_value": "hi", "ChatInput-a.key": "hunter2-hunter2"})
    bench.kept(run_id, lambda record: record.job_id)
    bench.runner.attach(replace(CONNECTION, api_key=SecretStr("sk-another-key")))
    bench.server.finish()
    run = bench.ended(run_id).run
    assert run.raw == {}
    assert "another API key" in run.warnings[-1]
    assert "restarted" not in run.warnings[-1]


def test_a_restart_makes_a_sync_run_outcome_unknown(bench):
    """Its answer had nowhere to go."""
    bench.server.seconds = 60
    run_id = bench.start(mode="sync")
    bench.restart()
    record = bench.runner.get(run_id, bench.owner)
    assert record.status is RunStatus.OUTCOME_UNKNOWN
    assert "restarted" in record.problem.message
    assert record.problem.hint
    (entry,) = bench.runner.history.page([bench.owner], RunFilter(text="restarted")).runs
    assert entry.output_summary == record.problem.message


def test_a_run_that_is_taken_up_while_the_console_looks_is_kept(bench, monkeypatch):
    """By a visitor's page, after the list was read in which it is a dead process's."""
    bench.server.seconds = 60
    run_id = bench.start()
    bench.kept(run_id, lambda record: record.job_id)
    bench.restart()
    store = bench.runner.store
    unfinished = store.unfinished

    def then_taken_up(*args, **more):
        found = unfinished(*args, **more)
        monkeypatch.setattr(store, "unfinished", unfinished)
        bench.runner.attach(CONNECTION)
        return found

    monkeypatch.setattr(store, "unfinished", then_taken_up)
    bench.runner._takeover.check(announce=False)
    bench.until(run_id, lambda record: record.run)
    assert bench.runner.is_followed(run_id)


def test_a_run_that_another_living_process_follows_is_left_to_it(bench):
    """A second console on the same folder sees it change, and does not close it."""
    bench.server.seconds = 60
    run_id = bench.start(mode="sync")
    other = bench.new_runner()
    other.attach(CONNECTION)
    record = other.get(run_id, bench.owner)
    assert not record.ended
    bench.until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    bench.server.finish()
    while not record.ended:
        record = other.wait_for_change(run_id, record.version, 5)
    assert record.status is RunStatus.COMPLETED


@pytest.mark.parametrize("mode", ["background", "sync"])
def test_a_run_that_another_living_process_follows_can_be_stopped(bench, mode):
    """It is the other that does so: of a call it alone has the connection."""
    bench.server.seconds = 60
    run_id = bench.start(mode=mode)
    bench.until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    other = bench.new_runner()
    other.stop(run_id, CONNECTION)
    assert other.get(run_id, bench.owner).stop_requested_at
    assert bench.ended(run_id).status is RunStatus.CANCELLED


def test_a_job_of_a_flow_deleted_meanwhile_is_followed(bench):
    """Its outputs come, without what only the flow tells."""
    bench.server.seconds = 60
    run_id = bench.start()
    bench.kept(run_id, lambda record: record.job_id)
    bench.restart()
    bench.server.is_flow_deleted = True
    bench.runner.attach(CONNECTION)
    bench.server.finish()
    assert bench.ended(run_id).run.outputs["ChatOutput-b"].value == "echo"


def test_a_server_that_moved_and_does_not_know_the_job_does_not_end_it(bench):
    """The address under a configured name has changed: that proves nothing about the run."""
    bench.server.seconds = 60
    run_id = bench.start()
    bench.kept(run_id, lambda record: record.job_id)
    bench.restart()
    bench.server.jobs.clear()
    bench.runner.attach(replace(CONNECTION, url="http://elsewhere.test"))
    record = bench.until(run_id, lambda record: record.note)
    assert CONNECTION.url in record.note
    assert not record.ended


@pytest.mark.parametrize("stopped", [None, False])
def test_a_stop_that_did_not_stop_can_be_asked_for_again(bench, monkeypatch, stopped):
    """What the server said to the first is told meanwhile."""
    asked = []

    async def stop(self, job, flow=None):
        asked.append(job)
        return StopResult(stopped, "cancel requested")

    monkeypatch.setattr(AsyncLangflowClient, "stop", stop)
    bench.server.seconds = 60
    run_id = bench.start()
    bench.until(run_id, lambda record: record.job_id)
    bench.runner.stop(run_id, CONNECTION)
    record = bench.until(run_id, lambda record: record.stop_result)
    assert not record.ended
    assert "cancel requested" in record.stop_result
    bench.runner.stop(run_id, CONNECTION)
    wait_for(lambda: len(asked) == 2)


def test_tidying_goes_on_after_a_fault(bench, monkeypatch, caplog):
    """Records that wait to be written are written all the same."""
    monkeypatch.setattr("lfclient.console.runner.task_supervisor.MAINTENANCE_SECONDS", 0.05)
    bench.restart()

    def fail():
        raise RuntimeError("hunter2-hunter2")

    monkeypatch.setattr(memory, "release", fail)
    bench.runner.release_memory()
    wait_for(lambda: "RuntimeError" in caplog.text)
    write = bench.runner._store.update

    def full(record, **more):
        raise StoreError("the disk is full")

    bench.runner._store.update = full
    record = bench.ended(bench.start())
    bench.runner._store.update = write
    assert bench.kept(record.id, lambda kept: kept.ended).run == record.run
    assert "hunter2" not in caplog.text

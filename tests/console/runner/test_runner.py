"""Runs outside any page: start, follow, stop."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lfclient.common.backoff import Backoff
from lfclient.console.runner.timings import BackoffChain, Timings
from lfclient.console.store.notes import NoteCode, has_code
from lfclient.console.store.store import Store
from lfclient.runs.model import RunStatus
from tests.support.runner_harness import (
    CONNECTION,
    RARELY,
    both_dialects,
    without_events,
)


@both_dialects
@pytest.mark.parametrize("mode", ["background", "sync"])
def test_a_run_completes_with_its_outputs(bench, mode):
    record = bench.wait_for_end(bench.start(mode=mode))
    assert record.status is RunStatus.COMPLETED
    assert record.run.outputs["ChatOutput-b"].value == "echo"
    assert record.created_at <= record.started_at <= record.ended_at
    assert (record.flow_name, record.mode, record.session_id) == ("Echo", mode, "session")


def test_the_record_is_saved_before_anything_is_sent(bench):
    bench.server.hold_submits = True
    run_id = bench.start()
    assert Store(bench.folder).get(run_id).status is RunStatus.QUEUED


def test_starting_does_not_wait_for_the_server(bench):
    bench.server.hold_submits = True
    started = bench.start_rows([{}] * 20, "sync")
    assert not any(bench.get(run_id).ended for run_id in started)


@both_dialects
def test_a_submit_token_starts_one_run(bench):
    """Even after the run has ended, or the console was restarted."""
    first = bench.start(submit_token="one")
    assert bench.start(submit_token="one") == first
    bench.wait_for_end(first)
    bench.restart()
    assert bench.start(submit_token="one") == first
    assert len(bench.server.jobs) == 1


def test_only_its_owner_can_open_a_run(bench):
    run_id = bench.start()
    assert bench.runner.get(run_id, "somebody else") is None
    bench.wait_for_end(run_id)
    bench.restart()
    assert bench.runner.get(run_id, "somebody else") is None
    assert bench.runner.recent("somebody else") == []


def test_recent_runs_are_listed_newest_first_with_their_current_status(bench):
    ended = bench.start()
    bench.wait_for_end(ended)
    bench.server.seconds = 60
    running = bench.start()
    bench.wait_until(running, lambda record: record.status is RunStatus.IN_PROGRESS)
    recent = [(record.id, record.status) for record in bench.runner.recent(bench.owner)]
    assert recent == [(running, RunStatus.IN_PROGRESS), (ended, RunStatus.COMPLETED)]


def test_a_session_is_renamed_and_deleted_with_its_ended_runs(bench):
    """In memory and in the store; unfinished runs stay and are counted."""
    ended = bench.start()
    bench.wait_for_end(ended)
    bench.runner.rename_session(CONNECTION, bench.flow.id, "session", "new")
    assert bench.get(ended).session_id == "new"
    assert bench.wait_until_saved(ended, lambda record: record.session_id == "new").run
    bench.server.seconds = 60
    running = bench.start()
    bench.wait_until(running, lambda record: record.status is RunStatus.IN_PROGRESS)
    assert bench.runner.delete_session_runs(CONNECTION, bench.flow.id, "session") == 1
    assert bench.runner.delete_session_runs(CONNECTION, bench.flow.id, "new") == 0
    assert bench.get(ended) is None
    assert [record.id for record in bench.runner.recent(bench.owner)] == [running]


def test_no_secret_is_stored(bench):
    """Neither a typed secret nor the key, though the server gets both and sends one back."""
    secret = "hunter2-hunter2"
    bench.server.text = f"you said {secret}"
    key = CONNECTION.api_key.get_secret_value()
    record = bench.wait_for_end(
        bench.start(
            {"ChatInput-a.input_value": f"hi {key}", "ChatInput-a.key": secret}, mode="sync"
        )
    )
    assert f"hi {key}" in str(bench.server.submitted)
    bench.wait_until_saved(record.id, lambda record: record.ended)
    assert "••••" in record.run.outputs["ChatOutput-b"].value
    bench.close()
    stored = b"".join(path.read_bytes() for path in bench.folder.rglob("*") if path.is_file())
    assert secret.encode() not in stored
    assert key.encode() not in stored
    assert b"hi" in stored


@pytest.mark.parametrize("bench", [{"dialect": "inputs", "seconds": 1.0}], indirect=True)
def test_a_job_of_a_second_is_polled_at_most_five_times(bench):
    """On releases without events."""
    bench.use_timings(polling=Timings().polling)
    bench.wait_for_end(bench.start())
    assert bench.server.status_requests <= 5


def test_the_end_of_a_job_is_seen_when_its_stream_closes(bench):
    """The next poll would come a minute later."""
    bench.server.seconds = 0.5
    bench.use_timings(polling=RARELY, listening=RARELY)
    assert bench.wait_for_end(bench.start()).status is RunStatus.COMPLETED


@without_events
def test_a_run_that_has_ended_is_released_at_once(bench):
    """Not after one more pause, in which its record may be evicted."""
    bench.use_timings(polling=BackoffChain(Backoff(0.3, 0.3, attempts=2), Backoff(30.0, 30.0)))
    run_id = bench.start()
    bench.wait_for_end(run_id)
    bench.wait_until_released(run_id)


def test_ten_watchers_cause_no_more_requests_than_one(bench):
    """They read the record that one stream updates."""
    bench.use_timings(polling=RARELY)

    def requests_with(watchers):
        bench.server.requests.clear()
        run_id = bench.start()
        with ThreadPoolExecutor(watchers) as pool:
            ends = [pool.submit(bench.wait_for_end, run_id) for _ in range(watchers)]
            assert all(end.result().status is RunStatus.COMPLETED for end in ends)
        return sorted(path for _, path in bench.server.requests if "/workflows" in path)

    bench.server.seconds = 0.5
    alone, with_ten = requests_with(1), requests_with(10)
    streams = [sum(path.endswith("/events") for path in paths) for paths in (alone, with_ten)]
    assert streams[0] == streams[1]
    assert len(alone) == len(with_ten)


@pytest.mark.parametrize("bench", [{"silent_stream": True, "seconds": 0.3}], indirect=True)
def test_a_stream_that_never_closes_does_not_hold_up_the_end(bench):
    """The status is polled as well."""
    bench.use_timings(drain_seconds=0.1)
    record = bench.wait_for_end(bench.start())
    assert record.status is RunStatus.COMPLETED


@both_dialects
def test_a_job_is_stopped_on_the_server(bench):
    """The record has the server's response."""
    bench.server.seconds = 60
    run_id = bench.start()
    bench.wait_until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    bench.runner.stop(run_id, CONNECTION)
    assert bench.get(run_id).stop_requested_at
    record = bench.wait_for_end(run_id)
    assert record.status is RunStatus.CANCELLED
    assert has_code(record.stop_result, NoteCode.STOPPED)
    assert [job.state for job in bench.server.jobs.values()] == ["cancelled"]


def test_stop_closes_a_sync_call_and_says_that_the_server_may_continue(bench):
    """Without a response, nobody knows whether the request has arrived."""
    bench.server.seconds = 60
    run_id = bench.start(mode="sync")
    bench.wait_until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    bench.runner.stop(run_id, CONNECTION)
    record = bench.wait_for_end(run_id)
    assert bench.server.ended_at == 0  # the server was not done
    assert record.status is RunStatus.CANCELLED
    assert has_code(record.stop_result, NoteCode.STOPPED_WAITING)


@pytest.mark.parametrize("mode", ["sync", "stream"])
def test_a_stop_does_not_wait_for_a_busy_disk(bench, monkeypatch, mode):
    bench.use_timings(max_call_start_seconds=0.1)
    bench.server.seconds = 60
    disk, update = threading.Event(), Store.update

    def update_slowly(store, record, **options):
        disk.wait(20)
        return update(store, record, **options)

    monkeypatch.setattr(Store, "update", update_slowly)
    run_id = bench.start(mode=mode)
    bench.wait_until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    bench.runner.stop(run_id, CONNECTION)
    try:
        record = bench.wait_until(run_id, lambda record: record.ended)
        assert record.status is RunStatus.CANCELLED
    finally:
        disk.set()


def test_a_stop_before_the_job_has_an_id_stops_the_job(bench):
    bench.server.hold_submits = True
    bench.server.seconds = 60
    run_id = bench.start()
    bench.runner.stop(run_id, CONNECTION)
    bench.server.hold_submits = False
    assert bench.wait_for_end(run_id).status is RunStatus.CANCELLED


def test_a_stop_is_sent_once_the_server_is_back(bench):
    """Until then, the record says that the server doesn't respond."""
    bench.server.seconds = 60
    run_id = bench.start()
    bench.wait_until(run_id, lambda record: record.job_id)
    bench.server.is_down = True
    bench.runner.stop(run_id, CONNECTION)
    bench.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.UNREACHABLE))
    bench.server.is_down = False
    assert bench.wait_for_end(run_id).status is RunStatus.CANCELLED


def test_stopping_an_ended_run_changes_nothing(bench):
    record = bench.wait_for_end(bench.start())
    bench.runner.stop(record.id, CONNECTION)
    assert bench.get(record.id) == record

"""Runs outside any page: start, follow, stop."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lfclient.console.store.notes import NoteCode, has_code
from lfclient.console.store.store import Store
from lfclient.runs.model import RunStatus
from tests.support.runner_harness import CONNECTION, RARELY, both_dialects


@both_dialects
@pytest.mark.parametrize("mode", ["background", "sync"])
def test_a_run_completes_with_its_outputs(harness, mode):
    record = harness.wait_for_end(harness.start(mode=mode))
    assert record.status is RunStatus.COMPLETED
    assert record.run.outputs["ChatOutput-b"].value == "echo"
    assert record.created_at <= record.started_at <= record.ended_at
    assert (record.flow_name, record.mode, record.session_id) == ("Echo", mode, "session")


def test_the_record_is_saved_before_anything_is_sent(harness):
    harness.server.hold_submits = True
    run_id = harness.start()
    assert Store(harness.folder).get(run_id).status is RunStatus.QUEUED


@both_dialects
def test_a_submit_token_starts_one_run(harness):
    first = harness.start(submit_token="one")
    assert harness.start(submit_token="one") == first
    harness.wait_for_end(first)
    harness.restart()
    assert harness.start(submit_token="one") == first
    assert len(harness.server.jobs) == 1


def test_only_its_owner_can_open_a_run(harness):
    run_id = harness.start()
    assert harness.runner.get(run_id, "somebody else") is None
    harness.wait_for_end(run_id)
    harness.restart()
    assert harness.runner.get(run_id, "somebody else") is None
    assert harness.runner.recent("somebody else") == []


def test_a_session_is_renamed_and_deleted_with_its_ended_runs(harness):
    ended = harness.start()
    harness.wait_for_end(ended)
    harness.runner.rename_session(CONNECTION, harness.flow.id, "session", "new")
    assert harness.get(ended).session_id == "new"
    assert harness.wait_until_saved(ended, lambda record: record.session_id == "new").run
    harness.server.seconds = 60
    running = harness.start()
    harness.wait_until(running, lambda record: record.status is RunStatus.IN_PROGRESS)
    assert harness.runner.delete_session_runs(CONNECTION, harness.flow.id, "session") == 1
    assert harness.runner.delete_session_runs(CONNECTION, harness.flow.id, "new") == 0
    assert harness.get(ended) is None
    assert [record.id for record in harness.runner.recent(harness.owner)] == [running]


def test_no_secret_is_stored(harness):
    """Neither a typed secret nor the key, though the server gets both and sends one back."""
    secret = "hunter2-hunter2"
    harness.server.text = f"you said {secret}"
    key = CONNECTION.api_key.get_secret_value()
    record = harness.wait_for_end(
        harness.start(
            {"ChatInput-a.input_value": f"hi {key}", "ChatInput-a.key": secret}, mode="sync"
        )
    )
    assert f"hi {key}" in str(harness.server.submitted)
    harness.wait_until_saved(record.id, lambda record: record.ended)
    assert "••••" in record.run.outputs["ChatOutput-b"].value
    harness.close()
    stored = b"".join(path.read_bytes() for path in harness.folder.rglob("*") if path.is_file())
    assert secret.encode() not in stored
    assert key.encode() not in stored
    assert b"hi" in stored


def test_the_end_of_a_job_is_seen_when_its_stream_closes(harness):
    """The next poll would come a minute later."""
    harness.server.seconds = 0.5
    harness.use_timings(polling=RARELY, listening=RARELY)
    assert harness.wait_for_end(harness.start()).status is RunStatus.COMPLETED


def test_ten_watchers_cause_no_more_requests_than_one(harness):
    """They read the record that one stream updates."""
    harness.use_timings(polling=RARELY)

    def requests_with(watchers):
        harness.server.requests.clear()
        run_id = harness.start()
        with ThreadPoolExecutor(watchers) as pool:
            ends = [pool.submit(harness.wait_for_end, run_id) for _ in range(watchers)]
            assert all(end.result().status is RunStatus.COMPLETED for end in ends)
        return sorted(path for _, path in harness.server.requests if "/workflows" in path)

    harness.server.seconds = 0.5
    alone, with_ten = requests_with(1), requests_with(10)
    streams = [sum(path.endswith("/events") for path in paths) for paths in (alone, with_ten)]
    assert streams[0] == streams[1]
    assert len(alone) == len(with_ten)


@pytest.mark.parametrize("harness", [{"silent_stream": True, "seconds": 0.3}], indirect=True)
def test_a_stream_that_never_closes_does_not_hold_up_the_end(harness):
    """The status is polled as well."""
    harness.use_timings(drain_seconds=0.1)
    record = harness.wait_for_end(harness.start())
    assert record.status is RunStatus.COMPLETED


@both_dialects
def test_a_job_is_stopped_on_the_server(harness):
    """The record has the server's response."""
    harness.server.seconds = 60
    run_id = harness.start()
    harness.wait_until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    harness.runner.stop(run_id, CONNECTION)
    assert harness.get(run_id).stop_requested_at
    record = harness.wait_for_end(run_id)
    assert record.status is RunStatus.CANCELLED
    assert has_code(record.stop_result, NoteCode.STOPPED)
    assert [job.state for job in harness.server.jobs.values()] == ["cancelled"]


def test_stop_closes_a_sync_call_and_says_that_the_server_may_continue(harness):
    """Without a response, nobody knows whether the request has arrived."""
    harness.server.seconds = 60
    run_id = harness.start(mode="sync")
    harness.wait_until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    harness.runner.stop(run_id, CONNECTION)
    record = harness.wait_for_end(run_id)
    assert harness.server.ended_at == 0  # the server was not done
    assert record.status is RunStatus.CANCELLED
    assert has_code(record.stop_result, NoteCode.STOPPED_WAITING)


@pytest.mark.parametrize("mode", ["sync", "stream"])
def test_a_stop_does_not_wait_for_a_busy_disk(harness, monkeypatch, mode):
    harness.use_timings(max_call_start_seconds=0.1)
    harness.server.seconds = 60
    disk, update = threading.Event(), Store.update

    def update_slowly(store, record, **options):
        disk.wait(20)
        return update(store, record, **options)

    monkeypatch.setattr(Store, "update", update_slowly)
    run_id = harness.start(mode=mode)
    harness.wait_until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    harness.runner.stop(run_id, CONNECTION)
    try:
        record = harness.wait_until(run_id, lambda record: record.ended)
        assert record.status is RunStatus.CANCELLED
    finally:
        disk.set()


def test_a_stop_before_the_job_has_an_id_stops_the_job(harness):
    harness.server.hold_submits = True
    harness.server.seconds = 60
    run_id = harness.start()
    harness.runner.stop(run_id, CONNECTION)
    harness.server.hold_submits = False
    assert harness.wait_for_end(run_id).status is RunStatus.CANCELLED


def test_a_stop_is_sent_once_the_server_is_back(harness):
    harness.server.seconds = 60
    run_id = harness.start()
    harness.wait_until(run_id, lambda record: record.job_id)
    harness.server.is_down = True
    harness.runner.stop(run_id, CONNECTION)
    harness.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.UNREACHABLE))
    harness.server.is_down = False
    assert harness.wait_for_end(run_id).status is RunStatus.CANCELLED


def test_stopping_an_ended_run_changes_nothing(harness):
    record = harness.wait_for_end(harness.start())
    harness.runner.stop(record.id, CONNECTION)
    assert harness.get(record.id) == record

"""Runs outside any page: start, follow, stop."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from lfclient.console.store.store import Store
from lfclient.runs.model import RunStatus
from tests.support.runner_bench import CONNECTION, both_dialects
from tests.support.waiting import wait_for


@both_dialects
@pytest.mark.parametrize("mode", ["background", "sync"])
def test_a_run_ends_with_its_outputs(bench, mode):
    """The record goes from queued to completed and carries what the flow returned."""
    record = bench.ended(bench.start(mode=mode))
    assert record.status is RunStatus.COMPLETED
    assert record.run.outputs["ChatOutput-b"].value == "echo"
    assert record.created_at <= record.started_at <= record.ended_at
    assert (record.flow_name, record.mode, record.session_id) == ("Echo", mode, "session")


def test_the_record_is_on_disk_before_anything_is_sent(bench):
    """Also where the server never answers."""
    bench.server.hold_submits = True
    run_id = bench.start()
    assert Store(bench.folder).get(run_id).status is RunStatus.QUEUED


def test_starting_does_not_wait_for_the_server(bench):
    """The click returns while the server holds every answer back."""
    info = bench.info()
    bench.server.hold_submits = True
    started = [
        bench.runner.start(
            CONNECTION,
            bench.flow,
            {},
            mode="sync",
            session_id=None,
            server=info,
            submit_token=f"q{n}",
        )
        for n in range(20)
    ]
    assert not any(bench.runner.get(run_id, bench.owner).ended for run_id in started)


@both_dialects
def test_two_presses_are_one_run(bench):
    """The same click, even after the run has ended or the console was restarted, sends nothing."""
    first = bench.start(submit_token="one")
    assert bench.start(submit_token="one") == first
    bench.ended(first)
    bench.restart()
    assert bench.start(submit_token="one") == first
    assert len(bench.server.jobs) == 1


def test_a_run_is_open_to_its_owner_only(bench):
    """Another key's fingerprint finds nothing."""
    run_id = bench.start()
    assert bench.runner.get(run_id, "somebody else") is None
    bench.ended(run_id)
    bench.restart()
    assert bench.runner.get(run_id, "somebody else") is None
    assert bench.runner.recent("somebody else") == []


def test_recent_lists_what_is_going_on_and_what_has_ended(bench):
    """Newest first, with the statuses of this moment."""
    done = bench.start()
    bench.ended(done)
    bench.server.seconds = 60
    going = bench.start()
    bench.until(going, lambda record: record.status is RunStatus.IN_PROGRESS)
    found = [(record.id, record.status) for record in bench.runner.recent(bench.owner)]
    assert found == [(going, RunStatus.IN_PROGRESS), (done, RunStatus.COMPLETED)]


def test_a_session_is_renamed_and_forgotten_with_its_runs(bench):
    """In memory as on disk; one that goes on is left, and counted."""
    done = bench.start()
    bench.ended(done)
    bench.runner.rename_session(CONNECTION, bench.flow.id, "session", "new")
    assert bench.runner.get(done, bench.owner).session_id == "new"
    assert bench.kept(done, lambda record: record.session_id == "new").run
    bench.server.seconds = 60
    going = bench.start()
    bench.until(going, lambda record: record.status is RunStatus.IN_PROGRESS)
    assert bench.runner.forget_session(CONNECTION, bench.flow.id, "session") == 1
    assert bench.runner.forget_session(CONNECTION, bench.flow.id, "new") == 0
    assert bench.runner.get(done, bench.owner) is None
    assert [record.id for record in bench.runner.recent(bench.owner)] == [going]


def test_no_secret_is_on_disk(bench):
    """Neither a typed secret nor the key, though the server sends the secret back."""
    secret = "hunter2-hunter2"
    bench.server.text = f"you said {secret}"
    record = bench.ended(
        bench.start({"ChatInput-a.input_value": "hi", "ChatInput-a.key": secret}, mode="sync")
    )
    bench.kept(record.id, lambda record: record.ended)
    assert "••••" in record.run.outputs["ChatOutput-b"].value
    bench.runner.close()
    bench.runners.clear()
    written = b"".join(path.read_bytes() for path in bench.folder.rglob("*") if path.is_file())
    assert secret.encode() not in written
    assert CONNECTION.api_key.get_secret_value().encode() not in written
    assert b"hi" in written


@pytest.mark.parametrize("bench", [{"dialect": "inputs", "seconds": 1.0}], indirect=True)
def test_a_job_of_a_second_is_polled_at_most_five_times(bench):
    """On releases without events."""
    bench.ended(bench.start())
    assert bench.server.status_requests <= 5


@pytest.mark.parametrize("bench", [{"dialect": "modes", "seconds": 1.5}], indirect=True)
def test_the_end_of_a_job_with_events_is_seen_by_its_stream(bench, monkeypatch):
    """The stream's end is the sign: asking in between would come a minute later."""
    monkeypatch.setattr("lfclient.console.runner.backoff.POLLED", (60.0,))
    monkeypatch.setattr("lfclient.console.runner.backoff.LISTENING", (60.0,))
    assert bench.ended(bench.start()).status is RunStatus.COMPLETED


@pytest.mark.parametrize("bench", [{"dialect": "inputs"}], indirect=True)
def test_a_run_that_has_ended_is_let_go_of_at_once(bench, monkeypatch):
    """Not after one more pause, in which its record may leave the memory."""
    monkeypatch.setattr("lfclient.console.runner.backoff.POLLED", (0.3, 30.0))
    run_id = bench.start()
    bench.ended(run_id)
    wait_for(lambda: not bench.runner.is_followed(run_id), 5)


def test_ten_watchers_ask_the_server_no_more_than_one_does(bench, monkeypatch):
    """They read the record, which one stream fills."""
    monkeypatch.setattr("lfclient.console.runner.backoff.POLLED", (60.0,))

    def watched(watchers):
        bench.server.requests.clear()
        run_id = bench.start()
        with ThreadPoolExecutor(watchers) as pool:
            ends = [pool.submit(bench.ended, run_id) for _ in range(watchers)]
            assert all(end.result().status is RunStatus.COMPLETED for end in ends)
        return sorted(path for _, path in bench.server.requests if "/workflows" in path)

    bench.server.seconds = 0.5
    alone, with_ten = watched(1), watched(10)
    number = [len([path for path in one if path.endswith("/events")]) for one in (alone, with_ten)]
    assert number[0] == number[1]
    assert len(alone) == len(with_ten)


@pytest.mark.parametrize("bench", [{"silent_stream": True, "seconds": 1.0}], indirect=True)
def test_a_stream_that_never_ends_does_not_hold_the_run(bench):
    """Asking for the status goes on beside it."""
    record = bench.ended(bench.start())
    assert record.status is RunStatus.COMPLETED


@both_dialects
def test_a_job_is_stopped_at_the_server(bench):
    """The record tells what the server said."""
    bench.server.seconds = 60
    run_id = bench.start()
    bench.until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    bench.runner.stop(run_id, CONNECTION)
    assert bench.runner.get(run_id, bench.owner).stop_requested_at
    record = bench.ended(run_id)
    assert record.status is RunStatus.CANCELLED
    assert "Stopped at the server" in record.stop_result
    assert [job.state for job in bench.server.jobs.values()] == ["cancelled"]


def test_stop_works_while_a_sync_call_is_under_way(bench):
    """The call is closed at once, and the record says that the server goes on."""
    bench.server.seconds = 60
    run_id = bench.start(mode="sync")
    bench.until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    bench.runner.stop(run_id, CONNECTION)
    record = bench.ended(run_id)
    assert bench.server.ended_at == 0  # the server had not come to its end
    assert record.status is RunStatus.CANCELLED
    assert "goes on at the server" in record.stop_result


def test_a_stop_during_the_submit_stops_the_job_it_makes(bench):
    """Pressed before there is a job id."""
    bench.server.hold_submits = True
    bench.server.seconds = 60
    run_id = bench.start()
    bench.runner.stop(run_id, CONNECTION)
    bench.server.hold_submits = False
    assert bench.ended(run_id).status is RunStatus.CANCELLED


def test_a_stop_while_the_server_is_away_is_carried_out_when_it_is_back(bench):
    """The record says meanwhile that the server does not answer."""
    bench.server.seconds = 60
    run_id = bench.start()
    bench.until(run_id, lambda record: record.job_id)
    bench.server.is_down = True
    bench.runner.stop(run_id, CONNECTION)
    bench.until(run_id, lambda record: "not answered" in record.note)
    bench.server.is_down = False
    assert bench.ended(run_id).status is RunStatus.CANCELLED


def test_stopping_what_has_ended_changes_nothing(bench):
    """A late press is no stop."""
    record = bench.ended(bench.start())
    bench.runner.stop(record.id, CONNECTION)
    assert bench.runner.get(record.id, bench.owner) == record

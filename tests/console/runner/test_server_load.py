"""Many runs of one server: few event streams, and polls that become rarer."""

import time

import pytest

from lfclient.console.runner import server_load
from lfclient.console.runner.server_load import MAX_POLLS, MAX_STREAMS, ServerLoad
from tests.support.runner_harness import RUN_STARTED
from tests.support.waiting import wait_for


def open_streams(harness):
    return sum(path.endswith("/events") for _, path in harness.server.requests)


def test_only_some_of_many_runs_have_an_event_stream_and_all_end(harness):
    harness.server.seconds, harness.server.log = 60, [RUN_STARTED]
    runs = [harness.start() for _ in range(MAX_STREAMS + 3)]
    wait_for(lambda: open_streams(harness) == MAX_STREAMS)
    harness.wait_for_polls(MAX_STREAMS)
    assert open_streams(harness) == MAX_STREAMS
    harness.server.finish()
    assert all(harness.wait_for_end(run_id).status == "completed" for run_id in runs)


@pytest.mark.parametrize("harness", [{"dialect": "inputs"}], indirect=True)
def test_ten_polls_are_in_flight_at_most(harness, monkeypatch):
    """Otherwise all runs would be polled at once after a pause."""
    monkeypatch.setattr(server_load, "MAX_QUEUED_JOBS", 2 * MAX_POLLS)
    harness.server.seconds = 60
    runs = [harness.start() for _ in range(MAX_POLLS + 3)]
    wait_for(lambda: len(harness.server.jobs) == len(runs))
    harness.server.hold_status = True
    before = harness.server.status_requests
    wait_for(lambda: harness.server.status_requests >= before + MAX_POLLS)
    time.sleep(0.3)  # longer than the shortest wait between two polls
    assert harness.server.status_requests == before + MAX_POLLS
    harness.server.hold_status = False
    harness.server.finish()
    assert all(harness.wait_for_end(run_id).status == "completed" for run_id in runs)


def test_a_run_is_polled_the_more_rarely_the_more_runs_are_followed():
    load = ServerLoad()
    load.followed_runs = 1
    assert load.min_poll_seconds <= 0.05
    load.followed_runs = 300
    assert load.min_poll_seconds == 15

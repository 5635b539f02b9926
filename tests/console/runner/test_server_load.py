"""Many runs of one server: few event streams, and polls that become rarer."""

from lfclient.console.runner import server_load
from lfclient.console.runner.server_load import ServerLoad
from tests.support.runner_harness import RUN_STARTED
from tests.support.waiting import wait_for


def open_streams(harness):
    return sum(path.endswith("/events") for _, path in harness.server.requests)


def test_only_some_of_many_runs_have_an_event_stream_and_all_end(harness, monkeypatch):
    monkeypatch.setattr(server_load, "MAX_STREAMS", 2)
    harness.server.seconds, harness.server.log = 60, [RUN_STARTED]
    runs = [harness.start() for _ in range(4)]
    wait_for(lambda: open_streams(harness) == 2)
    harness.wait_for_polls(4)
    assert open_streams(harness) == 2
    harness.server.finish()
    assert all(harness.wait_for_end(run_id).status == "completed" for run_id in runs)


def test_a_run_is_polled_the_more_rarely_the_more_runs_are_followed():
    load = ServerLoad(0.0)
    load.followed_runs = 1
    assert load.min_poll_seconds <= 0.05
    load.followed_runs = 300
    assert load.min_poll_seconds == 15

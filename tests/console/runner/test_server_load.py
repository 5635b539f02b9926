"""Many runs of one server: few event streams, and polls that become rarer."""

from lfclient.console.runner.server_load import MAX_STREAMS, ServerLoad
from tests.support.runner_bench import RUN_STARTED
from tests.support.waiting import wait_for


def open_streams(bench):
    return sum(path.endswith("/events") for _, path in bench.server.requests)


def test_only_some_of_many_runs_have_an_event_stream_and_all_end(bench):
    bench.server.seconds, bench.server.log = 60, [RUN_STARTED]
    runs = [bench.start() for _ in range(MAX_STREAMS + 3)]
    wait_for(lambda: open_streams(bench) == MAX_STREAMS)
    bench.wait_for_polls(MAX_STREAMS)
    assert open_streams(bench) == MAX_STREAMS
    bench.server.finish()
    assert all(bench.wait_for_end(run_id).status == "completed" for run_id in runs)


def test_a_run_is_polled_the_more_rarely_the_more_runs_are_followed():
    load = ServerLoad()
    load.followed_runs = 1
    assert load.min_poll_seconds <= 0.05
    load.followed_runs = 300
    assert load.min_poll_seconds == 15

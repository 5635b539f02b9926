"""Many runs of one server: few event streams, and polls that become rarer."""

import pytest

from lfclient.api.requests import STATUS
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


@pytest.mark.parametrize("harness", [{"dialect": "inputs"}], indirect=True)
def test_some_polls_are_in_flight_at_most(harness, monkeypatch):
    """Otherwise all runs would be polled at once after a pause."""
    monkeypatch.setattr(server_load, "MAX_POLLS", 2)
    handle, in_flight, most = harness.server.handle, set(), []

    async def count(request):
        if request.url.path == STATUS:
            in_flight.add(id(request))
            most.append(len(in_flight))
        try:
            return await handle(request)
        finally:
            in_flight.discard(id(request))

    monkeypatch.setattr(harness.server, "handle", count)
    harness.server.seconds, harness.server.hold_status = 60, True
    runs = [harness.start() for _ in range(4)]
    wait_for(lambda: len(in_flight) == 2)
    harness.server.finish()
    harness.server.hold_status = False
    assert all(harness.wait_for_end(run_id).status == "completed" for run_id in runs)
    assert max(most) == 2


def test_a_run_is_polled_the_more_rarely_the_more_runs_are_followed():
    load = ServerLoad(0.0)
    load.followed_runs = 1
    assert load.min_poll_seconds <= 0.05
    load.followed_runs = 300
    assert load.min_poll_seconds == 15

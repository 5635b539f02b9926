"""Jobs that a server's death leaves queued or running, on two real releases."""

from __future__ import annotations

import psutil
import pytest

from lfclient import RunStatus
from lfclient.common.backoff import Backoff
from lfclient.console.runner.timings import Timings
from lfclient.wire.server_info import DEFAULT_CONCURRENCY
from tests.live.desk import Desk, ended
from tests.live.releases import Make
from tests.support import servers
from tests.support.servers import LiveServer
from tests.support.waiting import wait_for

pytestmark = pytest.mark.parametrize(
    "langflow", ["1.12.8-isolated", "1.13.0-isolated"], indirect=True
)

SILENT_SECONDS = 4.0
LONG = {"TimedStep-weather.seconds": 600, "TimedStep-hotel.seconds": 600}


@pytest.fixture
def timings() -> Timings:
    every_second = Backoff(1.0, 1.0)
    return Timings(
        polling=every_second,
        listening=every_second,
        unreachable=every_second,
        silence_seconds=SILENT_SECONDS,
    )


def test_a_job_that_stays_queued_after_a_restart_is_reported_and_can_be_stopped(
    desk: Desk, make: Make, langflow: LiveServer
):
    """Behind running ones it was not reported."""
    server, flow = servers.isolated(langflow.version), make("Plan a trip")
    running = [desk.start(flow, **LONG) for _ in range(DEFAULT_CONCURRENCY)]
    for run_id in running:
        desk.until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    queued = desk.start(flow, **LONG)
    desk.until(queued, lambda record: record.job_id)
    pid = server.status().pid
    assert pid  # None would be the test process itself
    psutil.Process(pid).kill()
    desk.until(queued, lambda record: "keeps trying" in record.note)
    assert server.start().url == langflow.url
    record = desk.until(queued, lambda record: "queued for more than" in record.note)
    assert record.status is RunStatus.QUEUED
    desk.runner.stop(queued, desk.connection)
    assert desk.until(queued, ended).status is RunStatus.CANCELLED
    for run_id in running:
        desk.runner.stop(run_id, desk.connection)
    wait_for(lambda: all(desk.runner.get(one, desk.owner).ended for one in running), 90)

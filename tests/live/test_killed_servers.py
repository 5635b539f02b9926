"""Servers that are killed during runs and started again, in both dialects.

Each is its release's second server, which no other test uses meanwhile.
"""

from __future__ import annotations

import psutil
import pytest

from lfclient import LangflowClient, RunStatus
from lfclient.common.backoff import Backoff
from lfclient.console.runner.timings import Timings
from lfclient.console.store.run_record import RunRecord
from tests.live.live_runner import LiveRunner, ended, is_waiting
from tests.live.releases import Make, on
from tests.support import servers
from tests.support.servers import LiveServer
from tests.support.waiting import wait_for

pytestmark = on(
    pytest.param("1.8.4-isolated", marks=pytest.mark.exhaustive),
    "1.13.0-isolated",
)

LONG = {"TimedStep-weather.seconds": 600}


def written_text(record: RunRecord) -> str:
    """The text that a run has written so far."""
    messages = record.run.messages.values() if record.run else ()
    return "".join(one.visible_text for one in messages if one.sender == "Machine")


@pytest.fixture
def timings() -> Timings:
    """Check every second whether a server is back, and give up a lost call soon after that."""
    every_second = Backoff(1.0, 1.0)
    return Timings(
        listening=every_second, unreachable=every_second, search_seconds=5.0, min_search_seconds=5.0
    )


def goes_on(record: RunRecord) -> bool:
    return record.status is RunStatus.IN_PROGRESS


def lost_its_worker(record: RunRecord) -> bool:
    """As 1.11 and later say of a run 45 s after their start."""
    return bool(record.run) and [one.code for one in record.run.errors] == ["worker_lost"]


def test_runs_survive_a_server_that_is_killed_and_restarted(
    live_runner: LiveRunner, make: Make, client: LangflowClient, langflow: LiveServer, modes: bool
):
    """Calls are not repeated; jobs and waiting runs continue.

    A streamed call is interrupted. The outcome of a synchronous one is unknown, unless the server
    has a record of it. A job is waited for and can be stopped.
    """
    server = servers.isolated(langflow.version)
    trip, writing = make("Plan a trip"), make("Write word by word") if modes else None
    job, call = (live_runner.start(trip, mode, **LONG) for mode in ("background", "sync"))
    started = [job, call]
    if modes:
        asking, streamed = (
            live_runner.start(make("Wait for an approval")),
            live_runner.start(writing, "stream"),
        )
        started += [asking, streamed]
        question = live_runner.until(asking, is_waiting).run.waiting_for
        early_text = written_text(live_runner.until(streamed, written_text))

    def begun() -> int:
        return sum(one.sender == "User" for one in client.sessions.messages(trip))

    wait_for(lambda: begun() == 2)
    for run_id in (job, call):
        live_runner.until(run_id, goes_on)
    pid = server.status().pid
    assert pid  # None would be the test process itself
    psutil.Process(pid).kill()
    if modes:
        record = live_runner.until(streamed, ended)
        assert record.status is RunStatus.INTERRUPTED
        assert written_text(record).startswith(early_text)
    noted = live_runner.until(job, lambda record: record.notes)
    assert noted.status is RunStatus.IN_PROGRESS
    assert server.start().url == langflow.url
    record = live_runner.until(call, ended)
    assert record.status is RunStatus.OUTCOME_UNKNOWN or lost_its_worker(record)
    live_runner.until(job, lambda record: not record.notes)
    live_runner.runner.stop(job, live_runner.connection)
    record = live_runner.until(job, ended)
    assert record.status is RunStatus.CANCELLED or lost_its_worker(record)
    if modes:
        assert live_runner.runner.get(asking, live_runner.owner).status is RunStatus.SUSPENDED
        live_runner.runner.decide(asking, live_runner.connection, question, "approve")
        record = live_runner.until(asking, ended)
        assert (record.status, list(record.run.outputs)) == (
            RunStatus.COMPLETED,
            ["ChatOutput-yes"],
        )
        texts = [one.text for one in client.sessions.messages(writing)]
        assert not [text for text in texts if text.endswith("else!")]
    assert {one.id for one in live_runner.runner.recent(live_runner.owner)} == set(started)
    assert begun() == 2

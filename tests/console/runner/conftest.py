"""Fixtures that the tests of this folder share."""

from dataclasses import replace

import pytest

from lfclient.api import steps
from lfclient.api.operations import job_control, run_completion, run_records, runs
from lfclient.console.runner import takeover
from lfclient.console.runner.timings import Timings
from tests.support import databases
from tests.support.fake_langflow import FakeLangflow
from tests.support.runner_harness import OFTEN, RunnerHarness
from tests.support.two_consoles import TwoConsoles

_TIMINGS = Timings(polling=OFTEN, unreachable=OFTEN)
_EAGER_TIMINGS = replace(_TIMINGS, listening=OFTEN, suspended=OFTEN)


@pytest.fixture(autouse=True)
def stop_queued_jobs_soon(monkeypatch):
    """The fake server's jobs stay queued: a stop does not wait long for their start."""
    monkeypatch.setattr("lfclient.api.operations.job_control._MAX_START_SECONDS", 0.1)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    """Let the client ask again as often as it does, but soon: the fake server is never late."""
    for module, name in (
        (steps, "_RETRIES"),
        (runs, "_DOUBTFUL_STATUS"),
        (run_completion, "_LATE_BUILDS"),
        (run_records, "_LATE_TRACE"),
        (job_control, "_STOP_CONFIRMATION"),
    ):
        backoff = replace(getattr(module, name), wait_initial=0.02, wait_max=0.02)
        monkeypatch.setattr(module, name, backoff)


@pytest.fixture
def forgotten_at_once(monkeypatch):
    """Take a job that the server does not know for a lost one, however new it is."""
    monkeypatch.setattr("lfclient.console.runner.job_follower._MAX_COMMIT_SECONDS", 0.0)


@pytest.fixture
def runner_timings():
    """The runners' timings, with frequent polls; a test file may override them."""
    return _TIMINGS


@pytest.fixture
def eager_timings():
    """Poll a job often while its stream is open, so that the two meet."""
    return _EAGER_TIMINGS


@pytest.fixture
def short_search_timings():
    """A search that finds nothing ends soon."""
    return replace(_TIMINGS, searching=OFTEN, search_seconds=0.2, min_search_seconds=0.2)


@pytest.fixture
def harness(tmp_path, request, runner_timings):
    harness = RunnerHarness(
        tmp_path, FakeLangflow(**getattr(request, "param", {})), timings=runner_timings
    )
    yield harness
    harness.close()


@pytest.fixture
def two(request, tmp_path):
    """Two consoles on one SQLite folder, or on one PostgreSQL database."""
    timings = replace(
        _EAGER_TIMINGS,
        sync_seconds=0.05,
        publish_seconds=0.2,
        maintenance_seconds=0.2,
        store_poll_seconds=0.05,
    )
    url = databases.create_postgres() if getattr(request, "param", "") == "postgresql" else None
    two = TwoConsoles(tmp_path, url, timings)
    yield two
    two.close()


@pytest.fixture
def searched_at_once(monkeypatch):
    """Let a run be searched for again right after it was lost."""
    monkeypatch.setattr(takeover, "JUST_LOST_SECONDS", 0.0)


@pytest.fixture
def running(harness):
    """The id of a run whose components are known and which doesn't end."""
    return harness.start_running()


@pytest.fixture
def suspended(harness):
    """The id of a run that waits for a decision on `harness.question`."""
    return harness.start_suspended()

"""Retention by a clock that may be wrong, and overwriting deleted data."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lfclient.console.config.settings import RetentionSettings
from lfclient.console.store.retention import RetentionJob
from lfclient.console.store.store import Store

DRAFT = ("browser", "owner", "flow")


def now():
    return datetime.now(UTC)


class FakeTime:
    """A machine's clock and uptime, which a test moves."""

    def __init__(self, clock_is_ahead_by=timedelta()):
        self.elapsed, self.ahead = timedelta(), clock_is_ahead_by

    def clock(self):
        return now() + self.ahead

    def uptime(self):
        return self.elapsed


def new_job(harness, time):
    """Return the job of a console that was just started."""
    runner = harness.runner
    return RetentionJob(
        runner.store.cleaner,
        runner.store.database,
        runner.history.drop,
        clock=time.clock,
        uptime=time.uptime,
    )


@pytest.fixture
def ended_run(harness):
    """The record of a run that has ended and is stored."""
    return harness.wait_until_saved(harness.start(), lambda record: record.ended)


def is_stored(harness, run_id):
    return Store(harness.folder).get(run_id) is not None


def test_a_clock_that_is_set_ahead_makes_no_run_too_old(harness, ended_run):
    """A deleted run would not come back with the right time."""
    harness.runner.store.cleaner.retention = RetentionSettings(max_age_days=2)
    time = FakeTime()
    job = new_job(harness, time)
    time.ahead, time.elapsed = timedelta(days=3), timedelta(hours=1)
    job.run()
    assert is_stored(harness, ended_run.id)
    time.elapsed = timedelta(days=3)
    job.run()
    assert not is_stored(harness, ended_run.id)


def test_a_clock_that_is_ahead_at_the_start_deletes_nothing_for_an_hour(harness, ended_run):
    store = harness.runner.store
    store.drafts.write({DRAFT: "typed"})
    store.cleaner.retention = RetentionSettings(max_age_days=2)
    time = FakeTime(clock_is_ahead_by=timedelta(days=3))
    job = new_job(harness, time)
    job.run()
    assert is_stored(harness, ended_run.id)
    assert store.drafts.get(DRAFT) == "typed"
    time.elapsed = timedelta(hours=1)
    job.run()
    assert not is_stored(harness, ended_run.id)
    assert store.drafts.get(DRAFT) is None


def test_a_clock_that_is_ahead_at_the_start_keeps_drafts_without_any_run(harness):
    harness.runner.store.drafts.write({DRAFT: "typed"})
    new_job(harness, FakeTime(clock_is_ahead_by=timedelta(days=40))).run()
    assert harness.runner.store.drafts.get(DRAFT) == "typed"


def test_limits_other_than_age_apply_at_once(harness, ended_run):
    """The number of runs and what may be stored don't depend on a clock."""
    store = harness.runner.store
    store.create(
        replace(ended_run, id="old", submit_token="old", created_at=now() - timedelta(days=1))
    )
    store.drafts.write({DRAFT: "typed"})
    store.cleaner.retention = RetentionSettings(max_age_days=2, max_runs=1, store_inputs=False)
    new_job(harness, FakeTime(clock_is_ahead_by=timedelta(days=40))).run()
    assert store.drafts.get(DRAFT) is None
    assert [run.id for run in store.recent(harness.owner)] == [ended_run.id]

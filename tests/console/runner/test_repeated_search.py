"""A run with an unknown outcome is searched for again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lfclient.console.runner import takeover
from lfclient.runs.model import RunStatus
from tests.support.runner_harness import (
    CONNECTION,
    JOB,
    SUBMIT,
    add_trace,
    both_dialects,
    report_end,
)

pytestmark = pytest.mark.usefixtures("searched_at_once")


@pytest.fixture
def runner_timings(short_search_timings):
    return short_search_timings


def lose_for_good(harness):
    """Start a run whose response is lost and whose search finds nothing; return its record."""
    run_id = harness.lose_response(arrived=True, seconds_ago=130)
    harness.runner.attach(CONNECTION)
    record = harness.wait_for_end(run_id)
    assert (record.status, record.job_id) == (RunStatus.OUTCOME_UNKNOWN, None)
    harness.wait_until_released(run_id)
    return record


@both_dialects
def test_a_run_with_an_unknown_outcome_is_searched_for_again_when_it_is_opened(harness):
    before = lose_for_good(harness)
    add_trace(harness, JOB, seconds_from_now=-129)
    with harness.blocked_loop():
        assert not harness.runner.open(before.id, CONNECTION).ended
    record = harness.wait_for_end(before.id)
    assert (record.status, record.job_id, record.problem) == (RunStatus.COMPLETED, JOB, None)
    assert harness.server.count("POST", SUBMIT) == 1


def test_the_search_ends_on_a_server_without_records_of_components(harness):
    harness.server.builds = None
    record = lose_for_good(harness)
    assert "before you run it again" in record.problem.hint


def test_a_run_whose_end_nobody_saw_ended_when_the_server_says(harness):
    before = lose_for_good(harness)
    add_trace(harness, JOB, seconds_from_now=-129)
    report_end(harness, before.created_at + timedelta(seconds=8))
    harness.runner.open(before.id, CONNECTION)
    record = harness.wait_until(before.id, lambda record: record.status is RunStatus.COMPLETED)
    assert (record.status, record.run.warnings) == (RunStatus.COMPLETED, ())
    assert record.elapsed() == pytest.approx(8)


@pytest.mark.parametrize("seconds", [None, 600], ids=["no time", "in the future"])
def test_a_run_whose_end_nobody_saw_has_no_duration_unless_the_server_tells_it(harness, seconds):
    before = lose_for_good(harness)
    add_trace(harness, JOB, seconds_from_now=-129)
    if seconds:
        report_end(harness, before.created_at + timedelta(seconds=seconds))
    harness.runner.open(before.id, CONNECTION)
    record = harness.wait_until(before.id, lambda record: record.status is RunStatus.COMPLETED)
    assert (record.status, record.ended_at, record.elapsed()) == (RunStatus.COMPLETED, None, None)
    assert "did not see when this run ended" in record.run.warnings[-1]


def test_a_run_that_is_not_found_again_stays_as_it_was(harness):
    before = lose_for_good(harness)
    harness.runner.open(before.id, CONNECTION)
    harness.wait_until_released(before.id)
    record = harness.wait_for_end(before.id)
    assert (record.status, record.problem) == (before.status, before.problem)
    assert (record.ended_at, record.notes) == (before.ended_at, ())
    assert (
        harness.wait_until_saved(before.id, lambda stored: stored.ended).ended_at == before.ended_at
    )


def test_a_run_that_was_just_given_up_is_not_searched_for_again(harness, monkeypatch):
    """The page that showed the search opens the run when it ends."""
    before = lose_for_good(harness)
    monkeypatch.setattr(takeover, "JUST_LOST_SECONDS", 10.0)
    assert harness.runner.open(before.id, CONNECTION) == before
    assert not harness.runner.is_followed(before.id)


def test_a_run_that_was_lost_long_ago_is_searched_for_less_often(harness, monkeypatch):
    monkeypatch.setattr(takeover, "SEARCH_AGAIN_SECONDS", (0.0, 3600.0))
    before = lose_for_good(harness)
    long_ago = before.ended_at - timedelta(hours=1)
    harness.runner.store.update(replace(before, ended_at=long_ago, version=before.version + 1))
    for is_searched in (True, False):
        requests = len(harness.server.requests)
        harness.runner.open(before.id, CONNECTION)
        harness.wait_until_released(before.id)
        assert (len(harness.server.requests) > requests) is is_searched


def test_a_run_that_is_open_in_two_processes_is_searched_for_by_one(harness):
    before = lose_for_good(harness)
    other = harness.new_runner()
    assert other.get(before.id, harness.owner).ended
    add_trace(harness, JOB, seconds_from_now=-129)
    harness.runner.open(before.id, CONNECTION)
    other.open(before.id, CONNECTION)
    assert not other.is_followed(before.id)
    assert harness.wait_for_end(before.id).job_id == JOB

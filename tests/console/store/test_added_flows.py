"""The flows that were added from the console, on SQLite and PostgreSQL."""

from datetime import timedelta
from itertools import product
from typing import get_args

import pytest

from lfclient.runs.model import Mode, RunStatus
from tests.support.store_records import NOW, record


def test_an_added_flow_belongs_to_who_added_it_until_it_is_removed(any_store):
    added = any_store.added_flows
    added.add("me", ["f", "g"])
    added.add("me", ["f"])
    added.add("you", ["f"])
    assert added.contains("me", "f")
    assert not added.contains("you", "g")
    added.remove("me", "f")
    added.remove("me", "f")
    assert not added.contains("me", "f")
    assert added.contains("me", "g")
    assert added.contains("you", "f")


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("status", "ended_at", "is_left"),
    [
        (RunStatus.QUEUED, None, False),
        (RunStatus.COMPLETED, NOW, True),
        (RunStatus.COMPLETED, NOW + 2 * MINUTE, False),  # a slow server may still create the flow
        (RunStatus.COMPLETED, None, True),  # its end was not seen
        (RunStatus.OUTCOME_UNKNOWN, NOW, False),
        (RunStatus.OUTCOME_UNKNOWN, NOW - 2 * MINUTE, True),
        (RunStatus.CANCELLED, NOW, False),  # the server goes on with a synchronous run
        (RunStatus.CANCELLED, NOW - 2 * MINUTE, True),
    ],
)
def test_a_temporary_flow_is_left_some_time_after_its_run(any_store, status, ended_at, is_left):
    any_store.create(record(status=status, ended_at=ended_at, mode="sync"), "f")
    any_store.added_flows.add("me", ["g"])
    assert any_store.added_flows.temporary_of_run("r1") == "f"
    left = any_store.added_flows.leftover(NOW + MINUTE, NOW - MINUTE)
    assert left == ([("me", "f")] if is_left else [])


def test_the_store_waits_longer_for_the_runs_that_may_go_on(any_store):
    """Its condition is that of `RunRecord.may_go_on`, for all runs that have ended."""
    states = product(get_args(Mode), filter(lambda status: status.ended, RunStatus), (0, 1))
    waiting = set()
    for number, (mode, status, attempts) in enumerate(states):
        more = {"mode": mode, "status": status, "attempts": attempts, "ended_at": NOW}
        run = record(f"run {number}", submit_token=f"{number}", **more)
        any_store.create(run, f"flow {number}")
        if run.may_go_on:
            waiting.add(f"flow {number}")
    added = any_store.added_flows
    all_left = {flow for _, flow in added.leftover(NOW + MINUTE, NOW + MINUTE)}
    left = {flow for _, flow in added.leftover(NOW + MINUTE, NOW - MINUTE)}
    assert all_left - left == waiting
    assert waiting


def test_a_temporary_flow_is_left_when_its_run_is_deleted(any_store):
    ended = record(status=RunStatus.COMPLETED, ended_at=NOW)
    any_store.create(ended, "f")
    any_store.history.delete(["me"], [ended.id])
    assert any_store.added_flows.leftover(NOW - MINUTE, NOW - MINUTE) == [("me", "f")]
    any_store.added_flows.remove("me", "f")
    assert any_store.added_flows.temporary_of_run("r1") is None

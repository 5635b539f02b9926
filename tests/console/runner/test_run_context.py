"""A run that this process follows."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from lfclient.console.runner.run_context import RunContext
from tests.support.runner_bench import CONNECTION


@pytest.mark.parametrize("stands_still", ["monotonic clock", "wall clock"])
def test_the_age_of_a_run_counts_sleep_and_no_change_of_the_clock(stands_still):
    """A clock that stands still while the machine sleeps, and one that was set back an hour."""
    context = RunContext("run", CONNECTION)
    context.note_sending()
    assert 0 <= context.age < 60
    if stands_still == "monotonic clock":
        context.sent_at = datetime.now(UTC) - timedelta(hours=3)
        assert context.age >= 3 * 3600
    else:
        context.sent_at = datetime.now(UTC) + timedelta(hours=1)
        context.sent_monotonic = time.monotonic() - 90
        assert 90 <= context.age < 150

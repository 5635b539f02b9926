"""A run that this process follows."""

from datetime import UTC, datetime, timedelta

import pytest

from lfclient.console.runner.run_context import RunContext
from lfclient.console.runner.timings import Timings
from tests.support.clock import Clock
from tests.support.runner_harness import CONNECTION


@pytest.mark.parametrize(
    ("wall_clock_change", "monotonic_change", "age"),
    [(timedelta(hours=3), 0, 3 * 3600), (timedelta(hours=-1), 90, 90)],
    ids=["the machine slept", "the wall clock was set back"],
)
def test_the_age_of_a_run_is_that_of_the_clock_that_went_on(
    wall_clock_change, monotonic_change, age
):
    context, clock = RunContext("run", CONNECTION), Clock()
    context.timings = Timings(clock=clock)
    context.note_sending()
    context.sent_at = datetime.now(UTC) - wall_clock_change
    clock.seconds += monotonic_change
    assert age <= context.age < age + 60

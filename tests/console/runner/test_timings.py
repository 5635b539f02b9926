"""How often a job is polled."""

from itertools import islice

import pytest

from lfclient.console.runner.timings import Timings


def poll(seconds):
    """Return how many polls see the end of a job of this length, and how late the last one is."""
    clock = 0.0
    for polls, wait in enumerate(Timings().polling.waits(), 1):
        clock += wait
        if clock >= seconds:
            return polls, clock - seconds
    raise AssertionError


@pytest.mark.parametrize(("seconds", "most"), [(1.1, 5), (60.5, 25)])
def test_a_job_is_polled_rarely(seconds, most):
    assert max(poll(seconds)[0] for _ in range(50)) <= most


@pytest.mark.parametrize(
    ("seconds", "late"), [(0.3, 0.8), (1, 0.8), (3, 0.8), (20, 3.6), (300, 3.6)]
)
def test_the_end_of_a_job_is_seen_soon(seconds, late):
    """Within 1 s for short jobs and 4 s for all, minus the time to fetch the outputs."""
    assert max(poll(seconds + part / 20)[1] for part in range(20)) <= late


@pytest.mark.parametrize(
    "name",
    ["polling", "listening", "settling", "confirming", "unreachable", "suspended", "searching"],
)
def test_waits_vary_by_at_most_two_percent(name):
    """So that many runs don't poll at once, and each wait is about as long as planned."""
    schedule = getattr(Timings(), name)
    rounds = zip(*(islice(schedule.waits(), 12) for _ in range(200)), strict=True)
    ratios = [min(waits) / max(waits) for waits in rounds]
    assert all(0.98 <= ratio < 1 for ratio in ratios)

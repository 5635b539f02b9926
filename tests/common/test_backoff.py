"""Exponential backoff."""

from itertools import islice

import pytest

from lfclient.common.backoff import Backoff


def test_waits_grow_exponentially_up_to_the_maximum():
    waits = Backoff(0.1, 1.0, jitter=0).waits()
    assert list(islice(waits, 6)) == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.0, 1.0])


@pytest.mark.parametrize(("attempts", "waits"), [(1, []), (3, [0.2, 0.6])])
def test_attempts_count_the_first_one(attempts: int, waits: list[float]):
    backoff = Backoff(0.2, 1.0, wait_exp_base=3, attempts=attempts, jitter=0)
    assert list(backoff.waits()) == pytest.approx(waits)


def test_jitter_only_shortens_a_wait():
    backoff = Backoff(1.0, 1.0, jitter=0.1)
    waits = list(islice(backoff.waits(), 1000))
    assert 0.9 <= min(waits) < max(waits) <= 1.0


def test_the_thousandth_retry_waits_the_maximum():
    assert Backoff(0.1, 8.0, jitter=0).wait(5000) == 8.0

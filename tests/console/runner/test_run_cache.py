"""What the runner is made of: schedule, cache, presence, memory."""

import asyncio
import gc
import time
import weakref
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lfclient.console.runner import backoff, memory
from lfclient.console.runner.process_registry import FileLockRegistry
from lfclient.console.runner.run_cache import ENDED_TTL_SECONDS, MAX_ENDED_RUNS, RunCache
from lfclient.console.runner.runner import Runner
from lfclient.console.store.run_record import RunRecord
from lfclient.runs.model import RunStatus
from tests.support.waiting import wait_for

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def _requests(seconds):
    """How many times a polled job of that length is asked for, the longest waits taken."""
    clock = 0.0
    for asked, delay in enumerate(backoff.delays(backoff.POLLED), 1):
        clock += delay
        if clock >= seconds:
            return asked, clock - seconds
    raise AssertionError


@pytest.mark.parametrize(("seconds", "most"), [(1.1, 5), (60.5, 25)])
def test_a_polled_job_is_asked_for_seldom(seconds, most):
    """At most 5 times for a job of 1 s and 25 times for one of 60 s."""
    assert max(_requests(seconds)[0] for _ in range(50)) <= most


@pytest.mark.parametrize(
    ("seconds", "late"), [(0.3, 0.8), (1, 0.8), (3, 0.8), (20, 3.6), (300, 3.6)]
)
def test_the_end_of_a_polled_job_is_seen_soon(seconds, late):
    """Within 1 s for short jobs and 4 s for all, less what the server takes to have it ready."""
    assert max(_requests(seconds + part / 20)[1] for part in range(20)) <= late


def _record(id="r", status=RunStatus.QUEUED):
    return RunRecord(id, "me", id, "s", "http://a", "f", "Flow", "sync", NOW, status)


def test_a_waiter_is_woken_by_a_change():
    """And not before; the time is kept where none comes."""
    cache = RunCache()
    cache.put(_record())
    begun = time.monotonic()
    assert cache.wait("r", 1, 0.1).version == 1
    assert time.monotonic() - begun >= 0.1
    asyncio.new_event_loop().run_in_executor(None, cache.change, "r")
    assert cache.wait("r", 1, 5).version == 2
    assert cache.wait("nothing", 1, 5) is None


def test_ended_runs_leave_memory_when_nobody_looks():
    """Unfinished and unsaved ones stay."""
    clock = [0.0]
    cache = RunCache(clock=lambda: clock[0])
    cache.put(_record("going"))
    cache.put(_record("looked at", RunStatus.COMPLETED))
    cache.put(_record("closed", RunStatus.COMPLETED))
    cache.put(_record("unsaved"))
    cache.change("unsaved", status=RunStatus.COMPLETED)
    clock[0] = ENDED_TTL_SECONDS
    cache.get("looked at")
    cache.evict()
    assert [
        cache.snapshot(id) is not None for id in ("going", "looked at", "closed", "unsaved")
    ] == [
        True,
        True,
        False,
        True,
    ]


def test_only_so_many_ended_runs_stay_in_memory():
    """Those looked at last."""
    cache = RunCache(clock=iter(range(10_000)).__next__)
    for n in range(MAX_ENDED_RUNS + 3):
        cache.put(_record(f"r{n}", RunStatus.COMPLETED))
    cache.evict()
    kept = [n for n in range(MAX_ENDED_RUNS + 3) if cache.snapshot(f"r{n}")]
    assert kept == list(range(3, MAX_ENDED_RUNS + 3))


def test_a_process_is_alive_until_it_lets_go(tmp_path):
    """Another one can tell, and does not take an unknown one for alive."""
    one, two = FileLockRegistry(tmp_path), FileLockRegistry(tmp_path)
    assert two.is_alive(one.id)
    one.close()
    assert not two.is_alive(one.id)
    assert not two.is_alive("never was")
    assert not two.is_alive("")


def test_elapsed_time_is_counted_to_the_end():
    """From the click, and to now while it goes on."""
    record = _record()
    assert record.elapsed(NOW + timedelta(seconds=3)) == 3
    ended = replace(record, ended_at=NOW + timedelta(seconds=2))
    assert ended.elapsed(NOW + timedelta(hours=1)) == 2


def test_elapsed_time_is_never_less_than_none():
    """The clock was put back during the run, or between its click and its end."""
    assert _record().elapsed(NOW - timedelta(hours=1)) == 0
    assert replace(_record(), ended_at=NOW - timedelta(seconds=5)).elapsed(NOW) == 0


class _Knot:
    """Something that holds itself."""

    def __init__(self):
        self.self = self


@pytest.mark.parametrize("grown", [True, False])
def test_memory_held_by_cycles_alone_is_freed(monkeypatch, grown):
    """Also what has grown old, at which Python looks seldom; not where little would be gained."""
    monkeypatch.setattr(memory, "_baseline", 0 if grown else 2**40)
    knot = _Knot()
    seen = weakref.ref(knot)
    gc.collect()
    gc.disable()
    try:
        del knot
        assert seen()
        memory.release()
        assert (seen() is None) == grown
    finally:
        gc.enable()


def test_memory_is_given_back_after_somebody_has_left_a_run(tmp_path, monkeypatch):
    """Within one turn of tidying, once for each time, and never for nothing."""
    given = []
    monkeypatch.setattr("lfclient.console.runner.task_supervisor.MAINTENANCE_SECONDS", 0.02)
    monkeypatch.setattr(memory, "release", lambda: given.append(1))
    runner = Runner(tmp_path)
    try:
        time.sleep(0.1)
        assert given == []
        runner.release_memory()
        wait_for(lambda: given)
        time.sleep(0.1)
        assert given == [1]
    finally:
        runner.close()

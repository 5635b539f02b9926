"""The cache of records: waiting for changes, and eviction."""

import threading
import time
from datetime import UTC, datetime

from lfclient.console.runner.run_cache import MAX_ENDED_RUNS, RunCache
from lfclient.console.store.notes import quote
from lfclient.runs.model import RunStatus
from tests.support import store_records

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def record(id="r", status=RunStatus.QUEUED):
    return store_records.record(id, mode="sync", created_at=NOW, status=status)


def test_a_waiter_is_woken_by_a_change_or_the_timeout():
    cache = RunCache()
    cache.put(record())
    began = time.monotonic()
    assert cache.wait("r", 1, 0.1).version == 1
    assert time.monotonic() - began >= 0.1
    threading.Thread(target=cache.change, args=("r",)).start()
    assert cache.wait("r", 1, 5).version == 2
    assert cache.wait("nothing", 1, 5) is None


def test_a_waiter_that_pauses_skips_changes_but_not_the_end():
    """It returns without waiting for the pause or the timeout, which would fail the test."""
    cache = RunCache()
    cache.put(record())
    seen = []
    waiter = threading.Thread(target=lambda: seen.append(cache.wait("r", 1, 60, pause=50)))
    waiter.start()
    cache.change("r", notes=(quote("a word"),))
    cache.change("r", status=RunStatus.COMPLETED)
    waiter.join(10)
    assert [(each.version, each.status) for each in seen] == [(3, RunStatus.COMPLETED)]


def test_a_change_during_the_pause_is_returned_after_it():
    cache = RunCache(clock=iter(range(100)).__next__)
    cache.put(record())
    cache.change("r", notes=(quote("a word"),))
    waits = []
    cache._ended.wait = waits.append
    assert cache.wait("r", 1, 20, pause=5).version == 2
    assert waits  # it paused, and on no change


def test_ended_runs_are_evicted_once_nobody_reads_them():
    """Unfinished, unsaved and followed ones stay."""
    clock = [0.0]
    cache = RunCache(ended_ttl_seconds=20, clock=lambda: clock[0])
    cache.put(record("unfinished"))
    cache.put(record("read", RunStatus.COMPLETED))
    cache.put(record("closed", RunStatus.COMPLETED))
    cache.put(record("followed", RunStatus.COMPLETED))
    cache.put(record("unsaved"))
    cache.change("unsaved", status=RunStatus.COMPLETED)
    clock[0] = 20
    cache.read("read")
    assert cache.evict(lambda run_id: run_id == "followed") == 1
    ids = ("unfinished", "read", "closed", "followed", "unsaved")
    cached = {id for id in ids if cache.snapshot(id)}
    assert cached == {*ids} - {"closed"}


def test_the_ended_runs_that_were_read_last_stay():
    cache = RunCache(ended_ttl_seconds=20_000, clock=iter(range(10_000)).__next__)
    for number in range(MAX_ENDED_RUNS + 3):
        cache.put(record(f"r{number}", RunStatus.COMPLETED))
    cache.evict(lambda run_id: False)
    cached = [number for number in range(MAX_ENDED_RUNS + 3) if cache.snapshot(f"r{number}")]
    assert cached == list(range(3, MAX_ENDED_RUNS + 3))

"""Memory is returned to the system when it is worth it."""

import gc
import weakref

import pytest

from lfclient.console.runner import memory
from tests.support.waiting import wait_for


class Knot:
    """An object that holds itself."""

    def __init__(self):
        self.self = self


@pytest.mark.parametrize("has_grown", [True, False])
def test_objects_in_cycles_are_freed_if_the_process_has_grown(monkeypatch, has_grown):
    monkeypatch.setattr(memory, "_baseline", 0 if has_grown else 2**40)
    knot = Knot()
    reference = weakref.ref(knot)
    gc.collect()
    gc.disable()
    try:
        del knot
        assert reference()
        memory.release()
        assert (reference() is None) == has_grown
    finally:
        gc.enable()


def test_memory_is_released_once_for_each_closed_run(harness, monkeypatch):
    releases, turns = [], []
    monkeypatch.setattr(memory, "release", lambda: releases.append(1))
    harness.use_timings(maintenance_seconds=0.02)
    harness.runner._maintenance_thread.jobs.append(lambda: turns.append(1))
    wait_for(lambda: len(turns) >= 3)
    assert releases == []
    harness.runner.release_memory()
    wait_for(lambda: releases)
    turns.clear()
    wait_for(lambda: len(turns) >= 3)
    assert releases == [1]

"""Wait for another thread or process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from socketserver import BaseServer

from lfclient.console.runner.runner import Runner
from lfclient.console.store.run_record import RunRecord

SECONDS = 60.0  # for a step on a busy machine


def wait_for(condition: Callable[[], object], seconds: float = SECONDS) -> None:
    """Wait until `condition()` is true; fail after `seconds`."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "the condition did not become true"
        time.sleep(0.02)


def wait_for_record(
    runner: Runner, run_id: str, owner: str, ready: Callable[[RunRecord], object]
) -> RunRecord:
    """Wait until `ready(record)` is true for a run, and return its record."""
    limit = time.monotonic() + SECONDS
    record = runner.get(run_id, owner)
    while not ready(record):
        left = limit - time.monotonic()
        assert left > 0, f"still {record}"
        record = runner.wait_for_change(run_id, record.version, left)
    return record


def serve(server: BaseServer) -> threading.Thread:
    """Serve in a daemon thread that notices `shutdown` at once instead of after half a second."""
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    return thread

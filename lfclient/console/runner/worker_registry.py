"""Tracks which workers are alive, so that others take over the runs of a dead one.

A worker is a console process; records name the one that follows the run by its id.
"""

import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from lfclient.console.runner.timings import Timings
from lfclient.console.store.errors import translate_db_errors
from lfclient.console.store.store import Store
from lfclient.console.store.workers import WorkerHeartbeats

DEAD_AFTER_SECONDS = 15.0  # time without a heartbeat after which a process counts as dead
_FORGET_AFTER_SECONDS = 3600.0


class FileLockRegistry:
    """One locked file for each worker of a machine; the system unlocks it when the process dies.

    `id` is this worker's. Raises `StoreError` if the folder can't be written or locked.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "workers"
        self.id = uuid.uuid4().hex
        with translate_db_errors(f"The folder of processes, {self._folder},"):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = FileLock(self._path(self.id))
            self._lock.acquire()

    def heartbeat(self) -> None:
        """Do nothing: the lock is enough."""

    def is_alive(self, worker: str) -> bool:
        """Return whether that worker holds its lock; remove the file of a dead one."""
        if worker == self.id:
            return True
        path = self._path(worker)
        if not worker or not path.exists():
            return False
        try:
            with FileLock(path, timeout=0):
                path.unlink(missing_ok=True)
        except Timeout:
            return True
        return False

    def close(self) -> None:
        """Unlock and remove this process's file."""
        self._lock.release()
        self._path(self.id).unlink(missing_ok=True)

    def _path(self, worker: str) -> Path:
        return self._folder / f"{worker}.lock"


class DatabaseHeartbeat:
    """A counter in the database for each worker, incremented while the worker is alive.

    `id` is this worker's. Another one counts as dead once its counter has not changed for
    `DEAD_AFTER_SECONDS`. Only this process's monotonic clock measures them, so that clock changes
    and the clocks of other machines don't matter. The time between two reads counts as at most
    twice the usual interval, because a process that was suspended for a minute has not been
    reading. Every method raises `StoreError`.
    """

    def __init__(
        self,
        workers: WorkerHeartbeats,
        heartbeat_seconds: float = 3.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.id = uuid.uuid4().hex
        self._workers = workers
        self._max_interval = 2 * heartbeat_seconds
        self._clock = clock
        self._counters: dict[str, int] = {}
        self._silent_seconds: dict[str, float] = {}  # since the counter changed
        self._last_read = clock()
        self._lock = threading.Lock()
        self.heartbeat()

    def heartbeat(self) -> None:
        """Increment this worker's counter, read the others and remove long-dead ones.

        Due every few seconds.
        """
        self._workers.heartbeat(self.id)
        self._read_counters()
        for worker, seconds in self._silent_seconds.items():
            if seconds >= _FORGET_AFTER_SECONDS:
                self._workers.remove(worker)

    def is_alive(self, worker: str) -> bool:
        """Return whether a worker incremented its counter lately; reads again if unknown."""
        if not worker or worker == self.id:
            return bool(worker)
        if worker not in self._silent_seconds:
            self._read_counters()
        return self._silent_seconds.get(worker, DEAD_AFTER_SECONDS) < DEAD_AFTER_SECONDS

    def close(self) -> None:
        """Remove the counter, so that others need not wait to count this worker as dead."""
        self._workers.remove(self.id)

    def _read_counters(self) -> None:
        with self._lock:
            counters = self._workers.heartbeats()
            now = self._clock()
            interval = min(now - self._last_read, self._max_interval)
            self._silent_seconds = {
                worker: self._silent_seconds[worker] + interval
                if self._counters.get(worker) == counter
                else 0.0
                for worker, counter in counters.items()
            }
            self._counters, self._last_read = counters, now


WorkerRegistry = FileLockRegistry | DatabaseHeartbeat


def open_worker_registry(folder: Path, store: Store, timings: Timings) -> WorkerRegistry:
    """Return the registry that fits the database.

    Processes that share a database server may be on several machines.
    """
    if store.database.is_shared:
        return DatabaseHeartbeat(store.workers, timings.heartbeat_seconds)
    return FileLockRegistry(folder)

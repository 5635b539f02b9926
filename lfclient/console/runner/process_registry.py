"""Tracks which console processes are alive, so that others take over the runs of a dead one."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from lfclient.console.runner.timings import Timings
from lfclient.console.store.errors import translate_db_errors
from lfclient.console.store.store import Store
from lfclient.console.store.workers import WorkerRegistry

DEAD_AFTER_SECONDS = 15.0  # without a heartbeat
_FORGET_AFTER_SECONDS = 3600.0


class ProcessRegistry(Protocol):
    """This process's entry and those of others; `id` marks the records that this one follows.

    Every method but `close` raises `StoreError`.
    """

    id: str

    def heartbeat(self) -> None:
        """Signal that this process is alive, and read which others are. Due every few seconds."""

    def is_alive(self, worker: str) -> bool:
        """Return whether the process with this id is running; False for no id."""

    def close(self) -> None:
        """Remove this process's entry, as if it had died."""


def open_process_registry(folder: Path, store: Store, timings: Timings) -> ProcessRegistry:
    """Return the registry that fits the database.

    Processes that share a database server may be on several machines.
    """
    if store.database.is_shared:
        return DatabaseHeartbeat(store.workers, timings.heartbeat_seconds)
    return FileLockRegistry(folder)


class FileLockRegistry:
    """One locked file for each process of a machine; the system unlocks it when the process dies.

    Raises `StoreError` if the folder can't be written or locked.
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
        """Return whether that process holds its lock; remove the file of a dead one."""
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


@dataclass
class _Heartbeat:
    counter: int
    silent_seconds: float = 0.0


class DatabaseHeartbeat:
    """A counter in the database for each process, incremented while the process is alive.

    Another process counts as dead once its counter has not changed for `DEAD_AFTER_SECONDS`. Only
    this process's monotonic clock measures them, so that clock changes and the clocks of other
    machines don't matter. The time between two reads counts as at most twice the usual interval,
    because a process that was suspended for a minute has not been reading.
    """

    def __init__(
        self,
        workers: WorkerRegistry,
        heartbeat_seconds: float = 3.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.id = uuid.uuid4().hex
        self._workers = workers
        self._max_interval = 2 * heartbeat_seconds
        self._clock = clock
        self._heartbeats: dict[str, _Heartbeat] = {}
        self._last_read = clock()
        self._lock = threading.Lock()
        self.heartbeat()

    def heartbeat(self) -> None:
        """Increment this process's counter, read the others and remove long-dead ones."""
        self._workers.heartbeat(self.id)
        self._read_heartbeats()
        for worker, heartbeat in list(self._heartbeats.items()):
            if heartbeat.silent_seconds >= _FORGET_AFTER_SECONDS:
                self._workers.remove(worker)

    def is_alive(self, worker: str) -> bool:
        """Return whether a process incremented its counter lately; reads again if unknown."""
        if not worker or worker == self.id:
            return bool(worker)
        if worker not in self._heartbeats:
            self._read_heartbeats()
        heartbeat = self._heartbeats.get(worker)
        return heartbeat is not None and heartbeat.silent_seconds < DEAD_AFTER_SECONDS

    def close(self) -> None:
        """Remove the counter, so that others need not wait to count this process as dead."""
        self._workers.remove(self.id)

    def _read_heartbeats(self) -> None:
        with self._lock:
            counters = self._workers.heartbeats()
            now = self._clock()
            interval, self._last_read = min(now - self._last_read, self._max_interval), now
            heartbeats = {}
            for worker, counter in counters.items():
                before = self._heartbeats.get(worker)
                silent = before.silent_seconds + interval if before else 0.0
                is_unchanged = before is not None and before.counter == counter
                heartbeats[worker] = _Heartbeat(counter, silent if is_unchanged else 0.0)
            self._heartbeats = heartbeats

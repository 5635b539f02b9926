"""Which console processes are alive, so that the runs of a dead one are taken over."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from lfclient.console.store.errors import translate_db_errors
from lfclient.console.store.store import Store
from lfclient.console.store.workers import WorkerRegistry

HEARTBEAT_SECONDS = 3.0  # between two looks
DEAD_AFTER_SECONDS = 15.0  # without a beat
FORGET_AFTER_SECONDS = 3600.0


class ProcessRegistry(Protocol):
    """This process's mark; `id` goes into the records that it follows.

    Every method but `close` raises `StoreError`.
    """

    id: str

    def heartbeat(self) -> None:
        """Write this process's heartbeat and read the others'; due every `HEARTBEAT_SECONDS`."""

    def is_alive(self, worker: str) -> bool:
        """Whether the process of that id still runs; False for no id."""

    def close(self) -> None:
        """Give the mark back, as the process's death would."""


def open_process_registry(folder: Path, store: Store) -> ProcessRegistry:
    """The one that fits the database: of a server, any machine may have processes."""
    return (
        DatabaseHeartbeat(store.workers) if store.database.is_shared else FileLockRegistry(folder)
    )


class FileLockRegistry:
    """A lock on a file for each process of a machine, which the system frees when it dies.

    Raises `StoreError` if the folder takes none.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "workers"
        self.id = uuid.uuid4().hex
        with translate_db_errors(f"The folder of processes, {self._folder},"):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = FileLock(self._path(self.id))
            self._lock.acquire()

    def heartbeat(self) -> None:
        """Nothing: the system does it."""

    def close(self) -> None:
        """Give the mark back."""
        self._lock.release()
        self._path(self.id).unlink(missing_ok=True)

    def is_alive(self, worker: str) -> bool:
        """Whether that process holds its lock; tidies up behind a dead one."""
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

    def _path(self, worker: str) -> Path:
        return self._folder / f"{worker}.lock"


@dataclass
class _Heartbeat:
    beat: int
    silent: float = 0.0


class DatabaseHeartbeat:
    """A counter in the database for each process, which it raises as long as it lives.

    Another process counts as dead once this one has seen its counter unchanged for
    `DEAD_AFTER_SECONDS` of this process's monotonic clock, so that neither moved clocks nor those
    of other machines matter. Between two reads at most twice the usual interval counts: a process
    that was suspended for a minute has not been reading.
    """

    def __init__(
        self, workers: WorkerRegistry, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.id = uuid.uuid4().hex
        self._workers = workers
        self._clock = clock
        self._seen: dict[str, _Heartbeat] = {}
        self._looked_at = clock()
        self._lock = threading.Lock()
        self.heartbeat()

    def heartbeat(self) -> None:
        """Beat, and see who else does."""
        self._workers.heartbeat(self.id)
        self._see()
        for worker, seen in list(self._seen.items()):
            if seen.silent >= FORGET_AFTER_SECONDS:
                self._workers.remove(worker)

    def is_alive(self, worker: str) -> bool:
        """Whether it has not been silent for too long; who is new is looked for anew."""
        if not worker or worker == self.id:
            return bool(worker)
        if worker not in self._seen:
            self._see()
        seen = self._seen.get(worker)
        return seen is not None and seen.silent < DEAD_AFTER_SECONDS

    def close(self) -> None:
        """Let the others know at once."""
        self._workers.remove(self.id)

    def _see(self) -> None:
        with self._lock:
            beats = self._workers.heartbeats()
            now = self._clock()
            passed, self._looked_at = min(now - self._looked_at, 2 * HEARTBEAT_SECONDS), now
            seen = {}
            for worker, beat in beats.items():
                before = self._seen.get(worker)
                same = before is not None and before.beat == beat
                seen[worker] = _Heartbeat(beat, before.silent + passed if before and same else 0.0)
            self._seen = seen

"""Which console processes are alive: each holds a lock that the system frees when it dies."""

from __future__ import annotations

import uuid
from pathlib import Path

from filelock import FileLock, Timeout

from lfclient.store.errors import told


class Presence:
    """This process's mark in a data folder; `id` goes into the records that it follows.

    Raises `StoreError` if the folder takes none.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "workers"
        self.id = uuid.uuid4().hex
        with told(f"The folder of processes, {self._folder},"):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = FileLock(self._path(self.id))
            self._lock.acquire()

    def close(self) -> None:
        """Give the mark back, as the process's death would."""
        self._lock.release()
        self._path(self.id).unlink(missing_ok=True)

    def alive(self, worker: str) -> bool:
        """Whether the process of that id still runs; tidies up behind a dead one."""
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

"""Reads and lists the newest records of runs, from memory or from the store."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row

from lfclient.console.runner.replica_sync import apply_commands
from lfclient.console.runner.run_cache import RunCache
from lfclient.console.store.database import Database
from lfclient.console.store.errors import StoreError
from lfclient.console.store.run_history import History
from lfclient.console.store.run_record import RunRecord, RunSummary
from lfclient.console.store.store import Store


class RecordReader:
    """Reads records. A run that is not cached is looked for in the store every `poll_seconds`.

    `is_followed` tells whether this process follows a run. Every method raises `StoreError`.
    """

    def __init__(
        self,
        store: Store,
        cache: RunCache,
        is_followed: Callable[[str], bool],
        poll_seconds: float,
    ) -> None:
        self._store, self._cache = store, cache
        self._is_followed, self._poll_seconds = is_followed, poll_seconds

    def get(self, run_id: str) -> RunRecord | None:
        """Return the newest record with its response; None if there is no such run."""
        record = self._cache.read(run_id)
        if record:
            if not record.ended or not self._is_stale(record):
                return record
            self._cache.remove(run_id)
        # read first: commands leave the queue once the record shows them
        commands = self._store.commands.pending([run_id])
        record = self._store.get(run_id)
        if record and record.ended:
            self._cache.put(record)
        elif record:
            record = apply_commands(record, commands)
        return record

    def header(self, run_id: str) -> tuple[RunRecord, int] | None:
        """Return the newest record without `run`, and the bytes of its stored response."""
        stored = self._store.header(run_id)
        if stored is None:
            cached = self._cache.snapshot(run_id)
            return (replace(cached, run=None), 0) if cached else None
        record, size = stored
        return replace(self._cache.newer_than(record) or record, run=None), size

    def load(self, run_id: str) -> RunRecord | None:
        """Return the newest record as `get` does, without keeping a stored one in memory."""
        cached = self._cache.snapshot(run_id)
        is_current = cached and not (cached.ended and self._is_stale(cached))
        return cached if is_current else self._store.get(run_id)

    def wait_for_change(
        self, run_id: str, version: int, timeout: float, pause: float = 0.0
    ) -> RunRecord | None:
        """Wait up to `timeout` seconds for a version other than `version`; return the newest.

        Wait at least `pause` seconds for any that is not the run's end.
        """
        deadline = time.monotonic() + timeout
        while self._cache.snapshot(run_id) is None:
            stored = self._store.version_and_status(run_id)
            remaining = deadline - time.monotonic()
            if stored is None or stored[0] != version or remaining <= 0:
                return self.get(run_id)
            time.sleep(min(remaining, max(self._poll_seconds, pause)))
        return self._cache.wait(run_id, version, deadline - time.monotonic(), pause)

    def recent(
        self, owner: str, limit: int = 10, flow_id: str | None = None, session_id: str | None = None
    ) -> list[RunRecord]:
        """Return the owner's latest runs, newest first, without `run`.

        With `session_id`, the session's unfinished runs come first.
        """
        stored = self._store.recent(owner, limit, flow_id, session_id)
        newest = [self._cache.newer_than(record) or record for record in stored]
        return [replace(record, run=None) for record in newest]

    def _is_stale(self, record: RunRecord) -> bool:
        """Return whether another process changed or deleted an ended run.

        While the database can't be reached, none is stale.
        """
        if not self._cache.is_saved(record.id) or self._is_followed(record.id):
            return False
        try:
            stored = self._store.version_and_status(record.id)
        except StoreError:
            return False
        # two processes may have written the same version; the second counts
        return stored != (record.version, record.status)


class LiveHistory(History):
    """The store's history, with the current state of cached runs. Every method raises `StoreError`.

    The last saved state selects the runs. `abandon` removes a deleted run from memory: this process
    may still fetch its components.
    """

    def __init__(self, database: Database, cache: RunCache, abandon: Callable[[str], None]) -> None:
        super().__init__(database)
        self._cache = cache
        self._abandon = abandon

    def summarize(self, rows: Sequence[Row[Any]]) -> list[RunSummary]:
        """Return the summaries of rows, with the state of cached runs."""
        return [
            run.updated(record) if (record := self._cache.newer_than(run)) else run
            for run in super().summarize(rows)
        ]

    def drop(self, run_ids: Iterable[str]) -> None:
        """Remove runs from memory that were deleted from the store."""
        for run_id in run_ids:
            self._abandon(run_id)

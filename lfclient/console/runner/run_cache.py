"""The newest record of each run of this process, for everyone who waits for changes to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lfclient.console.store.run_record import RunRecord, RunSummary

MAX_ENDED_RUNS = 16

RecordEdit = Callable[[RunRecord], Mapping[str, Any] | None]


@dataclass
class _CachedRun:
    record: RunRecord
    last_read: float
    saved_version: int


class RunCache:
    """Records in memory: unfinished and unsaved runs always, ended ones while they are read.

    An ended run is evicted `ended_ttl_seconds` after it was last read, or when `MAX_ENDED_RUNS`
    others were read since, so that large responses don't stay; the store has it. Safe to use from
    any thread.
    """

    def __init__(
        self, ended_ttl_seconds: float = 20.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ended_ttl_seconds = ended_ttl_seconds
        self._clock = clock
        self._runs: dict[str, _CachedRun] = {}
        self._changed = threading.Condition()

    def put(self, record: RunRecord) -> None:
        """Add or replace a record that equals the stored one."""
        with self._changed:
            self._runs[record.id] = _CachedRun(record, self._clock(), record.version)
            self._changed.notify_all()

    def change(self, run_id: str, **changes: Any) -> RunRecord:
        """Apply changes as a new version and return it.

        Raises `KeyError` if the run is not cached.
        """
        return self.edit(run_id, lambda record: changes)

    def edit(self, run_id: str, edit: RecordEdit) -> RunRecord:
        """Apply the changes that `edit` returns for the newest record, and return the result.

        Without changes (None) the record keeps its version. Raises `KeyError` if the run is not
        cached.
        """
        with self._changed:
            cached = self._runs[run_id]
            changes = edit(cached.record)
            if changes is not None:
                cached.record = replace(cached.record, version=cached.record.version + 1, **changes)
                self._changed.notify_all()
            return cached.record

    def edit_owned(self, run_id: str, owner: str, edit: RecordEdit) -> bool:
        """Edit a run if it is cached and belongs to `owner`; return whether `edit` had changes."""
        applied = False

        def edit_if_owned(record: RunRecord) -> Mapping[str, Any] | None:
            nonlocal applied
            changes = edit(record) if record.owner == owner else None
            applied = changes is not None
            return changes

        try:
            self.edit(run_id, edit_if_owned)
        except KeyError:
            return False
        return applied

    def remove(self, run_id: str) -> None:
        """Remove a run, as one that was deleted or that another process follows."""
        with self._changed:
            self._runs.pop(run_id, None)
            self._changed.notify_all()

    def mark_saved(self, record: RunRecord) -> None:
        """Note that this version is in the store."""
        with self._changed:
            cached = self._runs.get(record.id)
            if cached:
                cached.saved_version = max(cached.saved_version, record.version)

    def read(self, run_id: str) -> RunRecord | None:
        """Return the newest record, which stays cached for longer; None if it is not cached."""
        with self._changed:
            return self._read(run_id)

    def snapshot(self, run_id: str) -> RunRecord | None:
        """Return the newest record without keeping it cached for longer."""
        with self._changed:
            cached = self._runs.get(run_id)
            return cached.record if cached else None

    def find_by_job(self, owner: str, job_id: str) -> RunRecord | None:
        """Return the record of an owner's run that has this job; None if it is not cached."""
        with self._changed:
            records = (cached.record for cached in self._runs.values())
            return next(
                (record for record in records if (record.owner, record.job_id) == (owner, job_id)),
                None,
            )

    def newer_than(self, stored: RunRecord | RunSummary) -> RunRecord | None:
        """Return the newest record, or None if the stored run is as new.

        Once a run has ended in the store, another process may have changed it there.
        """
        record = self.snapshot(stored.id)
        return None if record and record.ended and stored.status.ended else record

    def wait(self, run_id: str, version: int, timeout: float) -> RunRecord | None:
        """Wait up to `timeout` seconds for a version other than `version`; return the newest."""
        deadline = self._clock() + timeout
        with self._changed:
            while True:
                record = self._read(run_id)
                remaining = deadline - self._clock()
                if record is None or record.version != version or remaining <= 0:
                    return record
                self._changed.wait(remaining)

    def unsaved(self) -> list[RunRecord]:
        """Return the records that are newer than in the store."""
        with self._changed:
            return [
                cached.record
                for cached in self._runs.values()
                if cached.saved_version < cached.record.version
            ]

    def unfinished(self) -> list[RunRecord]:
        """Return the records of runs that have not ended."""
        with self._changed:
            return [cached.record for cached in self._runs.values() if not cached.record.ended]

    def evict(self) -> int:
        """Evict ended and saved runs that nobody reads, and return how many."""
        with self._changed:
            now = self._clock()
            ended = [
                (run_id, cached.last_read)
                for run_id, cached in self._runs.items()
                if cached.record.ended and cached.saved_version >= cached.record.version
            ]
            ended.sort(key=lambda run: run[1])
            surplus = len(ended) - MAX_ENDED_RUNS
            evicted = [
                run_id
                for position, (run_id, last_read) in enumerate(ended)
                if position < surplus or now - last_read >= self._ended_ttl_seconds
            ]
            for run_id in evicted:
                del self._runs[run_id]
            return len(evicted)

    def _read(self, run_id: str) -> RunRecord | None:
        cached = self._runs.get(run_id)
        if cached is None:
            return None
        cached.last_read = self._clock()
        return cached.record

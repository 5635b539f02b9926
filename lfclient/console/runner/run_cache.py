"""The newest record of each run of this process, for everyone who waits for changes to it."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lfclient.console.store.run_record import RunRecord, RunSummary

MAX_ENDED_RUNS = 16


class RunNotCached(LookupError):
    """The run was deleted, or another process follows it."""


@dataclass
class _CachedRun:
    record: RunRecord
    last_read: float
    saved_version: int

    @property
    def is_saved(self) -> bool:
        return self.saved_version >= self.record.version


class RunCache:
    """Records in memory: unfinished and unsaved runs always, ended ones while they are read.

    An ended run is evicted `ended_ttl_seconds` after it was last read, or when `MAX_ENDED_RUNS`
    others were read since, so that large responses don't stay; the store has it. One whose
    components are still fetched stays. Safe to use from any thread.
    """

    def __init__(
        self, ended_ttl_seconds: float = 20.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ended_ttl_seconds = ended_ttl_seconds
        self._clock = clock
        self._runs: dict[str, _CachedRun] = {}
        lock = threading.RLock()
        self._changed = threading.Condition(lock)
        self._ended = threading.Condition(lock)  # a run has ended or was removed

    def put(self, record: RunRecord) -> None:
        """Add or replace a record that equals the stored one."""
        with self._changed:
            self._runs[record.id] = _CachedRun(record, self._clock(), record.version)
            self._notify(record)

    def change(self, run_id: str, **changes: Any) -> RunRecord:
        """Apply changes as a new version and return it. Raises `RunNotCached`."""
        record = self.edit(run_id, lambda _: changes)
        if record is None:
            raise RunNotCached(run_id)
        return record

    def edit(
        self, run_id: str, edit: Callable[[RunRecord], Mapping[str, Any] | None]
    ) -> RunRecord | None:
        """Apply the changes that `edit` returns for the newest record as a new version.

        Returns the new version; None if `edit` returned None, or the run is not cached.
        """
        with self._changed:
            cached = self._runs.get(run_id)
            changes = edit(cached.record) if cached else None
            if cached is None or changes is None:
                return None
            cached.record = replace(cached.record, version=cached.record.version + 1, **changes)
            self._notify(cached.record)
            return cached.record

    def withdraw_commands(self, run_id: str) -> None:
        """Offer Stop and the decision of an unfinished run again: they were not carried out."""
        self.edit(
            run_id, lambda record: None if record.ended else record.without_pending_commands()
        )

    def remove(self, run_id: str) -> None:
        """Remove a run, as one that was deleted or that another process follows."""
        with self._changed:
            self._runs.pop(run_id, None)
            self._notify(None)

    def mark_saved(self, record: RunRecord) -> None:
        """Note that this version is in the store."""
        with self._changed:
            cached = self._runs.get(record.id)
            if cached:
                cached.saved_version = max(cached.saved_version, record.version)

    def read(self, run_id: str) -> RunRecord | None:
        """Return the newest record, which stays cached for longer; None if it is not cached."""
        with self._changed:
            cached = self._runs.get(run_id)
            if cached is None:
                return None
            cached.last_read = self._clock()
            return cached.record

    def snapshot(self, run_id: str) -> RunRecord | None:
        """Return the newest record without keeping it cached for longer."""
        with self._changed:
            cached = self._runs.get(run_id)
            return cached.record if cached else None

    def find_by_job(self, owner: str, job_id: str) -> RunRecord | None:
        """Return the record of an owner's run that has this job; None if it is not cached."""
        matches = self._select(lambda run: (run.record.owner, run.record.job_id) == (owner, job_id))
        return next(iter(matches), None)

    def newer_than(self, stored: RunRecord | RunSummary) -> RunRecord | None:
        """Return the cached record of a stored run.

        Return None if the run is not cached, or if it has ended both in the cache and in the store:
        another process may have changed it in the store since.
        """
        record = self.snapshot(stored.id)
        return None if record and record.ended and stored.status.ended else record

    def wait(
        self, run_id: str, version: int, timeout: float, pause: float = 0.0
    ) -> RunRecord | None:
        """Wait up to `timeout` seconds for a version other than `version`; return the newest.

        Wait at least `pause` seconds for any that is not the run's end. A waiter that pauses is not
        woken by other changes, so that many waiters cost little.
        """
        began = self._clock()
        with self._changed:
            while True:
                record = self.read(run_id)
                waited = self._clock() - began
                if record is None or waited >= timeout:
                    return record
                if record.version != version and (record.ended or waited >= pause):
                    return record
                if waited < pause:
                    self._ended.wait(min(pause, timeout) - waited)
                else:
                    self._changed.wait(timeout - waited)

    def is_saved(self, run_id: str) -> bool:
        """Return whether the store has a run's newest record; True if it is not cached."""
        with self._changed:
            cached = self._runs.get(run_id)
            return cached is None or cached.is_saved

    def unsaved(self) -> list[RunRecord]:
        """Return the records that are newer than in the store."""
        return self._select(lambda run: not run.is_saved)

    def unfinished(self) -> list[RunRecord]:
        """Return the records of runs that have not ended."""
        return self._select(lambda run: not run.record.ended)

    def evict(self, is_followed: Callable[[str], bool]) -> int:
        """Evict ended and saved runs that nobody reads or follows, and return how many."""
        with self._changed:
            evictable = [
                run
                for run_id, run in self._runs.items()
                if run.record.ended and run.is_saved and not is_followed(run_id)
            ]
            evictable.sort(key=lambda run: run.last_read, reverse=True)
            oldest = self._clock() - self._ended_ttl_seconds
            evicted = [
                run
                for position, run in enumerate(evictable)
                if position >= MAX_ENDED_RUNS or run.last_read <= oldest
            ]
            for run in evicted:
                del self._runs[run.record.id]
            return len(evicted)

    def _notify(self, record: RunRecord | None) -> None:
        self._changed.notify_all()
        if record is None or record.ended:
            self._ended.notify_all()

    def _select(self, condition: Callable[[_CachedRun], bool]) -> list[RunRecord]:
        with self._changed:
            return [run.record for run in self._runs.values() if condition(run)]

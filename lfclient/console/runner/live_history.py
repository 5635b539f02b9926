"""Lists of runs as they stand now, and what is done to runs that have ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from lfclient.console.runner.clock import now
from lfclient.console.runner.run_cache import RunCache
from lfclient.console.store.run_history import PAGE_SIZE, DeleteResult, RunPage, RunSummary
from lfclient.console.store.run_queries import Cursor, RunFilter
from lfclient.console.store.store import Store

RETENTION_SECONDS = 3600.0
MAX_OVERWRITE_SECONDS = 1.0  # of a turn, for what was deleted
# for which the machine's clock is believed to have gone ahead of what has gone by
_CLOCK_TOLERANCE = timedelta(hours=1)


def uptime() -> timedelta:
    """For how long the machine has run, asleep or awake, whatever its clock is set to."""
    asleep_too = getattr(time, "CLOCK_BOOTTIME", None)  # on Linux
    seconds = time.monotonic() if asleep_too is None else time.clock_gettime(asleep_too)
    return timedelta(seconds=seconds)


class LiveHistory:
    """The store's lists, with the runs on the cache as those are. Every method raises `StoreError`.

    `owners` are the fingerprints that somebody may see the runs of. `leave` lets go of a run that
    this process is still at work on.
    """

    def __init__(self, store: Store, cache: RunCache, leave: Callable[[str], None]) -> None:
        self._store = store
        self._cache = cache
        self._leave = leave
        self._unfound = True  # runs of a release without search
        self._cleaned = float("-inf")
        self._begun = now(), uptime()
        self._tidying = threading.Lock()
        self.count = store.history.count
        self.count_by_interval = store.history.count_by_interval
        self.time_range = store.history.time_range
        self.flows = store.history.flows
        self.labels = store.history.labels
        self.set_starred = store.history.set_starred
        self.change_labels = store.history.change_labels

    def page(
        self,
        owners: Sequence[str],
        which: RunFilter | None = None,
        *,
        older_than: Cursor | None = None,
        newer_than: Cursor | None = None,
        limit: int = PAGE_SIZE,
    ) -> RunPage:
        """As `History.page`; which runs are in it is as of their last write to the store."""
        page = self._store.history.page(
            owners, which, older_than=older_than, newer_than=newer_than, limit=limit
        )
        return replace(page, runs=[self._as_it_stands(entry) for entry in page.runs])

    def get(self, owners: Sequence[str], run_id: str) -> RunSummary | None:
        """One run as lists show it; None if there is none or it is not theirs."""
        entry = self._store.history.get(owners, run_id)
        return self._as_it_stands(entry) if entry else None

    def delete(self, owners: Sequence[str], run_ids: Iterable[str]) -> DeleteResult:
        """Delete ended runs with all that belongs to them; those that go on are left."""
        removed = self._store.history.delete(owners, run_ids)
        self._drop(removed.deleted)
        return removed

    def delete_all(self, owners: Sequence[str], which: RunFilter) -> list[str]:
        """Delete all ended runs that `which` finds; the ids of those that are gone."""
        gone = self._store.history.delete_all(owners, which)
        self._drop(gone)
        return gone

    def tidy(self) -> None:
        """To be called every few seconds: lets old runs be found and overwrites what was deleted, a
        little at a time, and once an hour removes what is to be kept no longer.
        """
        with self._tidying:
            if self._unfound:
                self._unfound = bool(self._store.backfill_search_texts())
            if time.monotonic() - self._cleaned >= RETENTION_SECONDS:
                self._drop(self._store.cleaner.clean(self._today()))
                self._cleaned = time.monotonic()
            self._store.database.overwrite_rest(MAX_OVERWRITE_SECONDS)

    def _today(self) -> datetime | None:
        """The time by which runs are too old: what a clock that is ahead makes so, and is removed,
        does not come back with the right time. So one that is set ahead is not believed; and none
        in the first hour, in which one that was ahead when the machine started is set right.
        """
        began, at = self._begun
        gone_by = uptime() - at
        return (
            None if gone_by < _CLOCK_TOLERANCE else min(now(), began + gone_by + _CLOCK_TOLERANCE)
        )

    def _drop(self, run_ids: Iterable[str]) -> None:
        for run_id in run_ids:
            self._leave(run_id)
            self._cache.remove(run_id)

    def _as_it_stands(self, entry: RunSummary) -> RunSummary:
        record = self._cache.newer_than(entry)
        if record is None:
            return entry
        return replace(
            entry,
            status=record.status,
            started_at=record.started_at,
            ended_at=record.ended_at,
            job_id=record.job_id,
            session_id=record.session_id,
            attempts=record.attempts,
        )

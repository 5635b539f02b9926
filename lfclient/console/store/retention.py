"""Delete the runs, responses and drafts beyond the limits of `RetentionSettings`, once an hour.

`stored_responses` limits the response of a single run as it is written.
"""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update

from lfclient.console.config.settings import RetentionSettings
from lfclient.console.store.database import Database
from lfclient.console.store.drafts import DraftStore
from lfclient.console.store.run_record import UNFINISHED_STATUSES, StoredParts
from lfclient.console.store.tables import ResponseChunkRow, RunRow

_BATCH_SIZE = 200  # rows of one transaction, so that other writers wait only briefly
_REMOVABLE = (~RunRow.starred, RunRow.status.not_in(UNFINISHED_STATUSES))
_RETENTION_INTERVAL = timedelta(hours=1)
# how far the machine's clock may be ahead of the time that really passed
_CLOCK_TOLERANCE = timedelta(hours=1)


class RetentionCleaner:
    """Applies the retention settings in small transactions."""

    def __init__(
        self, database: Database, retention: RetentionSettings, drafts: DraftStore
    ) -> None:
        self._database = database
        self.retention = retention
        self._drafts = drafts

    def clean(self, today: datetime | None) -> list[str]:
        """Remove what exceeds the settings and return the ids of removed runs.

        With `today` None, because the clock is not trusted, nothing is too old. Raises
        `StoreError`; earlier deletions stay, and the next call continues.
        """
        removed: list[str] = []
        settings = self.retention
        if settings.max_age_days is not None and today is not None:
            since = today - timedelta(days=settings.max_age_days)
            removed += self._remove_runs(RunRow.created_at < since)
        if settings.max_runs is not None:
            newest = select(RunRow.created_at).order_by(RunRow.created_at.desc())
            with self._database.read() as connection:
                surplus = connection.execute(newest.offset(settings.max_runs).limit(1)).scalar()
            if surplus is not None:
                removed += self._remove_runs(RunRow.created_at <= surplus)
        self._drafts.purge(today, max_age_days=settings.max_age_days, keep=settings.store_inputs)
        if settings.max_total_bytes is not None:
            self._remove_responses(settings.max_total_bytes)
        self._database.erase_deleted()
        return removed

    def _remove_runs(self, condition: ColumnElement[bool]) -> list[str]:
        batch = select(RunRow.id).where(condition, *_REMOVABLE).limit(_BATCH_SIZE)
        # checked once more: a run may be starred while the batch is selected
        statement = delete(RunRow).where(RunRow.id.in_(batch), condition, *_REMOVABLE)
        removed: list[str] = []
        while True:
            with self._database.write() as connection:
                ids = self._database.delete(connection, statement.returning(RunRow.id))
            removed += ids
            if len(ids) < _BATCH_SIZE:
                return removed

    def _remove_responses(self, limit: int) -> None:
        """Remove the oldest responses beyond the total size."""
        total = select(func.sum(RunRow.response_bytes)).scalar_subquery()
        # with the total in one statement, so that two processes choose the same responses
        oldest = (
            select(RunRow.id, RunRow.response_bytes, total)
            .where(RunRow.response_bytes > 0, *_REMOVABLE)
            .order_by(RunRow.created_at)
            .limit(_BATCH_SIZE)
        )
        while True:
            with self._database.write() as connection:
                ids, freed = [], 0
                for run_id, size, stored in connection.execute(oldest):
                    if stored - freed <= limit:
                        break
                    ids.append(run_id)
                    freed += size
                if not ids:
                    return
                chunks = delete(ResponseChunkRow).where(ResponseChunkRow.run_id.in_(ids))
                self._database.delete(connection, chunks.returning(ResponseChunkRow.run_id))
                connection.execute(
                    update(RunRow)
                    .where(RunRow.id.in_(ids))
                    .values(response_bytes=0, stored_parts=StoredParts.REMOVED)
                )


def uptime() -> timedelta:
    """Return how long the machine has run, suspended or not, independent of its clock."""
    boot_clock = getattr(time, "CLOCK_BOOTTIME", None)  # on Linux
    seconds = time.monotonic() if boot_clock is None else time.clock_gettime(boot_clock)
    return timedelta(seconds=seconds)


class RetentionJob:
    """Applies the limits once an hour, and does the rest in every turn.

    `drop` is called with the ids of deleted runs.
    """

    def __init__(
        self,
        cleaner: RetentionCleaner,
        database: Database,
        drop: Callable[[Iterable[str]], None],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        uptime: Callable[[], timedelta] = uptime,
    ) -> None:
        self._cleaner, self._database, self._drop = cleaner, database, drop
        self._clock, self._uptime = clock, uptime
        self._started_at, self._started_uptime = clock(), uptime()
        self._next_retention = uptime()

    def run(self) -> None:
        """Do a little of each; due every few seconds. Raises `StoreError`."""
        if self._uptime() >= self._next_retention:
            self._drop(self._cleaner.clean(self._trusted_now()))
            self._next_retention = self._uptime() + _RETENTION_INTERVAL
        self._database.erase_deleted()

    def _trusted_now(self) -> datetime | None:
        """Return the time from which ages are counted; None if it can't be trusted yet.

        A wrong clock would delete runs for good. So a clock that was set ahead is limited to the
        time that has passed, plus a tolerance; and no run is too old in the first hour, in which a
        clock that was ahead at the start is set right.
        """
        elapsed = self._uptime() - self._started_uptime
        if elapsed < _CLOCK_TOLERANCE:
            return None
        return min(self._clock(), self._started_at + elapsed + _CLOCK_TOLERANCE)

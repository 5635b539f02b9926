"""Removes runs, answers and drafts that are too old or too much."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update

from lfclient.console.config.retention import RetentionSettings
from lfclient.console.store.column_values import to_microseconds
from lfclient.console.store.database import Database
from lfclient.console.store.drafts import DraftStore
from lfclient.console.store.run_record import UNFINISHED_STATUSES, StoredParts
from lfclient.console.store.tables import ResponseChunkRow, RunRow

_AT_ONCE = 200  # rows of one transaction, so that nobody waits long for it


class RetentionCleaner:
    """Removes what is to be kept no longer, in small transactions."""

    def __init__(
        self, database: Database, retention: RetentionSettings, drafts: DraftStore
    ) -> None:
        self._database = database
        self.retention = retention
        self._drafts = drafts

    def clean(self, today: datetime | None) -> list[str]:
        """Remove what is too old by `today`, or too much; the ids of the runs that are gone. None
        where nobody knows what day it is: then nothing is too old.

        Raises `StoreError`; what was removed before stays so, and the next call goes on.
        """
        gone: list[str] = []
        if self.retention.max_age_days is not None and today is not None:
            since = to_microseconds(today - timedelta(days=self.retention.max_age_days))
            gone += self._remove(RunRow.created_at < since)
        if self.retention.max_runs is not None:
            youngest = select(RunRow.created_at).order_by(RunRow.created_at.desc())
            with self._database.read() as connection:
                limit = connection.execute(
                    youngest.offset(self.retention.max_runs).limit(1)
                ).scalar()
            if limit is not None:
                gone += self._remove(RunRow.created_at <= limit)
        keep = {"days": self.retention.max_age_days, "keep": self.retention.store_inputs}
        if any([self._drafts.clean(today, **keep), self._make_room(), gone]):
            self._database.overwrite()
        return gone

    def _remove(self, which: ColumnElement[bool]) -> list[str]:
        removable = (which, ~RunRow.starred, RunRow.status.not_in(UNFINISHED_STATUSES))
        some = select(RunRow.id).where(*removable).limit(_AT_ONCE)
        gone: list[str] = []
        while True:
            with self._database.delete() as connection:
                # asked again of the row itself, which may have got its star meanwhile
                removed = delete(RunRow).where(RunRow.id.in_(some), *removable)
                ids = list(connection.execute(removed.returning(RunRow.id)).scalars())
            gone += ids
            if len(ids) < _AT_ONCE:
                return gone

    def _make_room(self) -> bool:
        """Whether there was something to remove."""
        if self.retention.max_total_bytes is None:
            return False
        taken = select(func.coalesce(func.sum(RunRow.response_bytes), 0))
        oldest = (
            select(RunRow.id, RunRow.response_bytes)
            .where(
                RunRow.response_bytes > 0,
                ~RunRow.starred,
                RunRow.status.not_in(UNFINISHED_STATUSES),
            )
            .order_by(RunRow.created_at)
            .limit(_AT_ONCE)
        )
        removed = False
        while True:
            with self._database.write() as connection:
                if not self._database.cleans(connection):
                    return removed
                surplus = (
                    int(connection.execute(taken).scalar_one()) - self.retention.max_total_bytes
                )
                leaving = []
                for run_id, size in connection.execute(oldest):
                    if surplus <= 0:
                        break
                    leaving.append(run_id)
                    surplus -= size
                if not leaving:
                    return removed
                removed = True
                connection.execute(
                    delete(ResponseChunkRow).where(ResponseChunkRow.run_id.in_(leaving))
                )
                connection.execute(
                    update(RunRow)
                    .where(RunRow.id.in_(leaving))
                    .values(response_bytes=0, stored_parts=StoredParts.REMOVED.value)
                )

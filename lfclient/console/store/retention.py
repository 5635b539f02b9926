"""Removes runs, answers and drafts that are too old or too much."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update

from lfclient.console.config.retention import RetentionSettings
from lfclient.console.store.database import Database
from lfclient.console.store.drafts import KeptDrafts
from lfclient.console.store.row_mapping import microseconds
from lfclient.console.store.run_record import UNFINISHED, StoredParts
from lfclient.console.store.tables import PieceRow, RunRow

_AT_ONCE = 200  # rows of one transaction, so that nobody waits long for it


class Cleaner:
    """Removes what is to be kept no longer, in small transactions."""

    def __init__(self, database: Database, keeping: RetentionSettings, drafts: KeptDrafts) -> None:
        self._database = database
        self._keeping = keeping
        self._drafts = drafts

    def clean(self, today: datetime | None) -> list[str]:
        """Remove what is too old by `today`, or too much; the ids of the runs that are gone. None
        where nobody knows what day it is: then nothing is too old.

        Raises `StoreError`; what was removed before stays so, and the next call goes on.
        """
        gone: list[str] = []
        if self._keeping.max_age_days is not None and today is not None:
            since = microseconds(today - timedelta(days=self._keeping.max_age_days))
            gone += self._remove(RunRow.created_at < since)
        if self._keeping.max_runs is not None:
            youngest = select(RunRow.created_at).order_by(RunRow.created_at.desc())
            with self._database.read() as connection:
                limit = connection.execute(
                    youngest.offset(self._keeping.max_runs).limit(1)
                ).scalar()
            if limit is not None:
                gone += self._remove(RunRow.created_at <= limit)
        keep = {"days": self._keeping.max_age_days, "keep": self._keeping.store_inputs}
        if any([self._drafts.clean(today, **keep), self._make_room(), gone]):
            self._database.overwrite()
        return gone

    def _remove(self, which: ColumnElement[bool]) -> list[str]:
        removable = (which, ~RunRow.starred, RunRow.status.not_in(UNFINISHED))
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
        if self._keeping.max_total_bytes is None:
            return False
        taken = select(func.coalesce(func.sum(RunRow.answer_bytes), 0))
        oldest = (
            select(RunRow.id, RunRow.answer_bytes)
            .where(RunRow.answer_bytes > 0, ~RunRow.starred, RunRow.status.not_in(UNFINISHED))
            .order_by(RunRow.created_at)
            .limit(_AT_ONCE)
        )
        removed = False
        while True:
            with self._database.write() as connection:
                if not self._database.cleans(connection):
                    return removed
                surplus = (
                    int(connection.execute(taken).scalar_one()) - self._keeping.max_total_bytes
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
                connection.execute(delete(PieceRow).where(PieceRow.run_id.in_(leaving)))
                connection.execute(
                    update(RunRow)
                    .where(RunRow.id.in_(leaving))
                    .values(answer_bytes=0, answer_kept=StoredParts.REMOVED.value)
                )

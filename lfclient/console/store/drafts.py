"""What people have typed into forms, kept for the browser in which they did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select, tuple_

from lfclient.console.store.column_values import to_microseconds
from lfclient.console.store.database import Database
from lfclient.console.store.tables import DraftRow

DraftKey = tuple[str, str, str]  # a mark of the browser, the fingerprint of server and key, a name

MAX_AGE_DAYS = 30.0  # for which a browser keeps the cookie that leads to its drafts
MAX_DRAFT_BYTES = 200_000  # bytes of one
MAX_DRAFTS_PER_BROWSER = 50
MAX_DRAFTS = 1_000  # of all browsers together
_KEY = (DraftRow.browser, DraftRow.owner, DraftRow.name)


class DraftStore:
    """Texts by browser, owner and name; bounded in size and number. The oldest give way.

    Every method raises `StoreError`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: DraftKey) -> str | None:
        """What was last written there."""
        query = select(DraftRow.content).where(tuple_(*_KEY) == key)
        with self._database.read() as connection:
            content = connection.execute(query).scalar_one_or_none()
        return None if content is None else content.decode()

    def write(self, changes: Mapping[DraftKey, str | None]) -> None:
        """Put each text in its place; None, or one that is too large, leaves none there."""
        now = to_microseconds(datetime.now(UTC))
        rows = [
            {
                **dict(zip(("browser", "owner", "name"), key, strict=True)),
                "content": text.encode(),
                "updated_at": now,
            }
            for key, text in changes.items()
            if text is not None and len(text.encode()) <= MAX_DRAFT_BYTES
        ]
        with self._database.write() as connection:
            for key in changes:
                connection.execute(delete(DraftRow).where(tuple_(*_KEY) == key))
            if rows:
                connection.execute(insert(DraftRow), rows)
            for browser in {row["browser"] for row in rows}:
                _shorten(connection, MAX_DRAFTS_PER_BROWSER, browser)
            _shorten(connection, MAX_DRAFTS)

    def clean(self, today: datetime | None, *, days: float | None, keep: bool) -> bool:
        """Remove those that are older than their cookie or than `days`, where it is known what day
        it is; all, if not to `keep`.

        Whether there were any.
        """
        gone = delete(DraftRow)
        if keep:
            if today is None:
                return False
            since = to_microseconds(today - timedelta(days=min(MAX_AGE_DAYS, days or MAX_AGE_DAYS)))
            gone = gone.where(DraftRow.updated_at < since)
        with self._database.write() as connection:
            return bool(connection.execute(gone).rowcount)


def _shorten(connection: Connection, most: int, browser: str | None = None) -> None:
    mine = [DraftRow.browser == browser] if browser else []
    count = connection.execute(select(func.count()).select_from(DraftRow).where(*mine))
    surplus = count.scalar_one() - most
    if surplus > 0:
        oldest = select(*_KEY).where(*mine).order_by(DraftRow.updated_at).limit(surplus)
        for key in connection.execute(oldest).all():
            connection.execute(delete(DraftRow).where(tuple_(*_KEY) == tuple(key)))

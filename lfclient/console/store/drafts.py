"""What people have typed into forms, kept for the browser in which they did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select, tuple_

from lfclient.console.store.database import Database
from lfclient.console.store.row_mapping import microseconds
from lfclient.console.store.tables import DraftRow

Key = tuple[str, str, str]  # a mark of the browser, the fingerprint of server and key, a name

DAYS = 30.0  # for which a browser keeps the cookie that leads to its drafts
LARGEST = 200_000  # bytes of one
MOST_OF_BROWSER = 50
MOST = 1_000  # of all browsers together
_KEY = (DraftRow.browser, DraftRow.owner, DraftRow.name)


class KeptDrafts:
    """Texts by browser, owner and name; bounded in size and number. The oldest give way.

    Every method raises `StoreError`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: Key) -> str | None:
        """What was last written there."""
        query = select(DraftRow.content).where(tuple_(*_KEY) == key)
        with self._database.read() as connection:
            content = connection.execute(query).scalar_one_or_none()
        return None if content is None else content.decode()

    def write(self, changes: Mapping[Key, str | None]) -> None:
        """Put each text in its place; None, or one that is too large, leaves none there."""
        now = microseconds(datetime.now(UTC))
        rows = [
            {
                **dict(zip(("browser", "owner", "name"), key, strict=True)),
                "content": text.encode(),
                "updated_at": now,
            }
            for key, text in changes.items()
            if text is not None and len(text.encode()) <= LARGEST
        ]
        with self._database.write() as connection:
            for key in changes:
                connection.execute(delete(DraftRow).where(tuple_(*_KEY) == key))
            if rows:
                connection.execute(insert(DraftRow), rows)
            for browser in {row["browser"] for row in rows}:
                _shorten(connection, MOST_OF_BROWSER, browser)
            _shorten(connection, MOST)

    def clean(self, today: datetime | None, *, days: float | None, keep: bool) -> bool:
        """Remove those that are older than their cookie or than `days`, where it is known what day
        it is; all, if not to `keep`.

        Whether there were any.
        """
        gone = delete(DraftRow)
        if keep:
            if today is None:
                return False
            since = microseconds(today - timedelta(days=min(DAYS, days or DAYS)))
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

"""Store the unsent values of forms for the browsers in which they were typed."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, tuple_

from lfclient.console.store.database import Database
from lfclient.console.store.tables import DraftRow

DraftKey = tuple[str, str, str]  # keyed hash of the browser's cookie, owner, name of the form

MAX_AGE_DAYS = 30.0  # as long as a browser keeps the cookie that leads to its drafts
MAX_DRAFT_BYTES = 200_000
MAX_DRAFTS_PER_BROWSER = 50
MAX_DRAFTS = 1_000

_KEY = (DraftRow.browser, DraftRow.owner, DraftRow.name)


class DraftStore:
    """Drafts by browser, owner and form, limited in size and number; the oldest are removed.

    Every method raises `StoreError`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: DraftKey) -> str | None:
        """Return a draft, or None."""
        query = select(DraftRow.content).where(tuple_(*_KEY) == key)
        with self._database.read() as connection:
            content = connection.execute(query).scalar_one_or_none()
        return None if content is None else content.decode()

    def write(self, changes: Mapping[DraftKey, str | None]) -> None:
        """Replace drafts; None, or a text that is too large, deletes one."""
        now = datetime.now(UTC)
        with self._database.write() as connection:
            for key, text in changes.items():
                connection.execute(delete(DraftRow).where(tuple_(*_KEY) == key))
                content = None if text is None else text.encode()
                if content is not None and len(content) <= MAX_DRAFT_BYTES:
                    connection.execute(insert(DraftRow).values((*key, content, now)))
            for browser in {browser for browser, _, _ in changes}:
                _remove_oldest(connection, MAX_DRAFTS_PER_BROWSER, browser)
            _remove_oldest(connection, MAX_DRAFTS)

    def purge(self, today: datetime | None, *, max_age_days: float | None, keep: bool) -> None:
        """Delete drafts older than their cookie or than `max_age_days`; all unless `keep`.

        With `today` None, because the clock is not trusted, none is too old.
        """
        statement = delete(DraftRow).returning(DraftRow.name)
        if keep:
            if today is None:
                return
            days = min(MAX_AGE_DAYS, max_age_days or MAX_AGE_DAYS)
            statement = statement.where(DraftRow.updated_at < today - timedelta(days=days))
        with self._database.write() as connection:
            self._database.delete(connection, statement)


def _remove_oldest(connection: Connection, limit: int, browser: str | None = None) -> None:
    """Delete the oldest drafts beyond `limit`, of one browser or of all."""
    drafts = select(*_KEY).where(*([DraftRow.browser == browser] if browser else []))
    surplus = drafts.order_by(DraftRow.updated_at.desc()).offset(limit)
    connection.execute(delete(DraftRow).where(tuple_(*_KEY).in_(surplus)))

"""Lists and deletes runs; those that this process follows have their current status."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row

from lfclient.console.runner.run_cache import RunCache
from lfclient.console.store.database import Database
from lfclient.console.store.run_history import History
from lfclient.console.store.run_record import RunSummary


class LiveHistory(History):
    """The store's history, with the current state of cached runs. Every method raises `StoreError`.

    The last saved state selects the runs. `abandon` removes a deleted run from memory: this process
    may still fetch its components.
    """

    def __init__(self, database: Database, cache: RunCache, abandon: Callable[[str], None]) -> None:
        super().__init__(database)
        self._cache = cache
        self._abandon = abandon

    def summarize(self, connection: Connection, rows: Sequence[Row[Any]]) -> list[RunSummary]:
        """Return the summaries of rows, with the state of cached runs."""
        return [
            run.updated(record) if (record := self._cache.newer_than(run)) else run
            for run in super().summarize(connection, rows)
        ]

    def drop(self, run_ids: Iterable[str]) -> None:
        """Remove runs from memory that were deleted from the store."""
        for run_id in run_ids:
            self._abandon(run_id)

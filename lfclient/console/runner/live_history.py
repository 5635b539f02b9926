"""Lists and deletes runs; those that this process follows have their current status."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from lfclient.console.runner.run_cache import RunCache
from lfclient.console.store.run_history import PAGE_SIZE, DeleteResult, RunPage
from lfclient.console.store.run_queries import Cursor, RunFilter
from lfclient.console.store.run_record import RunSummary
from lfclient.console.store.store import Store


class LiveHistory:
    """The store's history, with the current state of cached runs. Every method raises `StoreError`.

    `owners` are the fingerprints whose runs may be listed. `detach` is called for each deleted
    run: this process may still fetch its components.
    """

    def __init__(self, store: Store, cache: RunCache, detach: Callable[[str], None]) -> None:
        self._store = store
        self._cache = cache
        self._detach = detach
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
        filters: RunFilter | None = None,
        *,
        older_than: Cursor | None = None,
        newer_than: Cursor | None = None,
        limit: int = PAGE_SIZE,
    ) -> RunPage:
        """Return a page of runs, as `History.page`; the store's last saved state selects them."""
        page = self._store.history.page(
            owners, filters, older_than=older_than, newer_than=newer_than, limit=limit
        )
        return replace(page, runs=[self._with_current_state(run) for run in page.runs])

    def get(self, owners: Sequence[str], run_id: str) -> RunSummary | None:
        """Return one run as lists show it; None if there is none or it has another owner."""
        run = self._store.history.get(owners, run_id)
        return self._with_current_state(run) if run else None

    def delete(self, owners: Sequence[str], run_ids: Iterable[str]) -> DeleteResult:
        """Delete ended runs; unfinished ones stay."""
        result = self._store.history.delete(owners, run_ids)
        self.drop(result.deleted)
        return result

    def delete_all(self, owners: Sequence[str], filters: RunFilter) -> list[str]:
        """Delete all ended runs that match a filter and return their ids."""
        deleted = self._store.history.delete_all(owners, filters)
        self.drop(deleted)
        return deleted

    def drop(self, run_ids: Iterable[str]) -> None:
        """Remove runs from memory that were deleted from the store."""
        for run_id in run_ids:
            self._detach(run_id)
            self._cache.remove(run_id)

    def _with_current_state(self, run: RunSummary) -> RunSummary:
        record = self._cache.newer_than(run)
        return run.updated(record) if record else run

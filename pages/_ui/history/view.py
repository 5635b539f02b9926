"""The displayed part of the run history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lfclient.console.runner.record_reader import LiveHistory
from lfclient.console.store.run_history import PAGE_SIZE, RunPage
from lfclient.console.store.run_queries import Cursor, RunFilter
from lfclient.console.store.run_record import RunSummary
from pages._ui.app import window
from pages._ui.connection.app_context import app_context
from pages._ui.connection.server_session import ServerSession
from pages._ui.history.filters import Filters

CARDS_PER_PAGE = 20  # each has several elements, and phones are slow


@dataclass(frozen=True)
class ListView:
    """The servers, filters and page of the list.

    `newer_filter` finds the runs that started after the list was drawn. These runs are not listed,
    so that no row moves under the pointer.
    """

    servers: tuple[ServerSession, ...]
    filters: Filters
    run_filter: RunFilter
    older_than: Cursor | None = None
    newer_than: Cursor | None = None
    newer_filter: RunFilter | None = None

    @property
    def owners(self) -> list[str]:
        """The owner fingerprints of the servers."""
        return [server.owner for server in self.servers]

    def load_page(self) -> RunPage:
        """Return the page's runs with their current status."""
        return run_history().page(
            self.owners,
            self.run_filter,
            older_than=self.older_than,
            newer_than=self.newer_than,
            limit=CARDS_PER_PAGE if window.is_narrow() else PAGE_SIZE,
        )

    def load_snippets(self, runs: Sequence[RunSummary]) -> dict[str, str]:
        """Return the texts around search matches by run ID, or {} without a search."""
        run_ids = [run.id for run in runs]
        return run_history().snippets(self.owners, run_ids, self.run_filter.text)

    def load_shared(self, runs: Sequence[RunSummary]) -> set[str]:
        """Return the IDs of the runs whose results are shared."""
        shares = app_context().runner.store.shares
        return shares.shared_runs(self.owners, [run.id for run in runs])

    def started_before(self, time: datetime) -> ListView:
        """Return the same view without the runs that started at `time` or later."""
        if self.run_filter.until and self.run_filter.until <= time:
            return self
        later = replace(self.run_filter, since=max(self.run_filter.since or time, time))
        return replace(self, run_filter=replace(self.run_filter, until=time), newer_filter=later)

    def count_newer(self, limit: int) -> int:
        """Return the number of runs that started after the list was drawn, up to `limit`."""
        if not self.newer_filter:
            return 0
        return run_history().count(self.owners, self.newer_filter, limit)


def run_history() -> LiveHistory:
    """Return the history of all runs: the only source of runs on the History page."""
    return app_context().runner.history

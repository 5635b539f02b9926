"""What of the list of all runs is on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from lfclient.console.runner.live_history import LiveHistory
from lfclient.console.store.run_history import RunPage
from lfclient.console.store.run_queries import Cursor, RunFilter
from lfclient.errors import LangflowError
from pages._ui.connection.app_context import app_context
from pages._ui.connection.server_session import ServerSession
from pages._ui.history.filters import Filters
from pages._ui.state import notices


@dataclass(frozen=True)
class ListView:
    """What is listed: whose runs, which of them, and where in the list one is.

    `newer` are those that have come since, which would move the rows under a person's hand.
    """

    servers: tuple[ServerSession, ...]
    filters: Filters
    run_filter: RunFilter
    older_than: Cursor | None = None
    newer_than: Cursor | None = None
    newer_filter: RunFilter | None = None

    @property
    def owners(self) -> list[str]:
        """The fingerprints of those sessions."""
        return [server.owner for server in self.servers]

    def page(self) -> RunPage:
        """The runs, as they stand now."""
        return run_history().page(
            self.owners, self.run_filter, older_than=self.older_than, newer_than=self.newer_than
        )

    def started_before(self, time: datetime) -> ListView:
        """The same without the runs that began at that time or later."""
        if self.run_filter.until and self.run_filter.until <= time:
            return self
        later = replace(self.run_filter, since=max(self.run_filter.since or time, time))
        return replace(self, run_filter=replace(self.run_filter, until=time), newer_filter=later)

    def count_newer(self, most: int) -> int:
        """How many have come since, `most` at most."""
        if not self.newer_filter:
            return 0
        return len(run_history().page(self.owners, self.newer_filter, limit=most).runs)


def run_history() -> LiveHistory:
    """The lists of runs."""
    return app_context().runner.history


@contextmanager
def notify_errors() -> Iterator[None]:
    """In a callback: what goes wrong inside is said on the page that is drawn after it."""
    try:
        yield
    except LangflowError as error:
        notices.set_notice(error)


def run_count_text(many: int) -> str:
    """1 run, 1,234 runs."""
    return f"{many:,} run{'s' * (many != 1)}"

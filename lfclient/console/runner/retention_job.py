"""Schedules maintenance of the store: retention, the search index, overwriting deleted data."""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from lfclient.console.store.store import Store

_RETENTION_INTERVAL = timedelta(hours=1)
# how far the machine's clock may be ahead of the time that really passed
_CLOCK_TOLERANCE = timedelta(hours=1)


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
        store: Store,
        drop: Callable[[Iterable[str]], None],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        uptime: Callable[[], timedelta] = uptime,
    ) -> None:
        self._store, self._drop = store, drop
        self._clock, self._uptime = clock, uptime
        self._started_at, self._started_uptime = clock(), uptime()
        self._next_retention = uptime()

    def run(self) -> None:
        """Do a little of each; due every few seconds. Raises `StoreError`."""
        if self._uptime() >= self._next_retention:
            self._drop(self._store.cleaner.clean(self._trusted_now()))
            self._next_retention = self._uptime() + _RETENTION_INTERVAL
        self._store.database.erase_deleted()

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

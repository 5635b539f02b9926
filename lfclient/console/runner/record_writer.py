"""Write run records to memory first, then to the store."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lfclient.console.runner.run_cache import RunCache
from lfclient.console.runner.threads import in_thread
from lfclient.console.store.errors import StoreError
from lfclient.console.store.run_record import RunRecord
from lfclient.console.store.store import Store

log = logging.getLogger(__name__)


@dataclass
class RecordWriter:
    """Changes records in memory first, so that the screen has them at once, then on disk."""

    cache: RunCache
    store: Store
    error: StoreError | None = None
    on_lost: Callable[[str], None] = lambda run_id: None  # what else to do without a lost run
    _refused: dict[str, int] = field(default_factory=dict)  # the version last logged, by run

    async def change(self, run_id: str, **changes: Any) -> RunRecord:
        """Make a new version and write it; a store that fails is retried by `save_unsaved`."""
        record = self.cache.change(run_id, **changes)
        await self.save([record])
        return record

    async def save(self, records: Iterable[RunRecord]) -> bool:
        """Write snapshots; whether all are on disk. The answer goes with the end of a run: before,
        the server has it.

        A record that cannot be written as it is stays in memory and does not hold up the others.
        One that another process has taken over, or deleted, is let go of, with whoever follows it.
        """
        whole = True
        for record in records:
            try:
                await in_thread(self._write, record)
            except StoreError as error:
                self.error = error
                return False
            except Exception as error:
                # logged without its text, which might hold what a person entered
                if self._refused.get(record.id) != record.version:
                    self._refused[record.id] = record.version
                    log.error(
                        "Run %s: its record cannot be kept (%s)", record.id, type(error).__name__
                    )
                whole = False
                continue
            self.cache.mark_saved(record)
        self.error = None
        return whole

    def publish(self, records: Sequence[RunRecord]) -> dict[str, float]:
        """Write runs that go on with what they have produced, for other processes, and whoever
        comes after this one; the seconds that each took. Raises `StoreError`.
        """
        took = self.store.update_running(records)
        for record in records:
            if record.id in took:
                self.cache.mark_saved(record)
            else:
                self._drop_if_lost(record)
        return took

    def _write(self, record: RunRecord) -> None:
        if not self.store.update(record, answer=record.ended):
            self._drop_if_lost(record)

    def _drop_if_lost(self, record: RunRecord) -> None:
        """Let go of one that could not be written because it is another process's, or gone."""
        if self.store.worker_for(record.id) != record.worker:
            self.cache.remove(record.id)
            self.on_lost(record.id)

    async def save_unsaved(self) -> None:
        """Write what could not be written before."""
        await self.save(self.cache.unsaved())

"""Change run records in memory first, then write them to the store."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from lfclient.console.runner.run_cache import RunCache
from lfclient.console.runner.threads import in_thread
from lfclient.console.store.errors import DiskFull, JobTaken, StoreError
from lfclient.console.store.run_record import ProblemCode, RunRecord
from lfclient.console.store.store import Store
from lfclient.console.wording.run_notes import describe_problem
from lfclient.runs.model import RunStatus

_T = TypeVar("_T")

log = logging.getLogger(__name__)


class RecordWriter:
    """Changes records in the cache, so that screens have them at once, then saves them.

    `error` is why the last save failed, or None. On a full disk, an ended run is saved without its
    outputs, so that it doesn't seem to continue; they are saved once there is room. `on_lost` is
    called with the id of a run that can't be saved because another process follows it now, or
    because it was deleted.
    """

    def __init__(self, cache: RunCache, store: Store) -> None:
        self.cache, self.store = cache, store
        self.error: StoreError | None = None
        self.on_lost: Callable[[str], None] = cache.remove
        self._unconfirmed: list[RunRecord] = []  # perhaps saved, though the database failed
        self._failures: dict[str, StoreError] = {}  # by run; the latest
        self._ends_saved: dict[str, int] = {}  # by run, the version saved without its outputs
        self._logged_versions: dict[str, int] = {}  # by run, of those that can't be written
        self._taken_jobs: dict[str, str | None] = {}  # by run; another run has this job

    def create(self, records: Sequence[RunRecord]) -> list[RunRecord]:
        """Save new records as `Store.create` does. Raises `StoreError`; the runs must not start.

        The database may have saved them all the same: `end_unconfirmed` ends them.
        """
        try:
            return self.store.create(*records)
        except StoreError:
            self._unconfirmed.extend(records)
            raise

    def end_unconfirmed(self) -> None:
        """End the runs that were not started but may be saved. Raises `StoreError`."""
        while self._unconfirmed:
            record = self._unconfirmed[0]
            ended = replace(
                record,
                status=RunStatus.FAILED,
                ended_at=datetime.now(UTC),
                problem=describe_problem(ProblemCode.NOT_STARTED),
                version=record.version + 1,
            )
            self.store.update(ended, with_response=True)
            self._unconfirmed.pop(0)

    async def change(self, run_id: str, **changes: Any) -> RunRecord:
        """Apply changes as a new version and save it. Raises `RunNotCached`."""
        record = self.cache.change(run_id, **changes)
        await self.save(record)
        return record

    def change_in_background(self, run_id: str, **changes: Any) -> asyncio.Task[bool]:
        """Apply changes as a new version and return the task that saves it.

        The cache has them on return. Raises `RunNotCached`.
        """
        return asyncio.create_task(self.save(self.cache.change(run_id, **changes)))

    async def save(self, record: RunRecord) -> bool:
        """Save a record and return whether it is in the store; `save_unsaved` retries."""
        return await in_thread(self._save_all, [record])

    def save_unsaved(self) -> None:
        """Save what could not be saved before."""
        self._save_all(self.cache.unsaved())

    def failure(self, run_id: str) -> StoreError | None:
        """Return why a run's newest record is not saved, None if it is."""
        return None if self.cache.is_saved(run_id) else self._failures.get(run_id)

    async def claim_job(self, run_id: str, job_id: str) -> bool:
        """Save a run's job, then set it in the cache and clear its notes.

        Returns False, and sets no job, if another run has it or the run left the cache.
        """
        record = self.cache.snapshot(run_id)
        if record is None:
            return False
        changes: dict[str, Any] = {"job_id": job_id, "notes": ()}
        written = replace(record, version=record.version + 1, **changes)
        is_written = True
        try:
            await in_thread(self._write, written)
        except JobTaken:
            return False
        except StoreError:
            is_written = False  # the run continues in memory, as after any failed save
        claimed = self.cache.edit(run_id, lambda _: changes)
        if claimed is None:
            return False
        if is_written and claimed.version == written.version:
            self.cache.mark_saved(claimed)
        else:  # the run was changed during the write, or the write failed
            await self.save(claimed)
        return True

    def publish(self, record: RunRecord) -> float:
        """Save an unfinished run with its output so far, for other processes.

        Returns the seconds that the store took. Raises `StoreError`.
        """
        seconds = self._without_taken_job(record, self.store.update_running)
        if seconds is None:
            self._report_if_lost(record)
        else:
            self.cache.mark_saved(record)
        return seconds or 0.0

    def write(self, record: RunRecord) -> None:
        """Write a record to the store, without its job if another run has that.

        The response is written with the run's end; until then, the server has it. Raises
        `StoreError`.
        """
        self._without_taken_job(record, self._write)

    def _save_all(self, records: Iterable[RunRecord]) -> bool:
        """Save records and return whether all are in the store.

        A record that can't be serialized stays in memory and doesn't hold up the others.
        """
        all_saved = True
        for record in records:
            try:
                self.write(record)
            except StoreError as error:
                self.error = self._failures[record.id] = error
                if not (isinstance(error, DiskFull) and self._save_end(record)):
                    return False
                all_saved = False
            except Exception as error:
                # logged once, without its text, which might contain what a person entered
                if self._logged_versions.get(record.id) != record.version:
                    self._logged_versions[record.id] = record.version
                    log.error(
                        "Run %s: its record cannot be saved (%s)", record.id, type(error).__name__
                    )
                all_saved = False
            else:
                self.cache.mark_saved(record)
                self._failures.pop(record.id, None)
                self._ends_saved.pop(record.id, None)
        self.error = None
        return all_saved

    def _save_end(self, record: RunRecord) -> bool:
        """Save an ended run without its outputs; return whether that is in the store."""
        if record.ended and self._ends_saved.get(record.id) != record.version:
            try:
                self._without_taken_job(record, partial(self._write, has_room=False))
            except StoreError:
                return False
            self._ends_saved[record.id] = record.version
        return record.ended

    def _write(self, record: RunRecord, *, has_room: bool = True) -> None:
        if not self.store.update(record, with_response=record.ended, has_room=has_room):
            self._report_if_lost(record)

    def _without_taken_job(self, record: RunRecord, write: Callable[[RunRecord], _T]) -> _T:
        """Call `write` with the record, without its job if another run has that."""
        if record.job_id is None or record.job_id != self._taken_jobs.get(record.id):
            try:
                return write(record)
            except JobTaken:
                self._taken_jobs[record.id] = record.job_id
                log.error("Run %s: saved without its job, which another run has", record.id)
        return write(replace(record, job_id=None))

    def _report_if_lost(self, record: RunRecord) -> None:
        # a write is also refused if the store has a newer version
        if self.store.worker_for(record.id) != record.worker:
            self.on_lost(record.id)

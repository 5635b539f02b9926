"""The newest snapshot of each run of this process, for whoever waits for news of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lfclient.console.store.run_history import RunSummary
from lfclient.console.store.run_record import RunRecord

ENDED_TTL_SECONDS = 20.0
MAX_ENDED_RUNS = 16


@dataclass
class _CachedRun:
    record: RunRecord
    used: float
    saved: int  # the latest version known to be on disk


class RunCache:
    """Snapshots in memory: unfinished and unsaved runs always, ended ones while looked at.

    An ended run leaves after `ENDED_TTL_SECONDS` without a reader, or when `MAX_ENDED_RUNS` younger
    ones are here, so that large answers do not stay; the store has it. Safe to use from any thread.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: dict[str, _CachedRun] = {}
        self._changed = threading.Condition()

    def put(self, record: RunRecord) -> None:
        """Take in a record that is on disk as it is."""
        with self._changed:
            self._entries[record.id] = _CachedRun(record, self._clock(), record.version)
            self._changed.notify_all()

    def change(self, run_id: str, **changes: Any) -> RunRecord:
        """Make and announce a new version. Raises KeyError for a run that is not here."""
        return self.edit(run_id, lambda record: changes)

    def edit(self, run_id: str, edit: Callable[[RunRecord], Mapping[str, Any] | None]) -> RunRecord:
        """As `change`, with what `edit` makes of the newest snapshot; None is no change."""
        with self._changed:
            entry = self._entries[run_id]
            changes = edit(entry.record)
            if changes is not None:
                entry.record = replace(entry.record, version=entry.record.version + 1, **changes)
                self._changed.notify_all()
            return entry.record

    def remove(self, run_id: str) -> None:
        """Let go of a run whose record was deleted."""
        with self._changed:
            self._entries.pop(run_id, None)
            self._changed.notify_all()

    def mark_saved(self, record: RunRecord) -> None:
        """Note that this version is on disk."""
        with self._changed:
            entry = self._entries.get(record.id)
            if entry:
                entry.saved = max(entry.saved, record.version)

    def get(self, run_id: str) -> RunRecord | None:
        """The newest snapshot, or None."""
        with self._changed:
            return self._read(run_id)

    def snapshot(self, run_id: str) -> RunRecord | None:
        """The newest snapshot, without counting as a look at it."""
        with self._changed:
            entry = self._entries.get(run_id)
            return entry.record if entry else None

    def newer_than(self, kept: RunRecord | RunSummary) -> RunRecord | None:
        """The newest snapshot, as `snapshot`; None if what is kept of the run tells as much.

        Once it has ended, another process may have changed what is kept.
        """
        record = self.snapshot(kept.id)
        return None if record and record.ended and kept.status.ended else record

    def wait(self, run_id: str, version: int, timeout: float) -> RunRecord | None:
        """The newest snapshot as soon as it is another than `version`, at the latest then."""
        until = self._clock() + timeout
        with self._changed:
            while True:
                record = self._read(run_id)
                left = until - self._clock()
                if record is None or record.version != version or left <= 0:
                    return record
                self._changed.wait(left)

    def unsaved(self) -> list[RunRecord]:
        """The snapshots that are newer than what is on disk."""
        with self._changed:
            entries = self._entries.values()
            return [entry.record for entry in entries if entry.saved < entry.record.version]

    def active(self) -> list[RunRecord]:
        """The snapshots of runs that have not ended."""
        with self._changed:
            entries = self._entries.values()
            return [entry.record for entry in entries if not entry.record.ended]

    def evict(self) -> int:
        """Let go of ended runs that nobody looks at any more; how many that were."""
        with self._changed:
            now = self._clock()
            ended = [
                (run_id, entry)
                for run_id, entry in self._entries.items()
                if entry.record.ended and entry.saved >= entry.record.version
            ]
            ended.sort(key=lambda pair: pair[1].used)
            surplus = len(ended) - MAX_ENDED_RUNS
            leaving = [
                run_id
                for position, (run_id, entry) in enumerate(ended)
                if position < surplus or now - entry.used >= ENDED_TTL_SECONDS
            ]
            for run_id in leaving:
                del self._entries[run_id]
            return len(leaving)

    def _read(self, run_id: str) -> RunRecord | None:
        entry = self._entries.get(run_id)
        if entry is None:
            return None
        entry.used = self._clock()
        return entry.record

"""Shares unfinished runs and their commands with other processes, through the database."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from lfclient.console.runner.commands import CommandHandler
from lfclient.console.runner.record_writer import RecordWriter
from lfclient.console.store.errors import StoreError
from lfclient.console.store.run_record import RunRecord
from lfclient.runs.model import Run

# A run isn't written again before so many times the duration of its last write, so that a large
# run costs no more than a small one.
_WRITE_TIME_FACTOR = 50
# nobody else can write to SQLite during a transaction
_MAX_TRANSACTION_SECONDS = 0.3

log = logging.getLogger(__name__)


@dataclass
class _Progress:
    """An unfinished run and the state of it that was published last."""

    record: RunRecord
    due_at: float
    run: Run | None = None
    stop_requested_at: datetime | None = None
    write_seconds: float = 0.0

    @property
    def has_changed(self) -> bool:
        record = self.record
        if record.run is None:
            return False
        return record.run is not self.run or record.stop_requested_at != self.stop_requested_at


class ReplicaSync:
    """Publishes the progress of this process's runs and executes commands from other processes.

    A run is published at most once every `publish_seconds` while it changes, and not in the first
    of them, so that short runs cost nothing.
    """

    def __init__(
        self, writer: RecordWriter, commands: CommandHandler, publish_seconds: float
    ) -> None:
        self._writer, self._commands, self._publish_seconds = writer, commands, publish_seconds
        self._progress: dict[str, _Progress] = {}

    def sync(self) -> None:
        """Publish what is due and execute queued commands.

        Raises `StoreError` if the commands can't be read or taken.
        """
        commands = self._commands.apply_queued()
        for batch in _batches(self._select_due({command.run_id for command in commands})):
            self._publish(batch)
        for command in commands:
            self._commands.execute(command)

    def _select_due(self, commanded: Collection[str]) -> list[_Progress]:
        """Return the runs to publish, among them those with a command, whose effect must show."""
        now = time.monotonic()
        before, self._progress = self._progress, {}
        due = []
        for record in self._writer.cache.unfinished():
            progress = before.get(record.id) or _Progress(record, now + self._publish_seconds)
            progress.record = record
            self._progress[record.id] = progress
            is_due = progress.has_changed and now >= progress.due_at
            if is_due or record.id in commanded:
                due.append(progress)
        # after an error, maintenance retries first
        return [] if self._writer.error else due

    def _publish(self, batch: list[_Progress]) -> None:
        """Publish runs in one transaction; one by one if one of them can't be serialized."""
        unfinished = []
        for progress in batch:
            # a new version: others may have seen this one without the run's output
            record = self._writer.cache.edit(
                progress.record.id, lambda record: None if record.ended else {}
            )
            if record:
                progress.record = record
                unfinished.append(progress)
        seconds: dict[str, float] = {}
        try:
            seconds = self._writer.publish([progress.record for progress in unfinished])
        except StoreError as error:
            self._writer.error = error
            return
        except Exception as error:
            if len(batch) > 1:
                for progress in batch:
                    self._publish([progress])
                return
            # without its text, which might contain what a person entered
            log.error("Run %s: not published (%s)", batch[0].record.id, type(error).__name__)
        for progress in unfinished:
            record = progress.record
            progress.run, progress.stop_requested_at = record.run, record.stop_requested_at
            progress.write_seconds = seconds.get(record.id, 0.0)
            pause = max(self._publish_seconds, _WRITE_TIME_FACTOR * progress.write_seconds)
            progress.due_at = time.monotonic() + pause


def _batches(due: Iterable[_Progress]) -> Iterator[list[_Progress]]:
    """Yield batches that took at most `_MAX_TRANSACTION_SECONDS` each when last written."""
    batch: list[_Progress] = []
    seconds = 0.0
    for progress in due:
        if batch and seconds + progress.write_seconds > _MAX_TRANSACTION_SECONDS:
            yield batch
            batch, seconds = [], 0.0
        batch.append(progress)
        seconds += progress.write_seconds
    if batch:
        yield batch

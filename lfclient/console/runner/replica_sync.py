"""Shares unfinished runs and their commands with other processes, through the database."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from lfclient.console.runner.commands import CommandHandler
from lfclient.console.runner.record_writer import RecordWriter
from lfclient.console.runner.timings import Timings
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

    It has a thread of its own, so that nobody who follows or watches a run waits for it. A run is
    published at most once a second while it changes, and not in its first second, so that short
    runs cost nothing.
    """

    def __init__(self, writer: RecordWriter, commands: CommandHandler, timings: Timings) -> None:
        self._writer, self._commands, self._timings = writer, commands, timings
        self._progress: dict[str, _Progress] = {}
        self._closed = threading.Event()
        self._thread = threading.Thread(
            target=self._loop, name="langflow-console-replica-sync", daemon=True
        )

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self._thread.join(10)

    def sync(self) -> None:
        """Publish what is due and execute queued commands.

        Raises `StoreError` if the commands can't be read or taken.
        """
        commands = self._commands.apply_queued()
        for batch in _batches(self._due({command.run_id for command in commands})):
            if not self._publish(batch) and len(batch) > 1:
                for progress in batch:
                    self._publish([progress])
        for command in commands:
            self._commands.execute(command)

    def _due(self, commanded: Collection[str]) -> list[_Progress]:
        """Return the runs to publish, among them those with a command, whose effect must show."""
        now = time.monotonic()
        before, self._progress = self._progress, {}
        due = []
        for record in self._writer.cache.unfinished():
            first_due = now + self._timings.publish_seconds
            progress = before.get(record.id) or _Progress(record, first_due)
            progress.record = record
            self._progress[record.id] = progress
            is_due = progress.has_changed and now >= progress.due_at
            if is_due or record.id in commanded:
                due.append(progress)
        # after an error, maintenance retries first
        return [] if self._writer.error else due

    def _publish(self, batch: list[_Progress]) -> bool:
        """Publish runs in one transaction; return False if one of several can't be serialized."""
        cache = self._writer.cache
        cached = []
        for progress in batch:
            # a new version: others may have seen this one without the run's output
            with suppress(KeyError):
                progress.record = cache.edit(
                    progress.record.id, lambda record: None if record.ended else {}
                )
                cached.append(progress)
        unfinished = [progress.record for progress in cached if not progress.record.ended]
        seconds: dict[str, float] = {}
        try:
            seconds = self._writer.publish(unfinished) if unfinished else {}
        except StoreError as error:
            self._writer.error = error
            return True
        except Exception as error:
            if len(batch) > 1:
                return False
            # without its text, which might contain what a person entered
            log.error("Run %s: not published (%s)", batch[0].record.id, type(error).__name__)
        for progress in cached:
            record = progress.record
            progress.run, progress.stop_requested_at = record.run, record.stop_requested_at
            progress.write_seconds = seconds.get(record.id, 0.0)
            progress.due_at = time.monotonic() + max(
                self._timings.publish_seconds, _WRITE_TIME_FACTOR * progress.write_seconds
            )
        return True

    def _loop(self) -> None:
        last_error = ""
        while not self._closed.wait(self._timings.sync_seconds):
            try:
                self.sync()
                last_error = ""
            except StoreError:
                pass  # the sender of a command gets the error
            except Exception as error:
                # retried in the next turn; logged once, without its text, which may contain what
                # a person entered
                name = type(error).__name__
                if last_error != name:
                    last_error = name
                    log.error("Publishing the progress of runs failed (%s)", name)


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

"""Shares unfinished runs and their commands with other processes, through the database."""

import logging
from collections.abc import Collection
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

log = logging.getLogger(__name__)


@dataclass
class _Published:
    """The last published state of a run, and when its next publication is due."""

    due_at: float
    run: Run | None = None
    stop_requested_at: datetime | None = None

    def differs_from(self, record: RunRecord) -> bool:
        if record.run is None:
            return False
        return record.run is not self.run or record.stop_requested_at != self.stop_requested_at


class ReplicaSync:
    """Publishes the progress of this process's runs and executes commands from other processes.

    While a run changes, it is published at most once every `publish_seconds`. The first publication
    waits as long, so that short runs cost nothing.
    """

    def __init__(self, writer: RecordWriter, commands: CommandHandler, timings: Timings) -> None:
        self._writer, self._commands, self._timings = writer, commands, timings
        self._published: dict[str, _Published] = {}

    def sync(self) -> None:
        """Publish what is due and execute queued commands.

        Raises `StoreError` if the commands can't be read or taken.
        """
        commands = self._commands.apply_queued()
        try:
            self._publish_due({command.run_id for command in commands})
        except StoreError as error:
            self._writer.error = error
        for command in commands:
            self._commands.execute(command)

    def _publish_due(self, commanded: Collection[str]) -> None:
        """Publish the runs that are due, and those with a command, whose effect must show."""
        now = self._timings.clock()
        before, self._published = self._published, {}
        unfinished = self._writer.cache.unfinished()
        for record in unfinished:
            first = _Published(due_at=now + self._timings.publish_seconds)
            self._published[record.id] = before.get(record.id, first)
        if self._writer.error:
            return  # maintenance retries first
        for record in unfinished:
            published = self._published[record.id]
            is_due = published.differs_from(record) and now >= published.due_at
            if is_due or record.id in commanded:
                self._publish(record.id, published)

    def _publish(self, run_id: str, published: _Published) -> None:
        # a new version: others may have seen this one without the run's output
        record = self._writer.cache.edit(run_id, lambda record: None if record.ended else {})
        if record is None:
            return
        seconds = 0.0
        try:
            seconds = self._writer.publish(record)
        except StoreError:
            raise
        except Exception as error:
            # without its text, which might contain what a person entered
            log.error("Run %s: not published (%s)", run_id, type(error).__name__)
        published.run, published.stop_requested_at = record.run, record.stop_requested_at
        pause = max(self._timings.publish_seconds, _WRITE_TIME_FACTOR * seconds)
        published.due_at = self._timings.clock() + pause

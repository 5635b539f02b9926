"""Shares unfinished runs and their commands with other processes, through the database."""

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from lfclient.console.runner.record_writer import RecordWriter
from lfclient.console.runner.run_cache import RunCache
from lfclient.console.runner.task_supervisor import TaskSupervisor
from lfclient.console.runner.timings import Timings
from lfclient.console.store.errors import StoreError
from lfclient.console.store.run_record import RunRecord
from lfclient.console.store.store import Store
from lfclient.console.store.workers import Command
from lfclient.runs.model import Run

# A run isn't written again before so many times the duration of its last write, so that a large
# run costs no more than a small one.
_WRITE_TIME_FACTOR = 50

log = logging.getLogger(__name__)


class CommandHandler:
    """Executes commands for the runs that this process follows, and queues the others.

    Commands for a run that another process follows wait in the database; that process picks them
    up within a second. It alone sends requests for the run, and it has the connection that a stop
    closes. So of all commands from anywhere the first counts, and none is sent twice.

    Every method raises `StoreError`.
    """

    def __init__(
        self, store: Store, cache: RunCache, supervisor: TaskSupervisor, worker: str
    ) -> None:
        self._store, self._cache, self._supervisor, self._worker = store, cache, supervisor, worker
        self._applied: dict[Command, bool] = {}  # queued commands, and whether each counts

    def submit(self, command: Command, owner: str) -> None:
        """Execute or queue a command for that owner's run."""
        if self._is_followed_elsewhere(command.run_id, owner):
            self._store.commands.put(command)
            return
        record = self._cache.snapshot(command.run_id)
        if record and record.owner == owner and self._apply(command):
            self._supervisor.send(command)

    def apply_queued(self) -> list[Command]:
        """Apply queued commands to the cache and return them.

        The caller publishes the changed records before it executes the commands, so that they are
        visible everywhere all the time.
        """
        run_ids = {record.id for record in self._cache.unfinished()}
        commands = self._store.commands.pending(run_ids) if run_ids else []
        before, self._applied = self._applied, {}
        for command in commands:
            counts = before.get(command)
            self._applied[command] = self._apply(command) if counts is None else counts
        for command in before.keys() - set(commands):
            if before[command]:
                # it was taken off the queue, but the database's confirmation was lost: nobody
                # knows which process took it, so that a person decides again
                self._cache.withdraw_commands(command.run_id)
        return commands

    def execute(self, command: Command) -> None:
        """Execute an applied command, after taking it off the queue so that it runs only once."""
        if self._store.commands.take(command, self._worker) and self._applied.pop(command):
            self._supervisor.send(command)

    def _is_followed_elsewhere(self, run_id: str, owner: str) -> bool:
        if self._supervisor.connection(run_id) is not None:
            return False
        unfinished = self._store.unfinished(owner)
        return any(record.id == run_id and record.worker != self._worker for record in unfinished)

    def _apply(self, command: Command) -> bool:
        """Apply a command to the cache; return whether it counts."""
        return self._cache.edit(command.run_id, partial(_changes_by, command)) is not None


def apply_commands(record: RunRecord, commands: Iterable[Command]) -> RunRecord:
    """Return another process's run as it will be once that process has applied its commands."""
    for command in commands:
        record = replace(record, **(_changes_by(command, record) or {}))
    return record


def _changes_by(command: Command, record: RunRecord) -> dict[str, Any] | None:
    """Return what a command changes; None if the run has ended or another command was first."""
    if record.ended:
        return None
    if not command.question_id:
        if record.stop_requested_at:
            return None
        return {"stop_requested_at": command.requested_at, "stop_result": ()}
    run = record.run
    question = run.waiting_for if run else None
    if run is None or question is None or question.sent:
        return None
    if question.request_id != command.question_id:
        return None
    decided = replace(question, sent=command.decision, sent_at=command.requested_at)
    return {"run": replace(run, waiting_for=decided), "notes": ()}


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

"""Stops and decisions, from this process or another, for the process that follows the run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from lfclient.console.runner.clock import now
from lfclient.console.runner.run_cache import RunCache
from lfclient.console.runner.task_supervisor import TaskSupervisor
from lfclient.console.store.commands import Command
from lfclient.console.store.run_record import RunRecord
from lfclient.console.store.store import Store


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

    def stop(self, run_id: str, owner: str) -> None:
        """Stop that owner's run."""
        self._submit(Command(run_id, now()), owner)

    def decide(self, run_id: str, owner: str, question: str, decision: str) -> None:
        """Send a decision on a question of that owner's run."""
        self._submit(Command(run_id, now(), question, decision), owner)

    def apply_queued(self) -> list[Command]:
        """Apply queued commands to the cache and return them.

        The caller publishes the changed records before it executes the commands, so that they are
        visible everywhere all the time.
        """
        owners = {record.id: record.owner for record in self._cache.unfinished()}
        commands = self._store.commands.pending(owners) if owners else []
        before, self._applied = self._applied, {}
        for command in commands:
            counts = before.get(command)
            if counts is None:
                counts = self._apply(command, owners[command.run_id])
            self._applied[command] = counts
        for command in before.keys() - set(commands):
            if before[command]:
                # it was taken off the queue, but the database's confirmation was lost: nobody
                # knows which process took it, so that a person decides again
                self._cache.edit_owned(
                    command.run_id,
                    owners.get(command.run_id, ""),
                    lambda record: record.without_pending_commands(),
                )
        return commands

    def execute(self, command: Command) -> None:
        """Execute an applied command, after taking it off the queue so that it runs only once."""
        if self._store.commands.take(command, self._worker) and self._applied.pop(command):
            self._send(command)

    def _submit(self, command: Command, owner: str) -> None:
        if self._is_followed_elsewhere(command.run_id, owner):
            self._store.commands.put(command)
        elif self._apply(command, owner):
            self._send(command)

    def _is_followed_elsewhere(self, run_id: str, owner: str) -> bool:
        if self._supervisor.connection(run_id) is not None:
            return False
        unfinished = self._store.unfinished(owner)
        return any(record.id == run_id and record.worker != self._worker for record in unfinished)

    def _apply(self, command: Command, owner: str) -> bool:
        """Apply a command to the cache; return whether it counts."""
        return self._cache.edit_owned(
            command.run_id, owner, lambda record: _changes_by(command, record)
        )

    def _send(self, command: Command) -> None:
        if command.question_id:
            self._supervisor.decide(command.run_id, command.question_id, command.decision)
        else:
            self._supervisor.request_stop(command.run_id)


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
        return {"stop_requested_at": command.requested_at, "stop_result": ""}
    run = record.run
    if run is None or run.waiting_for is None or run.waiting_for.sent:
        return None
    if run.waiting_for.request_id != command.question_id:
        return None
    decided = replace(run.waiting_for, sent=command.decision, sent_at=command.requested_at)
    return {"run": replace(run, waiting_for=decided), "note": ""}

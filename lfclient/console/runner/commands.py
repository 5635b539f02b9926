"""What people press: carried out here, or by the process that follows the run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from lfclient.console.runner.clock import now
from lfclient.console.runner.run_cache import RunCache
from lfclient.console.runner.task_supervisor import TaskSupervisor
from lfclient.console.store.commands import Command
from lfclient.console.store.run_record import RunRecord
from lfclient.console.store.store import Store

RecordEdit = Callable[[RunRecord], Mapping[str, Any] | None]


class CommandHandler:
    """Stops, and decisions. Every method raises `StoreError`.

    What is pressed elsewhere is left in the database, for the process that follows the run to take
    within a second: it alone calls the server, and it has the call that a stop is to close. So of
    all that is pressed anywhere the first counts, and none is sent twice.
    """

    def __init__(
        self, store: Store, cache: RunCache, supervisor: TaskSupervisor, worker: str
    ) -> None:
        self._store, self._cache, self._supervisor, self._worker = store, cache, supervisor, worker
        self._noted: dict[Command, bool] = {}  # whether each counts

    def stop(self, run_id: str, owner: str) -> None:
        """Ask for a stop of that owner's run."""
        self._press(Command(run_id, now()), owner)

    def decide(self, run_id: str, owner: str, question: str, decision: str) -> None:
        """Send a decision on a question of that owner's run."""
        self._press(Command(run_id, now(), question, decision), owner)

    def apply_queued(self) -> list[Command]:
        """Put what was pressed elsewhere on the cache; what is to be told, and then taken, so that
        whoever pressed sees it all the time.
        """
        going = {record.id: record.owner for record in self._cache.active()}
        commands = self._store.commands.pending(going) if going else []
        before, self._noted = self._noted, {}
        for command in commands:
            counts = before.get(command)
            if counts is None:
                counts = self._put(command, going[command.run_id])
            self._noted[command] = counts
        for command in before.keys() - set(commands):
            if before[command]:  # it was taken, and the answer was lost: nobody knows by whom
                self._offer_again(command, going.get(command.run_id, ""))
        return commands

    def execute(self, command: Command) -> None:
        """Carry out what was noted: it is taken first, and so never done twice."""
        if self._store.commands.take(command, self._worker) and self._noted.pop(command):
            self._carry_out(command)

    def _is_elsewhere(self, run_id: str, owner: str) -> bool:
        if self._supervisor.connection(run_id) is not None:
            return False
        mine = self._store.unfinished(owner)
        return any(one.id == run_id and one.worker != self._worker for one in mine)

    def _press(self, command: Command, owner: str) -> None:
        if self._is_elsewhere(command.run_id, owner):
            self._store.commands.put(command)
        elif self._put(command, owner):
            self._carry_out(command)

    def _carry_out(self, command: Command) -> None:
        if command.question_id:
            self._supervisor.decide(command.run_id, command.question_id, command.decision)
        else:
            self._supervisor.request_stop(command.run_id)

    def _offer_again(self, command: Command, owner: str) -> None:
        edit_owned_run(
            self._cache, owner, command.run_id, lambda record: record.without_pending_commands()
        )

    def _put(self, command: Command, owner: str) -> bool:
        """Note it on the cache; whether it counts."""
        return edit_owned_run(
            self._cache, owner, command.run_id, lambda record: _changes_by(record, command)
        )


def apply_commands(record: RunRecord, commands: Iterable[Command]) -> RunRecord:
    """A run of another process with what that one is still to take, as it will be."""
    for command in commands:
        record = replace(record, **(_changes_by(record, command) or {}))
    return record


def _changes_by(record: RunRecord, command: Command) -> dict[str, Any] | None:
    """What a press changes; None if it does not count: for what is over, or was not the first."""
    if record.ended:
        return None
    if not command.question_id:
        pressed = {"stop_requested_at": command.requested_at, "stop_result": ""}
        return None if record.stop_requested_at else pressed
    run = record.run
    if run is None or run.waiting_for is None or run.waiting_for.sent:
        return None
    if run.waiting_for.request_id != command.question_id:
        return None
    asked = replace(run.waiting_for, sent=command.decision, sent_at=command.requested_at)
    return {"run": replace(run, waiting_for=asked), "note": ""}


def edit_owned_run(cache: RunCache, owner: str, run_id: str, edit: RecordEdit) -> bool:
    """Change that owner's run that is on the cache; whether there was something to change.

    Of several who press at once, one does.
    """
    made: list[Mapping[str, Any]] = []

    def noted(record: RunRecord) -> Mapping[str, Any] | None:
        changes = edit(record) if record.owner == owner else None
        made.extend([changes] if changes else [])
        return changes

    with suppress(KeyError):
        cache.edit(run_id, noted)
    return bool(made)

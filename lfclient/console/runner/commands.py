"""What people press: carried out here, or by the process that follows the run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from lfclient.console.runner.clock import now
from lfclient.console.runner.run_cache import Board
from lfclient.console.runner.task_supervisor import Tasks
from lfclient.console.store.commands import Command
from lfclient.console.store.run_record import RunRecord
from lfclient.console.store.store import Store

Edit = Callable[[RunRecord], Mapping[str, Any] | None]


class Presses:
    """Stops, and decisions. Every method raises `StoreError`.

    What is pressed elsewhere is left in the database, for the process that follows the run to take
    within a second: it alone calls the server, and it has the call that a stop is to close. So of
    all that is pressed anywhere the first counts, and none is sent twice.
    """

    def __init__(self, store: Store, board: Board, tasks: Tasks, worker: str) -> None:
        self._store, self._board, self._tasks, self._worker = store, board, tasks, worker
        self._noted: dict[Command, bool] = {}  # whether each counts

    def stop(self, run_id: str, owner: str) -> None:
        """Ask for a stop of that owner's run."""
        self._press(Command(run_id, now()), owner)

    def decide(self, run_id: str, owner: str, question: str, decision: str) -> None:
        """Send a decision on a question of that owner's run."""
        self._press(Command(run_id, now(), question, decision), owner)

    def note(self) -> list[Command]:
        """Put what was pressed elsewhere on the board; what is to be told, and then taken, so that
        whoever pressed sees it all the time.
        """
        going = {record.id: record.owner for record in self._board.going()}
        wishes = self._store.wishes.of(going) if going else []
        before, self._noted = self._noted, {}
        for wish in wishes:
            counts = before.get(wish)
            if counts is None:
                counts = self._put(wish, going[wish.run_id])
            self._noted[wish] = counts
        for wish in before.keys() - set(wishes):
            if before[wish]:  # it was taken, and the answer was lost: nobody knows by whom
                self._offer_again(wish, going.get(wish.run_id, ""))
        return wishes

    def take(self, wish: Command) -> None:
        """Carry out what was noted: it is taken first, and so never done twice."""
        if self._store.wishes.take(wish, self._worker) and self._noted.pop(wish):
            self._carry_out(wish)

    def _is_elsewhere(self, run_id: str, owner: str) -> bool:
        if self._tasks.connection(run_id) is not None:
            return False
        mine = self._store.unfinished(owner)
        return any(one.id == run_id and one.worker != self._worker for one in mine)

    def _press(self, wish: Command, owner: str) -> None:
        if self._is_elsewhere(wish.run_id, owner):
            self._store.wishes.put(wish)
        elif self._put(wish, owner):
            self._carry_out(wish)

    def _carry_out(self, wish: Command) -> None:
        if wish.question:
            self._tasks.decide(wish.run_id, wish.question, wish.decision)
        else:
            self._tasks.press_stop(wish.run_id)

    def _offer_again(self, wish: Command, owner: str) -> None:
        edit_of(self._board, owner, wish.run_id, lambda record: record.unpressed())

    def _put(self, wish: Command, owner: str) -> bool:
        """Note it on the board; whether it counts."""
        return edit_of(self._board, owner, wish.run_id, lambda record: _pressed(record, wish))


def as_wished(record: RunRecord, wishes: Iterable[Command]) -> RunRecord:
    """A run of another process with what that one is still to take, as it will be."""
    for wish in wishes:
        record = replace(record, **(_pressed(record, wish) or {}))
    return record


def _pressed(record: RunRecord, wish: Command) -> dict[str, Any] | None:
    """What a press changes; None if it does not count: for what is over, or was not the first."""
    if record.ended:
        return None
    if not wish.question:
        pressed = {"stop_requested_at": wish.asked_at, "stop_result": ""}
        return None if record.stop_requested_at else pressed
    run = record.run
    if run is None or run.waiting_for is None or run.waiting_for.sent:
        return None
    if run.waiting_for.request_id != wish.question:
        return None
    asked = replace(run.waiting_for, sent=wish.decision, sent_at=wish.asked_at)
    return {"run": replace(run, waiting_for=asked), "note": ""}


def edit_of(board: Board, owner: str, run_id: str, edit: Edit) -> bool:
    """Change that owner's run that is on the board; whether there was something to change.

    Of several who press at once, one does.
    """
    made: list[Mapping[str, Any]] = []

    def noted(record: RunRecord) -> Mapping[str, Any] | None:
        changes = edit(record) if record.owner == owner else None
        made.extend([changes] if changes else [])
        return changes

    with suppress(KeyError):
        board.edit(run_id, noted)
    return bool(made)

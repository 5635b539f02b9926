"""What people press in a process that does not follow the run, for the one that does."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from lfclient.console.store.column_values import from_microseconds, to_microseconds
from lfclient.console.store.database import Database
from lfclient.console.store.tables import CommandRow, RunRow


@dataclass(frozen=True)
class Command:
    """To stop a run, or where `question_id` is the id of one, to decide so."""

    run_id: str
    requested_at: datetime
    question_id: str = ""
    decision: str = ""


class CommandQueue:
    """One stop of each run and one decision of each question, until they are taken. Every method
    raises `StoreError`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._new = database.insert_new(CommandRow.__table__, "run_id", "question_id")

    def put(self, command: Command) -> None:
        """Leave it, unless there is one already."""
        row = {
            "run_id": command.run_id,
            "question_id": command.question_id,
            "decision": command.decision,
            "requested_at": to_microseconds(command.requested_at),
        }
        with self._database.write() as connection:
            connection.execute(self._new, row)

    def pending(self, run_ids: Collection[str]) -> list[Command]:
        """Those for some runs that nobody has taken yet."""
        # there is hardly ever one at all
        with self._database.read() as connection:
            rows = connection.execute(select(CommandRow.__table__))
            return [_wish(*row) for row in rows if row.run_id in run_ids]

    def take(self, command: Command, worker: str) -> bool:
        """Whether the process that follows its run is the one to carry it out: it is gone then, and
        so taken only once, whatever becomes of the process.
        """
        run = select(RunRow.id).where(RunRow.id == command.run_id, RunRow.worker == worker)
        gone = delete(CommandRow).where(
            CommandRow.run_id == command.run_id,
            CommandRow.question_id == command.question_id,
            run.exists(),
        )
        with self._database.write() as connection:
            return bool(connection.execute(gone).rowcount)


def _wish(run_id: str, question: str, decision: str, requested_at: int) -> Command:
    asked = from_microseconds(requested_at)
    assert asked is not None
    return Command(run_id, asked, question, decision)

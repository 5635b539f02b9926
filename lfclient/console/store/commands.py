"""Queue stops and decisions for the process that follows a run."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from lfclient.console.store.database import Database
from lfclient.console.store.tables import COMMANDS, CommandRow, RunRow


@dataclass(frozen=True)
class Command:
    """A decision on the question `question_id` of a run; a stop if that is empty."""

    run_id: str
    requested_at: datetime
    question_id: str = ""
    decision: str = ""


class CommandQueue:
    """Holds one stop of each run and one decision on each question until they are taken.

    Every method raises `StoreError`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert_if_new = database.insert_if_new(COMMANDS, "run_id", "question_id")

    def put(self, command: Command) -> None:
        """Queue a command, unless an equal one is queued already."""
        with self._database.write() as connection:
            connection.execute(self._insert_if_new, vars(command))

    def pending(self, run_ids: Collection[str]) -> list[Command]:
        """Return the queued commands for some runs."""
        query = select(
            CommandRow.run_id, CommandRow.requested_at, CommandRow.question_id, CommandRow.decision
        )
        # filtered here: the table is nearly always empty
        with self._database.read() as connection:
            commands = [Command(*row) for row in connection.execute(query)]
        return [command for command in commands if command.run_id in run_ids]

    def take(self, command: Command, worker: str) -> bool:
        """Remove a command and return True if `worker` follows its run and nobody took it before.

        Taking comes first, so that a command is executed at most once even if the process dies.
        """
        run = select(RunRow.id).where(RunRow.id == command.run_id, RunRow.worker == worker)
        statement = delete(CommandRow).where(
            CommandRow.run_id == command.run_id,
            CommandRow.question_id == command.question_id,
            run.exists(),
        )
        with self._database.write() as connection:
            return bool(connection.execute(statement).rowcount)

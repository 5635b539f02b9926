"""The workers, which are the console processes of a database: heartbeats, and commands for them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from lfclient.console.store.database import Database
from lfclient.console.store.tables import COMMANDS, CommandRow, RunRow, WorkerRow


class WorkerHeartbeats:
    """A counter for each worker, which grows while the worker lives.

    A time would not do: clocks are adjusted, and clocks of several machines differ. Every method
    raises `StoreError`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def heartbeat(self, worker: str) -> None:
        """Increment the counter of a worker, which begins at 1."""
        statement = update(WorkerRow).where(WorkerRow.id == worker)
        with self._database.write() as connection:
            result = connection.execute(statement.values(heartbeat=WorkerRow.heartbeat + 1))
            if not result.rowcount:
                connection.execute(insert(WorkerRow), {"id": worker, "heartbeat": 1})

    def heartbeats(self) -> dict[str, int]:
        """Return the counters by worker."""
        with self._database.read() as connection:
            rows = connection.execute(select(WorkerRow.id, WorkerRow.heartbeat))
            return {row.id: row.heartbeat for row in rows}

    def remove(self, worker: str) -> None:
        """Remove a worker that has ended or is considered dead."""
        with self._database.write() as connection:
            connection.execute(delete(WorkerRow).where(WorkerRow.id == worker))


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

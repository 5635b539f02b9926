"""Register the workers, which are the console processes of a database, by heartbeat counters.

A counter instead of a time, because clocks are adjusted, and those of several machines differ.
"""

from sqlalchemy import delete, insert, select, update

from lfclient.console.store.database import Database
from lfclient.console.store.tables import WorkerRow


class WorkerHeartbeats:
    """The heartbeats of the workers. Every method raises `StoreError`."""

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

"""The console processes that share a database, each with a counter that grows while it lives.

A counter, not a time: clocks move, and those of several machines differ.
"""

from __future__ import annotations

from sqlalchemy import delete, insert, select, update

from lfclient.console.store.database import Database
from lfclient.console.store.tables import WorkerRow


class WorkerRegistry:
    """Every method raises `StoreError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def heartbeat(self, worker: str) -> None:
        """Raise the counter of a process; the first time, it begins at 1."""
        with self._database.write() as connection:
            changed = connection.execute(
                update(WorkerRow)
                .where(WorkerRow.id == worker)
                .values(heartbeat=WorkerRow.heartbeat + 1)
            )
            if not changed.rowcount:
                connection.execute(insert(WorkerRow), {"id": worker, "heartbeat": 1})

    def heartbeats(self) -> dict[str, int]:
        """The counter of each process that has one."""
        with self._database.read() as connection:
            rows = connection.execute(select(WorkerRow.id, WorkerRow.heartbeat))
            return {row.id: row.heartbeat for row in rows}

    def remove(self, worker: str) -> None:
        """Forget a process that has ended or is taken for dead."""
        with self._database.write() as connection:
            connection.execute(delete(WorkerRow).where(WorkerRow.id == worker))

"""Store which flows were added to servers from the console, so that it deletes no others."""

from collections.abc import Iterable

from sqlalchemy import delete, select

from lfclient.console.store.database import Database
from lfclient.console.store.tables import ADDED_FLOWS, AddedFlowRow


class AddedFlowStore:
    """The ids of added flows by owner. Every method raises `StoreError`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = database.insert_if_new(ADDED_FLOWS, "owner", "flow_id")

    def add(self, owner: str, flow_ids: Iterable[str]) -> None:
        """Remember that an owner added these flows."""
        with self._database.write() as connection:
            for flow_id in flow_ids:
                connection.execute(self._insert, {"owner": owner, "flow_id": flow_id})

    def contains(self, owner: str, flow_id: str) -> bool:
        """Return whether an owner added this flow."""
        query = select(AddedFlowRow.flow_id).where(
            AddedFlowRow.owner == owner, AddedFlowRow.flow_id == flow_id
        )
        with self._database.read() as connection:
            return connection.execute(query).one_or_none() is not None

    def remove(self, owner: str, flow_id: str) -> None:
        """Forget a flow that was deleted."""
        statement = delete(AddedFlowRow).where(
            AddedFlowRow.owner == owner, AddedFlowRow.flow_id == flow_id
        )
        with self._database.write() as connection:
            connection.execute(statement)

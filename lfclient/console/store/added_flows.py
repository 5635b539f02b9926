"""Store which flows were added to servers from the console, so that it deletes no others."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, case, delete, func, select

from lfclient.console.store.database import Database
from lfclient.console.store.run_record import UNFINISHED_STATUSES, RunRecord
from lfclient.console.store.tables import ADDED_FLOWS, AddedFlowRow, RunRow
from lfclient.runs.model import RunStatus


class AddedFlowStore:
    """The ids of added flows by owner. Every method raises `StoreError`.

    Some are temporary, for one run: `Store.create` adds them with its record, before they exist.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = database.insert_if_new(ADDED_FLOWS, "owner", "flow_id")

    def add(self, owner: str, flow_ids: Iterable[str]) -> None:
        """Remember that an owner added these flows."""
        with self._database.write() as connection:
            for flow_id in flow_ids:
                connection.execute(self._insert, {"owner": owner, "flow_id": flow_id})

    def add_temporary(self, connection: Connection, flow_id: str, record: RunRecord) -> None:
        """Remember the temporary flow of a run, in the transaction that saves its record."""
        row = {"owner": record.owner, "flow_id": flow_id, "run_id": record.id}
        connection.execute(self._insert, row)

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

    def temporary_of_run(self, run_id: str) -> str | None:
        """Return the id of a run's temporary flow, None if it has none or that is deleted."""
        query = select(AddedFlowRow.flow_id).where(AddedFlowRow.run_id == run_id)
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def leftover(self, ended_before: datetime, lost_before: datetime) -> list[tuple[str, str]]:
        """Return the owner and id of each temporary flow whose run ended before, or was deleted.

        `lost_before` is for those of which `RunRecord.may_go_on` is True. A run whose end was not
        seen counts as ended when it was created.
        """
        ended_at = func.coalesce(RunRow.ended_at, RunRow.created_at)
        is_stopped_call = (RunRow.mode == "sync") & (RunRow.status == RunStatus.CANCELLED)
        is_sent = is_stopped_call & (RunRow.attempts > 0)
        may_go_on = is_sent | (RunRow.status == RunStatus.OUTCOME_UNKNOWN)
        is_over = RunRow.status.not_in(UNFINISHED_STATUSES) & case(
            (may_go_on, ended_at < lost_before), else_=ended_at < ended_before
        )
        query = (
            select(AddedFlowRow.owner, AddedFlowRow.flow_id)
            .outerjoin(RunRow, RunRow.id == AddedFlowRow.run_id)
            .where(AddedFlowRow.run_id.is_not(None), RunRow.id.is_(None) | is_over)
        )
        with self._database.read() as connection:
            return [(row.owner, row.flow_id) for row in connection.execute(query)]

"""Store how an owner's flows are shown, and which flows were added from the console."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, delete, select, update

from lfclient.common.json_types import JsonObject
from lfclient.console.store.database import Database
from lfclient.console.store.errors import StoreError
from lfclient.console.store.tables import ADDED_FLOWS, FLOW_SETTINGS, AddedFlowRow, FlowSettingsRow


class SettingsConflict(StoreError):
    """Somebody else has saved the settings since they were read."""

    default_hint = "Check what is saved now, then save again."


@dataclass(frozen=True)
class FlowSettings:
    """Settings of a flow for one purpose, such as its presentation. `version` grows with each
    change; that of settings which don't exist yet is 0.
    """

    content: JsonObject
    version: int = 0


class FlowSettingsStore:
    """Settings by owner, flow and purpose. Every method raises `StoreError`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = database.insert_if_new(FLOW_SETTINGS, "owner", "flow_id", "purpose")

    def get(self, owner: str, flow_id: str, purpose: str) -> FlowSettings:
        """Return the settings; without content and with version 0 if there are none."""
        query = select(FlowSettingsRow.content, FlowSettingsRow.version)
        with self._database.read() as connection:
            row = connection.execute(query.where(*_is(owner, flow_id, purpose))).one_or_none()
        return FlowSettings(*row) if row else FlowSettings({})

    def save(self, owner: str, flow_id: str, purpose: str, settings: FlowSettings) -> FlowSettings:
        """Save changed content, and return it as stored.

        Raise `SettingsConflict`, and change nothing, if the stored version is another one.
        """
        values = {
            "content": settings.content,
            "version": settings.version + 1,
            "updated_at": datetime.now(UTC),
        }
        key = {"owner": owner, "flow_id": flow_id, "purpose": purpose}
        is_read_version = FlowSettingsRow.version == settings.version
        statement = (
            update(FlowSettingsRow).where(*_is(owner, flow_id, purpose), is_read_version)
            if settings.version
            else self._insert
        )
        with self._database.write() as connection:
            written = statement.values({**key, **values}).returning(FlowSettingsRow.version)
            if connection.execute(written).one_or_none() is None:
                raise SettingsConflict("Somebody else has changed these settings.")
        return FlowSettings(settings.content, settings.version + 1)


def _is(owner: str, flow_id: str, purpose: str) -> tuple[ColumnElement[bool], ...]:
    row = FlowSettingsRow
    return row.owner == owner, row.flow_id == flow_id, row.purpose == purpose


class AddedFlowStore:
    """The IDs of added flows by owner: the console deletes no others.

    Every method raises `StoreError`.
    """

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

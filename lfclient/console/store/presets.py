"""Store presets: named sets of values of a flow."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Insert, Row, Update, delete, insert, select, update

from lfclient.console.store.database import Database
from lfclient.console.store.errors import ConstraintViolated, StoreError
from lfclient.console.store.tables import PresetRow


class PresetNameTaken(StoreError):
    """The flow already has a preset with this name."""

    default_hint = "Choose another name, or update that preset."


class PresetConflict(StoreError):
    """Somebody else has changed or deleted the preset since it was read."""

    default_hint = "Check its current values, then save again, or save under another name."


@dataclass(frozen=True)
class Preset:
    """A named set of values of a flow, of one owner. Immutable; `version` grows with each change.

    `values` are overrides by `Component.parameter`. `secrets` are the parameters that a person
    enters each time: a preset never contains a secret value. A form without a draft opens with the
    flow's default preset; a flow has at most one.
    """

    id: str
    owner: str
    flow_id: str
    flow_name: str
    name: str
    values: dict[str, Any] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    is_default: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True)
class PresetSummary:
    """A preset in a list, without its values."""

    id: str
    name: str
    is_default: bool
    version: int


class PresetStore:
    """Presets by owner and flow. Every method raises `StoreError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_for_flow(self, owner: str, flow_id: str) -> list[PresetSummary]:
        """Return an owner's presets of a flow, sorted by name."""
        columns = (PresetRow.id, PresetRow.name, PresetRow.is_default, PresetRow.version)
        query = select(*columns).where(PresetRow.owner == owner, PresetRow.flow_id == flow_id)
        with self._database.read() as connection:
            presets = [PresetSummary(*row) for row in connection.execute(query)]
        return sorted(presets, key=lambda preset: preset.name.casefold())

    def get(self, owner: str, preset_id: str) -> Preset | None:
        """Return a preset, or None if this owner has no such preset."""
        return self._find(PresetRow.owner == owner, PresetRow.id == preset_id)

    def default(self, owner: str, flow_id: str) -> Preset | None:
        """Return the flow's default preset, or None."""
        of_flow = (PresetRow.owner == owner, PresetRow.flow_id == flow_id)
        return self._find(*of_flow, PresetRow.is_default.is_(True))

    def create(self, preset: Preset) -> Preset:
        """Save a new preset and return it as stored. Raise `PresetNameTaken`."""
        now = datetime.now(UTC)
        identity = {name: getattr(preset, name) for name in ("id", "owner", "flow_id")}
        values = {**identity, **_content(preset), "created_at": now, "updated_at": now}
        return self._write(
            preset, insert(PresetRow).values({**values, "is_default": False, "version": 1})
        )

    def update(self, preset: Preset) -> Preset:
        """Save the name, values and secrets of a preset and return it as stored.

        Raise `PresetConflict` if the stored version is another one, and `PresetNameTaken`.
        """
        changes = {**_content(preset), "updated_at": datetime.now(UTC)}
        statement = update(PresetRow).where(
            PresetRow.owner == preset.owner,
            PresetRow.id == preset.id,
            PresetRow.version == preset.version,
        )
        return self._write(preset, statement.values(**changes, version=PresetRow.version + 1))

    def delete(self, owner: str, preset_id: str) -> None:
        """Delete a preset; do nothing if it is gone."""
        statement = delete(PresetRow).where(PresetRow.owner == owner, PresetRow.id == preset_id)
        with self._database.write() as connection:
            connection.execute(statement)

    def set_default(self, owner: str, flow_id: str, preset_id: str | None) -> None:
        """Make a preset, or none, the flow's default.

        Raise `PresetConflict`, and change nothing, if that preset is gone.
        """
        of_flow = (PresetRow.owner == owner, PresetRow.flow_id == flow_id)
        with self._database.write() as connection:
            # locks all of the flow's presets, so that two calls run one after the other
            connection.execute(update(PresetRow).where(*of_flow).values(is_default=False))
            if preset_id is None:
                return
            chosen = update(PresetRow).where(*of_flow, PresetRow.id == preset_id)
            if not connection.execute(chosen.values(is_default=True)).rowcount:
                raise PresetConflict("Somebody else has deleted the preset.")

    def _find(self, *conditions: ColumnElement[bool]) -> Preset | None:
        """Return the only preset that meets the conditions, or None."""
        with self._database.read() as connection:
            query = select(PresetRow.__table__).where(*conditions)
            row = connection.execute(query).one_or_none()
        return _from_row(row) if row else None

    def _write(self, preset: Preset, statement: Insert | Update) -> Preset:
        """Execute a statement that writes one preset, and return it as stored."""
        try:
            with self._database.write() as connection:
                row = connection.execute(statement.returning(PresetRow.__table__)).one_or_none()
        except ConstraintViolated:
            raise PresetNameTaken(f"A preset named “{preset.name}” already exists.") from None
        if row is None:
            raise PresetConflict(f"Somebody else has changed the preset “{preset.name}”.")
        return _from_row(row)


def _content(preset: Preset) -> dict[str, Any]:
    content = {"values": preset.values, "secrets": list(preset.secrets)}
    return {"flow_name": preset.flow_name, "name": preset.name, "content": content}


def _from_row(row: Row[Any]) -> Preset:
    values = dict(row._mapping)
    content = values.pop("content")
    return Preset(**values, values=content["values"], secrets=tuple(content["secrets"]))

"""Named sets of values of a flow."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from lfclient.console.store.column_values import from_microseconds, to_microseconds
from lfclient.console.store.database import Database
from lfclient.console.store.errors import ConstraintViolated, StoreError
from lfclient.console.store.serialization import dump_value, load_value
from lfclient.console.store.tables import PresetRow


class PresetNameTaken(StoreError):
    """The flow has a preset of that name."""

    default_hint = "Choose another name, or update that preset."


class PresetConflict(StoreError):
    """Somebody else has changed or deleted the preset since it was read."""

    default_hint = "Look at what it is now, then save again, or save under another name."


@dataclass(frozen=True)
class Preset:
    """A named set of values of a flow, of one owner; immutable.

    `values` are overrides by `Component.parameter`. `secrets` are the parameters whose values a
    person enters each time: a preset never holds one. `is_default`: a form without a draft opens
    with it; at most one of a flow's is. `version` grows with each change.
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
    """A preset without its values, as lists need it."""

    id: str
    name: str
    is_default: bool
    version: int


class PresetStore:
    """Presets by owner and flow. Every method raises `StoreError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_for_flow(self, owner: str, flow_id: str) -> list[PresetSummary]:
        """That owner's presets of a flow, by name."""
        columns = (PresetRow.id, PresetRow.name, PresetRow.is_default, PresetRow.version)
        query = select(*columns).where(PresetRow.owner == owner, PresetRow.flow_id == flow_id)
        with self._database.read() as connection:
            heads = [PresetSummary(*row) for row in connection.execute(query)]
        return sorted(heads, key=lambda head: head.name.casefold())

    def get(self, owner: str, preset_id: str) -> Preset | None:
        """One preset, or None if there is none or it is not that owner's."""
        query = select(PresetRow.__table__).where(
            PresetRow.owner == owner, PresetRow.id == preset_id
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return _preset(row) if row else None

    def create(self, preset: Preset) -> Preset:
        """Keep a new one. Raises `PresetNameTaken`."""
        now = to_microseconds(datetime.now(UTC))
        values = {**_row(preset), "created_at": now, "updated_at": now, "version": 1}
        values["is_default"] = False
        self._named(preset, insert(PresetRow).values(values))
        return self._kept(preset)

    def update(self, preset: Preset) -> Preset:
        """Keep name, values and secrets of a preset that was read and changed.

        Raises `PresetConflict` if what is kept has another version, and `PresetNameTaken`.
        """
        changed = self._named(
            preset,
            update(PresetRow)
            .where(
                PresetRow.owner == preset.owner,
                PresetRow.id == preset.id,
                PresetRow.version == preset.version,
            )
            .values(
                name=preset.name,
                flow_name=preset.flow_name,
                content=_row(preset)["content"],
                updated_at=to_microseconds(datetime.now(UTC)),
                version=PresetRow.version + 1,
            ),
        )
        if not changed:
            raise PresetConflict(f"The preset {preset.name} was changed by somebody else.")
        return self._kept(preset)

    def delete(self, owner: str, preset_id: str) -> None:
        """Delete one; nothing happens if it is gone."""
        with self._database.write() as connection:
            connection.execute(
                delete(PresetRow).where(PresetRow.owner == owner, PresetRow.id == preset_id)
            )

    def set_default(self, owner: str, flow_id: str, preset_id: str | None) -> None:
        """Make one of a flow's presets the one that its form opens with, or none.

        Raises `PresetConflict`, and leaves all as it is, if that preset is gone.
        """
        of_flow = (PresetRow.owner == owner, PresetRow.flow_id == flow_id)
        with self._database.write() as connection:
            # of all rows: whoever chooses another at the same time waits for this
            connection.execute(update(PresetRow).where(*of_flow).values(is_default=False))
            if preset_id is None:
                return
            chosen = update(PresetRow).where(*of_flow, PresetRow.id == preset_id)
            if not connection.execute(chosen.values(is_default=True)).rowcount:
                raise PresetConflict("The preset was deleted by somebody else.")

    def _named(self, preset: Preset, statement: Any) -> int:
        """Carry out a change of a name; how many rows it touched."""
        try:
            with self._database.write() as connection:
                return connection.execute(statement).rowcount
        except ConstraintViolated:
            raise PresetNameTaken(f"There is a preset named {preset.name} already.") from None

    def _kept(self, preset: Preset) -> Preset:
        kept = self.get(preset.owner, preset.id)
        if kept is None:
            raise PresetConflict(f"The preset {preset.name} was deleted by somebody else.")
        return kept


def _row(preset: Preset) -> dict[str, Any]:
    return {
        "id": preset.id,
        "owner": preset.owner,
        "flow_id": preset.flow_id,
        "flow_name": preset.flow_name,
        "name": preset.name,
        "content": dump_value({"values": preset.values, "secrets": list(preset.secrets)}),
    }


def _preset(row: Row[Any]) -> Preset:
    values = dict(row._mapping)
    content = load_value(values.pop("content"))
    return Preset(
        **{
            **values,
            "values": content["values"],
            "secrets": tuple(content["secrets"]),
            "created_at": from_microseconds(values["created_at"]),
            "updated_at": from_microseconds(values["updated_at"]),
        }
    )

"""Create the tables, add columns and indexes that they lack, and convert those of 0.2.0."""

from sqlalchemy import Connection, delete, insert, inspect, select
from sqlalchemy.schema import CreateColumn

from lfclient.console.store.errors import NewerDatabase, StoreError
from lfclient.console.store.search_index import create_search_index, rebuild_search_index
from lfclient.console.store.tables import SCHEMA_VERSIONS, Base

VERSION = "0020"  # to raise when `upgrade` has to convert existing columns
VERSION_OF_0_2_0 = "0008"

_TABLES = Base.metadata.tables
_COLUMNS = {
    (table.name, column.name): column for table in _TABLES.values() for column in table.columns
}
_INDEXES = [index for table in _TABLES.values() for index in table.indexes]
# names in 0.2.0, with their current ones
_RENAMED_TABLES = {"run_pieces": "response_chunks", "run_wishes": "commands"}
_RENAMED_COLUMNS = {
    ("runs", "click"): "submit_token",
    ("runs", "inputs_kept"): "inputs_stored",
    ("runs", "gist"): "input_summary",
    ("runs", "headline"): "output_summary",
    ("runs", "answer_kept"): "stored_parts",
    ("runs", "answer_bytes"): "response_bytes",
    ("runs", "note"): "notes",
    ("commands", "question"): "question_id",
    ("commands", "asked_at"): "requested_at",
    ("workers", "beat"): "heartbeat",
}


def read_version(connection: Connection) -> str | None:
    """Return the version of the schema; None for a database without the console's tables."""
    if not inspect(connection).has_table(SCHEMA_VERSIONS.name):
        return None
    version: str = connection.execute(select(SCHEMA_VERSIONS.c.version_num)).scalar_one()
    return version


def needs_upgrade(connection: Connection, description: str) -> bool:
    """Return whether `upgrade` would change the database.

    Raise `NewerDatabase` for a later version's, `StoreError` for an unreleased version's.
    """
    version = read_version(connection)
    if version in (None, VERSION_OF_0_2_0):
        return True
    if version < VERSION:
        raise StoreError(
            f"{description} was written by an unreleased version of the console.",
            hint="Only databases of 0.2.0 are converted. Open this one with the version that wrote "
            "it, or give this version its own (LFCONSOLE_DATA_DIR, LFCONSOLE_DATABASE_URL).",
        )
    columns, indexes = _read_names(connection)
    if version > VERSION or not columns <= _COLUMNS.keys():
        raise NewerDatabase(f"{description} was written by a later release.")
    return not (columns >= _COLUMNS.keys() and indexes >= {index.name for index in _INDEXES})


def upgrade(connection: Connection) -> None:
    """Create or complete the schema in the transaction of `connection`."""
    version = read_version(connection)
    if version == VERSION_OF_0_2_0:
        _rename(connection)
    Base.metadata.create_all(connection)
    if version is None:
        create_search_index(connection)
    columns, indexes = _read_names(connection)
    for name, column in _COLUMNS.items():
        if name not in columns:
            definition = CreateColumn(column).compile(dialect=connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {column.table.name} ADD COLUMN {definition}")
    for index in _INDEXES:
        if index.name not in indexes:
            index.create(connection)
    connection.execute(delete(SCHEMA_VERSIONS))
    connection.execute(insert(SCHEMA_VERSIONS), {"version_num": VERSION})


def _rename(connection: Connection) -> None:
    """Rename the tables and columns of 0.2.0."""
    if connection.dialect.name == "sqlite":
        rebuild_search_index(connection)  # SQLite renames nothing while the index is damaged
    for old, new in _RENAMED_TABLES.items():
        connection.exec_driver_sql(f"ALTER TABLE {old} RENAME TO {new}")
    for (table, old), new in _RENAMED_COLUMNS.items():
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")


def _read_names(connection: Connection) -> tuple[set[tuple[str, str]], set[str | None]]:
    """Return the names of the console's columns, each with its table's, and of its indexes."""
    inspector = inspect(connection)
    columns = inspector.get_multi_columns(filter_names=[*_TABLES])
    indexes = inspector.get_multi_indexes(filter_names=[*_TABLES])
    return (
        {(table, column["name"]) for (_, table), found in columns.items() for column in found},
        {index["name"] for found in indexes.values() for index in found},
    )

"""Create, complete and convert the tables, and maintain the index of search texts.

Each database has its own search index.
"""

from sqlalchemy import Connection, delete, insert, inspect, select
from sqlalchemy.schema import CreateColumn

from lfclient.console.store.errors import NewerDatabase, StoreError
from lfclient.console.store.tables import SCHEMA_VERSIONS, Base

VERSION = "0021"  # to raise when `upgrade` has to convert existing columns
VERSION_OF_0_2_0, VERSION_OF_0_3_0 = "0008", "0020"

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
_REMOVED_TABLES = ("run_labels",)
_REMOVED_COLUMNS = {("runs", "result_hash")}
MERGED_PAGES = 100  # pages of the search index merged in one step, about 20 ms


def read_version(connection: Connection) -> str | None:
    """Return the version of the schema; None for a database without the console's tables."""
    if not inspect(connection).has_table(SCHEMA_VERSIONS.name):
        return None
    version: str = connection.execute(select(SCHEMA_VERSIONS.c.version_num)).scalar_one()
    return version


def needs_upgrade(connection: Connection, description: str) -> bool:
    """Return whether `upgrade` would change the database.

    Raise `NewerDatabase` for a later version's database, and `StoreError` for a database of 0.1.0
    or an unreleased version.
    """
    version = read_version(connection)
    if version in (None, VERSION_OF_0_2_0, VERSION_OF_0_3_0):
        return True
    if version < VERSION_OF_0_2_0:
        raise StoreError(
            f"{description} was written by version 0.1.0 of the console, which can't be converted.",
            hint="Start version 0.2.0 with it once, then this version again. Or give this version "
            "its own (LFCONSOLE_DATA_DIR, LFCONSOLE_DATABASE_URL).",
        )
    if version < VERSION:
        raise StoreError(
            f"{description} was written by an unreleased version of the console.",
            hint="Only databases of 0.2.0 and 0.3.0 are converted. Open this one with the version "
            "that wrote it, or give this version its own (LFCONSOLE_DATA_DIR, "
            "LFCONSOLE_DATABASE_URL).",
        )
    columns, indexes = _read_names(connection)
    if version > VERSION or not columns <= _COLUMNS.keys():
        raise NewerDatabase(f"{description} was written by a later release.")
    return not (columns >= _COLUMNS.keys() and indexes >= {index.name for index in _INDEXES})


def upgrade(connection: Connection) -> None:
    """Create or complete the schema in the transaction of `connection`."""
    version = read_version(connection)
    if version in (VERSION_OF_0_2_0, VERSION_OF_0_3_0) and connection.dialect.name == "sqlite":
        rebuild_search_index(connection)  # SQLite alters no table while the index is damaged
    if version == VERSION_OF_0_2_0:
        _rename(connection)
    for removed_table in _REMOVED_TABLES:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {removed_table}")
    Base.metadata.create_all(connection)
    if version is None:
        create_search_index(connection)
    columns, indexes = _read_names(connection)
    for name, column in _COLUMNS.items():
        if name not in columns:
            definition = CreateColumn(column).compile(dialect=connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {column.table.name} ADD COLUMN {definition}")
    for table, removed in _REMOVED_COLUMNS & columns:
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {removed}")
    for index in _INDEXES:
        if index.name not in indexes:
            index.create(connection)
    connection.execute(delete(SCHEMA_VERSIONS))
    connection.execute(insert(SCHEMA_VERSIONS), {"version_num": VERSION})


def _rename(connection: Connection) -> None:
    """Rename the tables and columns of 0.2.0."""
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


def create_search_index(connection: Connection) -> None:
    """Create the index of the empty table of search texts.

    PostgreSQL needs the extension `pg_trgm`. Without it, or the right to create it, a search reads
    all texts.
    """
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(
            "DO $$ BEGIN "
            "CREATE EXTENSION IF NOT EXISTS pg_trgm; "
            "CREATE INDEX ix_run_texts_body ON run_texts USING gin (body gin_trgm_ops); "
            "EXCEPTION WHEN insufficient_privilege OR undefined_file OR undefined_object "
            "OR feature_not_supported THEN NULL; END $$"
        )
        return
    connection.exec_driver_sql(
        "CREATE VIRTUAL TABLE run_search USING fts5("
        "body, content='run_texts', content_rowid='id', tokenize='trigram', detail='full')"
    )
    put = "INSERT INTO run_search(rowid, body) VALUES (new.id, new.body);"
    take = "INSERT INTO run_search(run_search, rowid, body) VALUES ('delete', old.id, old.body);"
    for event, action in (("INSERT", put), ("DELETE", take), ("UPDATE", take + put)):
        connection.exec_driver_sql(
            f"CREATE TRIGGER run_texts_{event.lower()} AFTER {event} ON run_texts "
            f"BEGIN {action} END"
        )


def merge_search_index(connection: Connection, *, restart: bool) -> bool:
    """Rewrite a part of the search index without deleted text. Return whether there is more.

    `restart` merges all that is there; otherwise the last merge is continued.
    https://sqlite.org/fts5.html#the_merge_command
    """
    driver = connection.connection.driver_connection
    assert driver is not None
    command = "INSERT INTO run_search(run_search, rank) VALUES (?, ?)"
    if restart:  # otherwise parts that are written meanwhile could end it early
        connection.exec_driver_sql(command, ("usermerge", 2))
    before = driver.total_changes
    connection.exec_driver_sql(command, ("merge", -MERGED_PAGES if restart else MERGED_PAGES))
    return bool(driver.total_changes - before > 1)  # the command itself counts as one


def rebuild_search_index(connection: Connection) -> None:
    """Rebuild SQLite's search index from the texts, whatever is left of it."""
    for statement in (
        # the first rows of an empty index, without which it cannot even be opened
        "CREATE VIRTUAL TABLE temp.run_search_new USING fts5(body)",
        "DELETE FROM main.run_search_data",
        "DELETE FROM main.run_search_idx",
        "INSERT INTO main.run_search_data SELECT * FROM temp.run_search_new_data",
        "DROP TABLE temp.run_search_new",
        "INSERT INTO run_search(run_search) VALUES ('rebuild')",
    ):
        connection.exec_driver_sql(statement)

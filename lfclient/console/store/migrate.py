"""Brings a database of runs to the current schema."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from lfclient.console.store.errors import NewerDatabase

_SCRIPTS = Path(__file__).parent / "migrations"


def is_current(connection: Connection, where: str) -> bool:
    """Return whether the schema is current. Raise `NewerDatabase` for an unknown revision."""
    scripts = ScriptDirectory(str(_SCRIPTS))
    revision = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if revision is not None and revision not in known:
        raise NewerDatabase(f"{where} was written by a later release.")
    return revision == scripts.get_current_head()


def is_empty(connection: Connection) -> bool:
    """Whether no release has written to it."""
    return MigrationContext.configure(connection).get_current_revision() is None


def upgrade(connection: Connection) -> None:
    """Run what is missing, in the transaction of `connection`."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def rebuild_search_index(connection: Connection) -> None:
    """Make SQLite's index for searching anew from the texts, whatever is left of it."""
    for statement in (
        # what an index begins with, for without that it cannot even be opened
        "CREATE VIRTUAL TABLE temp.run_search_new USING fts5(body)",
        "DELETE FROM main.run_search_data",
        "DELETE FROM main.run_search_idx",
        "INSERT INTO main.run_search_data SELECT * FROM temp.run_search_new_data",
        "DROP TABLE temp.run_search_new",
        "INSERT INTO run_search(run_search) VALUES ('rebuild')",
    ):
        connection.exec_driver_sql(statement)

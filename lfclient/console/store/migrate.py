"""Upgrade a database of runs to the current schema, and maintain its search index."""

import functools
import logging
import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from lfclient.console.store.errors import NewerDatabase

MERGED_PAGES = 100  # pages of the search index merged in one step, about 20 ms
log = logging.getLogger(__name__)

_SCRIPTS = Path(__file__).parent / "migrations"
_alembic = threading.Lock()  # its context, on which migrations run, is global to the process


def needs_upgrade(connection: Connection, description: str) -> bool:
    """Return whether `upgrade` would change the database. Raise `NewerDatabase`."""
    revisions = _revisions()
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision == revisions[0]:
        return False
    if revision is not None:
        if revision not in revisions:
            raise NewerDatabase(f"{description} was written by a later release.")
        log.warning("%s is being upgraded, which may take minutes.", description)
    return True


@functools.cache
def _revisions() -> tuple[str, ...]:
    """Return the revisions of all migrations, the newest first, whose files are imported."""
    scripts = ScriptDirectory(str(_SCRIPTS))
    return tuple(script.revision for script in scripts.walk_revisions())


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations that are missing up to `revision` in the transaction of `connection`."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    with _alembic:
        command.upgrade(config, revision)


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

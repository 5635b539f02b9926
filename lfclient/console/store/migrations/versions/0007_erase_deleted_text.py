"""Erase what an earlier release deleted from SQLite's search index but had not overwritten yet."""

from alembic import op

from lfclient.console.store.migrate import rebuild_search_index

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    # Earlier releases marked the file until the text was gone. SQLite now erases it at once.
    if connection.exec_driver_sql("PRAGMA user_version").scalar_one():
        rebuild_search_index(connection)
        connection.exec_driver_sql("PRAGMA user_version = 0")

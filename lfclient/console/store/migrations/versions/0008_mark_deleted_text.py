"""Let SQLite's search index mark deleted text again; the console erases it afterwards."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    # set by preliminary versions of 0.2.0, where it slowed every write
    is_set = "SELECT count(*) FROM run_search_config WHERE k = 'secure-delete'"
    if connection.exec_driver_sql(is_set).scalar_one():
        op.execute("INSERT INTO run_search(run_search, rank) VALUES ('secure-delete', 0)")

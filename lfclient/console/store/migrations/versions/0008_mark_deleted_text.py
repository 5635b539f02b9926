"""Let SQLite's search index mark deleted text again; the console erases it afterwards."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        # set by preliminary versions of 0.2.0, where it slowed every write; removed without
        # opening the index, which may be damaged
        op.execute("DELETE FROM run_search_config WHERE k = 'secure-delete'")

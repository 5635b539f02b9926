"""Find the runs of a session without reading all runs of its flow."""

from alembic import op

revision = "0018"
down_revision = "0016"


def upgrade() -> None:
    # hash: a session's id may be longer than PostgreSQL's ordered indexes take
    op.create_index("ix_runs_session_id", "runs", ["session_id"], postgresql_using="hash")

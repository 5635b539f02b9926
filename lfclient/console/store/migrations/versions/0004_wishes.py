"""What is pressed in a process that does not follow the run."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "run_wishes",
        sa.Column(
            "run_id",
            sa.String(),
            sa.ForeignKey("runs.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("question", sa.String(), primary_key=True),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
    )

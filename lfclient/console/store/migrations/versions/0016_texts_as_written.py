"""The searchable text of a run as it was written; unknown for runs from before."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("run_texts", sa.Column("original", sa.String(), nullable=True))

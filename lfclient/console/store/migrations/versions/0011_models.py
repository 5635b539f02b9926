"""The tokens of each model that a run used; unknown for runs from before."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("runs", sa.Column("usage_by_model", sa.LargeBinary(), nullable=True))

"""The tokens that a run used; unknown for runs from before."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("runs", sa.Column("tokens", sa.BigInteger(), nullable=True))

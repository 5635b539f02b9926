"""Add a result hash and a thumbnail to runs; NULL for earlier runs."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("runs", sa.Column("result_hash", sa.String(), nullable=True))
    op.add_column("runs", sa.Column("thumbnail", sa.LargeBinary(), nullable=True))

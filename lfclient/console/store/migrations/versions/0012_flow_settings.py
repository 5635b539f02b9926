"""How the flows of an owner are shown."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "flow_settings",
        sa.Column("owner", sa.String(), primary_key=True),
        sa.Column("flow_id", sa.String(), primary_key=True),
        sa.Column("purpose", sa.String(), primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
    )

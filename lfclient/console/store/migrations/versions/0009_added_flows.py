"""The flows that were added to servers from the console."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "added_flows",
        sa.Column("owner", sa.String(), primary_key=True),
        sa.Column("flow_id", sa.String(), primary_key=True),
    )

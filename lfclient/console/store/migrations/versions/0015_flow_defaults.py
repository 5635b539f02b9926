"""The flow's own values that a run used; unknown for runs from before."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("runs", sa.Column("flow_defaults", sa.LargeBinary(), nullable=True))

"""The run that a flow was added for, which is deleted after it."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("added_flows", sa.Column("run_id", sa.String()))

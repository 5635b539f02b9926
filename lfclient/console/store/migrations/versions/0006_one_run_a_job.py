"""Let each job belong to one run of an owner."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    # Earlier releases could give one job to two runs. The older run keeps it; the other keeps
    # everything else, and if it is unfinished, recovery looks for its job again.
    op.execute(
        "UPDATE runs SET job_id = NULL WHERE job_id IS NOT NULL AND EXISTS ("
        "SELECT 1 FROM runs AS older WHERE older.owner = runs.owner "
        "AND older.job_id = runs.job_id "
        "AND (older.created_at, older.id) < (runs.created_at, runs.id))"
    )
    # A server's job id may be longer than PostgreSQL's ordered indexes take.
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_index(
        "uq_runs_owner_job_id",
        "runs",
        ["owner", "job_id" if is_sqlite else sa.text("md5(job_id)")],
        unique=True,
        sqlite_where=sa.text("job_id IS NOT NULL"),
        postgresql_where=sa.text("job_id IS NOT NULL"),
    )

"""What lists, search, labels, presets and several processes need."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_LISTS = ((), ("flow_id",), ("status",), ("mode",), ("starred",))


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    for column in (
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("inputs_kept", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("starred", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("gist", sa.String(), nullable=False, server_default=""),
        sa.Column("headline", sa.String(), nullable=False, server_default=""),
        sa.Column("answer_kept", sa.String(), nullable=False, server_default="whole"),
        sa.Column("answer_bytes", sa.BigInteger(), nullable=False, server_default="0"),
    ):
        op.add_column("runs", column)
    op.drop_index("ix_runs_owner_created_at", "runs")
    op.drop_index("ix_runs_status", "runs")
    op.create_index(
        "ix_runs_unfinished",
        "runs",
        ["owner"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    for columns in _LISTS:
        name = "_".join(("ix_runs_owner", *columns))
        op.create_index(name, "runs", ["owner", *columns, "created_at", "id"])
    op.create_index("ix_runs_job_id", "runs", ["job_id"], postgresql_using="hash")
    op.create_index("ix_runs_created_at", "runs", ["created_at", "answer_bytes"])
    op.execute(
        "UPDATE runs SET answer_bytes = coalesce("
        "(SELECT sum(length(body)) FROM run_pieces WHERE run_id = runs.id), 0)"
    )
    op.create_table(
        "run_texts",
        sa.Column("id", number, primary_key=True, autoincrement=True),
        sa.Column(
            "run_id",
            sa.String(),
            sa.ForeignKey("runs.id", ondelete="CASCADE"),
            nullable=False,
            unique=True,
        ),
        sa.Column("body", sa.String(), nullable=False),
    )
    op.create_table(
        "run_labels",
        sa.Column(
            "run_id", sa.String(), sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("label", sa.String(), primary_key=True),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_index(
        "ix_run_labels_owner_label", "run_labels", ["owner", "label", "created_at", "run_id"]
    )
    op.create_table(
        "presets",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("flow_id", sa.String(), nullable=False),
        sa.Column("flow_name", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.UniqueConstraint("owner", "flow_id", "name"),
    )
    op.create_index(
        "ix_presets_default",
        "presets",
        ["owner", "flow_id"],
        unique=True,
        sqlite_where=sa.text("is_default"),
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("beat", sa.BigInteger(), nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        _search_sqlite()
    else:
        _search_postgresql()


def _search_sqlite() -> None:
    op.execute(
        "CREATE VIRTUAL TABLE run_search USING fts5("
        "body, content='run_texts', content_rowid='id', tokenize='trigram', detail='full')"
    )
    put = "INSERT INTO run_search(rowid, body) VALUES (new.id, new.body);"
    take = "INSERT INTO run_search(run_search, rowid, body) VALUES ('delete', old.id, old.body);"
    for when, does in (("INSERT", put), ("DELETE", take), ("UPDATE", take + put)):
        op.execute(
            f"CREATE TRIGGER run_texts_{when.lower()} AFTER {when} ON run_texts BEGIN {does} END"
        )


def _search_postgresql() -> None:
    # without the extension, or the right to have it, searching reads all texts
    op.execute(
        "DO $$ BEGIN "
        "CREATE EXTENSION IF NOT EXISTS pg_trgm; "
        "CREATE INDEX ix_run_texts_body ON run_texts USING gin (body gin_trgm_ops); "
        "EXCEPTION WHEN insufficient_privilege OR undefined_file OR undefined_object "
        "OR feature_not_supported THEN NULL; END $$"
    )

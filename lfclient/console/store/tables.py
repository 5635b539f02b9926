"""The tables: runs with their responses and search texts; presets; settings of flows;
shared results; drafts; processes and their commands.

A new column may be empty or has a default: `schema.upgrade` adds it to existing databases.
"""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from lfclient.console.store.column_types import (
    EnumText,
    InputSummaryText,
    NotesText,
    Serialized,
    Text,
    Timestamp,
    UsageByModel,
)
from lfclient.console.store.errors import JOB_INDEX
from lfclient.console.store.notes import Notes
from lfclient.console.store.run_record import InputSummary, StoredParts
from lfclient.runs.components import Usage
from lfclient.runs.model import RunStatus
from lfclient.wire.modes import Mode


def _keyset(*columns: str) -> Index:
    """Return the index for paging through an owner's runs filtered by `columns`."""
    return Index("_".join(("ix_runs_owner", *columns)), "owner", *columns, "created_at", "id")


class Base(DeclarativeBase):
    """The schema, without the index of search texts (`schema`)."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        datetime: Timestamp,
        Mode: EnumText(Mode),
        RunStatus: EnumText(RunStatus),
        StoredParts: EnumText(StoredParts),
    }


class RunRow(Base):
    """A `RunRecord` without its response, and whether it is starred.

    `response_bytes` is the size of the stored response.
    """

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("owner", "submit_token"),
        _keyset(),
        _keyset("flow_id"),
        _keyset("status"),
        _keyset("mode"),
        _keyset("starred"),
        Index(
            "ix_runs_unfinished",
            "owner",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        # hash: these ids may be longer than PostgreSQL's ordered indexes take
        Index("ix_runs_job_id", "job_id", postgresql_using="hash"),
        Index("ix_runs_session_id", "session_id", postgresql_using="hash"),
        Index("ix_runs_batch_id", "batch_id", sqlite_where=text("batch_id IS NOT NULL")),
        Index("ix_runs_created_at", "created_at", "response_bytes"),
        Index(
            JOB_INDEX,
            "owner",
            "job_id",
            unique=True,
            sqlite_where=text("job_id IS NOT NULL"),
        ).ddl_if(dialect="sqlite"),
        Index(
            JOB_INDEX,
            "owner",
            text("md5(job_id)"),
            unique=True,
            postgresql_where=text("job_id IS NOT NULL"),
        ).ddl_if(dialect="postgresql"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    submit_token: Mapped[str]
    server_name: Mapped[str]
    server_url: Mapped[str]
    flow_id: Mapped[str]
    flow_name: Mapped[str]
    mode: Mapped[Mode]
    status: Mapped[RunStatus]
    session_id: Mapped[str | None]
    overrides: Mapped[dict[str, Any]] = mapped_column(Serialized)
    flow_defaults: Mapped[dict[str, Any] | None] = mapped_column(Serialized)
    queue_limit: Mapped[int | None]
    job_id: Mapped[str | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    stop_requested_at: Mapped[datetime | None]
    stop_result: Mapped[Notes] = mapped_column(NotesText)
    notes: Mapped[Notes] = mapped_column(NotesText)
    problem: Mapped[dict[str, str] | None] = mapped_column(Serialized)
    worker: Mapped[str]
    version: Mapped[int]
    attempts: Mapped[int] = mapped_column(server_default="1")
    inputs_stored: Mapped[bool] = mapped_column(server_default="1")
    starred: Mapped[bool] = mapped_column(server_default="0")
    input_summary: Mapped[InputSummary] = mapped_column(InputSummaryText, server_default="")
    output_summary: Mapped[str] = mapped_column(server_default="")
    stored_parts: Mapped[StoredParts] = mapped_column(server_default="whole")
    response_bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")
    tokens: Mapped[int | None] = mapped_column(BigInteger)
    usage_by_model: Mapped[dict[str, Usage] | None] = mapped_column(UsageByModel)
    thumbnail: Mapped[bytes | None] = mapped_column(LargeBinary)
    batch_id: Mapped[str | None]
    sent_at: Mapped[datetime | None]


class ResponseChunkRow(Base):
    """One chunk of a run's response, in a table of its own so that lists never read it."""

    __tablename__ = "response_chunks"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class SearchTextRow(Base):
    """The inputs and outputs of a run as text: folded for search, and as written if known."""

    __tablename__ = "run_texts"

    # SQLite generates keys for INTEGER only
    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), unique=True)
    body: Mapped[str]
    original: Mapped[str | None]


class PresetRow(Base):
    """A named set of values of a flow; `content` holds the values and the names of secrets."""

    __tablename__ = "presets"
    __table_args__ = (
        UniqueConstraint("owner", "flow_id", "name"),
        Index(
            "ix_presets_default",
            "owner",
            "flow_id",
            unique=True,
            sqlite_where=text("is_default"),
            postgresql_where=text("is_default"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    flow_id: Mapped[str]
    flow_name: Mapped[str]
    name: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(Serialized)
    is_default: Mapped[bool] = mapped_column(server_default="0")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int]


class DraftRow(Base):
    """The unsent values of a form, as JSON without secrets.

    `browser` is a keyed hash of its cookie; `name` identifies the form among those of an owner.
    """

    __tablename__ = "drafts"
    __table_args__ = (Index("ix_drafts_updated_at", "updated_at"),)

    browser: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    updated_at: Mapped[datetime]


class AddedFlowRow(Base):
    """A flow that an owner added to a server from the console, which may delete it again."""

    __tablename__ = "added_flows"

    owner: Mapped[str] = mapped_column(primary_key=True)
    flow_id: Mapped[str] = mapped_column(primary_key=True)


class FlowSettingsRow(Base):
    """How a flow is shown, for one purpose such as its presentation; `content` is an object."""

    __tablename__ = "flow_settings"

    owner: Mapped[str] = mapped_column(primary_key=True)
    flow_id: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(Serialized)
    version: Mapped[int]
    updated_at: Mapped[datetime]


class ShareRow(Base):
    """A token, as a hash, that shows a run to whoever knows it; `content` is how."""

    __tablename__ = "shares"
    __table_args__ = (Index("ix_shares_run_id", "run_id"),)

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    owner: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(Serialized)
    created_at: Mapped[datetime]


class CommandRow(Base):
    """A command for a run that another process follows: a decision on a question, or a stop if
    `question_id` is empty.
    """

    __tablename__ = "commands"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    question_id: Mapped[str] = mapped_column(primary_key=True)
    decision: Mapped[str]
    requested_at: Mapped[datetime]


class WorkerRow(Base):
    """A console process; `heartbeat` grows while it is alive."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(primary_key=True)
    heartbeat: Mapped[int] = mapped_column(BigInteger)


class SchemaVersionRow(Base):
    """The schema's version, in 0.2.0's table, so that 0.2.0 refuses a database converted since."""

    __tablename__ = "alembic_version"

    version_num: Mapped[str] = mapped_column(primary_key=True)


RUNS = Base.metadata.tables["runs"]
RESPONSE_CHUNKS = Base.metadata.tables["response_chunks"]
SEARCH_TEXTS = Base.metadata.tables["run_texts"]
COMMANDS = Base.metadata.tables["commands"]
DRAFTS = Base.metadata.tables["drafts"]
ADDED_FLOWS = Base.metadata.tables["added_flows"]
FLOW_SETTINGS = Base.metadata.tables["flow_settings"]
SCHEMA_VERSIONS = Base.metadata.tables["alembic_version"]

"""The tables: one row a run, and its answer in pieces beside it."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The metadata that the migrations bring about."""


class RunRow(Base):
    """A `RunRecord` without its answer. Times are microseconds since 1970, UTC."""

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("owner", "click"),
        Index("ix_runs_owner_created_at", "owner", "created_at"),
        Index("ix_runs_status", "status"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    click: Mapped[str]
    server_name: Mapped[str]
    server_url: Mapped[str]
    flow_id: Mapped[str]
    flow_name: Mapped[str]
    mode: Mapped[str]
    status: Mapped[str]
    session_id: Mapped[str | None]
    overrides: Mapped[bytes] = mapped_column(LargeBinary)
    queue_limit: Mapped[int | None]
    job_id: Mapped[str | None]
    created_at: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[int | None] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    stop_requested_at: Mapped[int | None] = mapped_column(BigInteger)
    stop_result: Mapped[str]
    note: Mapped[str]
    problem: Mapped[bytes | None] = mapped_column(LargeBinary)
    worker: Mapped[str]
    version: Mapped[int]


class PieceRow(Base):
    """One document of a run's answer; apart, so that lists of runs never read it."""

    __tablename__ = "run_pieces"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)

"""Runs on disk: SQLite, brought to the current schema whenever it is opened."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import (
    ColumnElement,
    Connection,
    create_engine,
    delete,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import ConnectionPoolEntry

from lfclient.run import RunStatus
from lfclient.store.codec import dump_run, load_run
from lfclient.store.errors import NewerStore, StoreError, told
from lfclient.store.migrate import is_current, upgrade
from lfclient.store.models import PieceRow, RunRow
from lfclient.store.record import RecordProblem, RunRecord
from lfclient.store.rows import from_row, to_row

__all__ = ["NewerStore", "RecordProblem", "RunRecord", "Store", "StoreError"]

FILE = "runs.db"
BUSY_SECONDS = 3
_UNFINISHED = [status.value for status in RunStatus if not status.ended]


class Store:
    """The records of one data folder. Safe to use from any thread and from several processes.

    What a method has returned from is on disk (write-ahead log, fully synchronous): a process
    killed right afterwards loses none of it. Every method raises `StoreError`.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        with told(self.path):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.path.touch(mode=0o600)
            self.engine = create_engine(
                f"sqlite:///{self.path}", connect_args={"timeout": BUSY_SECONDS}
            )
            event.listen(self.engine, "connect", _set_up)
            event.listen(self.engine, "begin", _begin)
            self._writer = self.engine.execution_options(immediate=True)
            with self.engine.begin() as reader:
                current = is_current(reader, self.path)
            if not current:
                with self._writer.begin() as writer:
                    upgrade(writer)

    def close(self) -> None:
        """Give the file back."""
        self.engine.dispose()

    def create(self, record: RunRecord) -> tuple[RunRecord, bool]:
        """Keep a new record. If that owner's click is known: the record it made, and False."""
        try:
            with self._write() as connection:
                connection.execute(insert(RunRow), to_row(record))
        except IntegrityError:
            with self._read() as connection:
                found = connection.execute(
                    select(RunRow.__table__).where(
                        RunRow.owner == record.owner, RunRow.click == record.click
                    )
                ).one()
            return from_row(found), False
        return record, True

    def update(self, record: RunRecord, *, answer: bool = False) -> None:
        """Replace what is kept by `record` unless that is newer; `answer` writes `run` too."""
        with self._write() as connection:
            changed = connection.execute(
                update(RunRow)
                .where(RunRow.id == record.id, RunRow.version <= record.version)
                .values(to_row(record))
            )
            if not changed.rowcount or not answer or record.run is None:
                return
            connection.execute(delete(PieceRow).where(PieceRow.run_id == record.id))
            for seq, body in enumerate(dump_run(record.run)):
                connection.execute(
                    insert(PieceRow), {"run_id": record.id, "seq": seq, "body": body}
                )

    def get(self, run_id: str) -> RunRecord | None:
        """The record with its answer, or None."""
        with self._read() as connection:
            row = connection.execute(
                select(RunRow.__table__).where(RunRow.id == run_id)
            ).one_or_none()
            if row is None:
                return None
            bodies = connection.execute(
                select(PieceRow.body).where(PieceRow.run_id == run_id).order_by(PieceRow.seq)
            ).scalars()
            first = next(bodies, None)
            if first is None:
                return from_row(row)
            return from_row(row, run=load_run(_chain(first, bodies)))

    def recent(self, owner: str, limit: int = 10, flow_id: str | None = None) -> list[RunRecord]:
        """That owner's latest records, newest first, without their answers."""
        query = select(RunRow.__table__).where(RunRow.owner == owner)
        if flow_id is not None:
            query = query.where(RunRow.flow_id == flow_id)
        query = query.order_by(RunRow.created_at.desc(), RunRow.id).limit(limit)
        with self._read() as connection:
            return [from_row(row) for row in connection.execute(query)]

    def of_job(self, owner: str, job_id: str) -> RunRecord | None:
        """That owner's record of a server's job, without its answer; None if there is none."""
        query = select(RunRow.__table__).where(RunRow.owner == owner, RunRow.job_id == job_id)
        with self._read() as connection:
            row = connection.execute(query.limit(1)).one_or_none()
        return from_row(row) if row else None

    def unfinished(self, owner: str | None = None) -> list[RunRecord]:
        """The records that have not ended, of one owner or of all."""
        query = select(RunRow.__table__).where(RunRow.status.in_(_UNFINISHED))
        if owner is not None:
            query = query.where(RunRow.owner == owner)
        with self._read() as connection:
            return [from_row(row) for row in connection.execute(query.order_by(RunRow.created_at))]

    def forget_session(self, owner: str, flow_id: str, session_id: str) -> list[str]:
        """Delete that owner's ended records of a flow's session; the ids of those that were."""
        with self._write() as connection:
            return list(
                connection.execute(
                    delete(RunRow)
                    .where(*_ended_in(owner, flow_id, session_id))
                    .returning(RunRow.id)
                ).scalars()
            )

    def rename_session(self, owner: str, flow_id: str, old: str, new: str) -> list[str]:
        """Let that owner's ended records of a flow's session be of another; their ids."""
        with self._write() as connection:
            return list(
                connection.execute(
                    update(RunRow)
                    .where(*_ended_in(owner, flow_id, old))
                    .values(session_id=new, version=RunRow.version + 1)
                    .returning(RunRow.id)
                ).scalars()
            )

    def claim(self, run_id: str, held_by: str, worker: str) -> bool:
        """Make `worker` the one who follows an unfinished run; False if another was quicker."""
        with self._write() as connection:
            changed = connection.execute(
                update(RunRow)
                .where(
                    RunRow.id == run_id,
                    RunRow.worker == held_by,
                    RunRow.status.in_(_UNFINISHED),
                )
                .values(worker=worker, version=RunRow.version + 1)
            )
            return bool(changed.rowcount)

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with told(self.path), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with told(self.path), self.engine.begin() as connection:
            yield connection


def _ended_in(owner: str, flow_id: str, session_id: str) -> list[ColumnElement[bool]]:
    """Which records of a session can be changed: nobody follows them."""
    return [
        RunRow.owner == owner,
        RunRow.flow_id == flow_id,
        RunRow.session_id == session_id,
        RunRow.status.not_in(_UNFINISHED),
    ]


def _chain(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _set_up(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions are begun by `_begin`, DDL included
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "journal_size_limit=67108864",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # a writer takes the lock at once: one that began as a reader could not wait for it
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

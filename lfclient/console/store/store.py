"""Runs on disk: SQLite, or PostgreSQL, brought to the current schema whenever it is opened."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import ColumnElement, Connection, Row, delete, select, update

from lfclient.console.config.retention import RetentionSettings
from lfclient.console.store import statements
from lfclient.console.store.column_values import to_microseconds
from lfclient.console.store.commands import CommandQueue
from lfclient.console.store.database import Database
from lfclient.console.store.drafts import DraftStore
from lfclient.console.store.errors import JobTaken, UnreadableResponse
from lfclient.console.store.presets import PresetStore
from lfclient.console.store.raw_writes import Execute
from lfclient.console.store.response_policy import select_parts, write_response
from lfclient.console.store.retention import RetentionCleaner
from lfclient.console.store.row_mapping import from_row, mutable_columns, to_row
from lfclient.console.store.run_history import History
from lfclient.console.store.run_record import UNFINISHED_STATUSES, RunRecord
from lfclient.console.store.search_text import (
    build_search_text,
    summarize_inputs,
    summarize_outputs,
)
from lfclient.console.store.serialization import load_run
from lfclient.console.store.tables import RunRow, SearchTextRow
from lfclient.console.store.workers import WorkerRegistry
from lfclient.runs.model import Run, RunStatus

_LARGE = 4_000_000  # bytes

log = logging.getLogger(__name__)


class Store:
    """The records of one database. Safe to use from any thread and from several processes.

    What a method has returned from is on disk (SQLite: write-ahead log, fully synchronous): a
    process killed right afterwards loses none of it. Every method raises `StoreError`.

    `history` lists the runs, `presets` are the named values, `drafts` what was typed into
    forms, `workers` the processes that share the database, `wishes` what is pressed in one for
    another, `cleaner` removes what is to be kept no longer.
    """

    def __init__(
        self, folder: Path, url: SecretStr | None = None, retention: RetentionSettings | None = None
    ) -> None:
        self.database = Database(folder, url)
        self.retention = retention or RetentionSettings()
        self.history = History(self.database)
        self.presets = PresetStore(self.database)
        self.drafts = DraftStore(self.database)
        self.workers = WorkerRegistry(self.database)
        self.commands = CommandQueue(self.database)
        self.cleaner = RetentionCleaner(self.database, self.retention, self.drafts)
        self._read, self._write = self.database.read, self.database.write
        self._new_run = self.database.insert_new(
            statements.RUNS, "owner", "submit_token"
        ).returning(statements.RUNS.c.id)
        self._new_text = self.database.insert_new(statements.TEXTS, "run_id")

    def close(self) -> None:
        """Give the database back."""
        self.database.close()

    def create(self, record: RunRecord) -> tuple[RunRecord, bool]:
        """Save a new record and return it with True.

        If the owner already has a record with this submit token or job, return that one and False.
        """
        row = to_row(record)
        text = {"run_id": record.id, "body": build_search_text(record)}
        known = select(RunRow.__table__).where(
            RunRow.owner == record.owner,
            (RunRow.submit_token == record.submit_token) | (RunRow.job_id == record.job_id),
        )
        while True:
            with suppress(JobTaken), self.database.write_quickly() as execute:
                if execute(self._new_run, row):
                    execute(statements.NEW_TEXT, text)
                    return record, True
            with self._read() as connection:
                found = connection.execute(known.limit(1)).one_or_none()
            if found:  # unless it was deleted in between
                return from_row(found), False

    def update(self, record: RunRecord, *, answer: bool = False) -> bool:
        """Save a newer version of a record, with `run` if `answer`.

        Return False, and change nothing, if the stored record is newer, deleted or followed by
        another process. Raise `JobTaken` if another run of the owner has its job.
        """
        with self.database.write_quickly() as execute:
            changed = execute(statements.CHANGE_RUN, _change_values(record))
            if changed and answer:
                self._answer(execute, record, *changed[0])
            return bool(changed)

    def update_running(self, records: Sequence[RunRecord]) -> dict[str, float]:
        """Save newer versions of running records with their responses so far.

        Return the seconds that each took, without those that `update` would not have saved. The
        search text and the output summary are left to the final `update`.

        Writes are not forced to the disk, since the server has the same: a killed process loses
        nothing, a machine that loses power may lose the last moments.
        """
        try:
            return self._update_running(records)
        except JobTaken:
            took: dict[str, float] = {}
            for record in records:
                with suppress(JobTaken):
                    took |= self._update_running([record])
            return took

    def _update_running(self, records: Sequence[RunRecord]) -> dict[str, float]:
        took = {}
        with self.database.write_quickly(forced=False) as execute:
            for record in records:
                began = time.perf_counter()
                changed = execute(statements.CHANGE_RUN, _change_values(record))
                if changed and record.run is not None:
                    columns, _ = self._pieces(execute, record, record.run, *changed[0])
                    execute(statements.CHANGE_ANSWER, columns | {"target_id": record.id})
                if changed:
                    took[record.id] = time.perf_counter() - began
        return took

    def _pieces(
        self, execute: Execute, record: RunRecord, run: Run, before: int
    ) -> tuple[dict[str, Any], Run]:
        """Write a run in the place of the bytes that there are `before`; the columns that tell
        so, and what of it is wanted.
        """
        kept, run = select_parts(record, run, self.retention)
        return write_response(execute, record.id, run, kept, self.retention, before), run

    def _answer(self, execute: Execute, record: RunRecord, before: int) -> None:
        """Write the answer; `before` is how many bytes of one there are."""
        columns: dict[str, Any] = {}
        if record.run is not None:
            columns, run = self._pieces(execute, record, record.run, before)
            if run is not record.run:
                record = replace(record, run=run)
        columns |= {"target_id": record.id, "output_summary": summarize_outputs(record)}
        execute(statements.CHANGE_ANSWER, columns)
        text = {"target_id": record.id, "body": build_search_text(record)}
        execute(statements.CHANGE_TEXT, text)

    def get(self, run_id: str) -> RunRecord | None:
        """The record with its answer, or None."""
        with self._read() as connection:
            row = connection.execute(statements.RUN, {"target_id": run_id}).one_or_none()
            if row is None:
                return None
            return from_row(row, run=self._run(connection, row))

    def _run(self, connection: Connection, row: Row[Any]) -> Run | None:
        """The answer that is kept. Raises `StoreError` where what is kept is no answer."""
        # of a large answer only a few pieces are in memory, at the cost of asking for each
        few = {"stream_results": row.response_bytes > _LARGE, "max_row_buffer": 2}
        pieces = connection.execute(
            statements.PIECES_OF, {"target_id": row.id}, execution_options=few
        )
        # one that is not read to its end would lock the table
        with closing(pieces):
            bodies = pieces.scalars()
            first = next(bodies, None)
            if first is None:
                return None
            try:
                return load_run(chain((first,), bodies))
            except (ValueError, LookupError, TypeError) as error:
                # without its text, which might hold what a person entered
                raise UnreadableResponse(
                    f"The answer of run {row.id} cannot be read ({type(error).__name__})."
                ) from None

    def recent(self, owner: str, limit: int = 10, flow_id: str | None = None) -> list[RunRecord]:
        """That owner's latest records, newest first, without their answers."""
        query = select(RunRow.__table__).where(RunRow.owner == owner)
        if flow_id is not None:
            query = query.where(RunRow.flow_id == flow_id)
        query = query.order_by(RunRow.created_at.desc(), RunRow.id.desc()).limit(limit)
        with self._read() as connection:
            return [from_row(row) for row in connection.execute(query)]

    def find_by_job(self, owner: str | None, job_id: str) -> RunRecord | None:
        """The record of a server's job, without its answer; None if there is none of that owner,
        or of anybody if `owner` is None.
        """
        query = select(RunRow.__table__).where(RunRow.job_id == job_id)
        if owner is not None:
            query = query.where(RunRow.owner == owner)
        with self._read() as connection:
            row = connection.execute(query.limit(1)).one_or_none()
        return from_row(row) if row else None

    def ids_without_job(
        self, flow_id: str, since: datetime, until: datetime, session_id: str | None = None
    ) -> list[str]:
        """The ids of anybody's runs of a flow, begun in that time, whose job is not known.

        `session_id`: of those in that session, and without those that were refused. A call that
        failed may have run: a streamed one tells no job.
        """
        query = select(RunRow.id).where(
            RunRow.created_at.between(to_microseconds(since), to_microseconds(until)),
            RunRow.flow_id == flow_id,
            RunRow.job_id.is_(None),
        )
        if session_id is not None:
            refused = (RunRow.status == RunStatus.FAILED.value) & RunRow.started_at.is_(None)
            query = query.where(RunRow.session_id == session_id, ~refused)
        with self._read() as connection:
            return list(connection.execute(query).scalars())

    def worker_for(self, run_id: str) -> str | None:
        """Which process follows a run; None if there is no such run."""
        with self._read() as connection:
            return connection.execute(
                select(RunRow.worker).where(RunRow.id == run_id)
            ).scalar_one_or_none()

    def version_and_status(self, run_id: str) -> tuple[int, RunStatus] | None:
        """The version and status that are kept of a run; None if there is no such run."""
        query = select(RunRow.version, RunRow.status).where(RunRow.id == run_id)
        with self._read() as connection:
            row = connection.execute(query).one_or_none()
            return (row.version, RunStatus(row.status)) if row else None

    def unfinished(
        self, owner: str | None = None, *, except_worker: str | None = None
    ) -> list[RunRecord]:
        """The records that have not ended, of one owner or of all, without those of a process."""
        # an index has those without an end
        query = select(RunRow.__table__).where(
            RunRow.ended_at.is_(None), RunRow.status.in_(UNFINISHED_STATUSES)
        )
        if except_worker is not None:
            query = query.where(RunRow.worker != except_worker)
        if owner is not None:
            query = query.where(RunRow.owner == owner)
        with self._read() as connection:
            records = [from_row(row) for row in connection.execute(query)]
        # for an order of its own the database would read all runs
        return sorted(records, key=lambda record: record.created_at)

    def delete_session(self, owner: str, flow_id: str, session_id: str) -> list[str]:
        """Delete that owner's ended records of a flow's session; the ids of those that were."""
        gone = delete(RunRow).where(*_ended_in(owner, flow_id, session_id))
        with self.database.delete() as connection:
            ids = list(connection.execute(gone.returning(RunRow.id)).scalars())
        if ids:
            self.database.overwrite()
        return ids

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

    def claim(self, run_id: str, current_worker: str, worker: str) -> bool:
        """Make `worker` the one who follows an unfinished run; False if another was quicker."""
        with self._write() as connection:
            changed = connection.execute(
                update(RunRow)
                .where(
                    RunRow.id == run_id,
                    RunRow.worker == current_worker,
                    RunRow.status.in_(UNFINISHED_STATUSES),
                )
                .values(worker=worker, version=RunRow.version + 1)
            )
            return bool(changed.rowcount)

    def backfill_search_texts(self, limit: int = 200) -> int:
        """Let runs of a release without search be found and listed like all others; how many.

        To be called again until there is none left.
        """
        query = (
            select(RunRow.id)
            .where(~select(SearchTextRow.id).where(SearchTextRow.run_id == RunRow.id).exists())
            .limit(limit)
        )
        with self._read() as connection:
            ids = list(connection.execute(query).scalars())
        for run_id in ids:
            with self._write() as connection:
                self._add_text(connection, run_id)
        return len(ids)

    def _add_text(self, connection: Connection, run_id: str) -> None:
        mine = RunRow.id == run_id
        # locked, so that nobody deletes it or writes its answer meanwhile
        row = connection.execute(
            select(RunRow.__table__).where(mine).with_for_update()
        ).one_or_none()
        if row is None:
            return
        record = from_row(row)
        try:
            record = replace(record, run=self._run(connection, row))
        except UnreadableResponse as error:
            log.error("%s", error.message)
        text = {"run_id": run_id, "body": build_search_text(record)}
        connection.execute(self._new_text, text)
        columns = {
            "input_summary": summarize_inputs(record.overrides),
            "output_summary": summarize_outputs(record),
        }
        connection.execute(update(RunRow).where(mine).values(columns))


def _change_values(record: RunRecord) -> dict[str, Any]:
    """The values for `CHANGE_RUN`."""
    known = {"target_id": record.id, "max_version": record.version, "current_worker": record.worker}
    return mutable_columns(record) | known


def _ended_in(owner: str, flow_id: str, session_id: str) -> list[ColumnElement[bool]]:
    """Which records of a session can be changed: nobody follows them."""
    return [
        RunRow.owner == owner,
        RunRow.flow_id == flow_id,
        RunRow.session_id == session_id,
        RunRow.status.not_in(UNFINISHED_STATUSES),
    ]

"""Store runs in SQLite or PostgreSQL, upgraded to the current schema when opened."""

import logging
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update

from lfclient.console.config.settings import RetentionSettings
from lfclient.console.store.database import Database
from lfclient.console.store.drafts import DraftStore
from lfclient.console.store.errors import JobTaken
from lfclient.console.store.flow_settings import AddedFlowStore, FlowSettingsStore
from lfclient.console.store.owners import change_owner
from lfclient.console.store.presets import PresetStore
from lfclient.console.store.retention import RetentionCleaner
from lfclient.console.store.row_mapping import (
    from_row,
    mutable_columns,
    to_row,
    with_result_fields,
)
from lfclient.console.store.run_history import History
from lfclient.console.store.run_record import (
    LOST_STATUSES,
    MAX_WAITING,
    UNFINISHED_STATUSES,
    RunRecord,
)
from lfclient.console.store.search_text import search_columns
from lfclient.console.store.shares import ShareStore
from lfclient.console.store.stored_responses import (
    read_response,
    without_unwanted_outputs,
    write_response,
)
from lfclient.console.store.tables import RUNS, SEARCH_TEXTS, RunRow
from lfclient.console.store.workers import CommandQueue, WorkerHeartbeats
from lfclient.runs.model import RunStatus

_SELECT_RUNS = select(RUNS)
# Built once, because they are executed for every run.
_UPDATE_RUN = update(RUNS).where(RUNS.c.id == bindparam("of_run"))
_UPDATE_UNLESS_OUTDATED = _UPDATE_RUN.where(
    RUNS.c.version <= bindparam("max_version"), RUNS.c.worker == bindparam("by_worker")
).returning(RUNS.c.response_bytes)
_INSERT_TEXT = insert(SEARCH_TEXTS)
_UPDATE_TEXT = update(SEARCH_TEXTS).where(SEARCH_TEXTS.c.run_id == bindparam("of_run"))

log = logging.getLogger(__name__)


class Store:
    """The records of one database. Safe to use from any thread and from several processes.

    A process that is killed right after a write loses nothing. Writes are forced to the disk, with
    all before them, except those of `update_running` and, on SQLite, `create`: a machine that loses
    power may lose them. Every method raises `StoreError`.

    `history` lists and deletes runs. `commands` holds stops and decisions for other processes,
    `workers` their heartbeats, `cleaner` applies the retention settings.
    """

    def __init__(
        self,
        folder: Path,
        url: SecretStr | None = None,
        retention: RetentionSettings | None = None,
    ) -> None:
        self.database = Database(folder, url)
        self.retention = retention or RetentionSettings()
        self.history = History(self.database)
        self.presets = PresetStore(self.database)
        self.drafts = DraftStore(self.database)
        self.added_flows = AddedFlowStore(self.database)
        self.flow_settings = FlowSettingsStore(self.database)
        self.shares = ShareStore(self.database)
        self.workers = WorkerHeartbeats(self.database)
        self.commands = CommandQueue(self.database)
        self.cleaner = RetentionCleaner(self.database, self.retention, self.drafts)
        self._read, self._write = self.database.read, self.database.write
        insert_run = self.database.insert_if_new(RUNS, "owner", "submit_token")
        self._insert_run = insert_run.returning(RUNS.c.id)

    def close(self) -> None:
        """Close all connections."""
        self.database.close()

    def create(self, *records: RunRecord) -> list[RunRecord]:
        """Save new records, all or none, and return them in their order.

        In place of one whose submit token or job the owner already has, return the stored record.

        SQLite does not force the write to the disk, which would hold up the request by 7 ms to
        20 ms; the next one, when the server has accepted the run, is forced.
        """
        while True:
            new: set[str] = set()
            with suppress(JobTaken), self._write(durable=self.database.is_shared) as connection:
                new = {record.id for record in records if self._insert(connection, record)}
            found = [record if record.id in new else self._find_same(record) for record in records]
            stored = [record for record in found if record]
            if len(stored) == len(records):  # unless one was deleted in between
                return stored

    def _insert(self, connection: Connection, record: RunRecord) -> bool:
        is_new = connection.execute(self._insert_run, to_row(record)).one_or_none() is not None
        if is_new:
            connection.execute(_INSERT_TEXT, {"run_id": record.id, **search_columns(record)})
        return is_new

    def _find_same(self, record: RunRecord) -> RunRecord | None:
        """Return the owner's record with the submit token, or else the job, of `record`."""
        same = has_token = RunRow.submit_token == record.submit_token
        if record.job_id is not None:
            same |= RunRow.job_id == record.job_id
        query = _SELECT_RUNS.where(RunRow.owner == record.owner, same)
        with self._read() as connection:
            row = connection.execute(query.order_by(has_token.desc()).limit(1)).one_or_none()
            return from_row(row) if row else None

    def update(
        self, record: RunRecord, *, with_response: bool = False, has_room: bool = True
    ) -> bool:
        """Save a newer version of a record, and its response if `with_response`.

        Without room, its outputs are left out; they may be saved later with the same version.
        Return False, and change nothing, if the stored record is newer, deleted or followed by
        another process. Raise `JobTaken` if another run of the owner has its job.
        """
        if with_response:
            record = with_result_fields(without_unwanted_outputs(record, self.retention))
        with self._write() as connection:
            stored_bytes = _update_unless_outdated(connection, record)
            if stored_bytes is not None and with_response:
                self._finish(connection, record, stored_bytes, has_room)
            return stored_bytes is not None

    def update_running(self, record: RunRecord) -> float | None:
        """Save a newer version of a running record with its response so far, as `update` does.

        Return the seconds that it took, None if it was not saved. The final `update` writes the
        search text and the output summary.

        The write is not forced to the disk, since the server has the same: a killed process loses
        nothing, a machine that loses power may lose the last moments.
        """
        with self._write(durable=False) as connection:
            began = time.perf_counter()
            stored_bytes = _update_unless_outdated(connection, record)
            if stored_bytes is None:
                return None
            columns, _ = write_response(connection, record, self.retention, stored_bytes)
            if columns:
                connection.execute(_UPDATE_RUN, columns | {"of_run": record.id})
            return time.perf_counter() - began

    def _finish(
        self, connection: Connection, record: RunRecord, stored_bytes: int, has_room: bool
    ) -> None:
        """Write the response and its search text."""
        columns, record = write_response(
            connection, record, self.retention, stored_bytes, has_room=has_room
        )
        if columns:
            connection.execute(_UPDATE_RUN, columns | {"of_run": record.id})
        connection.execute(_UPDATE_TEXT, {"of_run": record.id, **search_columns(record)})

    def get(self, run_id: str) -> RunRecord | None:
        """Return a record with its response. Raise `UnreadableResponse` if that is damaged."""
        with self._read() as connection:
            row = connection.execute(_SELECT_RUNS.where(RunRow.id == run_id)).one_or_none()
            return None if row is None else from_row(row, run=read_response(connection, row))

    def header(self, run_id: str) -> tuple[RunRecord, int] | None:
        """Return a record without its response, and the size of that in bytes."""
        with self._read() as connection:
            row = connection.execute(_SELECT_RUNS.where(RunRow.id == run_id)).one_or_none()
        return None if row is None else (from_row(row), row._mapping[RUNS.c.response_bytes])

    def recent(
        self, owner: str, limit: int = 10, flow_id: str | None = None, session_id: str | None = None
    ) -> list[RunRecord]:
        """Return an owner's latest records, newest first, without responses.

        With `session_id`, the session's unfinished records come first.
        """
        query, is_owned = _SELECT_RUNS, RunRow.owner == owner
        if session_id is not None:
            # coalesce: otherwise SQLite would prefer the index of the flow's runs
            is_owned = func.coalesce(RunRow.owner, "") == owner
            query = query.where(RunRow.session_id == session_id)
            query = query.order_by(RunRow.status.in_(UNFINISHED_STATUSES).desc())
        if flow_id is not None:
            query = query.where(RunRow.flow_id == flow_id)
        query = query.where(is_owned).order_by(RunRow.created_at.desc(), RunRow.id.desc())
        query = query.limit(limit)
        with self._read() as connection:
            return [from_row(row) for row in connection.execute(query)]

    def find_by_job(self, owner: str | None, job_id: str) -> RunRecord | None:
        """Return the record of a server's job, without its response; of any owner if None."""
        query = _SELECT_RUNS.where(RunRow.job_id == job_id)
        if owner is not None:
            query = query.where(RunRow.owner == owner)
        with self._read() as connection:
            row = connection.execute(query.limit(1)).one_or_none()
        return from_row(row) if row else None

    def ids_without_job(
        self, flow_id: str, since: datetime, until: datetime, session_id: str | None = None
    ) -> list[str]:
        """Return the ids of all owners' runs of a flow, sent in that time, without a known job.

        Without those that were not sent. With `session_id`, only those in that session that were
        not refused. A failed call may have run all the same, without learning its job.
        """
        query = select(RunRow.id).where(
            RunRow.created_at.between(since - MAX_WAITING, until),  # has an index
            func.coalesce(RunRow.sent_at, RunRow.created_at) >= since,
            RunRow.flow_id == flow_id,
            RunRow.job_id.is_(None),
            RunRow.attempts > 0,
        )
        if session_id is not None:
            refused = (RunRow.status == RunStatus.FAILED) & RunRow.started_at.is_(None)
            query = query.where(RunRow.session_id == session_id, ~refused)
        with self._read() as connection:
            return list(connection.execute(query).scalars())

    def worker_for(self, run_id: str) -> str | None:
        """Return the process that follows a run; None if there is no such run."""
        with self._read() as connection:
            query = select(RunRow.worker).where(RunRow.id == run_id)
            return connection.execute(query).scalar_one_or_none()

    def version_and_status(self, run_id: str) -> tuple[int, RunStatus] | None:
        """Return the stored version and status of a run; None if there is no such run."""
        query = select(RunRow.version, RunRow.status).where(RunRow.id == run_id)
        with self._read() as connection:
            row = connection.execute(query).one_or_none()
            return (row.version, row.status) if row else None

    def unfinished(
        self, owner: str | None = None, *, except_worker: str | None = None
    ) -> list[RunRecord]:
        """Return unfinished records, oldest first, without responses.

        Of all owners if `owner` is None; without those that `except_worker` follows.
        """
        # ended_at: an index holds only the runs without one
        query = _SELECT_RUNS.where(
            RunRow.ended_at.is_(None), RunRow.status.in_(UNFINISHED_STATUSES)
        )
        if except_worker is not None:
            query = query.where(RunRow.worker != except_worker)
        if owner is not None:
            query = query.where(RunRow.owner == owner)
        with self._read() as connection:
            records = [from_row(row) for row in connection.execute(query)]
        # sorted here: with ORDER BY the database would read all runs
        return sorted(records, key=lambda record: record.created_at)

    def continued_sessions(self, owner: str, flow_id: str) -> set[str]:
        """Return the sessions in which an owner has started several runs of a flow."""
        query = (
            select(RunRow.session_id)
            .where(RunRow.owner == owner, RunRow.flow_id == flow_id)
            .group_by(RunRow.session_id)
            .having(func.count() > 1)
        )
        with self._read() as connection:
            return {id for id in connection.execute(query).scalars() if id is not None}

    def delete_session(self, owner: str, flow_id: str, session_id: str) -> list[str]:
        """Delete an owner's ended records of a flow's session and return their ids."""
        statement = delete(RunRow).where(*_ended_in(owner, flow_id, session_id))
        with self._write() as connection:
            ids = self.database.delete(connection, statement.returning(RunRow.id))
        self.database.erase_deleted()
        return ids

    def rename_session(self, owner: str, flow_id: str, old: str, new: str) -> list[str]:
        """Move an owner's ended records of a flow's session to another and return their ids."""
        statement = (
            update(RunRow)
            .where(*_ended_in(owner, flow_id, old))
            .values(session_id=new, version=RunRow.version + 1)
        )
        with self._write() as connection:
            return list(connection.execute(statement.returning(RunRow.id)).scalars())

    def change_owner(self, old: str, new: str) -> list[str]:
        """Give everything of one owner to another, and return the ids of its runs."""
        return change_owner(self.database, old, new)

    def claim(self, run_id: str, current_worker: str, new_worker: str) -> bool:
        """Let another process follow an unfinished run; False if a third one was quicker."""
        statement = (
            update(RunRow)
            .where(
                RunRow.id == run_id,
                RunRow.worker == current_worker,
                RunRow.status.in_(UNFINISHED_STATUSES),
            )
            .values(worker=new_worker, version=RunRow.version + 1)
        )
        with self._write() as connection:
            return bool(connection.execute(statement).rowcount)

    def reopen(self, run_id: str, version: int, worker: str) -> bool:
        """Let a process search again for a lost run.

        Return False if the run has changed, as when another process was quicker.
        """
        statement = (
            update(RunRow)
            .where(
                RunRow.id == run_id,
                RunRow.version == version,
                RunRow.status.in_(LOST_STATUSES),
            )
            .values(worker=worker, version=version + 1, status=RunStatus.QUEUED, ended_at=None)
        )
        with self._write() as connection:
            return bool(connection.execute(statement).rowcount)


def _update_unless_outdated(connection: Connection, record: RunRecord) -> int | None:
    """Write the mutable columns. Return the bytes of the stored response, None if outdated."""
    target = {"of_run": record.id, "max_version": record.version, "by_worker": record.worker}
    values = mutable_columns(record) | target
    return connection.execute(_UPDATE_UNLESS_OUTDATED, values).scalar_one_or_none()


def _ended_in(owner: str, flow_id: str, session_id: str) -> list[ColumnElement[bool]]:
    """Return the conditions for the ended records of a session, which no process follows."""
    return [
        RunRow.owner == owner,
        RunRow.flow_id == flow_id,
        RunRow.session_id == session_id,
        RunRow.status.not_in(UNFINISHED_STATUSES),
    ]

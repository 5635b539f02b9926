"""Executes runs outside any page: start, stop, decide, follow, and take over after a restart."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import SecretStr

from lfclient.async_client import AsyncLangflowClient
from lfclient.console.config.connection import Connection
from lfclient.console.config.key_vault import SentSecrets
from lfclient.console.config.ownership import connection_fingerprint, owner_fingerprint
from lfclient.console.config.permissions import Permissions
from lfclient.console.config.settings import RetentionSettings
from lfclient.console.runner import memory
from lfclient.console.runner.execution import run_in_mode
from lfclient.console.runner.job_follower import follow
from lfclient.console.runner.record_reader import LiveHistory, RecordReader
from lfclient.console.runner.record_writer import RecordWriter
from lfclient.console.runner.replica_sync import CommandHandler, ReplicaSync
from lfclient.console.runner.run_cache import RunCache
from lfclient.console.runner.run_context import NOT_STARTED_HERE, RunContext
from lfclient.console.runner.takeover import Takeover
from lfclient.console.runner.task_supervisor import ClientFactory, TaskSupervisor
from lfclient.console.runner.threads import PeriodicThread
from lfclient.console.runner.timings import Timings
from lfclient.console.runner.worker_registry import WorkerRegistry, open_worker_registry
from lfclient.console.store.errors import StoreError
from lfclient.console.store.retention import RetentionJob
from lfclient.console.store.run_record import ADOPTED_TOKEN_PREFIX, RunRecord
from lfclient.console.store.search_text import summarize_flow_inputs
from lfclient.console.store.store import Store
from lfclient.console.store.workers import Command
from lfclient.flows.model import Flow
from lfclient.flows.run_inputs import input_defaults
from lfclient.flows.validation import collect_secrets, mask_secrets, refuse_locked_urls
from lfclient.runs.components import HumanInput
from lfclient.runs.model import RunStatus
from lfclient.wire.modes import Mode
from lfclient.wire.server_info import ServerInfo


def open_async_client(connection: Connection, server: ServerInfo | None) -> AsyncLangflowClient:
    """Return a client for a connection."""
    return AsyncLangflowClient(
        connection.url, connection.key, verify=connection.verify, server=server
    )


class Runner:
    """All runs of this process, on one event loop in one daemon thread.

    Records are in the store before anything is sent. `folder` has the secret that owners'
    fingerprints are made with and, without `database_url`, the records. `history` lists the runs;
    `store` is the database of runs, drafts and presets.

    Runs of dead processes are taken over if their connection is among `connections` or belongs to
    a visitor. Every method can be called from any thread; none waits for a server.
    """

    def __init__(
        self,
        folder: Path,
        connect: ClientFactory = open_async_client,
        *,
        database_url: SecretStr | None = None,
        retention: RetentionSettings | None = None,
        secret: SecretStr | None = None,
        connections: Sequence[Connection] = (),
        timings: Timings | None = None,
        registry: WorkerRegistry | None = None,
    ) -> None:
        self._folder, self._secret = folder, secret
        self._timings = timings = timings or Timings()
        self._sent_secrets = SentSecrets()
        with ExitStack() as opened:  # closed in reverse order, also if the start fails
            self.store = store = Store(folder, database_url, retention)
            opened.callback(store.close)
            self._registry = registry or open_worker_registry(folder, store, timings)
            opened.callback(self._registry.close)
            self._cache = RunCache(timings.ended_ttl_seconds, timings.clock)
            self._writer = RecordWriter(self._cache, store)
            self.is_saved, self.unsaved_reason = self._cache.is_saved, self._writer.failure
            self._supervisor = TaskSupervisor(self._writer, connect, timings)
            opened.callback(self._supervisor.close)
            self._reader = RecordReader(
                store, self._cache, self.is_followed, timings.store_poll_seconds
            )
            self.recent = self._reader.recent
            self.wait_for_change = self._reader.wait_for_change
            self.history = LiveHistory(store.database, self._cache, self._supervisor.abandon)
            self._release_memory_soon = False
            self._commands = CommandHandler(store, self._cache, self._supervisor, self._registry.id)
            configured = {self.owner_of(connection): connection for connection in connections}
            self._takeover = Takeover(
                store, self._registry, self._cache, self._supervisor, configured
            )
            self._takeover.end_lost_calls()
            self._threads = self._make_threads()
            for thread in self._threads:
                thread.start()
                opened.callback(thread.close)
            self._opened = opened.pop_all()

    def _make_threads(self) -> tuple[PeriodicThread, ...]:
        """Return the threads in the order in which they start."""
        timings = self._timings
        sync = ReplicaSync(self._writer, self._commands, timings).sync
        self._sync_thread = PeriodicThread(
            "sync", timings.sync_seconds, sync, self._supervisor.begin_waiting
        )
        self._maintenance_thread = PeriodicThread(
            "maintenance",
            timings.maintenance_seconds,
            self._writer.save_unsaved,
            self._evict,
            self._writer.end_unconfirmed,
            RetentionJob(self.store.cleaner, self.store.database, self.history.drop).run,
        )
        self._takeover_thread = PeriodicThread(
            "takeover", timings.heartbeat_seconds, self._takeover.check_regularly, is_immediate=True
        )
        return self._maintenance_thread, self._sync_thread, self._takeover_thread

    @property
    def save_error(self) -> StoreError | None:
        """The error that keeps runs from being saved, or None. Saving is retried."""
        return self._writer.error

    def owner_of(self, connection: Connection) -> str:
        """Return the fingerprint of the owner whose runs this connection may see."""
        return owner_fingerprint(connection, self._folder, self._secret)

    def fingerprint_of(self, connection: Connection) -> str:
        """Return the fingerprint of the connection itself, which two keys don't share."""
        return connection_fingerprint(connection, self._folder, self._secret)

    def assign_user(self, connection: Connection) -> None:
        """Give the connection's user what was recorded with its key while the user was unknown.

        Raises `StoreError`.
        """
        before, owner = self.fingerprint_of(connection), self.owner_of(connection)
        if before != owner:
            self._sent_secrets.add(owner, self._sent_secrets.find(before))
            for run_id in self.store.change_owner(before, owner):
                self._cache.edit(run_id, lambda _: {"owner": owner})

    def start(
        self,
        connection: Connection,
        flow: Flow,
        rows: Sequence[Mapping[str, Any]],
        *,
        mode: Mode,
        session_ids: Sequence[str | None],
        server: ServerInfo,
        submit_token: str,
        permissions: Permissions,
    ) -> list[str]:
        """Start a run for each of the `rows` and return their ids in the same order.

        A row has a run's overrides, validated by the caller (`check_overrides`), and a session in
        `session_ids`. The same `submit_token` returns the same runs; it is several runs' batch id.

        Runs that the server has no room for wait in the database. Starts none and raises
        `StoreError` if one can't be recorded, `InvalidRequest` if one may not set its URL.
        """
        if not permissions.install:
            refuse_locked_urls(flow, rows)
        is_batch, now = len(rows) > 1, datetime.now(UTC)
        with self._supervisor.reserve_room(connection.url, mode, len(rows)) as room:
            new = [
                RunRecord(
                    id=uuid4().hex,
                    owner=self.owner_of(connection),
                    submit_token=f"{submit_token}:{number}" if is_batch else submit_token,
                    batch_id=submit_token if is_batch else None,
                    server_name=connection.name,
                    server_url=connection.url,
                    flow_id=flow.id,
                    flow_name=flow.name,
                    mode=mode,
                    created_at=now + timedelta(microseconds=number),  # lists keep the rows' order
                    session_id=session_id,
                    queue_limit=server.limits.concurrency,
                    worker=self._registry.id,
                    attempts=1 if number < room else 0,
                    **self._describe_inputs(connection, flow, overrides),
                )
                for number, (overrides, session_id) in enumerate(
                    zip(rows, session_ids, strict=True)
                )
            ]
            stored = self._writer.create(new)
            ids = {record.id for record in new}
            for record, overrides in zip(stored, rows, strict=True):
                if record.id in ids:
                    self._sent_secrets.add(record.owner, collect_secrets(flow, overrides))
                    self._cache.put(record)
                    context = RunContext(record.id, connection, server, flow)
                    execute = partial(run_in_mode, flow=flow, overrides=dict(overrides))
                    self._supervisor.start(context, execute)
        return [record.id for record in stored]

    def _describe_inputs(
        self, connection: Connection, flow: Flow, overrides: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the fields of a new record that describe its inputs, with secrets masked."""
        store_inputs = self.store.retention.store_inputs
        inputs = {**overrides, **input_defaults(flow, overrides)} if store_inputs else {}
        masked = mask_secrets(flow, inputs, connection.secrets)
        return {
            "overrides": {key: value for key, value in masked.items() if key in overrides},
            "flow_defaults": {key: value for key, value in masked.items() if key not in overrides},
            "inputs_stored": store_inputs,
            "input_summary": summarize_flow_inputs(flow, masked),
        }

    def sent_secrets(self, connection: Connection) -> set[str]:
        """Return the secrets sent in the owner's runs that this process started."""
        # a session whose user is still unknown sends them under its key
        return self._sent_secrets.find(self.owner_of(connection), self.fingerprint_of(connection))

    def stop(self, run_id: str, connection: Connection) -> None:
        """Request a stop from the process that follows the run; the record gets the result.

        Raises `StoreError`.
        """
        self._submit(connection, Command(run_id, datetime.now(UTC)))

    def decide(
        self, run_id: str, connection: Connection, question: HumanInput, action_id: str
    ) -> None:
        """Send a decision for a run that waits for one; the record gets the result.

        Only the first decision on this question counts, from whichever process. Raises
        `StoreError`.
        """
        self._submit(connection, Command(run_id, datetime.now(UTC), question.request_id, action_id))

    def check_now(self, run_id: str, connection: Connection) -> None:
        """Request a job's status although the server asked to wait. Raises `StoreError`."""
        if self.get(run_id, self.owner_of(connection)):
            self._supervisor.check_now(run_id)

    def adopt(self, connection: Connection, flow: Flow, question: HumanInput) -> str:
        """Return the id of a waiting job's run; follow one that was not started here.

        Raises `StoreError`.
        """
        owner = self.owner_of(connection)
        job_id = question.job_id or ""
        # the store doesn't have the job yet if the run's record is unsaved
        existing = self._cache.find_by_job(owner, job_id) or self.store.find_by_job(owner, job_id)
        if existing:
            self.attach(connection)  # after a restart nothing may follow it yet
            return existing.id
        new = RunRecord(
            id=uuid4().hex,
            owner=owner,
            submit_token=f"{ADOPTED_TOKEN_PREFIX}{question.job_id}",
            server_name=connection.name,
            server_url=connection.url,
            flow_id=flow.id,
            flow_name=flow.name,
            mode=Mode.BACKGROUND,
            created_at=datetime.now(UTC),
            status=RunStatus.SUSPENDED,
            session_id=question.session_id,
            job_id=question.job_id,
            worker=self._registry.id,
            attempts=1,
        )
        [record] = self.store.create(new)
        if record.id == new.id:
            self._cache.put(record)
            context = RunContext(
                record.id, connection, flow=flow, secrets_lost_reason=NOT_STARTED_HERE
            )
            self._supervisor.start(context, follow)
        return record.id

    def is_followed(self, run_id: str) -> bool:
        """Return whether this process follows a run, so that its record may still change."""
        return self._supervisor.connection(run_id) is not None

    def get(self, run_id: str, owner: str) -> RunRecord | None:
        """Return the newest record with its response; None if that owner has no such run.

        Raises `StoreError`.
        """
        record = self._reader.get(run_id)
        return record if record and record.owner == owner else None

    def header(self, run_id: str, owner: str) -> tuple[RunRecord, int] | None:
        """Return what `get` does without the response, and its bytes. Raises `StoreError`."""
        header = self._reader.header(run_id)
        return header if header and header[0].owner == owner else None

    def load(self, run_id: str, owner: str) -> RunRecord | None:
        """Return what `get` does, without keeping it in memory. Raises `StoreError`."""
        record = self._reader.load(run_id)
        return record if record and record.owner == owner else None

    def open(self, run_id: str, connection: Connection) -> RunRecord | None:
        """Return the newest record for a person who opens the run; None as for `get`.

        If it is lost, search for it again. Raises `StoreError`.
        """
        record = self.get(run_id, self.owner_of(connection))
        if record and record.is_lost:
            self._takeover.search_again(record, connection)
            return self._reader.get(run_id)
        return record

    def delete_session_runs(self, connection: Connection, flow_id: str, session_id: str) -> int:
        """Delete the owner's ended runs of a session; return how many are unfinished and stay.

        Raises `StoreError`.
        """
        owner = self._save_ended_runs(connection, flow_id, session_id)
        self.history.drop(self.store.delete_session(owner, flow_id, session_id))
        unfinished = self.store.unfinished(owner)
        return sum(
            (record.flow_id, record.session_id) == (flow_id, session_id) for record in unfinished
        )

    def rename_session(self, connection: Connection, flow_id: str, old: str, new: str) -> None:
        """Move the owner's ended runs of a session to a new session id.

        Unfinished ones stay, since the server writes into the old session. Raises `StoreError`.
        """
        owner = self._save_ended_runs(connection, flow_id, old)
        for run_id in self.store.rename_session(owner, flow_id, old, new):
            self._cache.edit(run_id, lambda _: {"session_id": new})

    def release_memory(self) -> None:
        """Give memory back to the system within seconds, after somebody closed a run."""
        self._release_memory_soon = True

    def attach(self, connection: Connection) -> None:
        """Follow the owner's unfinished jobs that no living process follows.

        Jobs that are followed with a key that the server rejects are followed with this one.
        Raises `StoreError`.
        """
        self._takeover.attach(self.owner_of(connection), connection)

    def forget_connection(self, connection: Connection) -> None:
        """Follow no more runs with a key that a visitor has removed."""
        self._takeover.forget_visitor(self.owner_of(connection), connection)

    def close(self) -> None:
        """Abandon all runs, as a killed process would: jobs continue, records stay unfinished."""
        self._opened.close()

    def _submit(self, connection: Connection, command: Command) -> None:
        owner = self.owner_of(connection)
        if not self.is_followed(command.run_id):
            self.attach(connection)
        self._takeover.use_key(command.run_id, owner, connection)
        self._commands.submit(command, owner)

    def _evict(self) -> None:
        if self._cache.evict(self.is_followed) or self._release_memory_soon:
            self._release_memory_soon = False
            memory.release()

    def _save_ended_runs(self, connection: Connection, flow_id: str, session_id: str) -> str:
        """Save the session's ended runs that are only in memory, and return their owner."""
        owner = self.owner_of(connection)
        for record in self._cache.unsaved():
            key = (record.owner, record.flow_id, record.session_id)
            if record.ended and key == (owner, flow_id, session_id):
                self._writer.write(record)
        return owner

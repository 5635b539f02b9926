"""Executes runs outside any page: start, stop, follow, re-attach after a restart."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from lfclient.async_client import AsyncLangflowClient
from lfclient.console.config.connection import Connection
from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.config.retention import RetentionSettings
from lfclient.console.runner.clock import now
from lfclient.console.runner.commands import CommandHandler, apply_commands, edit_owned_run
from lfclient.console.runner.execution import run_background, run_stream, run_sync
from lfclient.console.runner.job_follower import follow
from lfclient.console.runner.live_history import LiveHistory
from lfclient.console.runner.process_registry import open_process_registry
from lfclient.console.runner.record_writer import RecordWriter
from lfclient.console.runner.replica_sync import ReplicaSync
from lfclient.console.runner.run_cache import RunCache
from lfclient.console.runner.run_context import NOT_STARTED_HERE, RunContext
from lfclient.console.runner.takeover import Takeover
from lfclient.console.runner.task_supervisor import ClientFactory, FollowTask, TaskSupervisor
from lfclient.console.store.errors import StoreError
from lfclient.console.store.run_record import ADOPTED_TOKEN_PREFIX, RecordProblem, RunRecord
from lfclient.console.store.search_text import summarize_flow_inputs
from lfclient.console.store.store import Store
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from lfclient.flows.validation import mask_secrets
from lfclient.runs.components import HumanInput
from lfclient.runs.model import Mode, RunStatus
from lfclient.wire.server_info import ServerInfo

MAX_FOLLOWED_RUNS = 500
_EXECUTORS = {"background": run_background, "sync": run_sync, "stream": run_stream}
_NOT_STARTED = RecordProblem(
    "Not started: the database of runs did not confirm the record, and nothing was sent.",
    "Run it again.",
)
_STORE_POLL_SECONDS = 0.3  # between two looks at a run that another process follows


class TooManyRuns(LangflowError):
    """The console follows as many runs as it can."""

    default_hint = "Wait for some to end, or stop some; they are listed under Recent runs."


def open_client(connection: Connection, server: ServerInfo | None) -> AsyncLangflowClient:
    """The client for a connection."""
    key = connection.api_key.get_secret_value() if connection.api_key else None
    return AsyncLangflowClient(connection.url, key, verify=connection.verify, server=server)


class Runner:
    """All runs of this process, on one event loop in one daemon thread.

    `folder` holds the records, unless `database_url` does, and the secret of their owners. Records
    are on disk before anything is sent. `past` lists the runs. Runs of processes that died are
    taken over where their connection is among `connections`, or a visitor's. Every method may be
    called from any thread; none waits for a server.
    """

    def __init__(
        self,
        folder: Path,
        connect: ClientFactory = open_client,
        *,
        database_url: SecretStr | None = None,
        retention: RetentionSettings | None = None,
        secret: SecretStr | None = None,
        connections: Sequence[Connection] = (),
    ) -> None:
        self._folder, self._secret = folder, secret
        self._store = Store(folder, database_url, retention)
        self._registry = open_process_registry(folder, self._store)
        self._cache = RunCache()
        self._writer = RecordWriter(self._cache, self._store)
        self._supervisor = TaskSupervisor(self._writer, connect)
        self.history = LiveHistory(self._store, self._cache, self._supervisor.detach)
        self._unsure: dict[str, RunRecord] = {}
        self._supervisor.maintenance_jobs += [self._end_unsure, self.history.tidy]
        self._takeover = Takeover(
            self._store, self._registry, self._cache, self._supervisor, self.owner_of, connections
        )
        self._takeover.start()
        self._commands = CommandHandler(
            self._store, self._cache, self._supervisor, self._registry.id
        )
        self._replica_sync = ReplicaSync(self._writer, self._commands)
        self._replica_sync.start()

    def owner_of(self, connection: Connection) -> str:
        """The fingerprint of whose runs somebody with this connection may see."""
        return owner_fingerprint(connection, self._folder, self._secret)

    def start(
        self,
        connection: Connection,
        flow: Flow,
        overrides: Mapping[str, Any],
        *,
        mode: Mode,
        session_id: str | None,
        server: ServerInfo,
        submit_token: str,
    ) -> str:
        """Begin a run and return its id; the same `submit_token` again gives the same run.

        Raises `StoreError` if it cannot be recorded, and `TooManyRuns`; nothing was sent then.
        """
        if len(self._supervisor) >= MAX_FOLLOWED_RUNS:
            raise TooManyRuns(f"The console already follows {MAX_FOLLOWED_RUNS} runs.")
        keeps_inputs = self._store.retention.store_inputs
        kept = dict(mask_secrets(flow, overrides)) if keeps_inputs else {}
        record = RunRecord(
            id=uuid.uuid4().hex,
            owner=self.owner_of(connection),
            submit_token=submit_token,
            server_name=connection.name,
            server_url=connection.url,
            flow_id=flow.id,
            flow_name=flow.name,
            mode=mode,
            created_at=now(),
            session_id=session_id,
            overrides=kept,
            inputs_stored=keeps_inputs,
            input_summary=summarize_flow_inputs(flow, kept),
            queue_limit=server.limits.concurrency,
            worker=self._registry.id,
        )
        try:
            record, new = self._store.create(record)
        except StoreError:
            self._unsure[record.id] = record
            raise
        if new:
            execute = _EXECUTORS[mode]
            values = dict(overrides)

            async def work(context: RunContext) -> None:
                await execute(context, values)

            self._cache.put(record)
            self._supervisor.start(FollowTask(record.id, connection, work, server, flow))
        return record.id

    def stop(self, run_id: str, connection: Connection) -> None:
        """Ask for a stop; what came of it will be in the record.

        Whichever process follows it. Raises `StoreError`.
        """
        if self._supervisor.connection(run_id) is None:
            self.attach(connection)
        self._commands.stop(run_id, self.owner_of(connection))

    def decide(
        self, run_id: str, connection: Connection, question: HumanInput, action_id: str
    ) -> None:
        """Send a person's decision for a run that waits; what came of it will be in the record.

        Only the first of several commands counts, wherever they are made, and only for the question
        that was shown. Raises `StoreError`.
        """
        if self._supervisor.connection(run_id) is None:
            self.attach(connection)
        owner = self.owner_of(connection)
        self._commands.decide(run_id, owner, question.request_id, action_id)

    def adopt(self, connection: Connection, flow: Flow, question: HumanInput) -> str:
        """The id of the run that is a waiting job; one that was not started here is followed."""
        owner = self.owner_of(connection)
        known = self._store.find_by_job(owner, question.job_id or "")
        if known:
            self.attach(connection)  # after a restart nobody may follow it yet
            return known.id
        record, new = self._store.create(
            RunRecord(
                id=uuid.uuid4().hex,
                owner=owner,
                submit_token=f"{ADOPTED_TOKEN_PREFIX}{question.job_id}",
                server_name=connection.name,
                server_url=connection.url,
                flow_id=flow.id,
                flow_name=flow.name,
                mode="background",
                created_at=now(),
                status=RunStatus.SUSPENDED,
                session_id=question.session_id,
                job_id=question.job_id,
                worker=self._registry.id,
            )
        )
        if new:
            self._cache.put(record)
            self._supervisor.start(
                FollowTask(
                    record.id, connection, follow, flow=flow, secrets_lost_reason=NOT_STARTED_HERE
                )
            )
        return record.id

    def is_followed(self, run_id: str) -> bool:
        """Whether this process is still at work on a run: more may be learnt of it."""
        return self._supervisor.connection(run_id) is not None

    def get(self, run_id: str, owner: str) -> RunRecord | None:
        """The newest snapshot, with its answer; None if there is none or it is not that owner's."""
        record = self._find(run_id)
        return record if record and record.owner == owner else None

    def wait_for_change(self, run_id: str, version: int, timeout: float) -> RunRecord | None:
        """The snapshot as soon as it is another than `version`, at the latest in `timeout` s."""
        until = time.monotonic() + timeout
        while self._cache.snapshot(run_id) is None:
            kept = self._store.version_and_status(run_id)
            left = until - time.monotonic()
            if kept is None or kept[0] != version or left <= 0:
                return self._find(run_id)
            time.sleep(min(left, _STORE_POLL_SECONDS))
        return self._cache.wait(run_id, version, until - time.monotonic())

    def recent(self, owner: str, limit: int = 10, flow_id: str | None = None) -> list[RunRecord]:
        """The owner's latest runs, newest first, as they stand now; `run` is left out."""
        found = self._store.recent(owner, limit, flow_id)
        newest = [self._cache.newer_than(record) or record for record in found]
        return [replace(record, run=None) for record in newest]

    def forget_session(self, connection: Connection, flow_id: str, session_id: str) -> int:
        """Delete the owner's ended runs in a flow's session; how many go on, and are left."""
        owner = self._written(connection, flow_id, session_id)
        for run_id in self._store.delete_session(owner, flow_id, session_id):
            self._supervisor.detach(run_id)  # what its server has kept of it is of no use any more
            self._cache.remove(run_id)
        going = self._store.unfinished(owner)
        return sum((one.flow_id, one.session_id) == (flow_id, session_id) for one in going)

    def rename_session(self, connection: Connection, flow_id: str, old: str, new: str) -> None:
        """Let the owner's ended runs in a flow's session be in another.

        One that goes on stays: its server has it write into the old one.
        """
        owner = self._written(connection, flow_id, old)
        for run_id in self._store.rename_session(owner, flow_id, old, new):
            edit_owned_run(self._cache, owner, run_id, lambda _: {"session_id": new})

    def release_memory(self) -> None:
        """Somebody has stopped looking at a run: its memory is given back within seconds."""
        self._supervisor.release_requested = True

    def attach(self, connection: Connection) -> None:
        """Follow the owner's unfinished jobs that no living process follows.

        One that is followed with another key of the same server is followed with this one: the
        other may have been revoked.
        """
        self._takeover.attach(connection)

    def forget_connection(self, connection: Connection) -> None:
        """Begin to follow nothing more with a key that a visitor has taken back."""
        self._takeover.forget_connection(connection)

    @property
    def store(self) -> Store:
        """Where the records are: their lists, marks and presets."""
        return self._store

    @property
    def save_error(self) -> StoreError | None:
        """Why what is known of the runs is not all on disk; None if it is. It is tried again."""
        return self._writer.error

    def close(self) -> None:
        """Leave everything as a killed process would: jobs go on, records stay unfinished."""
        self._takeover.close()
        self._replica_sync.close()
        self._supervisor.close()
        self._registry.close()
        self._store.close()

    def _end_unsure(self) -> None:
        """Close what was not begun because the database did not answer: it may have kept it."""
        for record in tuple(self._unsure.values()):
            closed = replace(record, status=RunStatus.FAILED, ended_at=now(), problem=_NOT_STARTED)
            self._store.update(replace(closed, version=record.version + 1), answer=True)
            del self._unsure[record.id]

    def _written(self, connection: Connection, flow_id: str, session_id: str) -> str:
        """The owner, once all runs of the session that have ended have so on disk, too."""
        owner = self.owner_of(connection)
        for record in self._cache.unsaved():
            of = (record.owner, record.flow_id, record.session_id)
            if record.ended and of == (owner, flow_id, session_id):
                self._store.update(record, answer=True)
        return owner

    def _find(self, run_id: str) -> RunRecord | None:
        record = self._cache.get(run_id)
        if record and record.ended and self._is_stale(record):
            self._cache.remove(run_id)
            record = None
        if record is None:
            commands = self._store.commands.pending(
                [run_id]
            )  # first: they go when its record tells them
            record = self._store.get(run_id)
            if record and record.ended:
                self._cache.put(record)
            elif record:
                record = apply_commands(record, commands)
        return record

    def _is_stale(self, record: RunRecord) -> bool:
        """Whether another process has changed or deleted an ended run, as far as can be known."""
        unsaved = any(one.id == record.id for one in self._cache.unsaved())
        if unsaved or self.is_followed(record.id):
            return False
        try:
            kept = self._store.version_and_status(record.id)
        except StoreError:
            return False
        # two processes may have written the same version, of which the second counts
        return kept != (record.version, record.status)

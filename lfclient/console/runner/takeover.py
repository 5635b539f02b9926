"""Sees to it that each unfinished run is followed by one living process that has its key."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from lfclient.console.config.connection import Connection
from lfclient.console.runner.clock import now
from lfclient.console.runner.job_follower import follow
from lfclient.console.runner.process_registry import HEARTBEAT_SECONDS, ProcessRegistry
from lfclient.console.runner.recovery import recover
from lfclient.console.runner.run_cache import RunCache
from lfclient.console.runner.run_context import (
    AFTER_KEY_CHANGE,
    AFTER_RESTART,
    NOT_STARTED_HERE,
    RunContext,
)
from lfclient.console.runner.task_supervisor import FollowTask, TaskSupervisor
from lfclient.console.store.errors import UnreadableResponse
from lfclient.console.store.run_record import RecordProblem, RunRecord, StoredParts
from lfclient.console.store.store import Store
from lfclient.flows.validation import SECRET_MASK
from lfclient.runs.model import RunStatus
from lfclient.runs.reducer import finalize

# for which a visitor's key is used after the last sign of that visitor
VISITOR_SECONDS = 3600.0
KEY_NEEDED_NOTE = (
    "Not followed: key needed. The console process that followed this run is gone, and what is "
    "left of the console does not have the key. The run itself goes on at the server; it is "
    "followed again as soon as somebody connects with the key."
)
_LOST_CALL = RecordProblem(
    "The console was restarted while it waited for the answer, which is lost.",
    "The run may have gone on at the server: look into the flow's messages or traces in Langflow "
    "before you run it again.",
)
_LOST_STREAM = RecordProblem(
    "The console was restarted during this streamed call, and its run ended with it.",
    "It may have come to its end just before: look into the flow's messages or traces in Langflow "
    "before you run it again.",
)

log = logging.getLogger(__name__)


class Takeover:
    """Takes over the runs whose process has died, in a thread of its own.

    It has the connections of the configuration, and for an hour those that visitors came with.
    Of several processes the one that is first to put its name into the record follows the run.
    """

    def __init__(
        self,
        store: Store,
        registry: ProcessRegistry,
        cache: RunCache,
        supervisor: TaskSupervisor,
        owner_of: Callable[[Connection], str],
        connections: Sequence[Connection],
    ) -> None:
        self._store, self._registry = store, registry
        self._cache, self._supervisor = cache, supervisor
        self._owner_of = owner_of
        self._configured = {owner_of(one): one for one in connections}
        self._visitors: dict[str, tuple[Connection, float]] = {}
        self._visiting = threading.Lock()
        self._taken: set[str] = set()  # what this process took over and may take up again
        self._unsure: set[str] = set()  # claimed without an answer, and so perhaps this process's
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(
            target=self._watch, name="langflow-console-takeover", daemon=True
        )

    def start(self) -> None:
        """End what died with its process and cannot be found again; watch. Raises `StoreError`."""
        for record in self._store.unfinished():
            if record.mode != "background" and not self._registry.is_alive(record.worker):
                self._close_lost(record)
        self._thread.start()

    def close(self) -> None:
        """Watch no more."""
        self._ended.set()
        self._thread.join(10)

    def attach(self, connection: Connection) -> None:
        """Follow the owner's unfinished runs that no living process does. Raises `StoreError`."""
        owner = self._owner_of(connection)
        at = time.monotonic()
        with self._visiting:
            gone = [name for name, one in self._visitors.items() if at - one[1] >= VISITOR_SECONDS]
            for name in gone:
                del self._visitors[name]
            self._visitors[owner] = (connection, at)
        for record in self._store.unfinished(owner):
            used = self._supervisor.connection(record.id)
            if used is None:
                self._see_to(record, connection)
            elif used.api_key != connection.api_key and self._may_change_key(record):
                self._supervisor.detach(record.id)
                self._see_to(record, connection)

    def forget_connection(self, connection: Connection) -> None:
        """Take nothing over with what a visitor came with, any more."""
        with self._visiting:
            self._visitors.pop(self._owner_of(connection), None)

    def check(self, *, announce: bool = True) -> None:
        """See who lives, and to the runs of those who don't; `tell` of those without a key."""
        self._registry.heartbeat()
        for record in self._store.unfinished(except_worker=self._registry.id):
            if self._supervisor.connection(record.id) is None:
                self._see_to(record, self._connection(record.owner), announce=announce)
            # or was it this one, since the list was read?
            elif self._store.worker_for(record.id) != self._registry.id:
                self._supervisor.drop_lost(record.id)  # another process took it over
        for run_id in tuple(self._unsure):
            record = self._kept(run_id)
            if record and not record.ended and record.worker == self._registry.id:
                self._taken.add(run_id)
                self._see_to(record, self._connection(record.owner), announce=announce)
            self._unsure.discard(run_id)

    def _watch(self) -> None:
        announce, fault = False, ""
        while True:
            try:
                self.check(announce=announce)
                announce, fault = True, ""
            except Exception as error:
                # the next look may do better; logged once, without its text, which may hold all
                if fault != type(error).__name__:
                    fault = type(error).__name__
                    log.error("Looking for runs that nobody follows failed (%s)", fault)
            if self._ended.wait(HEARTBEAT_SECONDS):
                return

    def _connection(self, owner: str) -> Connection | None:
        if owner in self._configured:
            return self._configured[owner]
        connection, since = self._visitors.get(owner, (None, 0.0))
        return connection if time.monotonic() - since < VISITOR_SECONDS else None

    def _may_change_key(self, record: RunRecord) -> bool:
        return bool(record.job_id) or record.id in self._taken

    def _see_to(
        self, record: RunRecord, connection: Connection | None, announce: bool = True
    ) -> None:
        ours = record.worker == self._registry.id
        # without a job it may be on its way at this moment
        if (not self._may_change_key(record)) if ours else self._registry.is_alive(record.worker):
            return
        if record.mode != "background":
            self._close_lost(record)
        elif connection:
            self._adopt(record, connection)
        elif announce and record.note != KEY_NEEDED_NOTE:
            self._give_up(record)

    def _adopt(self, record: RunRecord, connection: Connection) -> None:
        """Follow a job that a process now dead, or another key, followed before."""
        mine = self._registry.id
        ours = record.worker == mine
        with self._lock:
            if not ours and not self._claim(record):
                return
            current = self._cache.snapshot(record.id) or self._kept(record.id)
            if current is None or current.ended or current.worker != mine:
                return
            # what was pressed and not carried out died with its follower
            self._cache.put(
                replace(
                    current, **{**current.without_pending_commands(), **_resume_changes(current)}
                )
            )
            self._taken.add(record.id)
            # the local Langflow takes another port at each start
            moved = connection.url != record.server_url and connection.source != "local"
            followed = bool(current.job_id)

            async def work(context: RunContext) -> None:
                if followed:
                    await follow(context, moved=moved, taken_up=True)
                else:
                    # secrets_lost_reason: the inputs that were kept are not all that it was given
                    again = not (moved or context.secrets_lost_reason)
                    await recover(context, context.record.overrides if again else None)

            job = FollowTask(record.id, connection, work, sent=True)
            if not current.started_here:
                job.secrets_lost_reason = NOT_STARTED_HERE
            elif not current.inputs_stored or contains_mask(current.overrides):
                job.secrets_lost_reason = AFTER_KEY_CHANGE if ours else AFTER_RESTART
            self._supervisor.start(job)

    def _kept(self, run_id: str) -> RunRecord | None:
        """A run as it is kept; without what it has produced where that cannot be read."""
        try:
            return self._store.get(run_id)
        except UnreadableResponse:
            return next((one for one in self._store.unfinished() if one.id == run_id), None)

    def _claim(self, record: RunRecord) -> bool:
        self._unsure.add(record.id)
        claimed = self._store.claim(record.id, record.worker, self._registry.id)
        self._unsure.discard(record.id)
        return claimed

    def _give_up(self, record: RunRecord) -> None:
        """Say that nobody follows it, in its name: whoever can may take it."""
        if not record.worker or self._store.claim(record.id, record.worker, ""):
            version = record.version + (2 if record.worker else 1)
            self._store.update(
                replace(
                    record, worker="", version=version, note=KEY_NEEDED_NOTE, stop_requested_at=None
                )
            )

    def _close_lost(self, record: RunRecord) -> None:
        """End a call that died with its process, with what it is known to have produced.

        In the name of that process: if it lives after all, its answer counts.
        """
        kept = self._kept(record.id)
        if kept is None or kept.ended or kept.worker != record.worker:
            return
        streamed = kept.mode == "stream" and kept.started_at is not None
        status = RunStatus.INTERRUPTED if streamed else RunStatus.OUTCOME_UNKNOWN
        self._store.update(
            replace(
                kept,
                status=status,
                ended_at=now(),
                note="",
                version=kept.version + 1,
                problem=_LOST_STREAM if streamed else _LOST_CALL,
                run=kept.run and finalize(replace(kept.run, status=status)),
            ),
            answer=True,  # so that lists and searches tell why
        )


def _resume_changes(record: RunRecord) -> dict[str, Any]:
    """What its follower goes on from: where a part is missing, all is asked for anew."""
    whole = record.stored_parts is StoredParts.WHOLE
    return {} if whole else {"run": None, "stored_parts": StoredParts.WHOLE}


def contains_mask(value: object) -> bool:
    """Whether a secret stood somewhere in kept values."""
    if isinstance(value, dict):
        return any(map(contains_mask, value.values()))
    if isinstance(value, list):
        return any(map(contains_mask, value))
    return value == SECRET_MASK

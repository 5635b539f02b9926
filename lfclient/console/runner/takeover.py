"""Makes sure that one living process that has the key follows each unfinished run."""

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
from lfclient.console.runner.process_registry import ProcessRegistry
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

# how long a visitor's key is used after the visitor was last active
VISITOR_SECONDS = 3600.0
KEY_NEEDED_NOTE = (
    "Not followed: key needed. The console process that followed this run has ended, and the "
    "others don't have its API key. The run continues on the server. It is followed again as soon "
    "as somebody connects with the key."
)
_LOST_CALL = RecordProblem(
    "The console restarted while it waited for the response, which is lost.",
    "The run may have continued on the server: check the flow's messages or traces in Langflow "
    "before you run it again.",
)
_LOST_STREAM = RecordProblem(
    "The console restarted during this streamed call, which ended the run.",
    "It may have completed just before: check the flow's messages or traces in Langflow before "
    "you run it again.",
)

log = logging.getLogger(__name__)


class Takeover:
    """Takes over the runs of dead processes, in a thread of its own.

    It uses the configured connections, and those of visitors for an hour. Of several processes,
    the first to write its id into the record follows the run.
    """

    def __init__(
        self,
        store: Store,
        registry: ProcessRegistry,
        cache: RunCache,
        supervisor: TaskSupervisor,
        owner_of: Callable[[Connection], str],
        connections: Sequence[Connection],
        heartbeat_seconds: float,
    ) -> None:
        self._store, self._registry = store, registry
        self._cache, self._supervisor = cache, supervisor
        self._owner_of = owner_of
        self._configured = {owner_of(connection): connection for connection in connections}
        self._visitors: dict[str, tuple[Connection, float]] = {}  # and when they were active
        self._visitors_lock = threading.Lock()
        self._taken_over: set[str] = set()  # runs that may be followed with another key
        self._unconfirmed_claims: set[str] = set()  # the database did not confirm these
        self._claim_lock = threading.Lock()
        self._heartbeat_seconds = heartbeat_seconds
        self._closed = threading.Event()
        self._thread = threading.Thread(
            target=self._loop, name="langflow-console-takeover", daemon=True
        )

    def start(self) -> None:
        """End the calls of dead processes, which can't be resumed, and start the thread.

        Raises `StoreError`.
        """
        for record in self._store.unfinished():
            if record.mode != "background" and not self._registry.is_alive(record.worker):
                self._end_lost_call(record)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self._thread.join(10)

    def attach(self, connection: Connection) -> None:
        """Follow the owner's unfinished runs that no living process follows.

        A run that is followed with another key is followed with this one instead. Raises
        `StoreError`.
        """
        owner = self._owner_of(connection)
        self._remember_visitor(owner, connection)
        for record in self._store.unfinished(owner):
            current = self._supervisor.connection(record.id)
            if current is None:
                self._take_over_orphan(record, connection)
            elif current.api_key != connection.api_key and self._can_change_key(record):
                self._supervisor.detach(record.id)
                self._take_over_orphan(record, connection)

    def forget_connection(self, connection: Connection) -> None:
        """Take over no more runs with a visitor's connection."""
        with self._visitors_lock:
            self._visitors.pop(self._owner_of(connection), None)

    def check(self, *, report_missing_keys: bool = True) -> None:
        """Send a heartbeat and take over the runs of dead processes."""
        self._registry.heartbeat()
        for record in self._store.unfinished(except_worker=self._registry.id):
            if self._supervisor.connection(record.id) is None:
                connection = self._connection(record.owner)
                self._take_over_orphan(record, connection, report_missing_keys)
            # the list may be older than this process's claim
            elif self._store.worker_for(record.id) != self._registry.id:
                self._supervisor.abandon(record.id)  # another process took it over
        for run_id in tuple(self._unconfirmed_claims):
            claimed = self._stored(run_id)
            if claimed and self._is_ours(claimed):
                self._taken_over.add(run_id)
                connection = self._connection(claimed.owner)
                self._take_over_orphan(claimed, connection, report_missing_keys)
            self._unconfirmed_claims.discard(run_id)

    def _loop(self) -> None:
        # the first check leaves missing keys to visitors' pages, which may attach in a moment
        is_first, last_error = True, ""
        while True:
            try:
                self.check(report_missing_keys=not is_first)
                is_first, last_error = False, ""
            except Exception as error:
                # retried in the next turn; logged once, without its text, which may contain what
                # a person entered
                name = type(error).__name__
                if last_error != name:
                    last_error = name
                    log.error("Taking over runs failed (%s)", name)
            if self._closed.wait(self._heartbeat_seconds):
                return

    def _remember_visitor(self, owner: str, connection: Connection) -> None:
        at = time.monotonic()
        with self._visitors_lock:
            self._visitors = {
                name: (visitor, active_at)
                for name, (visitor, active_at) in self._visitors.items()
                if at - active_at < VISITOR_SECONDS
            }
            self._visitors[owner] = (connection, at)

    def _connection(self, owner: str) -> Connection | None:
        if owner in self._configured:
            return self._configured[owner]
        connection, active_at = self._visitors.get(owner, (None, 0.0))
        return connection if time.monotonic() - active_at < VISITOR_SECONDS else None

    def _is_ours(self, record: RunRecord) -> bool:
        return not record.ended and record.worker == self._registry.id

    def _can_change_key(self, record: RunRecord) -> bool:
        # without a job, the request may be on its way at this moment
        return bool(record.job_id) or record.id in self._taken_over

    def _take_over_orphan(
        self, record: RunRecord, connection: Connection | None, report_missing_key: bool = True
    ) -> None:
        """Follow, end or release a run that nobody follows."""
        if record.worker == self._registry.id:
            is_orphan = self._can_change_key(record)
        else:
            is_orphan = not self._registry.is_alive(record.worker)
        if not is_orphan:
            return
        if record.mode != "background":
            self._end_lost_call(record)
        elif connection:
            self._follow(record, connection)
        elif report_missing_key and record.note != KEY_NEEDED_NOTE:
            self._release(record)

    def _follow(self, record: RunRecord, connection: Connection) -> None:
        """Follow a job that a dead process, or this one with another key, followed before."""
        was_ours = record.worker == self._registry.id
        with self._claim_lock:
            if not was_ours and not self._claim(record):
                return
            current = self._cache.snapshot(record.id) or self._stored(record.id)
            if current is None or not self._is_ours(current):
                return
            # commands that its last follower took and did not execute are lost
            changes = {**current.without_pending_commands(), **_discard_partial_run(current)}
            self._cache.put(replace(current, **changes))
            self._taken_over.add(record.id)
            self._supervisor.start(self._follow_task(current, connection, was_ours))

    def _follow_task(self, record: RunRecord, connection: Connection, was_ours: bool) -> FollowTask:
        # the local Langflow has another port after each start
        moved = connection.url != record.server_url and connection.source != "local"
        if not record.started_here:
            reason = NOT_STARTED_HERE
        elif not record.inputs_stored or _contains_mask(record.overrides):
            reason = AFTER_KEY_CHANGE if was_ours else AFTER_RESTART
        else:
            reason = ""

        async def execute(context: RunContext) -> None:
            if record.job_id:
                await follow(context, moved=moved, taken_over=True)
            else:
                # some inputs are not stored, or the server is another one
                may_resend = not moved and not reason
                await recover(context, context.record.overrides if may_resend else None)

        return FollowTask(
            record.id, connection, execute, secrets_lost_reason=reason, may_be_running=True
        )

    def _stored(self, run_id: str) -> RunRecord | None:
        """Return a run from the store; without its output if that can't be read."""
        try:
            return self._store.get(run_id)
        except UnreadableResponse:
            unfinished = self._store.unfinished()
            return next((record for record in unfinished if record.id == run_id), None)

    def _claim(self, record: RunRecord) -> bool:
        self._unconfirmed_claims.add(record.id)
        is_claimed = self._store.claim(record.id, record.worker, self._registry.id)
        self._unconfirmed_claims.discard(record.id)
        return is_claimed

    def _release(self, record: RunRecord) -> None:
        """Note that nobody follows the run, so that any process with the key can take it over."""
        if not record.worker or self._store.claim(record.id, record.worker, ""):
            self._store.update(
                replace(
                    record,
                    worker="",
                    version=record.version + (2 if record.worker else 1),  # a claim adds one
                    note=KEY_NEEDED_NOTE,
                    stop_requested_at=None,
                )
            )

    def _end_lost_call(self, record: RunRecord) -> None:
        """End a call whose process died, with its output so far.

        The record keeps that process's id: if it lives after all, its response counts.
        """
        stored = self._stored(record.id)
        if stored is None or stored.ended or stored.worker != record.worker:
            return
        was_streaming = stored.mode == "stream" and stored.started_at is not None
        status = RunStatus.INTERRUPTED if was_streaming else RunStatus.OUTCOME_UNKNOWN
        self._store.update(
            replace(
                stored,
                status=status,
                ended_at=now(),
                note="",
                version=stored.version + 1,
                problem=_LOST_STREAM if was_streaming else _LOST_CALL,
                run=stored.run and finalize(replace(stored.run, status=status)),
            ),
            with_response=True,  # so that lists and searches show the problem
        )


def _discard_partial_run(record: RunRecord) -> dict[str, Any]:
    """Return the changes that discard a partly stored run, so that all events are read again."""
    if record.stored_parts is StoredParts.WHOLE:
        return {}
    return {"run": None, "stored_parts": StoredParts.WHOLE}


def _contains_mask(value: object) -> bool:
    """Return whether stored values contain the mask of a secret."""
    if isinstance(value, dict):
        return any(map(_contains_mask, value.values()))
    if isinstance(value, list):
        return any(map(_contains_mask, value))
    return value == SECRET_MASK

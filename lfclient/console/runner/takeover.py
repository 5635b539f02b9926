"""Makes sure that one living process that has the key follows each unfinished run."""

import math
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from cachetools import TLRUCache, TTLCache

from lfclient.common.redaction import collect_texts, is_redacted
from lfclient.console.config.connection import Connection
from lfclient.console.runner.execution import run_unsent
from lfclient.console.runner.job_follower import follow
from lfclient.console.runner.recovery import recover, search_again
from lfclient.console.runner.run_cache import RunCache
from lfclient.console.runner.run_context import (
    AFTER_KEY_CHANGE,
    AFTER_RESTART,
    NOT_STARTED_HERE,
    RunContext,
)
from lfclient.console.runner.task_supervisor import TaskSupervisor
from lfclient.console.runner.worker_registry import WorkerRegistry
from lfclient.console.store.errors import UnreadableResponse
from lfclient.console.store.notes import Note, NoteCode, has_code
from lfclient.console.store.run_record import (
    MAX_WAITING,
    ProblemCode,
    RunRecord,
    StoredParts,
)
from lfclient.console.store.store import Store
from lfclient.console.wording.run_notes import describe_problem
from lfclient.flows.validation import SECRET_MASK
from lfclient.runs.model import RunStatus
from lfclient.runs.reducer import finalize
from lfclient.wire.modes import MODES

# how long a visitor's key is used after the visitor was last active
VISITOR_SECONDS = 3600.0
# A lost run is searched for again after as long as it has been lost, within these bounds: the
# longer, the less likely it is to be found.
SEARCH_AGAIN_SECONDS = (60.0, 3600.0)
# A page draws a run again when it ends; one that was searched for until then stays as it is.
JUST_LOST_SECONDS = 10.0
_MAX_SINGLE_WAITING = timedelta(minutes=10)  # a single run sent later would come as a surprise


class Takeover:
    """Takes over the runs of dead processes.

    It uses the owner's connection: a configured one, or that of a visitor who was active in the
    last hour. Of several processes, the first to write its id into the record follows the run.
    """

    def __init__(
        self,
        store: Store,
        registry: WorkerRegistry,
        cache: RunCache,
        supervisor: TaskSupervisor,
        configured: Mapping[str, Connection],
    ) -> None:
        self._store, self._registry = store, registry
        self._cache, self._supervisor = cache, supervisor
        self._configured = configured
        self._visitors: TTLCache[str, Connection] = TTLCache(math.inf, VISITOR_SECONDS)
        self._visitors_lock = threading.Lock()
        # by run, the seconds until it may be searched for again
        self._searched_again: TLRUCache[str, float] = TLRUCache(
            1000, lambda _, seconds, now: now + seconds
        )
        self._taken_over: set[str] = set()  # runs that may be followed with another key
        self._unconfirmed_claims: set[str] = set()  # the database did not confirm these
        self._claim_lock = threading.RLock()
        self._has_checked = False

    def end_lost_calls(self) -> None:
        """End the calls of dead processes, which can't be resumed. Raises `StoreError`."""
        for record in self._store.unfinished():
            if _needs_its_process(record) and not self._registry.is_alive(record.worker):
                self._end_lost_call(record)

    def attach(self, owner: str, connection: Connection) -> None:
        """Follow the owner's unfinished runs that no living process follows.

        A run that is followed with a rejected key is followed with this one instead, and with any
        other key if the owner has one at a time. Waiting runs are sent with this key. Raises
        `StoreError`.
        """
        with self._visitors_lock:
            self._visitors[owner] = connection
        self._supervisor.change_waiting_keys(owner, connection)
        for record in self._store.unfinished(owner):
            if self._supervisor.connection(record.id) is None:
                is_typed = connection.source == "typed"
                needs_key = is_typed and has_code(record.notes, NoteCode.KEY_REJECTED)
                self._take_over_orphan(record, connection, needs_key=needs_key)
            elif connection.source != "typed" or self._supervisor.is_key_rejected(record.id):
                self._change_key(record, connection)

    def use_key(self, run_id: str, owner: str, connection: Connection) -> None:
        """Follow this process's run with this key, whose visitor sends a command for it.

        A revoked key must not act through another one of its user, nor hold that up. Raises
        `StoreError`.
        """
        record = self._find_own(run_id)
        if record and record.owner == owner:
            self._change_key(record, connection)

    def search_again(self, record: RunRecord, connection: Connection) -> None:
        """Search for a lost run, less often the longer it has been lost, and not at first.

        Raises `StoreError`.
        """
        lost_at = record.ended_at or datetime.now(UTC)
        lost_seconds = (datetime.now(UTC) - lost_at).total_seconds()
        if 0 <= lost_seconds < JUST_LOST_SECONDS:
            return
        with self._claim_lock:
            if record.id in self._searched_again or self._supervisor.connection(record.id):
                return
            shortest, longest = SEARCH_AGAIN_SECONDS
            self._searched_again[record.id] = min(max(lost_seconds, shortest), longest)
            is_reopened = self._store.reopen(record.id, record.version, self._registry.id)
            reopened = self._stored(record.id) if is_reopened else None
            if reopened:
                reopened = replace(reopened, stop_requested_at=None)
                self._cache.put(reopened)
                context = self._new_context(reopened, connection, AFTER_RESTART)
                self._supervisor.start(context, partial(search_again, before=record))

    def forget_visitor(self, owner: str, connection: Connection) -> None:
        """Take over no more runs with a visitor's connection."""
        with self._visitors_lock:
            if self._visitors.get(owner) == connection:
                del self._visitors[owner]

    def check_regularly(self) -> None:
        """Send a heartbeat and take over the runs of dead processes. Raises `StoreError`.

        Until a first check succeeds, report no missing keys: visitors' pages may attach with theirs
        a moment after the start.
        """
        self.check(report_missing_keys=self._has_checked)
        self._has_checked = True

    def check(self, *, report_missing_keys: bool = True) -> None:
        """Send a heartbeat and take over the runs of dead processes. Raises `StoreError`."""
        self._registry.heartbeat()
        for record in self._store.unfinished(except_worker=self._registry.id):
            if self._supervisor.connection(record.id) is None:
                connection = self._connection(record.owner)
                self._take_over_orphan(record, connection, report_missing_keys)
            # the list may be older than this process's claim
            elif self._store.worker_for(record.id) != self._registry.id:
                self._supervisor.abandon(record.id)  # another process took it over
        for run_id in self._supervisor.rejected():
            rejected = self._find_own(run_id)
            connection = self._connection(rejected.owner) if rejected else None
            if rejected and connection:
                self._change_key(rejected, connection)
        with self._claim_lock:  # a claim that is being made in another thread is not lost
            for run_id in tuple(self._unconfirmed_claims):
                claimed = self._find_own(run_id)
                if claimed:
                    self._taken_over.add(run_id)
                    connection = self._connection(claimed.owner)
                    self._take_over_orphan(claimed, connection, report_missing_keys)
                self._unconfirmed_claims.discard(run_id)

    def _connection(self, owner: str) -> Connection | None:
        with self._visitors_lock:
            return self._configured.get(owner) or self._visitors.get(owner)

    def _change_key(self, record: RunRecord, connection: Connection) -> None:
        """Follow a job with another key than now; do nothing if it is the same."""
        with self._claim_lock:
            current = self._supervisor.connection(record.id)
            if current is not None and current.api_key != connection.api_key:
                self._take_over_orphan(record, connection)

    def _can_change_key(self, record: RunRecord) -> bool:
        # without a job, the request may be on its way at this moment; a call is not followed again
        has_job = bool(record.job_id) or record.id in self._taken_over
        return has_job and MODES[record.mode].survives_restart

    def _take_over_orphan(
        self,
        record: RunRecord,
        connection: Connection | None,
        report_missing_key: bool = True,
        *,
        needs_key: bool = False,
    ) -> None:
        """Follow, end or release a run that nobody follows.

        `needs_key`: neither does the process that is to follow it, for want of a valid key.
        """
        if record.worker == self._registry.id:
            is_orphan = self._can_change_key(record)
        else:
            is_orphan = needs_key or not self._registry.is_alive(record.worker)
        if not is_orphan:
            return
        if _needs_its_process(record):
            self._end_lost_call(record)
        elif connection:
            self._follow(record, connection)
        elif report_missing_key and not has_code(
            record.notes, NoteCode.KEY_NEEDED, NoteCode.KEY_NEEDED_TO_SEND
        ):
            self._release(record)

    def _follow(self, orphan: RunRecord, connection: Connection) -> None:
        """Follow a job that a dead process, or this one with another key, followed before."""
        was_ours = orphan.worker == self._registry.id
        with self._claim_lock:
            if not was_ours and not self._claim(orphan):
                return
            record = self._find_own(orphan.id)
            if record is None:
                return
            if self._cache.snapshot(record.id) is None:
                self._cache.put(record)
            # the task with the other key may have changed the record since
            self._cache.edit(record.id, _changes_of_follower)
            self._taken_over.add(record.id)
            self._start(record, connection, was_ours)

    def _start(self, record: RunRecord, connection: Connection, was_ours: bool) -> None:
        # the local Langflow has another port after each start
        moved = connection.url != record.server_url and connection.source != "local"
        context = self._new_context(
            record, connection, AFTER_KEY_CHANGE if was_ours else AFTER_RESTART
        )

        async def execute(context: RunContext) -> None:
            record = context.record
            if record.job_id or record.ended:
                await follow(context, moved=moved, taken_over=True)
                return
            # some inputs are not stored, or the server is another one
            is_lost = moved or context.secrets_lost_reason
            overrides = None if is_lost else record.overrides
            recover_run = recover if record.attempts else run_unsent
            await recover_run(context, overrides)

        self._supervisor.start(context, execute)

    def _find_own(self, run_id: str) -> RunRecord | None:
        """Return an unfinished run if its record names this process as its follower."""
        record = self._cache.snapshot(run_id) or self._stored(run_id)
        is_own = record and not record.ended and record.worker == self._registry.id
        return record if is_own else None

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
        code = NoteCode.KEY_NEEDED if record.attempts else NoteCode.KEY_NEEDED_TO_SEND
        if not record.worker or self._store.claim(record.id, record.worker, ""):
            self._store.update(
                replace(
                    record,
                    worker="",
                    version=record.version + (2 if record.worker else 1),  # a claim adds one
                    notes=(Note(code),),
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
        if not stored.attempts:
            status, code = RunStatus.FAILED, ProblemCode.NEVER_SENT
        elif MODES[stored.mode].response == "events" and stored.started_at is not None:
            status, code = RunStatus.INTERRUPTED, ProblemCode.STREAM_LOST
        else:
            status, code = RunStatus.OUTCOME_UNKNOWN, ProblemCode.CALL_LOST
        self._store.update(
            replace(
                stored,
                status=status,
                ended_at=datetime.now(UTC),
                notes=(),
                version=stored.version + 1,
                problem=describe_problem(code),
                run=stored.run and finalize(replace(stored.run, status=status)),
            ),
            with_response=True,  # so that lists and searches show the problem
        )

    def _new_context(self, record: RunRecord, connection: Connection, since: str) -> RunContext:
        """Return the context of an earlier run; `since` is why it must be found again, in words.

        Raises `StoreError`.
        """
        if not record.started_here:
            reason = NOT_STARTED_HERE
        elif not record.inputs_stored or _lacks_secrets(record.overrides):
            reason = since
        else:
            reason = ""
        return RunContext(
            record.id,
            connection,
            secrets_lost_reason=reason,
            may_be_running=record.attempts > 0,
        )


def _needs_its_process(record: RunRecord) -> bool:
    """Return whether only the process that started a run can send it or receive its response."""
    if record.attempts:
        return not MODES[record.mode].survives_restart
    max_age = MAX_WAITING if record.batch_id else _MAX_SINGLE_WAITING
    is_too_old = datetime.now(UTC) - record.created_at > max_age
    return is_too_old or not record.inputs_stored or _lacks_secrets(record.overrides)


def _lacks_secrets(overrides: dict[str, Any]) -> bool:
    """Return whether secrets were replaced in a record's overrides."""
    return SECRET_MASK in collect_texts(overrides) or is_redacted(overrides)


def _changes_of_follower(record: RunRecord) -> dict[str, Any] | None:
    """Return what changes with an unfinished run's follower, None for an ended run.

    Commands that the last follower took and did not execute are lost. Events are read again unless
    all that they brought is stored.
    """
    if record.ended:
        return None
    changes = record.without_pending_commands()
    if record.stored_parts is not StoredParts.WHOLE:
        changes |= {"run": None, "stored_parts": StoredParts.WHOLE}
    return changes

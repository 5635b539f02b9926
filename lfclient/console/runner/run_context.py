"""A run that this process follows, and how events and responses change its record."""

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from lfclient.async_client import AsyncLangflowClient
from lfclient.common.json_types import Json
from lfclient.console.config.connection import Connection
from lfclient.console.runner.record_writer import RecordWriter
from lfclient.console.runner.run_cache import RunNotCached
from lfclient.console.runner.server_load import ServerLoad
from lfclient.console.runner.timings import Timings
from lfclient.console.store.notes import Notes
from lfclient.console.store.run_record import RunRecord
from lfclient.console.store.workers import Command
from lfclient.errors import FlowNotFound, LangflowError
from lfclient.flows.model import Flow
from lfclient.runs.builds import read_timestamp
from lfclient.runs.components import Message
from lfclient.runs.events import Event, MessageAdded
from lfclient.runs.model import Run, RunStatus
from lfclient.runs.outcome import in_flow_order
from lfclient.runs.reducer import (
    apply,
    finalize,
    merge_component_runs,
    merge_messages,
    merge_response,
)
from lfclient.wire.modes import MODES
from lfclient.wire.server_info import ServerInfo

T = TypeVar("T")

AFTER_RESTART = "The console restarted during this run"
AFTER_KEY_CHANGE = "The console followed this run again, for example with another API key"
NOT_STARTED_HERE = "This run was not started by this console"
_SECRETS_LOST_WARNING = (
    "{}. It doesn't know the secrets that were sent, so it could not redact them from the outputs "
    "and did not save the raw response."
)

_END_UNSEEN_WARNING = (
    "The console did not see when this run ended, and the server's records don't show it."
)
# two clocks with a smaller difference are taken as equal
_CLOCK_TOLERANCE = timedelta(seconds=10)
_MAX_MESSAGES = 50  # latest messages of a session that are searched for a run's


@dataclass
class PendingCommands:
    """Stops and decisions that the run's follower has not executed yet.

    `stop` is set while a stop is pending, `any_pending` while there is either.
    """

    stop: asyncio.Event = field(default_factory=asyncio.Event)
    decision: Command | None = None
    any_pending: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, command: Command) -> None:
        """Add a stop or a decision."""
        if command.question_id:
            self.decision = command
        else:
            self.stop.set()
        self.any_pending.set()

    def clear_decision(self) -> None:
        """Remove an executed decision; a stop stays pending."""
        self.decision = None
        if not self.stop.is_set():
            self.any_pending.clear()

    def clear(self) -> None:
        """Remove everything."""
        self.stop.clear()
        self.clear_decision()


@dataclass
class RunContext:
    """A run with the connection, client and record it is followed with.

    `server` and `flow` are None until known (after a restart).
    `may_be_running` is False while nothing was sent for the run. `is_key_rejected` is True while
    the server rejects the key. `secrets_lost_reason` says why the client doesn't know the secrets
    that were sent, and so can't redact them from the response; empty if it does. `sent_at` and
    `sent_clock` (of `timings.clock`) are when this process last sent the request that starts the
    run. `check_now` ends the pause before the next request for a job.
    """

    id: str
    connection: Connection
    server: ServerInfo | None = None
    flow: Flow | None = None
    secrets_lost_reason: str = ""
    may_be_running: bool = False
    sent_at: datetime | None = None
    sent_clock: float | None = None
    is_key_rejected: bool = False
    commands: PendingCommands = field(default_factory=PendingCommands)
    check_now: asyncio.Event = field(default_factory=asyncio.Event)
    # set by the supervisor
    writer: RecordWriter = field(init=False)
    timings: Timings = field(init=False)
    client: AsyncLangflowClient = field(init=False)
    load: ServerLoad = field(init=False)  # of the server
    task: asyncio.Task[None] | None = field(init=False, default=None)

    @property
    def record(self) -> RunRecord:
        """The newest record. Raises `RunNotCached`."""
        record = self.writer.cache.snapshot(self.id)
        if record is None:
            raise RunNotCached(self.id)
        return record

    @property
    def run(self) -> Run:
        """The run as known so far; the client reads the job id from it."""
        return self._run_of(self.record)

    @property
    def has_events(self) -> bool:
        """Whether the server is known to have an event stream for each job (1.11 and later)."""
        return self.server is not None and self.server.capabilities.events

    @property
    def has_idempotency(self) -> bool:
        """Whether the server is known to run a request with the same key only once."""
        return self.server is not None and self.server.capabilities.idempotency

    @property
    def is_findable(self) -> bool:
        """Whether the server keeps the whole result of this run if its response is lost.

        It does for jobs, and from 1.12 on for synchronous calls. For a streamed call it keeps a
        part, see `recover_stream`.
        """
        response = MODES[self.record.mode].response
        if response == "result":
            return self.server is not None and self.server.capabilities.traces
        return response == "job"

    @property
    def age(self) -> float:
        """The seconds since the request that starts the run, or a negative number.

        The larger of two: one clock stands still while the machine sleeps, the other may be set
        back. After a restart only the latter is left.
        """
        age = (datetime.now(UTC) - (self.sent_at or self.record.submitted_at)).total_seconds()
        if self.sent_clock is None:
            return age
        return max(age, self.timings.clock() - self.sent_clock)

    def note_sending(self) -> None:
        """Note that the request that starts the run is sent now."""
        self.sent_at, self.sent_clock = datetime.now(UTC), self.timings.clock()

    async def unless(self, pending: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
        """Return the result of `work`, or None as soon as a command is `pending`.

        A slow server must not hold up a stop.
        """
        result = asyncio.ensure_future(work)
        command = asyncio.ensure_future(pending.wait())
        try:
            await asyncio.wait({result, command}, return_when=asyncio.FIRST_COMPLETED)
            return await result if result.done() else None
        finally:
            result.cancel()
            command.cancel()
            await asyncio.gather(result, command, return_exceptions=True)

    async def wait_for_stop(self, seconds: float) -> bool:
        """Wait up to so many seconds for Stop; return whether it is pending."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.commands.stop.wait()
        return self.commands.stop.is_set()

    def cancel(self) -> None:
        """Stop following the run, which continues."""
        if self.task:
            self.task.cancel()

    async def change(self, **changes: Any) -> None:
        """Change the record and save it, unless nothing but `run` would differ."""
        record = self.record
        if any(getattr(record, name) != value for name, value in changes.items() if name != "run"):
            await self.writer.change(self.id, **changes)

    async def count_attempt(self, notes: Notes = ()) -> bool:
        """Save that the request is about to be sent; False, and not counted, if that fails.

        Cancelling it, as Stop does, leaves the attempt uncounted. `notes` are for the time
        until there is a response.
        """
        cache, before, is_saved = self.writer.cache, self.record, False
        sent_at = before.sent_at if before.attempts else datetime.now(UTC)
        changes = {"attempts": before.attempts + 1, "sent_at": sent_at, "notes": notes}
        record = cache.change(self.id, **changes)
        try:
            is_saved = await self.writer.save(record)
        finally:
            if not is_saved:
                uncounted = {name: getattr(before, name) for name in changes}
                cache.edit(self.id, lambda _: uncounted)
        return is_saved

    async def apply_event(self, event: Event) -> None:
        """Apply an event to the run.

        Only a change of status is saved at once. The rest is published from time to time, and the
        server can send it again. Messages tell the job of a streamed run.
        """
        status_before = self.record.status
        job_id = event.message.job_id if isinstance(event, MessageAdded) else None

        def changes(record: RunRecord) -> dict[str, Any] | None:
            run = apply(self._run_of(record), event)
            if run is record.run or record.ended:
                return None
            known = {"run": run, "job_id": record.job_id or job_id}
            if run.status is record.status or run.ended:
                return known
            started_at = record.started_at or datetime.now(UTC)
            return {**known, "status": run.status, "started_at": started_at, "notes": ()}

        record = self.writer.cache.edit(self.id, changes)
        if record and record.status is not status_before:
            await self.writer.save(record)

    async def apply_response(self, run: Run, *, is_end_seen: bool = True, **changes: Any) -> None:
        """Apply the run that a response describes, and end the record if the run has ended.

        What events have added since the request was sent stays. An end that was not seen is dated
        by the server's records.
        """
        record = self.record
        run = merge_response(record.run, run) if record.run else run
        changes["job_id"] = run.job_id or record.job_id
        changes["session_id"] = run.session_id or record.session_id
        if run.status is not RunStatus.QUEUED:
            changes["started_at"] = record.started_at or datetime.now(UTC)
        if run.ended:
            run = finalize(run)
            if not is_end_seen:
                run, changes["ended_at"] = await self._date_end(run)
            await self.end_with(run, **changes)
        else:
            await self.change(**{"notes": (), "status": run.status, "run": run, **changes})

    async def end_with(self, run: Run, **changes: Any) -> None:
        """End the record with an ended run, all that is known of it."""
        if self.secrets_lost_reason:
            warning = _SECRETS_LOST_WARNING.format(self.secrets_lost_reason)
            run = replace(run, raw={}, warnings=(*run.warnings, warning))
        run = replace(run, outputs=in_flow_order(run.outputs, self.flow))
        await self.end(run.status, run=run, **changes)

    async def end(self, status: RunStatus, **changes: Any) -> None:
        """End the record with a final status and save it."""
        changes = {"ended_at": datetime.now(UTC), "notes": (), **changes}
        await self.writer.change(self.id, status=status, **changes)

    async def _date_end(self, run: Run) -> tuple[Run, datetime | None]:
        """Return an ended run and when it ended by the server's records.

        They may have to be fetched; the run is returned with them. If they don't tell, it has a
        warning.
        """
        if run.ended_at is None:
            with suppress(LangflowError):
                builds = await self.client.runs.components(run, self.flow)
                run = merge_component_runs(run, builds)
        ended_at = self._server_end(run)
        if ended_at is None:
            run = replace(run, warnings=(*run.warnings, _END_UNSEEN_WARNING))
        return run, ended_at

    def _server_end(self, run: Run) -> datetime | None:
        """Return when the run ended by the server's records, in the console's time."""
        if run.ended_at is None:
            return None
        now = datetime.now(UTC)
        responded_at = read_timestamp(run.raw.get("created_timestamp"))
        if responded_at is None or abs(now - responded_at) < _CLOCK_TOLERANCE:
            responded_at = now
        seconds_ago, age = responded_at - run.ended_at, now - self.record.created_at
        if not -_CLOCK_TOLERANCE < seconds_ago < age + _CLOCK_TOLERANCE:
            return None
        return now - max(min(seconds_ago, age), timedelta())

    async def warn(self, text: str) -> None:
        """Add a warning to the run."""
        run = self.run
        await self.writer.change(self.id, run=replace(run, warnings=(*run.warnings, text)))

    async def load_server_and_flow(self) -> None:
        """Fetch what a restart has lost: the server's capabilities and the current flow."""
        self.server = self.server or await self.client.server.info()
        if self.flow is None:
            with suppress(FlowNotFound):  # it was deleted: outputs are shown without labels
                self.flow = await self.client.flow(self.record.flow_id)

    async def add_component_runs(self, *, events_complete: bool = False) -> None:
        """Add the server's records of an ended run's components, and its messages.

        Skipped if the events delivered all components, or the client has added them. A server
        without such records is no error: they may be switched off, or belong to a later run by now.
        """
        run = self.record.run
        has_all = events_complete or MODES[run.mode].response == "result" if run else False
        if run is None or not run.ended or (has_all and run.components):
            return
        try:
            builds = await self.client.runs.components(run, self.flow)
        except LangflowError:
            return
        merged = merge_component_runs(run, builds)
        merged = replace(merged, outputs=in_flow_order(merged.outputs, self.flow))
        is_job = MODES[run.mode].response == "job"
        if is_job and run.status is RunStatus.COMPLETED and not events_complete:
            merged = merge_messages(merged, await self._messages(run))
        if merged != run:
            await self.writer.change(self.id, run=merged)

    async def submit(self, flow: Flow | str, overrides: Mapping[str, Json], check: bool) -> Run:
        """Send the request for the run's job once. Raises `LangflowError`."""
        return await self.client.submit(
            flow,
            overrides,
            session_id=self.record.session_id,
            check=check,
            idempotency_key=self.id if self.has_idempotency else None,
            repeat=False,  # each attempt is counted
        )

    async def add_model_names(self) -> None:
        """Add the tokens of an ended run's components by model, as far as the models are known."""
        record = self.record
        if record.run is None:
            return
        # other values may have chosen another model than the flow's
        overrides = record.overrides if record.started_here and record.inputs_stored else None
        try:
            named = await self.client.runs.name_models(record.run, self.flow, overrides)
        except LangflowError:
            return
        if named != record.run:
            await self.writer.change(self.id, run=named)

    async def _messages(self, run: Run) -> list[Message]:
        """Return the session's latest messages, where the server says which run wrote each."""
        if not self.has_events or self.flow is None or run.session_id is None:
            return []
        try:
            return await self.client.sessions.messages(self.flow, run.session_id, _MAX_MESSAGES)
        except LangflowError:
            return []

    def _run_of(self, record: RunRecord) -> Run:
        """Return the record's run, or what the record knows of it before the first response."""
        return record.run or Run(
            record.flow_id,
            record.mode,
            record.status,
            job_id=record.job_id,
            session_id=record.session_id,
        )

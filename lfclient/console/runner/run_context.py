"""A run that this process follows: what it works with, and how its record changes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from lfclient.async_client import AsyncLangflowClient
from lfclient.console.runner.clock import now
from lfclient.console.runner.record_writer import RecordWriter
from lfclient.console.runner.threads import in_thread
from lfclient.console.store.errors import StoreError
from lfclient.console.store.run_record import RecordProblem, RunRecord
from lfclient.errors import FlowNotFound, LangflowError
from lfclient.flows.model import Flow
from lfclient.runs.components import Message
from lfclient.runs.events import Event
from lfclient.runs.model import Run, RunStatus
from lfclient.runs.reducer import (
    apply,
    finalize,
    merge_component_runs,
    merge_messages,
    merge_response,
)
from lfclient.wire.server_info import ServerInfo

AFTER_RESTART = "The console was restarted during this run"
AFTER_KEY_CHANGE = (
    "The console took this run up anew (another API key was entered, or it had let go of it)"
)
NOT_STARTED_HERE = "This run was not started by this console, which took it up"
_SECRETS_LOST_WARNING = (
    "{} and no longer knows the secrets that were sent with it. It could not look for them in the "
    "outputs, and has not kept the raw answer."
)

_MAX_MESSAGES = 50  # messages of a session that are looked through for those of a run


@dataclass
class PendingCommands:
    """What people ask of a run: `stop`, and for one that waits, `decision`, which is the id of the
    question that was shown and that of the action.
    """

    stop: asyncio.Event = field(default_factory=asyncio.Event)
    decision: tuple[str, str] | None = None
    any_pending: asyncio.Event = field(default_factory=asyncio.Event)  # any of them

    def request_stop(self) -> None:
        """Stop was pressed."""
        self.stop.set()
        self.any_pending.set()

    def decide(self, request_id: str, action_id: str) -> None:
        """Somebody decided."""
        self.decision = (request_id, action_id)
        self.any_pending.set()

    def clear(self, *, stop: bool = False, decision: bool = False) -> None:
        """That is done; what was pressed meanwhile is still to be."""
        if stop:
            self.stop.clear()
        if decision:
            self.decision = None
        if not self.stop.is_set() and self.decision is None:
            self.any_pending.clear()


@dataclass
class RunContext:
    """A run with the client and the record it is followed with.

    `server` and `flow` are None until known (after a restart). `commands` are the stop and the
    decision that people asked for. `secrets_lost_reason` says why the client doesn't know the
    secrets that were sent, and so can't redact them from the response; empty if it does.
    """

    id: str
    writer: RecordWriter
    server: ServerInfo | None
    flow: Flow | None
    commands: PendingCommands
    secrets_lost_reason: str = ""
    client: AsyncLangflowClient = field(init=False)

    @property
    def record(self) -> RunRecord:
        record = self.writer.cache.snapshot(self.id)
        if record is None:
            raise KeyError(self.id)
        return record

    @property
    def job(self) -> Run:
        """What the client needs to know of the job to ask for it."""
        record = self.record
        return _run_so_far(record)

    async def change(self, **changes: Any) -> None:
        """Change the record if that makes a difference."""
        record = self.record
        if any(getattr(record, name) != value for name, value in changes.items() if name != "run"):
            await self.writer.change(self.id, **changes)

    async def apply_event(self, event: Event) -> None:
        """Take in an event of the run. On disk goes only a change of status: the rest is told
        from time to time, or can be had from the server again.
        """
        before = self.record.status

        def heard(record: RunRecord) -> dict[str, Any] | None:
            run = apply(_run_so_far(record), event)
            if run is record.run or record.ended:
                return None
            if run.status is record.status or run.ended:
                return {"run": run}
            begun = record.started_at or now()
            return {"run": run, "status": run.status, "started_at": begun, "note": ""}

        record = self.writer.cache.edit(self.id, heard)
        if record.status is not before:
            await self.writer.save([record])

    async def write(self, **changes: Any) -> bool:
        """Change the record; whether that is on disk."""
        return await self.writer.save([self.writer.cache.change(self.id, **changes)])

    async def load_server_and_flow(self) -> None:
        """What a restart has lost: the server's abilities, and the flow as it is now."""
        self.server = self.server or await self.client.server()
        if self.flow is None:
            with suppress(FlowNotFound):  # deleted meanwhile: outputs are shown as they come
                self.flow = await self.client.flow(self.record.flow_id)

    async def apply_response(self, run: Run, **changes: Any) -> None:
        """Bring the record to where the server's answer says that the run stands.

        What events have told since the server was asked stays.
        """
        record = self.record
        run = merge_response(record.run, run) if record.run else run
        changes["job_id"] = run.job_id or record.job_id
        changes["session_id"] = run.session_id or record.session_id
        if run.status is not RunStatus.QUEUED:
            changes["started_at"] = record.started_at or now()
        if run.ended:
            run = finalize(run)
            if self.secrets_lost_reason:
                run = replace(
                    run,
                    raw={},
                    warnings=(
                        *run.warnings,
                        _SECRETS_LOST_WARNING.format(self.secrets_lost_reason),
                    ),
                )
            await self.end(run.status, run=run, **changes)
        else:
            await self.change(**{"note": "", "status": run.status, "run": run, **changes})

    async def end(self, status: RunStatus, **changes: Any) -> None:
        """Close the record."""
        changes["note"] = ""
        await self.writer.change(self.id, status=status, ended_at=now(), **changes)

    async def add_components(self, *, told: bool = False) -> None:
        """Once a run has ended: what its server has kept of its components.

        `told`: its events have told all. None is no fault: the records may have been switched
        off, or be a later run's by now.
        """
        run = self.record.run if await self.ensure_cached() else None
        if run is None or not run.ended or (told and run.components):
            return
        try:
            found = await self.client.component_runs(run, self.flow)
        except LangflowError:
            return
        if not await self.ensure_cached():
            return
        whole = merge_component_runs(run, found)
        if run.status is RunStatus.COMPLETED and run.mode == "background" and not told:
            whole = merge_messages(whole, await self._history(run))
        if whole != run and await self.ensure_cached():
            await self.writer.change(self.id, run=whole)

    async def ensure_cached(self) -> bool:
        """Whether the record is there to be changed: an ended one leaves the memory when nobody
        looks at it, and is taken from the disk again.
        """
        if self.writer.cache.snapshot(self.id) is None:
            try:
                record = await in_thread(self.writer.store.get, self.id)
            except StoreError:
                return False
            if record is None:
                return False
            self.writer.cache.put(record)
        return True

    async def _history(self, run: Run) -> list[Message]:
        """The latest of the run's session, where its server tells whose they are."""
        events = self.server is not None and self.server.capabilities.events
        if not events or self.flow is None or run.session_id is None:
            return []
        try:
            return await self.client.messages(self.flow, run.session_id, _MAX_MESSAGES)
        except LangflowError:
            return []

    async def fail(self, status: RunStatus, message: str, hint: str) -> None:
        """Close the record with why it could not be done."""
        await self.end(status, problem=RecordProblem(message, hint))


def _run_so_far(record: RunRecord) -> Run:
    """The run as far as it is known; before the first answer, what the record has of it."""
    return record.run or Run(
        record.flow_id,
        record.mode,
        record.status,
        job_id=record.job_id,
        session_id=record.session_id,
    )

"""A run whose answer to the submit was lost, as by a crash: its job is looked for and followed.

The record was on disk before anything was sent, and is what the submit's key was made of. So on
1.11 and later the same key can be sent again without running twice: but for a first attempt that
had failed, which is what `attempts` is there to tell. It is sent again only within a minute of the
click, if all that it was given is still known (after a restart a secret is not), and if the server
has kept nothing of the first attempt. Otherwise the job is looked for, and nothing is started.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from lfclient.console.runner import backoff
from lfclient.console.runner.clock import format_time, now
from lfclient.console.runner.job_follower import follow
from lfclient.console.runner.run_context import RunContext
from lfclient.console.runner.threads import in_thread
from lfclient.errors import InvalidKey, LangflowError, ServerFault, Unreachable
from lfclient.runs.lost_jobs import FoundJob
from lfclient.runs.model import RunStatus

RESEND_SECONDS = 60.0  # after the click
# after the click, a job that has shown no sign by then is given up
SEARCH_SECONDS = 120.0
# for which it is looked for in any case: what servers keep comes up to a second late
MIN_SEARCH_SECONDS = 8.0
# around the click, in which another run without a job may be meant by what is found by its time
NEARBY = timedelta(minutes=10)

RESTARTED_BEFORE_RESPONSE = "The console was restarted before the server had answered."
RESPONSE_LOST = "The server's answer was lost."
_SEARCHING_NOTE = (
    "The console looks for the run among what the server has kept, and follows it if found."
)
_NOT_FOUND = "The server has kept nothing that shows what became of it."
_STOPPED = "It was not found before the console was told to look no further."
_AMBIGUOUS = "The server has several runs that it may be."
_OTHER_RUN_LOST = (
    "Another run was lost at that time, and what the server has kept may be that one's."
)
_HINT = (
    "It may have run all the same: look into the flow's messages or traces in Langflow. Run it "
    "again if it has not."
)
_BY_TIME = (
    "Before 1.12, Langflow does not tell which session a run of such a flow has. This one was "
    "recognised by its time: it was the only run of the flow since the click."
)
_RAN_TWICE = (
    "This flow ran twice. {} The console sent the run again with the same key; the first attempt "
    "(job {}) had failed by then, so the server let it run again."
)
_TRANSIENT_ERRORS = (InvalidKey, ServerFault, Unreachable)


async def recover(
    context: RunContext,
    overrides: Mapping[str, Any] | None,
    *,
    why: str = RESTARTED_BEFORE_RESPONSE,
) -> None:
    """Find the job and follow it to its end, or close the record as of an unknown outcome.

    `overrides` are what the run was given; None if it may not be sent to this server again. `why`
    the answer is missing.
    """
    recovery = _Recovery(context, overrides, why)
    await context.change(note=f"{why} {_SEARCHING_NOTE}")
    while await recovery.turn():
        await recovery.pause()
    if not context.record.ended:
        await follow(context)
        await recovery.count()


class _Recovery:
    def __init__(self, context: RunContext, overrides: Mapping[str, Any] | None, why: str) -> None:
        self._context = context
        self._overrides = overrides  # None: it is not sent again
        self._why = why
        self._began = time.monotonic()
        self._delays: Iterator[float] = backoff.delays(backoff.SEARCHING)
        self._mixed_up = False

    async def turn(self) -> bool:
        """Look once, and send again if that is allowed. False once the run can be followed, or
        nothing more can be learnt.
        """
        context = self._context
        found: list[FoundJob] = []
        try:
            await context.load_server_and_flow()
            found = await self._found()
            if len(found) == 1:
                await self._take(found[0])
            elif not found and self._overrides is not None and self._may_send():
                await self._send(self._overrides)
        except _TRANSIENT_ERRORS as error:
            if not context.commands.stop.is_set():
                at = format_time(now())
                await context.change(note=f"{self._why} {_SEARCHING_NOTE} At {at}: {error.message}")
                return True
        except LangflowError:
            pass  # that server cannot tell, or the flow is gone
        if context.record.job_id or context.record.ended:
            return False
        if context.commands.stop.is_set():
            await self._close(_STOPPED)
        elif len(found) > 1 or time.monotonic() - self._began >= self._patience():
            await self._close(
                _AMBIGUOUS if found else _OTHER_RUN_LOST if self._mixed_up else _NOT_FOUND
            )
        else:
            return True
        return False

    async def pause(self) -> None:
        """Until it is time to look again, or Stop is pressed."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._context.commands.stop.wait(), next(self._delays))

    async def count(self) -> None:
        """Say so if the first of two attempts had run, too: it may be seen only afterwards."""
        context = self._context
        if not await context.ensure_cached():
            return
        record = context.record
        if record.attempts < 2 or record.run is None or not record.ended:
            return
        run = record.run
        try:
            others = [one.job_id for one in await self._found() if one.by == "session"]
        except LangflowError:
            return
        first = next((one for one in others if one != run.job_id), None)
        if first and await context.ensure_cached():
            warned = replace(run, warnings=(*run.warnings, _RAN_TWICE.format(self._why, first)))
            await context.writer.change(context.id, run=warned)

    def _age(self) -> float:
        """Seconds since the click; by a moved clock they may be less than none."""
        return (now() - self._context.record.created_at).total_seconds()

    def _patience(self) -> float:
        """How long to look, in all."""
        age = self._age() - (time.monotonic() - self._began)
        left = SEARCH_SECONDS - age if age >= 0 else 0.0
        return max(MIN_SEARCH_SECONDS, left)

    def _may_send(self) -> bool:
        server = self._context.server
        keyed = server is not None and server.capabilities.idempotency
        wanted = not self._context.commands.stop.is_set()
        return wanted and keyed and 0 <= self._age() <= RESEND_SECONDS

    async def _send(self, overrides: Mapping[str, Any]) -> None:
        context = self._context
        attempts = context.record.attempts + 1
        if not await context.write(attempts=attempts):
            context.writer.cache.change(context.id, attempts=attempts - 1)
            return  # what cannot be recorded is not sent
        try:
            run = await context.client.submit(
                context.flow or context.record.flow_id,
                overrides,
                session_id=context.record.session_id,
                idempotency_key=context.id,
                repeat=False,  # each time is counted
            )
        except _TRANSIENT_ERRORS:
            raise
        except LangflowError:
            self._overrides = None  # refused: the first attempt may have run all the same
            return
        await context.apply_response(run)

    async def _take(self, found: FoundJob) -> None:
        context = self._context
        await context.change(job_id=found.job_id, note="")
        if found.by == "time":
            run = context.job
            await context.writer.change(
                context.id, run=replace(run, warnings=(*run.warnings, _BY_TIME))
            )

    async def _found(self) -> list[FoundJob]:
        """The jobs that may be this run's, without those of other records.

        None counts if another run without a job can be meant: of the same session, which may be
        kept for several runs, or of any where it is known by its time alone.
        """
        record, store = self._context.record, self._context.writer.store
        found = await self._context.client.find_jobs(
            record.flow_id, record.session_id, record.created_at
        )
        mine = []
        for one in found:
            known = await in_thread(store.find_by_job, None, one.job_id)
            if known is None or known.id == record.id:
                mine.append(one)
        if mine:
            session = None if any(one.by == "time" for one in mine) else record.session_id
            near = (record.created_at - NEARBY, record.created_at + NEARBY)
            lost = await in_thread(store.ids_without_job, record.flow_id, *near, session)
            self._mixed_up = bool(set(lost) - {record.id})
        return [] if self._mixed_up else mine

    async def _close(self, reason: str) -> None:
        self._context.commands.clear(stop=True, decision=True)
        await self._context.fail(RunStatus.OUTCOME_UNKNOWN, f"{self._why} {reason}", _HINT)

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
from lfclient.console.runner.clock import clock_words, now
from lfclient.console.runner.job_follower import follow
from lfclient.console.runner.run_context import LiveRun
from lfclient.console.runner.threads import aside
from lfclient.errors import InvalidKey, LangflowError, ServerFault, Unreachable
from lfclient.runs.lost_jobs import FoundJob
from lfclient.runs.model import RunStatus

AGAIN_SECONDS = 60.0  # after the click
# after the click, a job that has shown no sign by then is given up
LOOK_SECONDS = 120.0
# for which it is looked for in any case: what servers keep comes up to a second late
LEAST_SECONDS = 8.0
# around the click, in which another run without a job may be meant by what is found by its time
NEAR = timedelta(minutes=10)

RESTARTED = "The console was restarted before the server had answered."
UNANSWERED = "The server's answer was lost."
_LOOKING = "The console looks for the run among what the server has kept, and follows it if found."
_NOT_FOUND = "The server has kept nothing that shows what became of it."
_NO_FURTHER = "It was not found before the console was told to look no further."
_SEVERAL = "The server has several runs that it may be."
_MIXED_UP = "Another run was lost at that time, and what the server has kept may be that one's."
_HINT = (
    "It may have run all the same: look into the flow's messages or traces in Langflow. Run it "
    "again if it has not."
)
_BY_TIME = (
    "Before 1.12, Langflow does not tell which session a run of such a flow has. This one was "
    "recognised by its time: it was the only run of the flow since the click."
)
_TWICE = (
    "This flow ran twice. {} The console sent the run again with the same key; the first attempt "
    "(job {}) had failed by then, so the server let it run again."
)
_PASSING = (InvalidKey, ServerFault, Unreachable)


async def recover(
    live: LiveRun, overrides: Mapping[str, Any] | None, *, why: str = RESTARTED
) -> None:
    """Find the job and follow it to its end, or close the record as of an unknown outcome.

    `overrides` are what the run was given; None if it may not be sent to this server again. `why`
    the answer is missing.
    """
    recovery = _Recovery(live, overrides, why)
    await live.change(note=f"{why} {_LOOKING}")
    while await recovery.turn():
        await recovery.pause()
    if not live.record.ended:
        await follow(live)
        await recovery.count()


class _Recovery:
    def __init__(self, live: LiveRun, overrides: Mapping[str, Any] | None, why: str) -> None:
        self._live = live
        self._overrides = overrides  # None: it is not sent again
        self._why = why
        self._began = time.monotonic()
        self._delays: Iterator[float] = backoff.delays(backoff.SEARCHING)
        self._mixed_up = False

    async def turn(self) -> bool:
        """Look once, and send again if that is allowed. False once the run can be followed, or
        nothing more can be learnt.
        """
        live = self._live
        found: list[FoundJob] = []
        try:
            await live.look_up()
            found = await self._found()
            if len(found) == 1:
                await self._take(found[0])
            elif not found and self._overrides is not None and self._may_send():
                await self._send(self._overrides)
        except _PASSING as error:
            if not live.wishes.stop.is_set():
                at = clock_words(now())
                await live.change(note=f"{self._why} {_LOOKING} At {at}: {error.message}")
                return True
        except LangflowError:
            pass  # that server cannot tell, or the flow is gone
        if live.record.job_id or live.record.ended:
            return False
        if live.wishes.stop.is_set():
            await self._close(_NO_FURTHER)
        elif len(found) > 1 or time.monotonic() - self._began >= self._patience():
            await self._close(_SEVERAL if found else _MIXED_UP if self._mixed_up else _NOT_FOUND)
        else:
            return True
        return False

    async def pause(self) -> None:
        """Until it is time to look again, or Stop is pressed."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._live.wishes.stop.wait(), next(self._delays))

    async def count(self) -> None:
        """Say so if the first of two attempts had run, too: it may be seen only afterwards."""
        live = self._live
        if not await live.at_hand():
            return
        record = live.record
        if record.attempts < 2 or record.run is None or not record.ended:
            return
        run = record.run
        try:
            others = [one.job_id for one in await self._found() if one.by == "session"]
        except LangflowError:
            return
        first = next((one for one in others if one != run.job_id), None)
        if first and await live.at_hand():
            warned = replace(run, warnings=(*run.warnings, _TWICE.format(self._why, first)))
            await live.records.change(live.id, run=warned)

    def _age(self) -> float:
        """Seconds since the click; by a moved clock they may be less than none."""
        return (now() - self._live.record.created_at).total_seconds()

    def _patience(self) -> float:
        """How long to look, in all."""
        age = self._age() - (time.monotonic() - self._began)
        left = LOOK_SECONDS - age if age >= 0 else 0.0
        return max(LEAST_SECONDS, left)

    def _may_send(self) -> bool:
        server = self._live.server
        keyed = server is not None and server.capabilities.idempotency
        wanted = not self._live.wishes.stop.is_set()
        return wanted and keyed and 0 <= self._age() <= AGAIN_SECONDS

    async def _send(self, overrides: Mapping[str, Any]) -> None:
        live = self._live
        attempts = live.record.attempts + 1
        if not await live.write(attempts=attempts):
            live.records.board.change(live.id, attempts=attempts - 1)
            return  # what cannot be recorded is not sent
        try:
            run = await live.client.submit(
                live.flow or live.record.flow_id,
                overrides,
                session_id=live.record.session_id,
                idempotency_key=live.id,
                repeat=False,  # each time is counted
            )
        except _PASSING:
            raise
        except LangflowError:
            self._overrides = None  # refused: the first attempt may have run all the same
            return
        await live.take(run)

    async def _take(self, found: FoundJob) -> None:
        live = self._live
        await live.change(job_id=found.job_id, note="")
        if found.by == "time":
            run = live.job
            await live.records.change(live.id, run=replace(run, warnings=(*run.warnings, _BY_TIME)))

    async def _found(self) -> list[FoundJob]:
        """The jobs that may be this run's, without those of other records.

        None counts if another run without a job can be meant: of the same session, which may be
        kept for several runs, or of any where it is known by its time alone.
        """
        record, store = self._live.record, self._live.records.store
        found = await self._live.client.find_jobs(
            record.flow_id, record.session_id, record.created_at
        )
        mine = []
        for one in found:
            known = await aside(store.of_job, None, one.job_id)
            if known is None or known.id == record.id:
                mine.append(one)
        if mine:
            session = None if any(one.by == "time" for one in mine) else record.session_id
            near = (record.created_at - NEAR, record.created_at + NEAR)
            lost = await aside(store.without_job, record.flow_id, *near, session)
            self._mixed_up = bool(set(lost) - {record.id})
        return [] if self._mixed_up else mine

    async def _close(self, reason: str) -> None:
        self._live.wishes.carried_out(stop=True, decision=True)
        await self._live.fail(RunStatus.OUTCOME_UNKNOWN, f"{self._why} {reason}", _HINT)

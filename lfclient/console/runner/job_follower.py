"""Follows a background job: by its event stream where there is one, by asking before 1.11."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterator
from typing import Any

from lfclient.console.runner import backoff
from lfclient.console.runner.clock import format_time, now
from lfclient.console.runner.event_listener import EventListener
from lfclient.console.runner.run_context import RunContext
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import (
    InvalidKey,
    InvalidRequest,
    JobNotFound,
    LangflowError,
    NotWaiting,
    Unreachable,
)
from lfclient.runs.model import Run, RunStatus, StopResult
from lfclient.runs.reducer import reject_decision

# after this long without any news a run may be one that a server's restart left behind
SILENCE_SECONDS = 600.0
# for which the events of a stopped run are waited for: a stop is to be seen at once
_STOPPED_DRAIN_SECONDS = 0.3
# after which a run that was decided for and still waits may be asking something else
_DECISION_SETTLE_SECONDS = 0.3
_SILENCE_NOTE = (
    f"There has been no news of this run for more than {int(SILENCE_SECONDS // 60)} minutes. A "
    "component may take that long; but if Langflow was restarted meanwhile, this run never ends: "
    "then stop it."
)

# after this long a run that was decided on and still waits has not heard of it
DECISION_TIMEOUT_SECONDS = 6.0
_DECISION_LOST = (
    "The run still waits: the server has not gone on after the decision, which may have been lost "
    "on the way. Decide again."
)


async def follow(context: RunContext, *, moved: bool = False, taken_up: bool = False) -> None:
    """Keep the record at what the server says, until the run has ended.

    `moved` says that the server's address is not the one that the run was made at: that it does
    not know the job then proves nothing. `taken_up`: what the record says of the run may be old.
    """
    follower = _JobFollower(context, moved, taken_up)
    try:
        while not context.record.ended and await follower.turn():
            if not context.record.ended:
                await follower.pause()
    finally:
        await follower.listener.close()
    await context.add_components(told=follower.listener.is_complete)


class _JobFollower:
    def __init__(self, context: RunContext, moved: bool, taken_up: bool) -> None:
        self._context = context
        self._moved = moved
        self._away_since = ""
        self._steps: tuple[float, ...] = ()
        self._delays: Iterator[float] = iter(())
        self._failed = False
        self._decided = ""  # the question that was answered last
        self._decided_at: float | None = None  # and the server has not gone on yet
        self._not_taken_why = ""  # the last decision, until there is another
        # the submit's answer says how it stands
        self._fresh = context.record.run is not None and not taken_up
        self.listener = EventListener(context)

    async def turn(self) -> bool:
        """Ask the server for what is due, or stop the run. False if nothing more can be learnt."""
        context = self._context
        try:
            await self._ask()
        except JobNotFound as error:
            await self._unknown(error)
            return False
        except InvalidKey as error:
            await self._refused(error)
        except LangflowError as error:
            self._back_off()
            self._away_since = self._away_since or format_time(now())
            await context.change(
                note=f"The server has not answered properly since {self._away_since}; the console "
                f"keeps trying. {error.message}"
            )
        else:
            self._failed = False
        return True

    async def pause(self) -> None:
        """Until it is time to ask again, the stream has news, or something is pressed."""
        pressed = self._context.commands.any_pending
        if pressed.is_set() and not self._failed:
            return
        events = [self.listener.has_news] if pressed.is_set() else [self.listener.has_news, pressed]
        waits = [asyncio.ensure_future(event.wait()) for event in events]
        try:
            await asyncio.wait(
                waits, timeout=next(self._delays), return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for wait in waits:
                wait.cancel()
        self.listener.has_news.clear()

    async def _ask(self) -> None:
        context = self._context
        await context.load_server_and_flow()
        if context.commands.stop.is_set():
            await self._stop()
        elif context.commands.decision is not None:
            await self._decide(*context.commands.decision)
        elif self.listener.final_run:
            await context.apply_response(self.listener.final_run)
        elif self._fresh:
            self._fresh = False
            self._next_pace(context.record.status)
        else:
            run = await self._unless_pressed(context.client.status(context.job, flow=context.flow))
            if run is None:
                return
            self._away_since = ""
            if run.status is not context.record.status:
                self.listener.record_activity()
            if run.ended:
                run = await self.listener.drain(run)
            silent = time.monotonic() - self.listener.last_activity >= SILENCE_SECONDS
            note = _SILENCE_NOTE if silent and run.status is not RunStatus.SUSPENDED else ""
            if run.status is RunStatus.SUSPENDED and not self._decided_at:
                note = self._not_taken_why
            await context.apply_response(run, note=note)
            await self._still_waiting(run.status)
            self._next_pace(run.status)

    async def _unless_pressed(self, question: Coroutine[Any, Any, Run]) -> Run | None:
        """Its answer; None, and it is dropped, as soon as there is something to do: a server that
        is slow to answer must not hold up a stop.
        """
        asked = asyncio.ensure_future(question)
        pressed = asyncio.ensure_future(self._context.commands.any_pending.wait())
        try:
            await asyncio.wait({asked, pressed}, return_when=asyncio.FIRST_COMPLETED)
            return await asked if asked.done() else None
        finally:
            for one in (asked, pressed):
                one.cancel()
            await asyncio.gather(asked, pressed, return_exceptions=True)

    async def _still_waiting(self, status: RunStatus) -> None:
        """A decision that the server took without going on was in vain."""
        question = self._context.job.waiting_for
        if question and question.request_id != self._decided:
            self._not_taken_why = ""  # it asks something else by now
            self._decided_at = None
        if status is not RunStatus.SUSPENDED:
            self._decided_at = None
        elif self._decided_at and time.monotonic() - self._decided_at > DECISION_TIMEOUT_SECONDS:
            self._decided_at = None
            await self._not_taken(self._decided, _DECISION_LOST)

    async def _stop(self) -> None:
        context = self._context
        result = await context.client.stop(context.job, flow=context.flow)
        undecided = context.commands.decision
        context.commands.clear(stop=True, decision=True)
        if undecided:
            why = "The decision was not sent: the run was to be stopped."
            await self._not_taken(undecided[0], why)
        words = _describe_stop(result)
        changes = {"stop_result": words}
        if not result.stopped:
            changes["stop_requested_at"] = None  # if it goes on, a stop can be asked for again
        if result.run is not None:
            run = result.run
            if run.ended:
                run = await self.listener.drain(run, _STOPPED_DRAIN_SECONDS)
            await context.apply_response(run, **changes)
        else:
            await context.change(**changes)
        self._pace(backoff.SETTLING)

    async def _decide(self, request_id: str, action_id: str) -> None:
        """Send it, once: an answer that is lost on its way may have been a yes."""
        context = self._context
        self._not_taken_why = ""
        question = context.job.waiting_for
        refused = "The run does not wait for this decision any more."
        note = ""
        try:
            if question is not None and question.request_id == request_id:
                await context.client.resume(context.job, request_id, action_id)
                refused = ""
        except (NotWaiting, InvalidRequest) as error:
            refused = f"The decision was not taken. {error.message} {error.hint}"
        except Unreachable as error:
            if not error.sent:
                raise
            refused, note = "", f"The decision was sent, its answer was lost. {error.message}"
        context.commands.clear(decision=True)
        if refused:
            await self._not_taken(request_id, refused)
        elif note:
            await context.change(note=note)
        self._decided_at = None if refused else time.monotonic()
        self._decided = request_id
        self._pace(backoff.SETTLING)

    async def _not_taken(self, request_id: str, why: str) -> None:
        """Say so, and let the person decide again where the run still waits."""
        self._not_taken_why = why

        def offered(record: RunRecord) -> dict[str, Any]:
            run = record.run
            return {"run": run and reject_decision(run, request_id), "note": why}

        context = self._context
        await context.writer.save([context.writer.cache.edit(context.id, offered)])

    async def _unknown(self, error: JobNotFound) -> None:
        context = self._context
        if self._moved:
            context.commands.clear(stop=True, decision=True)
            await context.change(
                stop_requested_at=None,
                note=f"This run was started on {context.record.server_url}. The server that now "
                "has this name doesn't know it.",
            )
        else:
            await context.fail(
                RunStatus.OUTCOME_UNKNOWN,
                f"The server no longer knows this job. {error.message}",
                "Its database may have been replaced, or the job was made with another API key.",
            )

    async def _refused(self, error: InvalidKey) -> None:
        context = self._context
        self._back_off()
        undecided = context.commands.decision
        context.commands.clear(stop=True, decision=True)
        if undecided:
            await self._not_taken(undecided[0], "")
        await context.change(
            stop_requested_at=None,
            note=f"The server refuses the API key, so this run cannot be followed or stopped; it "
            f"goes on at the server. Enter a valid key on the Connection page. {error.message}",
        )

    def _back_off(self) -> None:
        self._failed = True
        self._pace(backoff.AWAY)

    def _pace(self, steps: tuple[float, ...]) -> None:
        if steps is not self._steps:
            self._steps, self._delays = steps, backoff.delays(steps)

    def _next_pace(self, status: RunStatus) -> None:
        server = self._context.server
        if status is RunStatus.SUSPENDED and self._context.job.waiting_for is not None:
            since = time.monotonic() - self._decided_at if self._decided_at else None
            if since is None or since > _DECISION_SETTLE_SECONDS:
                self.listener.reopen()
            self._pace(backoff.RESTING if since is None else backoff.SETTLING)
            return
        if server is None or not server.capabilities.events:
            self._pace(backoff.POLLED)
        else:
            self._pace(self.listener.next_schedule())


def _describe_stop(result: StopResult) -> str:
    if result.stopped:
        words = "Stopped at the server."
    elif result.stopped is False:
        words = "Not stopped: the run had ended before, or cannot be stopped."
    else:
        words = "The server was asked to stop and has not confirmed it."
    return f"{words} {result.message}".strip()

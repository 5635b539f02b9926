"""Follows a background job: by its event stream, or by polling before Langflow 1.11."""

import asyncio
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from lfclient.console.runner.event_listener import EventListener, last_sign, silence_notes
from lfclient.console.runner.run_context import RunContext
from lfclient.console.runner.timings import Schedule
from lfclient.console.store.notes import Note, NoteCode, Notes, quote
from lfclient.console.store.run_record import ProblemCode
from lfclient.console.store.workers import Command
from lfclient.console.wording.run_notes import describe_error, describe_problem
from lfclient.errors import (
    BadResponse,
    FlowNotFound,
    InvalidKey,
    InvalidRequest,
    JobNotFound,
    LangflowError,
    NotWaiting,
    RateLimited,
    ResponseTooLarge,
    ServerFault,
    Unreachable,
)
from lfclient.runs.model import Run, RunStatus, StopResult
from lfclient.runs.reducer import reject_decision

# short, because a stop must show at once
_STOPPED_DRAIN_SECONDS = 0.3
# a run that still waits this long after a decision may have asked another question
_NEXT_QUESTION_SECONDS = 0.3
# a server may respond to a submit before its database shows the job to others
_MAX_COMMIT_SECONDS = 5.0
# after a gap of at most this many seconds, the time of the response counts as the end
_MAX_GAP_SECONDS = 3.0


async def follow(context: RunContext, *, moved: bool = False, taken_over: bool = False) -> None:
    """Follow a job and keep its record up to date until the run has ended.

    `moved` means that the server's address has changed since the run was started, so an unknown
    job proves nothing. `taken_over` means that the recorded status may be outdated.
    """
    follower = _JobFollower(context, moved, taken_over)
    try:
        while not context.record.ended and await follower.update():
            if not context.record.ended:
                await follower.pause()
    finally:
        await follower.listener.close()
    await context.add_component_runs(events_complete=follower.listener.is_complete)
    await context.add_model_names()


class _JobFollower:
    def __init__(self, context: RunContext, moved: bool, taken_over: bool) -> None:
        self._context = context
        self._moved = moved
        self._unreachable_since: datetime | None = None
        self._schedule: Schedule | None = None
        self._waits: Iterator[float] = iter(())
        self._last_failed = False
        self._tried_command = False  # a command was pending when the last request was sent
        self._retry_after = 0.0
        self._confirming: Iterator[float] = iter(())  # waits after a stop, whatever the server asks
        self._decided_question = ""  # the id of the last one
        self._decided_at: float | None = None  # None once the server continues
        self._rejection: Notes = ()  # why the last decision was rejected
        self._uncertain_decision: Command | None = None  # it may have arrived
        # the response to the submit was just applied
        self._is_status_fresh = context.record.run is not None and not taken_over
        # the clock's seconds since which the run may have ended unseen, None if it can't have
        is_new = self._is_status_fresh and context.record.attempts <= 1
        self._unseen_since = None if is_new else -math.inf
        self._stop_sent_at: float | None = None  # None once the server has confirmed or refused it
        self.listener = EventListener(context)
        if taken_over:
            self.listener.last_activity = last_sign(context)

    async def update(self) -> bool:
        """Send the request that is due; return False if there is nothing more to learn."""
        context = self._context
        self._tried_command = context.commands.any_pending.is_set()
        try:
            await self._send_next()
        except JobNotFound as error:
            if 0 <= context.age < _MAX_COMMIT_SECONDS:
                self._back_off()
                return True
            await self._close_unknown_job(error)
            return False
        except FlowNotFound:
            await self._end_with_unknown_outcome(ProblemCode.FLOW_DELETED)
            return False
        except InvalidKey as error:
            await self._report_invalid_key(error)
        except ResponseTooLarge as error:  # it would be so each time
            await context.end(RunStatus.OUTCOME_UNKNOWN, problem=describe_error(error))
            return False
        except LangflowError as error:
            pause = error.retry_after and next(self._confirming, error.retry_after)
            self._back_off(pause)
            self._unreachable_since = self._unreachable_since or datetime.now(UTC)
            if _is_connection_lost(error):
                context.load.in_contact_since = context.timings.clock()
            await context.change(notes=self._note_failure(error, pause))
        else:
            self._last_failed, self._retry_after = False, 0.0
            context.is_key_rejected = False
        return True

    async def pause(self) -> None:
        """Wait until the next request is due, the stream has news, or there is a new command."""
        any_pending = self._context.commands.any_pending
        events = [self.listener.has_news, self._context.check_now]
        if not any_pending.is_set():
            events.append(any_pending)
        elif not (self._last_failed and self._tried_command):
            return
        waits = [asyncio.ensure_future(event.wait()) for event in events]
        try:
            seconds = max(next(self._waits), self._retry_after, self._context.load.min_poll_seconds)
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self.listener.has_news.clear()
        self._context.check_now.clear()

    async def _send_next(self) -> None:
        context = self._context
        await context.load_server_and_flow()
        self._tried_command = context.commands.any_pending.is_set()
        if context.commands.stop.is_set():
            await self._stop()
        elif context.commands.decision is not None:
            await self._decide(context.commands.decision)
        elif self.listener.final_run:
            final = self.listener.final_run
            await context.apply_response(final, **self._end_changes(final.status))
        elif self._is_status_fresh:
            self._is_status_fresh = False
            self._choose_schedule(context.record.status)
        else:
            await self._poll()

    async def _poll(self) -> None:
        context, listener = self._context, self.listener
        run = await context.unless(context.commands.any_pending, self._status())
        if run is None:
            return
        self._unreachable_since = None
        if run.status is not context.record.status:
            listener.last_activity = context.timings.clock()
        changes = self._end_changes(run.status)
        if run.ended:
            run = await listener.drain(run, context.timings.drain_seconds)
        else:
            self._unseen_since = None
        await context.apply_response(run, notes=self._notes(run.status), **changes)
        await self._check_decision(run.status)
        await self._check_stop()
        self._choose_schedule(run.status)

    def _note_failure(self, error: LangflowError, pause: float) -> Notes:
        """Return the notes of a run whose server does not respond properly.

        `pause` is how many seconds until the next request, 0 if the console chooses.
        """
        since = self._unreachable_since
        if isinstance(error, Unreachable) and not error.timed_out:  # one line says all
            return (Note(NoteCode.UNREACHABLE, at=since),)
        retry = Note(NoteCode.RETRYING)
        if pause and pause == error.retry_after:
            is_stopping = self._context.commands.stop.is_set()
            code = NoteCode.STOP_RETRY_REQUESTED if is_stopping else NoteCode.RETRY_REQUESTED
            retry = Note(code, at=datetime.now(UTC) + timedelta(seconds=pause))
        return Note(NoteCode.FAILING, at=since), retry, quote(error.message)

    async def _status(self) -> Run:
        context = self._context
        async with context.load.polls:
            return await context.client.status(context.run, flow=context.flow)

    def _notes(self, status: RunStatus) -> Notes:
        if status is RunStatus.SUSPENDED:
            return () if self._decided_at else self._rejection
        return silence_notes(self._context, status, self.listener.last_activity)

    async def _check_decision(self, status: RunStatus) -> None:
        """Offer the decision again if the server accepted it but did not continue."""
        question = self._context.run.waiting_for
        if question and question.request_id != self._decided_question:
            self._rejection = ()  # the server asks another question
            self._decided_at = None
        if status is not RunStatus.SUSPENDED:
            self._decided_at = None
        elif self._decided_at:
            waited = self._context.timings.clock() - self._decided_at
            if waited > self._context.timings.decision_timeout_seconds:
                self._decided_at = None
                await self._reject(self._decided_question, (Note(NoteCode.DECISION_LOST),))

    async def _stop(self) -> None:
        context = self._context
        result = await context.client.stop(context.run, flow=context.flow)
        await self._drop_commands((Note(NoteCode.DECISION_NOT_SENT),))
        changes: dict[str, Any] = {"stop_result": _note_stop(result)}
        run = result.run
        if not result.stopped:
            changes["stop_requested_at"] = None  # Stop is offered again if the run continues
        is_stopped_now = result.stopped and self._stop_sent_at is None
        if run and not is_stopped_now:
            changes = self._end_changes(run.status) | changes
        if run and run.ended:
            run = await self.listener.drain(run, _STOPPED_DRAIN_SECONDS)
        if run:
            await context.apply_response(run, **changes)
        else:
            await context.change(**changes)
        if result.stopped is None:
            self._stop_sent_at = self._context.timings.clock()
            self._confirming = context.timings.confirming.waits()
        else:
            self._stop_sent_at = None
        self._set_schedule(context.timings.settling)

    def _end_changes(self, status: RunStatus) -> dict[str, Any]:
        """Return what a status tells of the end: whether it was seen, and how a stop ended.

        The stop is one that was not confirmed before.
        """
        if not status.ended:
            return {}
        now, changes = self._context.timings.clock(), dict[str, Any]()
        if self._unseen_since is not None and now - self._unseen_since > _MAX_GAP_SECONDS:
            changes["is_end_seen"] = False
        if self._stop_sent_at is None:
            return changes
        if status is not RunStatus.CANCELLED:
            return {**changes, "stop_result": (Note(NoteCode.ENDED_BEFORE_STOP),)}
        stopped_at = datetime.now(UTC) - timedelta(seconds=now - self._stop_sent_at)
        return {"stop_result": (Note(NoteCode.STOPPED),), "ended_at": stopped_at}

    async def _check_stop(self) -> None:
        """End the record if the server neither confirms a stop nor gives a sign of the run."""
        if self._stop_sent_at is None or self._context.record.ended:
            return
        waited = self._context.timings.clock() - max(
            self._stop_sent_at, self.listener.last_activity
        )
        if waited > self._context.timings.stop_timeout_seconds:
            await self._end_with_unknown_outcome(ProblemCode.STOP_LOST)

    async def _decide(self, command: Command) -> None:
        """Send a decision; again only if it was not sent, or the server answered with a fault.

        It may have arrived even so, or if its response was lost: it counts if the run continues.
        """
        context = self._context
        self._rejection = ()
        self._decided_question = command.question_id
        question = context.run.waiting_for
        may_have_arrived = self._uncertain_decision is command
        rejection: Notes = () if may_have_arrived else (Note(NoteCode.DECISION_OUTDATED),)
        notes: Notes = ()
        try:
            if question and question.request_id == command.question_id:
                await context.client.resume(context.run, command.question_id, command.decision)
                rejection = ()
        except (NotWaiting, InvalidRequest) as error:
            if not (may_have_arrived and isinstance(error, NotWaiting)):
                rejection = _note_refused_decision(error)
        except (BadResponse, ServerFault) as error:
            if not isinstance(error, RateLimited):
                self._uncertain_decision = command
            raise
        except Unreachable as error:
            if not error.sent:
                raise
            rejection = ()
            notes = Note(NoteCode.DECISION_UNCONFIRMED), quote(error.message)
        context.commands.clear_decision()
        if rejection:
            await self._reject(command.question_id, rejection)
        elif notes:
            await context.change(notes=notes)
        self._decided_at = None if rejection else self._context.timings.clock()
        self._set_schedule(context.timings.settling)

    async def _reject(self, request_id: str, reason: Notes) -> None:
        """Record why a decision was rejected, and offer it again if the run still waits."""
        self._rejection = reason
        writer = self._context.writer
        record = writer.cache.edit(
            self._context.id,
            lambda record: {
                "run": record.run and reject_decision(record.run, request_id),
                "notes": reason,
            },
        )
        if record:
            await writer.save(record)

    async def _drop_commands(self, reason: Notes) -> None:
        """Remove all commands, and record why a decision was not sent."""
        decision = self._context.commands.decision
        self._context.commands.clear()
        if decision:
            await self._reject(decision.question_id, reason)

    async def _close_unknown_job(self, error: JobNotFound) -> None:
        context = self._context
        if self._moved:
            context.commands.clear()
            await context.change(
                stop_requested_at=None,
                notes=(Note(NoteCode.OTHER_SERVER, context.record.server_url),),
            )
        else:
            await self._end_with_unknown_outcome(ProblemCode.JOB_UNKNOWN, error.message)

    async def _end_with_unknown_outcome(self, code: ProblemCode, value: str = "") -> None:
        problem = describe_problem(code, value)
        await self._context.end(RunStatus.OUTCOME_UNKNOWN, problem=problem)

    async def _report_invalid_key(self, error: InvalidKey) -> None:
        context = self._context
        self._back_off()
        context.is_key_rejected = True
        changes: dict[str, Any] = {}
        if context.commands.stop.is_set():  # the next status removes the notes
            changes["stop_result"] = (Note(NoteCode.STOP_REFUSED), quote(error.message))
        await self._drop_commands(_note_refused_decision(error))
        is_asked = context.run.waiting_for is not None
        reason = (is_asked and self._rejection) or (quote(error.message),)
        notes = (Note(NoteCode.KEY_REJECTED), *reason)
        await context.change(stop_requested_at=None, notes=notes, **changes)

    def _back_off(self, retry_after: float = 0.0) -> None:
        self._last_failed, self._retry_after = True, retry_after
        if self._unseen_since is None:
            self._unseen_since = self._context.timings.clock()
        self._set_schedule(self._context.timings.unreachable)

    def _set_schedule(self, schedule: Schedule) -> None:
        if schedule is not self._schedule:
            self._schedule, self._waits = schedule, schedule.waits()

    def _choose_schedule(self, status: RunStatus) -> None:
        timings = self._context.timings
        if status is RunStatus.SUSPENDED and self._context.run.waiting_for is not None:
            since = self._context.timings.clock() - self._decided_at if self._decided_at else None
            if since is None or since > _NEXT_QUESTION_SECONDS:
                self.listener.reopen()
            self._set_schedule(timings.suspended if since is None else timings.settling)
        elif self._context.has_events:
            self._set_schedule(self.listener.next_schedule())
        else:
            self._set_schedule(timings.polling)


def _is_connection_lost(error: LangflowError) -> bool:
    """Return whether the server may be restarting; a busy server only responds late."""
    if isinstance(error, Unreachable):
        return not (error.sent and error.timed_out)
    return error.status_code in (502, 503)  # of a proxy


def _note_refused_decision(error: LangflowError) -> Notes:
    return Note(NoteCode.DECISION_REFUSED), quote(error.message), quote(error.hint)


def _note_stop(result: StopResult) -> Notes:
    if result.stopped:
        return (Note(NoteCode.STOPPED),)
    is_refused = result.stopped is False
    code = NoteCode.NOT_STOPPABLE if is_refused else NoteCode.STOP_UNCONFIRMED
    return Note(code), quote(result.message)

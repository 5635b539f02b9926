"""Sends runs in the three modes: a background job, a synchronous call, and a streamed call."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from lfclient.common.json_types import JsonObject
from lfclient.console.runner.job_follower import follow
from lfclient.console.runner.recovery import (
    find_end,
    may_be_processing,
    recover,
    recover_stream,
)
from lfclient.console.runner.run_context import RunContext
from lfclient.console.store.notes import Note, NoteCode, Notes, quote
from lfclient.console.store.run_record import ProblemCode
from lfclient.console.wording.run_notes import describe_error, describe_problem
from lfclient.errors import BadResponse, LangflowError, RateLimited, ServerFault, Unreachable
from lfclient.flows.model import Flow
from lfclient.runs.events import ComponentStarted, Event, KeepAlive, RunEnded, RunStarted, Warned
from lfclient.runs.model import Run, RunStatus
from lfclient.runs.reducer import apply, finalize
from lfclient.wire.modes import MODES

_UNAVAILABLE_STATUSES = (502, 503, 504)
_MAX_REFUSED_SECONDS = 600.0
_MAX_UNREACHED_SECONDS = 60.0


async def run_in_mode(
    context: RunContext, flow: Flow, overrides: JsonObject, *, check: bool = False
) -> None:
    """Execute a run in its mode. `check` validates overrides that no form has validated."""
    runs = {"job": run_job, "result": run_call, "events": run_streamed_call}
    await runs[MODES[context.record.mode].response](context, flow, overrides, check)


async def run_job(context: RunContext, flow: Flow, overrides: JsonObject, check: bool) -> None:
    """Submit a job, then follow it to its end."""
    try:
        run = await _send_until_accepted(context, lambda: context.submit(flow, overrides, check))
    except LangflowError as error:
        if _may_have_arrived(error):
            await recover(
                context,
                overrides,
                reason=_note_lost_response(error),
                may_be_processing=may_be_processing(error),
                retry_after=error.retry_after,
            )
        else:
            await context.end(RunStatus.FAILED, problem=describe_error(error))
        return
    if run is None:
        await context.end(RunStatus.CANCELLED, stop_result=(Note(NoteCode.STOPPED_UNSENT),))
        return
    # the response changes the record in memory first, and is saved while events are requested
    await asyncio.gather(context.apply_response(run), follow(context))


async def run_unsent(context: RunContext, overrides: JsonObject | None) -> None:
    """Execute a run whose process ended before sending it.

    `overrides` are the run's inputs; None if it can't be sent, as to another server.
    """
    if context.commands.stop.is_set():
        await context.end(RunStatus.CANCELLED, stop_result=(Note(NoteCode.STOPPED_UNSENT),))
        return
    if overrides is None:
        await context.end(RunStatus.FAILED, problem=describe_problem(ProblemCode.NEVER_SENT))
        return
    try:
        context.server = await context.client.server.info()
        flow = context.flow = await context.client.flow(context.record.flow_id)
    except LangflowError as error:
        await context.end(RunStatus.FAILED, problem=describe_error(error))
    else:
        await run_in_mode(context, flow, overrides, check=True)


async def run_call(context: RunContext, flow: Flow, overrides: JsonObject, check: bool) -> None:
    """Wait for the response of one call, or for Stop."""

    def call() -> Awaitable[Run]:
        return context.client.run(flow, overrides, context.record.session_id, check=check)

    if not await _wait_for_call(context, call):
        await _end_stopped_call(context, NoteCode.STOPPED_WAITING)
    await context.add_component_runs()
    await context.add_model_names()


async def run_streamed_call(
    context: RunContext, flow: Flow, overrides: JsonObject, check: bool
) -> None:
    """Apply the events of one call, until its end or Stop, which ends the run as well."""
    started, news = asyncio.Event(), asyncio.Event()
    if context.server is None or context.server.is_early_stop_safe:
        started.set()

    def call() -> Awaitable[Run]:
        session_id = context.record.session_id
        stream = context.client.stream(flow, overrides, session_id, check=check)
        return _apply_stream(context, stream, started, news)

    lost = _find_end_of_silent_stream(context, news)
    if not await _wait_for_call(context, call, started, lost):
        run = finalize(replace(context.run, status=RunStatus.CANCELLED))
        await _end_stopped_call(context, NoteCode.STOPPED_STREAM, run=run)
    await context.add_model_names()


async def _end_stopped_call(context: RunContext, result: NoteCode, **changes: Any) -> None:
    """End the record; `result` and `changes` are for a call that had been sent."""
    if context.record.attempts:
        await context.end(RunStatus.CANCELLED, stop_result=(Note(result),), **changes)
    else:
        await context.end(RunStatus.CANCELLED, stop_result=(Note(NoteCode.STOPPED_UNSENT),))


async def _apply_stream(
    context: RunContext,
    stream: AsyncGenerator[Event],
    started: asyncio.Event,
    news: asyncio.Event,
) -> Run:
    """Apply events until the last one and return the run.

    Set `started` once a stop is safe, and `news` at first and with each event.
    """
    news.set()
    call_later = asyncio.get_running_loop().call_later
    async with aclosing(stream) as events:
        async for event in events:
            news.set()
            if isinstance(event, RunEnded):
                return apply(context.run, event)
            if isinstance(event, RunStarted):
                call_later(context.timings.call_started_seconds, started.set)
            elif not isinstance(event, ComponentStarted | KeepAlive | Warned):
                started.set()  # the client infers the first ComponentStarted
            await context.apply_event(event)
    raise AssertionError("the client ends every stream with RunEnded")


async def _find_end_of_silent_stream(context: RunContext, news: asyncio.Event) -> None:
    """Return once the record has ended with what the server tells of a half-open stream's run."""
    seconds = context.timings.call_silence_seconds
    while not context.record.ended:
        try:
            async with asyncio.timeout(seconds):
                await news.wait()
        except TimeoutError:
            notes: Notes = (Note(NoteCode.STREAM_SILENT, number=round(seconds)),)
        else:
            news.clear()
            notes = ()
        if context.record.attempts:  # else it waits to be sent again
            await context.change(notes=notes)
            if notes:
                await find_end(context)


async def _wait_for_call(
    context: RunContext,
    call: Callable[[], Awaitable[Run]],
    started: asyncio.Event | None = None,
    lost: Coroutine[Any, Any, None] | None = None,
) -> bool:
    """Send the request of a call and apply its result; return False if Stop came first.

    Stop closes the call, but not before `started` is set: servers without `is_early_stop_safe` lock
    their database then. `lost` ends first if it has ended the record.
    """
    result = asyncio.ensure_future(_send_until_accepted(context, lambda: _start(context, call)))
    stop = asyncio.ensure_future(context.commands.stop.wait())
    search = asyncio.ensure_future(lost) if lost else None
    tasks: list[asyncio.Future[Any]] = [result, stop, *([search] if search else [])]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if search and search.done():
            search.result()  # raises the error that ended it, if any
            return True
        if search:
            search.cancel()  # the call or Stop decides now
        remaining = context.timings.max_call_start_seconds - context.age
        if started and remaining > 0:
            safe = asyncio.ensure_future(started.wait())
            tasks.append(safe)
            await asyncio.wait(
                {result, safe}, return_when=asyncio.FIRST_COMPLETED, timeout=remaining
            )
        if not result.done():
            return False
        try:
            run = result.result()
        except LangflowError as error:
            await _apply_error(context, error)
        else:
            if run is None:
                return False
            await _apply_result(context, run)
        return True
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _send_until_accepted(
    context: RunContext, request: Callable[[], Awaitable[Run]]
) -> Run | None:
    """Return the result of the request that starts the run, or None if Stop came first.

    A refused one (429) is sent again, after the pause that the server asks for, for up to ten
    minutes; for up to a minute one for which no connection was made in time, as on a busy machine.
    While nothing has been sent, or what was sent was refused, the record has 0 `attempts`. Raises
    `LangflowError`.
    """
    waits = context.timings.unreachable.waits()
    began = context.timings.clock()
    while not context.commands.stop.is_set():
        seconds = next(waits)
        # a request that can't be recorded is not sent
        if context.record.attempts or await context.count_attempt():
            context.note_sending()
            try:
                return await request()
            except (ServerFault, Unreachable) as error:
                seconds = max(seconds, error.retry_after)
                if context.timings.clock() + seconds > began + _max_repeat_seconds(error):
                    raise
                await _note_refusal(context, error, seconds)
        await context.wait_for_stop(seconds)
    return None


def _max_repeat_seconds(error: ServerFault | Unreachable) -> float:
    """Return for how long a request that failed so is sent again; 0 if it may have arrived."""
    if isinstance(error, ServerFault):
        return _MAX_REFUSED_SECONDS if isinstance(error, RateLimited) else 0.0
    return _MAX_UNREACHED_SECONDS if error.timed_out and not error.sent else 0.0


async def _note_refusal(context: RunContext, error: LangflowError, seconds: float) -> None:
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    await context.change(
        status=RunStatus.QUEUED,
        started_at=None,
        attempts=0,
        notes=(Note(NoteCode.NOT_ACCEPTED, at=at), quote(error.message)),
    )


async def _start(context: RunContext, call: Callable[[], Awaitable[Run]]) -> Run:
    """Record the start and return the result of the call.

    A busy disk may take seconds to save the record, which must not delay the call or its stop.
    """
    saving = context.writer.change_in_background(
        context.id, status=RunStatus.IN_PROGRESS, started_at=datetime.now(UTC)
    )
    try:
        return await call()
    finally:
        saving.cancel()
        await asyncio.gather(saving, return_exceptions=True)


async def _apply_error(context: RunContext, error: LangflowError) -> None:
    reason = _note_lost_response(error)
    is_stream = MODES[context.record.mode].response == "events"
    if not _may_have_arrived(error):
        await context.end(RunStatus.FAILED, problem=describe_error(error))
    elif context.is_findable:
        await recover(context, None, reason=reason, retry_after=error.retry_after)
    elif not (is_stream and await recover_stream(context, context.run, reason)):
        is_stopped = context.commands.stop.is_set()
        await context.end(
            RunStatus.OUTCOME_UNKNOWN,
            problem=describe_problem(ProblemCode.RESPONSE_LOST, error.message),
            stop_result=(Note(NoteCode.STOPPED_SEARCHING),) if is_stopped else (),
        )


async def _apply_result(context: RunContext, run: Run) -> None:
    result = NoteCode.ENDED_BEFORE_STOP
    if run.status is RunStatus.INTERRUPTED:
        result = NoteCode.STOPPED_SEARCHING
        if await recover_stream(context, run, (Note(NoteCode.CONNECTION_BROKE),)):
            return
    is_stopped = context.commands.stop.is_set()
    await context.apply_response(run, stop_result=(Note(result),) if is_stopped else ())


def _note_lost_response(error: LangflowError) -> Notes:
    return Note(NoteCode.RESPONSE_LOST), quote(error.message)


def _may_have_arrived(error: LangflowError) -> bool:
    """Return whether the server may have started the run despite this error.

    A proxy may have given up while the server continues. The errors of Langflow's Workflow API have
    a code (measured from 1.8 to 1.13), but that its database was busy does not say when.
    """
    if isinstance(error, Unreachable):
        return error.sent
    if isinstance(error, ServerFault):
        if isinstance(error, RateLimited) or error.status_code == 403:  # before the flow begins
            return False
        return error.status_code in _UNAVAILABLE_STATUSES or error.code is None
    return isinstance(error, BadResponse)

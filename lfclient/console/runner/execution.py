"""The ways to run: a background job, one call that waits for the result, and a streamed call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from lfclient.console.runner.clock import now
from lfclient.console.runner.job_follower import follow
from lfclient.console.runner.recovery import RESPONSE_LOST, recover
from lfclient.console.runner.run_context import RunContext
from lfclient.errors import BadAnswer, LangflowError, ServerFault, Unreachable
from lfclient.runs.events import ComponentStarted, KeepAlive, RunEnded, RunStarted, Warned
from lfclient.runs.model import Run, RunStatus
from lfclient.runs.reducer import apply, finalize

_GATEWAY_FAULTS = (502, 504)  # a proxy gave up: what is behind it may go on
_OUTCOME_HINT = (
    "It may have run all the same: look into the flow's messages or traces in Langflow before "
    "you run it again."
)
_SYNC_STOPPED = (
    "The console closed the call and no longer waits. Langflow cannot stop such a run: it goes on "
    "at the server, and its result is not fetched."
)

_STREAM_STOPPED = "Stopped: the console closed the call, and the run ends with it at the server."
# a stop must not meet the beginning of a call on servers without `is_early_stop_safe`
# (`server_info._LOCKS_ON_EARLY_STOP`)
_STARTED_AFTER_SECONDS = 0.5  # after the first event, if no component tells of itself
_MAX_START_WAIT_SECONDS = 1.5  # from the call, if nothing is told


async def run_background(context: RunContext, overrides: Mapping[str, Any]) -> None:
    """Submit a job, then follow it to its end."""
    server = context.server
    key = context.id if server and server.capabilities.idempotency else None
    try:
        run = await context.client.submit(
            context.flow,
            overrides,
            session_id=context.record.session_id,
            idempotency_key=key,
            repeat=False,  # it would not be counted
        )
    except LangflowError as error:
        if _may_have_arrived(error):
            broke = isinstance(error, Unreachable) and not error.timed_out
            again = overrides if broke else None
            await recover(context, again, why=f"{RESPONSE_LOST} {error.message}")
        else:
            await context.fail(RunStatus.FAILED, error.message, error.hint)
        return
    # the record is changed before the events are asked for, and written meanwhile
    await asyncio.gather(context.apply_response(run), follow(context))


async def run_sync(context: RunContext, overrides: Mapping[str, Any]) -> None:
    """One call, until its answer or Stop."""
    call = context.client.run(context.flow, overrides, session_id=context.record.session_id)
    if not await _wait_for_call(context, call):
        await context.end(RunStatus.CANCELLED, stop_result=_SYNC_STOPPED)
    await context.add_components()


async def run_stream(context: RunContext, overrides: Mapping[str, Any]) -> None:
    """One call that tells what happens, until its end or Stop, which ends the run too."""
    begun = asyncio.Event()
    if context.server is None or context.server.is_early_stop_safe:
        begun.set()
    if not await _wait_for_call(context, _consume_stream(context, overrides, begun), begun):
        run = finalize(replace(context.job, status=RunStatus.CANCELLED))
        await context.end(RunStatus.CANCELLED, run=run, stop_result=_STREAM_STOPPED)


async def _consume_stream(
    context: RunContext, overrides: Mapping[str, Any], begun: asyncio.Event
) -> Run:
    later = asyncio.get_running_loop().call_later
    events = context.client.stream(context.flow, overrides, session_id=context.record.session_id)
    async with aclosing(events):
        async for event in events:
            if isinstance(event, RunEnded):
                return apply(context.job, event)
            if isinstance(event, RunStarted):
                later(_STARTED_AFTER_SECONDS, begun.set)
            elif not isinstance(event, ComponentStarted | KeepAlive | Warned):
                begun.set()  # the first start is only inferred
            await context.apply_event(event)
    raise AssertionError("a streamed call ends with its end")


async def _wait_for_call(
    context: RunContext, coroutine: Coroutine[Any, Any, Run], begun: asyncio.Event | None = None
) -> bool:
    """Wait for a call and take its result; False if Stop came first, which closes it: not before it
    has `begun`, where that is to be waited for.
    """
    closable = time.monotonic() + (_MAX_START_WAIT_SECONDS if begun else 0)
    call = asyncio.ensure_future(coroutine)
    pressed = asyncio.ensure_future(context.commands.stop.wait())
    tasks = [call, pressed]
    first = asyncio.FIRST_COMPLETED
    try:
        await context.change(status=RunStatus.IN_PROGRESS, started_at=now())
        await asyncio.wait({call, pressed}, return_when=first)
        left = closable - time.monotonic()
        if begun and left > 0:
            tasks.append(asyncio.ensure_future(begun.wait()))
            await asyncio.wait({call, tasks[-1]}, return_when=first, timeout=left)
        if not call.done():
            return False
        await _apply_result(context, call)
        return True
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _apply_result(context: RunContext, call: asyncio.Future[Run]) -> None:
    try:
        run = call.result()
    except LangflowError as error:
        await _fail_call(context, error)
        return
    late = "The run ended before the stop took effect." if context.commands.stop.is_set() else ""
    await context.apply_response(run, stop_result=late)


async def _fail_call(context: RunContext, error: LangflowError) -> None:
    """Close a run whose call failed: did it not start, or can that not be known?"""
    if _may_have_arrived(error):
        await context.fail(RunStatus.OUTCOME_UNKNOWN, error.message, _OUTCOME_HINT)
    else:
        await context.fail(RunStatus.FAILED, error.message, error.hint)


def _may_have_arrived(error: LangflowError) -> bool:
    return (
        (isinstance(error, Unreachable) and error.sent)
        or isinstance(error, BadAnswer)
        or (isinstance(error, ServerFault) and error.status in _GATEWAY_FAULTS)
    )

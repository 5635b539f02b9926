"""Sends the requests that start runs again if refused, and those of jobs a few at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from lfclient.common.json_types import JsonObject
from lfclient.console.runner.run_context import RunContext
from lfclient.console.runner.server_load import MAX_SUBMITS
from lfclient.console.store.notes import Note, NoteCode, quote
from lfclient.errors import LangflowError, RateLimited, ServerFault, Unreachable
from lfclient.flows.model import Flow
from lfclient.runs.model import Run, RunStatus

_MAX_REFUSED_SECONDS = 600.0
_MAX_UNREACHED_SECONDS = 60.0


async def submit(
    context: RunContext, flow: Flow, overrides: JsonObject, *, check: bool
) -> Run | None:
    """Start the run's job once it is the run's turn; return the run, or None if Stop came first.

    `check` validates the overrides. Raises `LangflowError`.
    """
    if context.load.submits.locked():
        waiting = Note(NoteCode.WAITING_FOR_TURN, number=MAX_SUBMITS)
        await context.change(attempts=0, notes=(waiting,))
    async with submit_slot(context) as has_slot:
        if not has_slot:
            return None
        return await send_until_accepted(
            context,
            lambda: context.client.submit(
                flow,
                overrides,
                session_id=context.record.session_id,
                check=check,
                idempotency_key=context.id if context.has_idempotency else None,
                repeat=False,  # recovery counts each attempt
            ),
        )


async def send_until_accepted(
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
    while True:
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
        if await context.wait_for_stop(seconds):
            return None


def _max_repeat_seconds(error: ServerFault | Unreachable) -> float:
    """Return for how long a request that failed so is sent again; 0 if it may have arrived."""
    if isinstance(error, ServerFault):
        return _MAX_REFUSED_SECONDS if isinstance(error, RateLimited) else 0.0
    return _MAX_UNREACHED_SECONDS if error.timed_out and not error.sent else 0.0


@asynccontextmanager
async def submit_slot(context: RunContext) -> AsyncIterator[bool]:
    """Hold one of the server's submit slots; yields False, without one, if Stop came first."""
    slot = asyncio.ensure_future(context.load.submits.acquire())
    stop = asyncio.ensure_future(context.commands.stop.wait())
    try:
        await asyncio.wait({slot, stop}, return_when=asyncio.FIRST_COMPLETED)
        yield not stop.done()
    finally:
        slot.cancel()
        stop.cancel()
        await asyncio.gather(slot, stop, return_exceptions=True)
        if not slot.cancelled():
            context.load.submits.release()


async def _note_refusal(context: RunContext, error: LangflowError, seconds: float) -> None:
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    await context.change(
        status=RunStatus.QUEUED,
        started_at=None,
        attempts=0,
        notes=(Note(NoteCode.NOT_ACCEPTED, at=at), quote(error.message)),
    )

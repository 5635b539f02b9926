"""Sends the requests that start runs, again if refused."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from lfclient.console.runner.run_context import RunContext
from lfclient.console.store.notes import Note, NoteCode, quote
from lfclient.errors import LangflowError, RateLimited, ServerFault, Unreachable
from lfclient.runs.model import Run, RunStatus

_MAX_REFUSED_SECONDS = 600.0
_MAX_UNREACHED_SECONDS = 60.0


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

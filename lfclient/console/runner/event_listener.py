"""Takes a job's events into its record as they come (1.11 and later)."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing

from lfclient.console.runner import backoff
from lfclient.console.runner.run_context import RunContext
from lfclient.errors import LangflowError
from lfclient.runs.events import RunEnded
from lfclient.runs.model import Run
from lfclient.runs.reducer import apply

# a stream that could not be followed this often is not opened again
_MAX_REOPENINGS = 5
# turns of asking after which one that could not be followed is tried again
_SETTLING_TURNS = 6
# seconds that the stream is given to tell the rest of a job that has ended
_DRAIN_SECONDS = 2.0


class EventListener:
    """Listens in a task of its own. `news` is set when the stream has told all that it will.

    A proxy may hold the events back, or the stream may never end. So the job is asked for all the
    same: seldom once events have come, as if there were no stream before.
    """

    def __init__(self, context: RunContext) -> None:
        self.has_news = asyncio.Event()
        self.last_activity = time.monotonic()
        self.final_run: Run | None = None  # as the stream told the end
        self.is_complete = False  # up to the job's last word
        self._context = context
        self._task: asyncio.Task[None] | None = None
        self._opened = 0
        self._turns = 0

    def record_activity(self) -> None:
        """There was a sign of life."""
        self.last_activity = time.monotonic()

    def next_schedule(self) -> tuple[float, ...]:
        """How to wait for a job that goes on; opens the stream where that helps."""
        if self._task is not None and not self._task.done():
            run = self._context.record.run
            return backoff.LISTENING if run and run.last_event_id else backoff.POLLED
        self._turns += 1
        if self._task is not None and self._turns <= _SETTLING_TURNS:
            return backoff.SETTLING
        if self._opened >= _MAX_REOPENINGS:
            return backoff.POLLED
        self._turns = 0
        self._opened += 1
        self._task = asyncio.ensure_future(self._listen())
        return backoff.POLLED

    def reopen(self) -> None:
        """The job waits for a person: has somebody decided elsewhere, and does it ask anew?"""
        self._opened = 0
        self._turns = _SETTLING_TURNS
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._listen())

    async def drain(self, run: Run, seconds: float = _DRAIN_SECONDS) -> Run:
        """An ended run with what its stream, which may lag behind the status, had still to tell.

        One that is not open, as after a decision, is opened for it. At most for some seconds.
        """
        server = self._context.server
        if self.final_run is None and server is not None and server.capabilities.events:
            if self._task is None or self._task.done():
                self._task = asyncio.ensure_future(self._listen())
            await asyncio.wait({self._task}, timeout=seconds)
        return self.final_run or run

    async def close(self) -> None:
        """Stop listening; the job goes on."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self) -> None:
        context = self._context
        last = context.record.run.last_event_id if context.record.run else None
        try:
            async with aclosing(context.client.events(context.job, last, context.flow)) as events:
                async for event in events:
                    self.record_activity()
                    if event.id is not None:
                        self._opened = 1  # it can be followed
                    if isinstance(event, RunEnded):
                        self.final_run = apply(context.job, event)
                        self.is_complete = event.id is not None
                    else:
                        await context.apply_event(event)
        except LangflowError:
            pass  # asking for the status says what is wrong, in the same turn
        finally:
            self.has_news.set()

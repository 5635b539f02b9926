"""Attaches to a job's events to learn at once that it began, moved or ended (1.11 and later)."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing

from lfclient.errors import LangflowError
from lfclient.run import RunStatus
from lfclient.runner import schedule
from lfclient.runner.live import LiveRun, now

# a stream that closes this often while its job goes on is not worth opening again
_REOPENINGS = 5
# the answer comes up to a second after the stream has closed; only then is it opened again
_SETTLING_TURNS = 6


class Listener:
    """Listens in a task of its own. `news` is set when there is something to ask the server for.

    A stream may never end (after a server's restart it can stay open and silent), and a proxy may
    hold its events back. So the job is asked for all the same: seldom once events have come, as
    if there were no stream before.
    """

    def __init__(self, live: LiveRun) -> None:
        self.news = asyncio.Event()
        self.last_heard = time.monotonic()
        self._live = live
        self._task: asyncio.Task[None] | None = None
        self._last_id: str | None = None
        self._opened = 0
        self._turns = 0

    def heard(self) -> None:
        """There was a sign of life."""
        self.last_heard = time.monotonic()

    def next_steps(self) -> tuple[float, ...]:
        """How to wait for a job that goes on; opens the stream where that helps."""
        if self._task is not None and not self._task.done():
            return schedule.LISTENING if self._last_id else schedule.POLLED
        self._turns += 1
        if self._task is not None and self._turns <= _SETTLING_TURNS:
            return schedule.SETTLING
        if self._opened >= _REOPENINGS:
            return schedule.POLLED
        self._turns = 0
        self._opened += 1
        self._task = asyncio.ensure_future(self._listen())
        return schedule.POLLED

    def rest(self) -> None:
        """The job waits for a person: once it goes on, its stream is opened anew."""
        self._opened = 0
        self._turns = _SETTLING_TURNS

    async def close(self) -> None:
        """Stop listening; the job goes on."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self) -> None:
        live = self._live
        events = live.client.events(live.record.job_id, self._last_id)
        try:
            async with aclosing(events):
                async for event in events:
                    self._last_id = event.id or self._last_id
                    self.heard()
                    await self._began()
        except LangflowError:
            pass  # asking for the status says what is wrong, in the same turn
        finally:
            self.news.set()

    async def _began(self) -> None:
        record = self._live.record
        if record.status is RunStatus.QUEUED:
            await self._live.change(
                status=RunStatus.IN_PROGRESS, started_at=record.started_at or now()
            )

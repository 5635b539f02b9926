"""Applies a job's events to its record (Langflow 1.11 and later), and notices silent jobs."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lfclient.console.runner.run_context import RunContext
from lfclient.console.runner.timings import Schedule
from lfclient.console.store.notes import Note, NoteCode, Notes
from lfclient.errors import LangflowError
from lfclient.runs.events import KeepAlive, RunEnded
from lfclient.runs.model import Run, RunStatus
from lfclient.runs.reducer import apply
from lfclient.wire.modes import MODES

# a stream that could not be read so many times is not opened again
_MAX_OPENINGS = 5
# polls after which a stream that could not be read is opened again
_POLLS_BEFORE_REOPENING = 6
# Langflow starts jobs roughly in the order of their submits, which may take a minute each
_QUEUE_SLACK = timedelta(minutes=1)


class EventListener:
    """Reads the event stream in a task of its own.

    `has_news` is set when the stream closes, unless the run waits for a person and nothing is new.

    A proxy may hold events back, and a stream may never close, so the job's status is polled as
    well: rarely once events have arrived, until then as often as without a stream.
    """

    def __init__(self, context: RunContext) -> None:
        self.has_news = asyncio.Event()
        self.last_activity = context.timings.clock()
        self.final_run: Run | None = None  # the run at its end, once the stream said so
        self.is_complete = False  # whether the stream delivered every event
        self._context = context
        self._task: asyncio.Task[None] | None = None
        self._openings = 0
        self._polls = 0

    def next_schedule(self) -> Schedule:
        """Return how to poll a running job, and open the stream where that helps."""
        timings = self._context.timings
        if self._task is not None and not self._task.done():
            run = self._context.record.run
            return timings.listening if run and run.last_event_id else timings.polling
        self._polls += 1
        if self._task is not None and self._polls <= _POLLS_BEFORE_REOPENING:
            return timings.settling
        if self._openings < _MAX_OPENINGS:
            self._polls = 0
            self._openings += 1
            self._ensure_open()
        return timings.polling

    def reopen(self) -> None:
        """Open a closed stream while the run waits for a person.

        Someone may have decided elsewhere, and the run may have another question by now.
        """
        self._openings = 0
        self._polls = _POLLS_BEFORE_REOPENING
        self._ensure_open()

    async def drain(self, run: Run, timeout: float) -> Run:
        """Wait up to `timeout` seconds for the last events of an ended run; return the run.

        The stream may lag behind the status. A closed one, as after a decision, is opened again.
        """
        if self.final_run is None and self._context.has_events:
            await asyncio.wait({self._ensure_open()}, timeout=timeout)
        return self.final_run or run

    async def close(self) -> None:
        """Stop reading; the job continues."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _ensure_open(self) -> asyncio.Task[None]:
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._read_events())
        return self._task

    async def _read_events(self) -> None:
        context = self._context
        last_event_id = context.record.run.last_event_id if context.record.run else None
        # the stream of a run that waits for a person closes at once, mostly without a new event
        is_news = context.record.status is not RunStatus.SUSPENDED
        try:
            stream = context.client.events(context.run, last_event_id, context.flow)
            async with context.load.streams, aclosing(stream) as events:
                async for event in events:
                    if not isinstance(event, KeepAlive):  # a sign of the server, not of the run
                        self.last_activity = self._context.timings.clock()
                    if event.id is not None:
                        self._openings = 1  # the stream works
                        is_news = True
                    if isinstance(event, RunEnded):
                        is_news = True
                        self.final_run = apply(context.run, event)
                        self.is_complete = event.id is not None
                    else:
                        await context.apply_event(event)
        except LangflowError:
            pass  # the next poll reports what is wrong
        finally:
            if is_news:
                self.has_news.set()


def silence_notes(context: RunContext, status: RunStatus, last_activity: float) -> Notes:
    """Return the note for a queued or running job without an update since `last_activity`.

    Return () before the limit, and for a queued job if its server makes progress with other runs.
    """
    limit = context.timings.silence_seconds
    if context.timings.clock() - last_activity < limit:
        return ()
    is_in_contact = last_activity >= context.load.in_contact_since
    code = NoteCode.QUEUED_SILENTLY if status is RunStatus.QUEUED else NoteCode.RUNNING_SILENTLY
    note = Note(code if is_in_contact else NoteCode.CONTACT_LOST, number=int(limit // 60))
    if status is not RunStatus.QUEUED:
        return (note,)
    record = context.record
    others = [
        other
        for other in context.writer.cache.unfinished()
        if other.server_url == record.server_url
        and MODES[other.mode].response == "job"
        and other.status is RunStatus.IN_PROGRESS
    ]
    if any(other.submitted_at > record.submitted_at + _QUEUE_SLACK for other in others):
        return (replace(note, code=NoteCode.OVERTAKEN),)
    return () if any(not other.notes for other in others) else (note,)


def last_sign(context: RunContext) -> float:
    """Return when the job's record last changed, by the clock of the run that was taken over."""
    record = context.record
    components = record.run.components.values() if record.run else ()
    signs = [record.submitted_at, record.started_at, *(one.ended_at for one in components)]
    now = datetime.now(UTC)
    latest = max(sign for sign in signs if sign)
    return context.timings.clock() - max((now - latest).total_seconds(), 0.0)

"""Notes for jobs that have stopped sending updates."""

from datetime import UTC, datetime, timedelta

from lfclient.console.runner.run_context import RunContext
from lfclient.console.store.notes import Note, NoteCode, Notes
from lfclient.runs.model import RunStatus
from lfclient.wire.modes import MODES

# Langflow starts jobs roughly in the order of their submits, which may take a minute each
_QUEUE_SLACK = timedelta(minutes=1)


def silence_notes(context: RunContext, status: RunStatus, silent_seconds: float) -> Notes:
    """Return the note for a queued or running job after `silent_seconds` without an update.

    Return () before the limit, and for a queued job if its server makes progress with other runs.
    """
    limit = context.timings.silence_seconds
    if silent_seconds < limit:
        return ()
    minutes = int(limit // 60)
    if status is not RunStatus.QUEUED:
        return (Note(NoteCode.RUNNING_SILENTLY, number=minutes),)
    record = context.record
    others = [
        other
        for other in context.writer.cache.unfinished()
        if other.server_url == record.server_url
        and MODES[other.mode].response == "job"
        and other.status is RunStatus.IN_PROGRESS
    ]
    if any(other.submitted_at > record.submitted_at + _QUEUE_SLACK for other in others):
        return (Note(NoteCode.OVERTAKEN, number=minutes),)
    if any(not other.notes for other in others):
        return ()
    return (Note(NoteCode.QUEUED_SILENTLY, number=minutes),)


def last_sign(context: RunContext) -> float:
    """Return when the job's record last changed, by the clock of the run that was taken over."""
    record = context.record
    components = record.run.components.values() if record.run else ()
    signs = [record.submitted_at, record.started_at, *(one.ended_at for one in components)]
    now = datetime.now(UTC)
    latest = max(sign for sign in signs if sign)
    return context.timings.clock() - max((now - latest).total_seconds(), 0.0)

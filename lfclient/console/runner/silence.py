"""What a record says of a job that gives no sign for minutes, as after its server's death."""

from datetime import UTC, datetime, timedelta

from lfclient.console.runner.run_context import RunContext
from lfclient.runs.model import RunStatus
from lfclient.wire.modes import MODES

_RUNNING_NOTE = (
    "This run has sent no updates for more than {} minutes. A component may take that long. If "
    "Langflow was restarted in the meantime, the run will never end: stop it."
)
_QUEUED_NOTE = (
    "This run has been queued for more than {} minutes. The server may be busy with other runs. If "
    "Langflow was restarted in the meantime, the run will never start: stop it, then run it again."
)
_OVERTAKEN_NOTE = (
    "This run has been queued for more than {} minutes, and later runs have started. Langflow has "
    "probably lost it, as in a restart: stop it, then run it again."
)
# Langflow starts jobs roughly in the order of their submits, which may take a minute each
_QUEUE_SLACK = timedelta(minutes=1)


def silence_note(context: RunContext, status: RunStatus, silent_seconds: float) -> str:
    """Return what to say of a queued or running job without a sign for so long; mostly nothing.

    A queued job of a server that makes progress with other runs is waiting for its turn.
    """
    limit = context.timings.silence_seconds
    if silent_seconds < limit:
        return ""
    minutes = int(limit // 60)
    if status is not RunStatus.QUEUED:
        return _RUNNING_NOTE.format(minutes)
    record = context.record
    others = [
        other
        for other in context.writer.cache.unfinished()
        if other.server_url == record.server_url
        and MODES[other.mode].response == "job"
        and other.status is RunStatus.IN_PROGRESS
    ]
    if any(other.created_at > record.created_at + _QUEUE_SLACK for other in others):
        return _OVERTAKEN_NOTE.format(minutes)
    return "" if any(not other.note for other in others) else _QUEUED_NOTE.format(minutes)


def last_sign(context: RunContext) -> float:
    """Return when the job's record last changed, by the clock of the run that was taken over."""
    record = context.record
    components = record.run.components.values() if record.run else ()
    signs = [record.created_at, record.started_at, *(one.ended_at for one in components)]
    now = datetime.now(UTC)
    latest = max(sign for sign in signs if sign)
    return context.timings.clock() - max((now - latest).total_seconds(), 0.0)

"""What the runs of one server may ask of it at the same time."""

import asyncio
from collections.abc import Iterable

from lfclient.console.store.notes import NoteCode, has_code
from lfclient.console.store.run_record import RunRecord
from lfclient.runs.model import RunStatus
from lfclient.wire.modes import MODES, Mode

# runs that have been sent and have not ended
MAX_IN_FLIGHT = 50
# Jobs in flight that the server has not started, or not accepted yet. Langflow takes no longer in
# all for a few submits at a time than for all at once, and with too many at once it responds to
# some only after minutes.
MAX_QUEUED_JOBS = 10
# Langflow executes 5 jobs at a time, in the order of their submits. Each open event stream costs
# it time: with 300 of them 1.12 came to 21 jobs in 5 minutes.
MAX_STREAMS = 20
# Langflow has 50 database connections: with 100 polls at once after a pause, 1.12 locked up.
MAX_POLLS = 10
_MAX_POLLS_PER_SECOND = 20.0
# Notes of runs that may have ended unseen. Silence alone is none: a component may take hours.
_LOST = (
    NoteCode.CONTACT_LOST,
    NoteCode.OVERTAKEN,
    NoteCode.KEY_REJECTED,
    NoteCode.OTHER_SERVER,
)


class ServerLoad:
    """The limits that the runs of one server share, in the order in which they came.

    `in_contact_since` is the clock's time since which the server has accepted connections. Earlier,
    it may have been restarted, which leaves jobs that never end.
    """

    def __init__(self, now: float) -> None:
        self.in_contact_since = now
        self.streams = asyncio.Semaphore(MAX_STREAMS)
        self.polls = asyncio.Semaphore(MAX_POLLS)
        self.followed_runs = 0

    @property
    def min_poll_seconds(self) -> float:
        """The shortest wait between two polls of one run: the longer, the more are followed."""
        return self.followed_runs / _MAX_POLLS_PER_SECOND


def room_for(mode: Mode, sent: Iterable[RunRecord]) -> int:
    """Return how many runs of a mode may be sent to a server, given the runs `sent` to it."""
    active = (RunStatus.QUEUED, RunStatus.IN_PROGRESS)
    in_flight = [run for run in sent if run.status in active and not has_code(run.notes, *_LOST)]
    room = MAX_IN_FLIGHT - len(in_flight)
    if MODES[mode].response == "job":
        queued = [run for run in in_flight if run.status is RunStatus.QUEUED]
        jobs = sum(MODES[run.mode].response == "job" for run in queued)
        room = min(room, MAX_QUEUED_JOBS - jobs)
    return max(room, 0)

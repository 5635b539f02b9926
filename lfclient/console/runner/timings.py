"""The runner's intervals, timeouts and backoffs."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from lfclient.common.backoff import Backoff


@dataclass(frozen=True)
class BackoffChain:
    """Two backoffs in a row; the first has a limited number of attempts."""

    first: Backoff
    then: Backoff

    def waits(self) -> Iterator[float]:
        """Yield the waits of the first, then of the second."""
        return chain(self.first.waits(), self.then.waits())


Schedule = Backoff | BackoffChain  # when to send the next request

# Small, so that waits are about as long as planned; many runs still don't poll all at once.
_JITTER = 0.02
# Polls a job of 1 s at most 5 times, one of 60 s at most 25 times. Sees the end of a short job
# within 0.8 s, of any job within 3.6 s, which leaves time to fetch its outputs.
_POLLING = BackoffChain(
    Backoff(0.2, 0.75, 1.6, attempts=8, jitter=_JITTER), Backoff(1.2, 3.6, 1.75, jitter=_JITTER)
)


@dataclass(frozen=True)
class Timings:
    """How often and how long the runner waits; tests pass shorter times.

    `clock` returns the seconds since some moment and measures how long runs have waited.
    """

    clock: Callable[[], float] = field(default=time.monotonic)
    polling: Schedule = _POLLING
    # while the event stream is open: it may never close, as after a server's restart
    listening: Schedule = field(default=Backoff(10.0, 30.0, jitter=_JITTER))
    # after the stream closed, or a stop or decision was sent: the status changes within a moment;
    # six waits take 1.1 s
    settling: Schedule = field(default=Backoff(0.03, 2.0, 1.75, jitter=_JITTER))
    # After an accepted stop, while the server asks to wait with status requests: it asked before
    # the stop. After nine waits, 4.5 minutes in all, its Retry-After applies again.
    confirming: Schedule = field(default=Backoff(1.5, 60.0, attempts=10, jitter=_JITTER))
    # while the server doesn't respond, or rejects the API key
    unreachable: Schedule = field(default=Backoff(0.5, 10.0, jitter=_JITTER))
    # while a run waits for a person
    suspended: Schedule = field(default=Backoff(1.0, 10.0, jitter=_JITTER))
    # for a job whose id is not known: servers write its traces up to a second late
    searching: Schedule = field(default=Backoff(0.3, 4.0, jitter=_JITTER))

    # After the click: a job that has left no trace by then is given up …
    search_seconds: float = 120.0
    # … but the server has to answer this long, since it writes traces up to a second late.
    min_search_seconds: float = 8.0
    # a request that may still be processed is not sent again before the server has answered this
    # long: Langflow 1.11 and 1.12 run both of two simultaneous requests with the same key
    resend_delay_seconds: float = 10.0
    # without any news a run may be one that a server's restart left behind
    silence_seconds: float = 300.0
    # a streamed call that is silent for so long may be half open
    call_silence_seconds: float = 30.0
    # a run that gives no sign for this long after an unconfirmed stop is given up
    stop_timeout_seconds: float = 30.0
    # a run that was decided on and still waits has not received the decision
    decision_timeout_seconds: float = 6.0
    # how long an ended job's event stream may deliver its last events
    drain_seconds: float = 2.0

    # A stop doesn't close a streamed call that is only starting, where servers can't take that:
    # it waits this long after the first event, unless a component reports, …
    call_started_seconds: float = 1.0
    # … and this long after the request if there is no event.
    max_call_start_seconds: float = 5.0

    # interval between two looks at commands from other processes
    sync_seconds: float = 0.5
    # interval between two writes of a run's progress for other processes
    publish_seconds: float = 1.0
    # interval between two looks at a run that another process follows
    store_poll_seconds: float = 0.3
    # interval between two heartbeats, and two checks for runs of dead processes
    heartbeat_seconds: float = 3.0
    # interval between two turns of the maintenance jobs
    maintenance_seconds: float = 5.0
    # an ended run stays in memory this long after it was last read
    ended_ttl_seconds: float = 20.0

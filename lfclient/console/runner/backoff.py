"""How long to wait before a server is asked again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import chain, repeat

# a job of 1 s is asked for four times, one of 60 s at most 25 times; the end of a short job is
# seen within 0.8 s, of any within 3.6 s, which leaves time to fetch its outputs
POLLED = (0.2, 0.35, 0.5, 0.75, 0.75, 0.75, 0.75, 1.2, 2.2, 3.3, 3.6)
# where the event stream tells of the end: in case it never closes, as after a server's restart
LISTENING = (10.0, 20.0, 30.0)
# the stream has closed: the answer is there within a moment
SETTLING = (0.03, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.0)
# the server does not answer
AWAY = (0.5, 1.0, 2.0, 4.0, 8.0, 10.0)
# a job whose id is not known: what servers keep of it comes up to a second late
SEARCHING = (0.3, 0.5, 1.0, 2.0, 4.0)
# nothing will change but by a person's doing
RESTING = (1.0, 2.0, 4.0, 8.0, 10.0)

_JITTER = 0.02  # shorter by at most this part, so that many jobs do not ask all at once


def delays(steps: tuple[float, ...]) -> Iterator[float]:
    """Seconds to wait each time; the last step is repeated without end."""
    for step in chain(steps, repeat(steps[-1])):
        yield step * (1 - _JITTER * random.random())

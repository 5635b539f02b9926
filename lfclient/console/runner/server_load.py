"""What the followed runs of one server may ask of it at the same time."""

import asyncio

# Langflow takes no longer in all for a few submits at a time than for all at once, and with too
# many at once it responds to some only after minutes.
MAX_SUBMITS = 10
# Langflow executes 5 jobs at a time, in the order of their submits. Each open event stream costs
# it time: with 300 of them 1.12 came to 21 jobs in 5 minutes.
MAX_STREAMS = 20
# Langflow has 50 database connections: with 100 polls at once after a pause, 1.12 locked up.
MAX_POLLS = 10
_MAX_POLLS_PER_SECOND = 20.0


class ServerLoad:
    """The limits that the runs of one server share, in the order in which they came."""

    def __init__(self) -> None:
        self.submits = asyncio.Semaphore(MAX_SUBMITS)
        self.streams = asyncio.Semaphore(MAX_STREAMS)
        self.polls = asyncio.Semaphore(MAX_POLLS)
        self.followed_runs = 0

    @property
    def min_poll_seconds(self) -> float:
        """The shortest wait between two polls of one run: the longer, the more are followed."""
        return self.followed_runs / _MAX_POLLS_PER_SECOND

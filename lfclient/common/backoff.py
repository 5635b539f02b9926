"""Exponential backoff between attempts."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count


@dataclass(frozen=True)
class Backoff:
    """The waits between attempts, with parameters named as in stamina and tenacity.

    The wait before retry N is `wait_initial * wait_exp_base ** (N - 1)` seconds, at most
    `wait_max`, and shortened by a random share of up to `jitter`, so that many clients don't send
    their requests at once. `attempts` includes the first attempt. None means no limit.
    """

    wait_initial: float
    wait_max: float
    wait_exp_base: float = 2.0
    attempts: int | None = None
    jitter: float = 0.1

    def wait(self, retry: int) -> float:
        """Return the seconds to wait before this retry. The first retry is 1."""
        # the exponent is capped because a float overflows after a thousand retries
        exact = self.wait_initial * self.wait_exp_base ** min(retry - 1, 64)
        return min(exact, self.wait_max) * (1 - random.uniform(0, self.jitter))

    def waits(self) -> Iterator[float]:
        """Yield the wait before each retry, from the first to the last."""
        retries = count(1) if self.attempts is None else range(1, self.attempts)
        return map(self.wait, retries)

"""The state that the operations of a client share."""

import time
from concurrent.futures import ThreadPoolExecutor

from lfclient.api.operations.base import Jobs, Recent


class SlowRecent(Recent[int]):
    """Lets other threads run in the middle of an assignment."""

    def move_to_end(self, key: str, last: bool = True) -> None:
        time.sleep(0.01)
        super().move_to_end(key, last)


def test_values_that_several_threads_store_at_once_displace_each_other():
    recent = SlowRecent(1)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(recent.__setitem__, "abcd", range(4)))
    assert len(recent) == 1


def test_a_limited_number_of_jobs_is_remembered():
    jobs = Jobs(2)
    for id in ("old", "new", "newer"):
        jobs[id].is_stop_sent = True
    assert [jobs[id].is_stop_sent for id in ("new", "newer", "old")] == [True, True, False]

"""The state that the operations of a client share."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from lfclient.api.operations import context
from lfclient.api.operations.context import Jobs, Recent


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


@pytest.mark.parametrize("is_end_read", [True, False])
def test_a_limited_number_of_jobs_is_remembered(monkeypatch: pytest.MonkeyPatch, is_end_read: bool):
    monkeypatch.setattr(context, "_MAX_REMEMBERED" if is_end_read else "_MAX_UNREAD", 2)
    jobs = Jobs()
    for id in ("old", "new", "newer"):
        jobs[id].is_stop_sent = True
        if is_end_read:
            jobs.note_end(id)
    assert [jobs[id].is_stop_sent for id in ("new", "newer", "old")] == [True, True, False]

"""The state that the operations of a client share."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from lfclient.api.operations import context
from lfclient.api.operations.context import Recent


class SlowRecent(Recent[int]):
    """Lets other threads run in the middle of an assignment."""

    def move_to_end(self, key: str, last: bool = True) -> None:
        time.sleep(0.01)
        super().move_to_end(key, last)


def test_values_that_several_threads_store_at_once_displace_each_other(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(context, "_MAX_REMEMBERED", 1)
    recent = SlowRecent()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(recent.__setitem__, "abcd", range(4)))
    assert len(recent) == 1

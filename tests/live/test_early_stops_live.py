"""Stops that come while a run is just beginning, on 1.13.0, which they could leave locked.

On its second server: should they do so again, the other tests still have theirs.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from lfclient import LangflowClient
from tests.live.conftest import Make
from tests.servers import LiveServer

pytestmark = pytest.mark.parametrize("langflow", ["1.13.0-apart"], indirect=True)

PEOPLE, TIMES = 3, 15


def test_jobs_that_are_stopped_right_after_their_submit(langflow: LiveServer, make: Make):
    """Several people press Stop as soon as they can, while the server has other work: it stays
    well, and each stop is a stop.
    """
    slow, quick = make("Takes half a minute"), make("Echo chat")

    def person(_: int) -> list[bool | None]:
        with LangflowClient(langflow.url, langflow.api_key, timeout=20) as client:
            return [stopped(client) for _ in range(TIMES)]

    def stopped(client: LangflowClient) -> bool | None:
        beside = pool.submit(client.run, quick)
        result = client.stop(client.submit(slow))
        beside.result()
        return result.stopped

    with ThreadPoolExecutor(2 * PEOPLE) as pool:
        found = list(pool.map(person, range(PEOPLE)))
    assert found == [[True] * TIMES] * PEOPLE

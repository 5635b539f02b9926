"""Responses are cached and fetched in threads."""

import itertools
import threading
import time
import traceback
import weakref

import httpx
import pytest

from lfclient.errors import FlowNotFound, ServerFault, Unreachable
from pages._ui.connection import request_cache
from pages._ui.connection.request_cache import RequestCache, StillLoading, _PendingRequest
from tests.support.waiting import wait_for

NAMES = ("w", "other")


@pytest.fixture
def cache():
    return RequestCache()


@pytest.fixture
def slow():
    """A request that completes once the test sets `fetch.go`."""
    go = threading.Event()

    def fetch():
        assert go.wait(30)
        return "late"

    fetch.go = go
    yield fetch
    go.set()


def fails(error):
    def fetch():
        raise error

    return fetch


def test_a_response_is_cached_for_its_ttl(cache):
    fetch = itertools.count().__next__
    assert [cache.get("o", "w", 60, fetch).value for _ in range(2)] == [0, 0]
    cache.invalidate("o")
    assert cache.get("o", "w", 60, fetch).value == 1
    assert cache.get("o", "w", 0, fetch).value == 2
    assert cache.get("o", "other", 60, fetch).value == 3
    assert cache.get("other", "w", 60, fetch).value == 4


def test_a_slow_response_raises_still_loading(cache, slow, monkeypatch):
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
    for _ in range(3):
        with pytest.raises(StillLoading):
            cache.get("o", "w", 60, slow)
    assert cache.seconds_waiting("o", NAMES) > 0.04
    assert cache.seconds_waiting("another", NAMES) is None
    slow.go.set()
    wait_for(lambda: cache.seconds_waiting("o", NAMES) is None)
    assert cache.get("o", "w", 60, fails(AssertionError("sent twice"))).value == "late"


def test_a_wait_ends_with_the_last_of_its_requests(cache, slow):
    cache.prefetch("o", "w", 60, slow)
    cache.prefetch("o", "other", 60, lambda: "early")
    assert cache.seconds_waiting("o", NAMES, max_wait=0.05) >= 0.05
    threading.Timer(0.05, slow.go.set).start()
    assert cache.seconds_waiting("o", NAMES, max_wait=30) is None


def test_a_slow_refresh_returns_the_previous_response(cache, slow, monkeypatch):
    cache.get("o", "w", 60, lambda: "early", max_wait=30)
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
    assert cache.get("o", "w", 0, slow).value == "early"
    assert cache.seconds_waiting("o", NAMES)
    slow.go.set()
    wait_for(lambda: cache.seconds_waiting("o", NAMES) is None)
    assert cache.get("o", "w", 60, slow).value == "late"


def test_a_page_does_not_wait_for_a_refresh_that_last_took_longer(cache, slow, monkeypatch):
    """Callers with their own `max_wait` still wait that long."""
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
    with pytest.raises(StillLoading):
        cache.get("o", "w", 60, slow)
    slow.go.set()
    assert cache.get("o", "w", 60, slow, max_wait=30).value == "late"
    slow.go.clear()
    waits = []
    monkeypatch.setattr(_PendingRequest, "wait", lambda _, seconds: waits.append(seconds))
    assert cache.get("o", "w", 0, slow).value == "late"
    assert cache.get("o", "w", 0, slow, max_wait=30).value == "late"
    assert waits == [0, 30]


def test_an_unreachable_server_leaves_its_previous_response(cache):
    cache.get("o", "w", 60, lambda: "early")
    away = Unreachable("It is off.", sent=False)
    assert cache.get("o", "w", 0, fails(away)).error is away
    assert cache.get("o", "w", 60, fails(AssertionError("sent again at once"))).value == "early"
    with pytest.raises(FlowNotFound):
        cache.get("o", "w", 0, fails(FlowNotFound("gone")))


def test_an_unreachable_server_gets_a_retry_before_the_response_expires(cache, monkeypatch):
    cache.get("o", "w", 60, lambda: "value")
    cache.invalidate("o")
    assert cache.get("o", "w", 60, fails(Unreachable("down"))).error
    assert cache.get("o", "w", 60, lambda: "newer").error
    monkeypatch.setattr(request_cache, "_ERROR_SECONDS", 0.0)
    assert cache.get("o", "w", 60, lambda: "newer").value == "newer"


def test_a_403_hides_the_previous_response(cache, slow, monkeypatch):
    """The previous response stays hidden while the next request is open."""
    monkeypatch.setattr(request_cache, "_ERROR_SECONDS", 0.0)
    cache.get("o", "w", 60, lambda: "early")
    with pytest.raises(ServerFault):
        cache.get(
            "o",
            "w",
            0,
            fails(ServerFault("The key was not checked.", response=httpx.Response(403))),
        )
    with pytest.raises(StillLoading):
        cache.get("o", "w", 60, slow, max_wait=0)


def test_a_late_failure_is_raised_for_some_seconds(cache, slow, monkeypatch):
    """All pages and their parts raise the same failure, without another request."""
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)

    def fetch():
        slow()
        raise Unreachable("It is off.", sent=False)

    with pytest.raises(StillLoading):
        cache.get("o", "w", 60, fetch)
    slow.go.set()
    wait_for(lambda: cache.seconds_waiting("o", NAMES) is None)
    for _ in range(2):
        with pytest.raises(Unreachable):
            cache.get("o", "w", 60, lambda: "back")
    monkeypatch.setattr(request_cache, "_ERROR_SECONDS", 0.0)
    assert cache.get("o", "w", 60, lambda: "back").value == "back"


def test_a_cached_failure_gets_no_frames_of_its_readers(cache):
    """Frames would keep each page's objects in memory."""
    raised = []
    for _ in range(3):
        with pytest.raises(Unreachable, match=r"It is off\.") as caught:
            cache.get("o", "w", 60, fails(Unreachable("It is off.", sent=False)))
        raised.append(caught.value)
    (request,) = cache._pending.values()
    assert request.error.__traceback__ is None
    assert [each.sent for each in raised] == [False] * 3
    assert len({len(traceback.extract_tb(each.__traceback__)) for each in raised}) == 1


def test_a_cached_fault_of_the_console_gets_no_frames_of_its_readers(cache):
    """The fault keeps the request's frames, which the log needs."""
    traces = []
    for _ in range(3):
        with pytest.raises(ZeroDivisionError) as caught:
            cache.get("o", "w", 60, lambda: 1 / 0)
        traces.append([frame.name for frame in traceback.extract_tb(caught.value.__traceback__)])
    assert traces[0] == traces[1] == traces[2]
    assert traces[0][-1] == "<lambda>"


def test_requests_are_invalidated_by_name(cache, slow, monkeypatch):
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 30)
    cache.prefetch("o", "other", 60, slow)
    assert cache.seconds_waiting("o", ["w"]) is None
    fetch = itertools.count().__next__
    cache.get("o", "w", 60, fetch)
    cache.invalidate("o", "nothing")
    assert cache.get("o", "w", 60, fetch).value == 0
    cache.invalidate("o", "w")
    assert cache.get("o", "w", 60, fetch).value == 1
    assert cache.seconds_waiting("o", ["other"])


def test_unseen_failures_release_their_memory(cache, monkeypatch):
    monkeypatch.setattr(request_cache, "_ERROR_SECONDS", 0.0)
    body = _Large()
    seen = weakref.ref(body)

    def fetch(body=body):
        raise Unreachable("It is off.", sent=False)

    for n in range(20):
        cache.prefetch("o", f"w{n}", 60, fetch)
    del body, fetch
    wait_for(lambda: cache.seconds_waiting("o", [f"w{n}" for n in range(20)]) is None)
    cache.prefetch("o", "w", 60, lambda: "on")
    wait_for(lambda: cache.seconds_waiting("o", ["w"]) is None)
    assert not cache._pending
    wait_for(lambda: seen() is None)


class _Large:
    """A large response."""


def test_a_request_sent_before_invalidation_is_ignored(cache, slow, monkeypatch):
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
    with pytest.raises(StillLoading):
        cache.get("o", "w", 60, slow)
    cache.invalidate("o")
    assert cache.get("o", "w", 60, lambda: "new").value == "new"
    slow.go.set()
    time.sleep(0.05)
    assert cache.get("o", "w", 60, lambda: "again").value == "new"


def test_a_response_that_arrives_during_get_is_used(cache, slow, monkeypatch):
    real = cache._cached_or_request

    def when_answered(*args):
        slow.go.set()
        wait_for(lambda: cache.seconds_waiting("o", NAMES) is None)
        return real(*args)

    cache.prefetch("o", "w", 60, slow)
    monkeypatch.setattr(cache, "_cached_or_request", when_answered)
    assert cache.get("o", "w", 60, fails(AssertionError("sent twice"))).value == "late"


def test_a_prefetched_request_is_not_sent_twice(cache):
    again = fails(AssertionError("sent twice"))
    cache.prefetch("o", "w", 60, lambda: "ahead")
    assert cache.get("o", "w", 60, again).value == "ahead"
    cache.prefetch("o", "w", 60, again)
    cache.prefetch("o", "other", 60, fails(Unreachable("It is off.", sent=False)))
    wait_for(lambda: cache.seconds_waiting("o", NAMES) is None)
    cache.prefetch("o", "other", 60, again)
    with pytest.raises(Unreachable):
        cache.get("o", "other", 60, again)

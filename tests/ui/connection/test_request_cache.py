"""What servers said is kept, and asked for beside the page."""

import threading
import time
import weakref

import pytest

from lfclient.errors import FlowNotFound, ServerFault, Unreachable
from pages._ui.connection import request_cache
from pages._ui.connection.request_cache import RequestCache, StillLoading
from tests.support.waiting import wait_for

QUESTIONS = ("w", "other")


@pytest.fixture
def cache():
    return RequestCache()


@pytest.fixture
def slow():
    """An answer that comes when the test says so."""
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


def test_an_answer_is_kept_for_its_time(cache):
    """Within the time nothing is asked again; after it, or on demand, it is."""
    said = iter(range(10))
    fetch = lambda: next(said)  # noqa: E731
    assert [cache.get("o", "w", 60, fetch).value for _ in range(2)] == [0, 0]
    cache.invalidate("o")
    assert cache.get("o", "w", 60, fetch).value == 1
    assert cache.get("o", "w", 0, fetch).value == 2
    assert cache.get("o", "other", 60, fetch).value == 3
    assert cache.get("other", "w", 60, fetch).value == 4


def test_a_slow_answer_is_not_waited_for(cache, slow, monkeypatch):
    """The first look waits a moment, later ones not at all; once it is there, it is given."""
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
    for _ in range(3):
        with pytest.raises(StillLoading):
            cache.get("o", "w", 60, slow)
    assert cache.seconds_waiting("o", QUESTIONS) > 0.04
    assert cache.seconds_waiting("another", QUESTIONS) is None
    slow.go.set()
    wait_for(lambda: cache.seconds_waiting("o", QUESTIONS) is None)
    assert cache.get("o", "w", 60, fails(AssertionError("asked twice"))).value == "late"


def test_while_a_new_answer_is_slow_the_last_is_given(cache, slow, monkeypatch):
    """With nothing said against it, since nothing is known against it."""
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
    cache.get("o", "w", 60, lambda: "early")
    assert cache.get("o", "w", 0, slow).value == "early"
    assert cache.seconds_waiting("o", QUESTIONS)
    slow.go.set()
    wait_for(lambda: cache.seconds_waiting("o", QUESTIONS) is None)
    assert cache.get("o", "w", 60, slow).value == "late"


def test_a_server_that_is_away_leaves_its_last_answer(cache):
    """With the problem; a flow that is gone is no such case."""
    cache.get("o", "w", 60, lambda: "early")
    away = Unreachable("It is off.", sent=False)
    assert cache.get("o", "w", 0, fails(away)).error is away
    assert cache.get("o", "w", 60, fails(AssertionError("asked at once again"))).value == "early"
    with pytest.raises(FlowNotFound):
        cache.get("o", "w", 0, fails(FlowNotFound("gone")))


def test_nobody_who_may_be_shut_out_sees_a_last_answer(cache):
    """Before 1.11 a server says of a user who was switched off that it could not check the key."""
    cache.get("o", "w", 60, lambda: "early")
    with pytest.raises(ServerFault):
        cache.get("o", "w", 0, fails(ServerFault("The key was not checked.", status=403)))


def test_a_failure_that_came_late_is_told_once(cache, slow, monkeypatch):
    """Whoever looks next hears of it; who looks after that has the server asked again."""
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)

    def fetch():
        slow()
        raise Unreachable("It is off.", sent=False)

    with pytest.raises(StillLoading):
        cache.get("o", "w", 60, fetch)
    slow.go.set()
    wait_for(lambda: cache.seconds_waiting("o", QUESTIONS) is None)
    with pytest.raises(Unreachable):
        cache.get("o", "w", 60, lambda: "back")
    assert cache.get("o", "w", 60, lambda: "back").value == "back"


def test_a_failure_of_long_ago_is_no_news(cache, monkeypatch):
    """It is asked again instead."""
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.0)
    monkeypatch.setattr(request_cache, "_UNSEEN_ERROR_SECONDS", 0.0)
    with pytest.raises((StillLoading, Unreachable)):
        cache.get("o", "w", 60, fails(Unreachable("It is off.", sent=False)))
    wait_for(lambda: cache.seconds_waiting("o", QUESTIONS) is None)
    time.sleep(0.01)
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 10)
    assert cache.get("o", "w", 60, lambda: "back").value == "back"


def test_only_the_questions_meant_are_waited_for_and_asked_anew(cache, slow, monkeypatch):
    """Another one that is slow, or stale, is another matter."""
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
    cache.prefetch("o", "other", 60, slow)
    assert cache.seconds_waiting("o", ["w"]) is None
    said = iter(range(10))
    fetch = lambda: next(said)  # noqa: E731
    cache.get("o", "w", 60, fetch)
    cache.invalidate("o", "nothing")
    assert cache.get("o", "w", 60, fetch).value == 0
    cache.invalidate("o", "w")
    assert cache.get("o", "w", 60, fetch).value == 1
    assert cache.seconds_waiting("o", ["other"])


def test_failures_that_nobody_saw_are_not_kept(cache, monkeypatch):
    """Neither their number grows, nor what they passed through stays in memory."""
    monkeypatch.setattr(request_cache, "_UNSEEN_ERROR_SECONDS", 0.0)
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
    """An answer that costs memory."""


def test_what_was_asked_before_asking_anew_is_not_taken(cache, slow, monkeypatch):
    """It may tell of the time before."""
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
    with pytest.raises(StillLoading):
        cache.get("o", "w", 60, slow)
    cache.invalidate("o")
    assert cache.get("o", "w", 60, lambda: "new").value == "new"
    slow.go.set()
    time.sleep(0.05)
    assert cache.get("o", "w", 60, lambda: "again").value == "new"


def test_an_answer_that_comes_just_as_it_is_asked_for_is_taken(cache, slow, monkeypatch):
    """Between the look whether there is one and the look whether it is being asked for."""
    real = cache._cached_or_request

    def when_answered(*about):
        slow.go.set()
        wait_for(lambda: cache.seconds_waiting("o", QUESTIONS) is None)
        return real(*about)

    cache.prefetch("o", "w", 60, slow)
    monkeypatch.setattr(cache, "_cached_or_request", when_answered)
    found = cache.get("o", "w", 60, fails(AssertionError("asked twice")))
    assert found.value == "late"


def test_what_was_begun_ahead_is_not_asked_twice(cache):
    """Neither its answer nor its failure is lost to who asks for it afterwards."""
    again = fails(AssertionError("asked twice"))
    cache.prefetch("o", "w", 60, lambda: "ahead")
    assert cache.get("o", "w", 60, again).value == "ahead"
    cache.prefetch("o", "w", 60, again)
    cache.prefetch("o", "other", 60, fails(Unreachable("It is off.", sent=False)))
    wait_for(lambda: cache.seconds_waiting("o", QUESTIONS) is None)
    cache.prefetch("o", "other", 60, again)
    with pytest.raises(Unreachable):
        cache.get("o", "other", 60, again)

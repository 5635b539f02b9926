"""What servers said is kept, and asked for beside the page."""

import threading
import time
import weakref

import pytest

from lfclient.errors import FlowNotFound, ServerFault, Unreachable
from pages._ui.connection import request_cache
from pages._ui.connection.request_cache import Answers, StillAsking
from tests.support.waiting import wait_for

QUESTIONS = ("w", "other")


@pytest.fixture
def asked():
    return Answers()


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


def test_an_answer_is_kept_for_its_time(asked):
    """Within the time nothing is asked again; after it, or on demand, it is."""
    said = iter(range(10))
    fetch = lambda: next(said)  # noqa: E731
    assert [asked.ask("o", "w", 60, fetch).value for _ in range(2)] == [0, 0]
    asked.ask_anew("o")
    assert asked.ask("o", "w", 60, fetch).value == 1
    assert asked.ask("o", "w", 0, fetch).value == 2
    assert asked.ask("o", "other", 60, fetch).value == 3
    assert asked.ask("other", "w", 60, fetch).value == 4


def test_a_slow_answer_is_not_waited_for(asked, slow, monkeypatch):
    """The first look waits a moment, later ones not at all; once it is there, it is given."""
    monkeypatch.setattr(request_cache, "PATIENCE", 0.05)
    for _ in range(3):
        with pytest.raises(StillAsking):
            asked.ask("o", "w", 60, slow)
    assert asked.asking("o", QUESTIONS) > 0.04
    assert asked.asking("another", QUESTIONS) is None
    slow.go.set()
    wait_for(lambda: asked.asking("o", QUESTIONS) is None)
    assert asked.ask("o", "w", 60, fails(AssertionError("asked twice"))).value == "late"


def test_while_a_new_answer_is_slow_the_last_is_given(asked, slow, monkeypatch):
    """With nothing said against it, since nothing is known against it."""
    monkeypatch.setattr(request_cache, "PATIENCE", 0.05)
    asked.ask("o", "w", 60, lambda: "early")
    assert asked.ask("o", "w", 0, slow).value == "early"
    assert asked.asking("o", QUESTIONS)
    slow.go.set()
    wait_for(lambda: asked.asking("o", QUESTIONS) is None)
    assert asked.ask("o", "w", 60, slow).value == "late"


def test_a_server_that_is_away_leaves_its_last_answer(asked):
    """With the problem; a flow that is gone is no such case."""
    asked.ask("o", "w", 60, lambda: "early")
    away = Unreachable("It is off.", sent=False)
    assert asked.ask("o", "w", 0, fails(away)).problem is away
    assert asked.ask("o", "w", 60, fails(AssertionError("asked at once again"))).value == "early"
    with pytest.raises(FlowNotFound):
        asked.ask("o", "w", 0, fails(FlowNotFound("gone")))


def test_nobody_who_may_be_shut_out_sees_a_last_answer(asked):
    """Before 1.11 a server says of a user who was switched off that it could not check the key."""
    asked.ask("o", "w", 60, lambda: "early")
    with pytest.raises(ServerFault):
        asked.ask("o", "w", 0, fails(ServerFault("The key was not checked.", status=403)))


def test_a_failure_that_came_late_is_told_once(asked, slow, monkeypatch):
    """Whoever looks next hears of it; who looks after that has the server asked again."""
    monkeypatch.setattr(request_cache, "PATIENCE", 0.05)

    def fetch():
        slow()
        raise Unreachable("It is off.", sent=False)

    with pytest.raises(StillAsking):
        asked.ask("o", "w", 60, fetch)
    slow.go.set()
    wait_for(lambda: asked.asking("o", QUESTIONS) is None)
    with pytest.raises(Unreachable):
        asked.ask("o", "w", 60, lambda: "back")
    assert asked.ask("o", "w", 60, lambda: "back").value == "back"


def test_a_failure_of_long_ago_is_no_news(asked, monkeypatch):
    """It is asked again instead."""
    monkeypatch.setattr(request_cache, "PATIENCE", 0.0)
    monkeypatch.setattr(request_cache, "_MISSED", 0.0)
    with pytest.raises((StillAsking, Unreachable)):
        asked.ask("o", "w", 60, fails(Unreachable("It is off.", sent=False)))
    wait_for(lambda: asked.asking("o", QUESTIONS) is None)
    time.sleep(0.01)
    monkeypatch.setattr(request_cache, "PATIENCE", 10)
    assert asked.ask("o", "w", 60, lambda: "back").value == "back"


def test_only_the_questions_meant_are_waited_for_and_asked_anew(asked, slow, monkeypatch):
    """Another one that is slow, or stale, is another matter."""
    monkeypatch.setattr(request_cache, "PATIENCE", 0.05)
    asked.begin("o", "other", 60, slow)
    assert asked.asking("o", ["w"]) is None
    said = iter(range(10))
    fetch = lambda: next(said)  # noqa: E731
    asked.ask("o", "w", 60, fetch)
    asked.ask_anew("o", "nothing")
    assert asked.ask("o", "w", 60, fetch).value == 0
    asked.ask_anew("o", "w")
    assert asked.ask("o", "w", 60, fetch).value == 1
    assert asked.asking("o", ["other"])


def test_failures_that_nobody_saw_are_not_kept(asked, monkeypatch):
    """Neither their number grows, nor what they passed through stays in memory."""
    monkeypatch.setattr(request_cache, "_MISSED", 0.0)
    body = _Large()
    seen = weakref.ref(body)

    def fetch(body=body):
        raise Unreachable("It is off.", sent=False)

    for n in range(20):
        asked.begin("o", f"w{n}", 60, fetch)
    del body, fetch
    wait_for(lambda: asked.asking("o", [f"w{n}" for n in range(20)]) is None)
    asked.begin("o", "w", 60, lambda: "on")
    wait_for(lambda: asked.asking("o", ["w"]) is None)
    assert not asked._open
    wait_for(lambda: seen() is None)


class _Large:
    """An answer that costs memory."""


def test_what_was_asked_before_asking_anew_is_not_taken(asked, slow, monkeypatch):
    """It may tell of the time before."""
    monkeypatch.setattr(request_cache, "PATIENCE", 0.05)
    with pytest.raises(StillAsking):
        asked.ask("o", "w", 60, slow)
    asked.ask_anew("o")
    assert asked.ask("o", "w", 60, lambda: "new").value == "new"
    slow.go.set()
    time.sleep(0.05)
    assert asked.ask("o", "w", 60, lambda: "again").value == "new"


def test_an_answer_that_comes_just_as_it_is_asked_for_is_taken(asked, slow, monkeypatch):
    """Between the look whether there is one and the look whether it is being asked for."""
    real = asked._question

    def when_answered(*about):
        slow.go.set()
        wait_for(lambda: asked.asking("o", QUESTIONS) is None)
        return real(*about)

    asked.begin("o", "w", 60, slow)
    monkeypatch.setattr(asked, "_question", when_answered)
    found = asked.ask("o", "w", 60, fails(AssertionError("asked twice")))
    assert found.value == "late"


def test_what_was_begun_ahead_is_not_asked_twice(asked):
    """Neither its answer nor its failure is lost to who asks for it afterwards."""
    again = fails(AssertionError("asked twice"))
    asked.begin("o", "w", 60, lambda: "ahead")
    assert asked.ask("o", "w", 60, again).value == "ahead"
    asked.begin("o", "w", 60, again)
    asked.begin("o", "other", 60, fails(Unreachable("It is off.", sent=False)))
    wait_for(lambda: asked.asking("o", QUESTIONS) is None)
    asked.begin("o", "other", 60, again)
    with pytest.raises(Unreachable):
        asked.ask("o", "other", 60, again)

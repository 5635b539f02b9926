"""The row below each run's answer: the Copy button and the details."""

from datetime import UTC, datetime, timedelta

import pytest

from lfclient.runs.model import RunStatus
from pages._ui.widgets import copy_button
from tests.ui.support.chat_page import links, open_chat
from tests.ui.support.whole_pages import ONE, add_ended_run

HOUR_AGO = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture
def copied(monkeypatch):
    """The texts that the page offers to copy, in order."""
    texts = []
    monkeypatch.setattr(copy_button, "draw", lambda key, text: texts.append(text))
    return texts


def store_messages(chat_langflow, *messages, at=HOUR_AGO):
    """Return a function that stores messages: (sender, text, job). 1.8 and 1.9 have no job."""
    for sender, text, job in messages:
        more = {"session_metadata": {"graph_run_id": job}} if job else {}
        timestamp = f"{at:%Y-%m-%d %H:%M:%S} UTC"
        chat_langflow.store_message("s", text, sender, timestamp=timestamp, **more)


def store_runs(chat_langflow, *jobs, **more):
    """Store runs of the session, oldest first; they began before the messages."""
    for number, job in enumerate(jobs):
        at = HOUR_AGO - timedelta(minutes=len(jobs) - number)
        ids = {"id": f"{number:032x}", "submit_token": str(number)}
        values = {"job_id": job, "created_at": at, **ids, **more}
        add_ended_run(chat_langflow.server.url, session_id="s", **values)


def test_each_answer_can_be_copied(chat_langflow, copied):
    store_messages(chat_langflow, ("User", "one", "j"), ("Machine", "to one", "j"))
    store_messages(chat_langflow, ("User", "two", "k"), ("Machine", "**to two**", "k"))
    store_runs(chat_langflow, "j", "k")
    open_chat(flow=ONE, session="s")
    assert copied == ["to one", "**to two**"]


def test_each_run_of_several_at_once_has_its_own_row(chat_langflow, copied):
    """Runs at once come from two tabs with a named session, or from *Number of runs*."""
    turns = [("User", "one", "j"), ("User", "two", "k")]
    turns += [("Machine", "to one", "j"), ("Machine", "to two", "k"), ("Machine", "more", "j")]
    store_messages(chat_langflow, *turns)
    store_runs(chat_langflow, "j", "k")
    app = open_chat(flow=ONE, session="s")
    assert links(app).count("Answer details") == 2
    assert copied == ["to one\n\nmore", "to two"]


def test_answers_without_messages_of_the_user_are_copied_by_run(chat_langflow, copied):
    """A chat input may store no messages."""
    store_messages(chat_langflow, ("Machine", "first", "j"), ("Machine", "second", "k"))
    store_runs(chat_langflow, "j", "k")
    open_chat(flow=ONE, session="s")
    assert copied == ["first", "second"]


@pytest.mark.parametrize("job", ["j", None])
def test_a_run_without_an_answer_does_not_offer_an_earlier_runs_answer(chat_langflow, copied, job):
    store_messages(chat_langflow, ("User", "hello", job), ("Machine", "an answer", job))
    failed = {"created_at": datetime.now(UTC), "status": RunStatus.FAILED}
    store_runs(chat_langflow, "k", **failed)
    app = open_chat(flow=ONE, session="s")
    assert copied == []
    assert "Answer details" in links(app)


@pytest.mark.parametrize("job", ["j", None])
def test_a_refused_run_does_not_offer_an_earlier_runs_answer(chat_langflow, copied, job):
    """A refused run has no job, and the server's clock may be ahead."""
    at = datetime.now(UTC)
    turns = [("User", "hello", job), ("Machine", "an answer", job)]
    store_messages(chat_langflow, *turns, at=at + timedelta(seconds=5))
    sent = {"ChatInput-a.input_value": "again"}
    store_runs(chat_langflow, None, created_at=at, status=RunStatus.FAILED, overrides=sent)
    app = open_chat(flow=ONE, session="s")
    assert copied == []
    assert "Answer details" in links(app)


@pytest.mark.parametrize("job", ["j", None])
def test_an_answer_of_a_run_without_a_job_is_copied(chat_langflow, copied, job):
    """A synchronous run's response may lack the job."""
    store_messages(chat_langflow, ("User", "first", "i"), ("Machine", "to first", "i"))
    store_messages(chat_langflow, ("User", "second", job), ("Machine", "to second", job))
    sent = {"ChatInput-a.input_value": "second"}
    store_runs(chat_langflow, None, overrides=sent)
    open_chat(flow=ONE, session="s")
    assert copied == ["to second"]


def test_answers_without_a_job_are_copied_from_the_users_last_message_on(chat_langflow, copied):
    turns = [(sender, f"{text} {sender}", None) for text in "ab" for sender in ("User", "Machine")]
    store_messages(chat_langflow, *turns, ("Machine", "more", None))
    store_runs(chat_langflow, "j", "k")
    open_chat(flow=ONE, session="s")
    assert copied == ["b Machine\n\nmore"]

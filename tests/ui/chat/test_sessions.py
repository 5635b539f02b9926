"""Chat lists conversations as sessions, but not single runs with their own session."""

import re
from dataclasses import replace
from itertools import chain
from types import SimpleNamespace

import pytest

from lfclient.runs.model import RunStatus
from pages._ui.chat import sessions
from tests.ui.support.chat_langflow import read_messages, row
from tests.ui.support.chat_page import button_labels, open_chat, send
from tests.ui.support.whole_pages import (
    ONE,
    add_ended_run,
    open_app,
    page_text,
    press,
)

RUN = "console-run-0123456789ab"


def switch(app):
    return next((each for each in app.toggle if "single runs" in each.label), None)


@pytest.mark.parametrize("address", [{}, {"view": "present"}])
def test_a_forms_run_is_not_listed_until_single_runs_are_shown(chat_langflow, address):
    """The form is the Run page's or a presentation's."""
    app = open_app(flow=ONE, **address)
    app.text_area[0].set_value("Hello there").run()
    press(app, "Run")
    assert [re.sub("[0-9a-f]{12}", "…", row["session_id"]) for row in chat_langflow.rows] == [
        "console-run-…"
    ] * 2
    app = open_chat(flow=ONE)
    assert "No sessions yet" in page_text(app)
    switch(app).set_value(True).run()
    assert "Hello there" in button_labels(app)


def test_a_run_that_is_continued_in_chat_is_a_session(chat_langflow):
    chat_langflow.store_message(RUN, "Hello")
    app = open_chat(flow=ONE, session=RUN)
    assert "**Hello**" in button_labels(app)
    send(app, "And then?")
    app = open_chat(flow=ONE)
    assert "Hello" in button_labels(app)
    assert switch(app) is None


def store_runs(chat_langflow, count, **more):
    for number in range(count):
        ids = {"id": f"{number:032x}", "submit_token": str(number)}
        add_ended_run(chat_langflow.server.url, session_id=RUN, **ids, **more)


def test_a_continued_run_stays_a_session_after_many_messages(chat_langflow):
    """The console has the session's runs. The list has the flow's latest 200 messages."""
    for text in ("one", "two", "three"):
        chat_langflow.store_message(RUN, text)
    for number in range(200):
        chat_langflow.store_message("Trip", f"later {number}")
    store_runs(chat_langflow, 3)
    app = open_chat(flow=ONE)
    assert "Sessions · 2" in page_text(app)
    assert switch(app) is None


def test_a_run_that_was_sent_again_in_chat_is_a_session_before_its_message_is_stored(
    chat_langflow,
):
    words = {"ChatInput-a.input_value": "never stored"}
    store_runs(chat_langflow, 2, overrides=words, status=RunStatus.FAILED)
    assert "never stored" in button_labels(open_chat(flow=ONE))


def is_session(*rows):
    """Return a function: whether these messages make a form's run a session of Chat."""
    messages = [replace(each, session_id=RUN) for each in read_messages(*rows)]
    stored = SimpleNamespace(list=lambda _: [RUN], messages=lambda *_, limit: messages)
    api = SimpleNamespace(sessions=stored)
    (entry,) = sessions._fetch_sessions(api, ONE, continued=())
    return not entry.is_single_run


def of_job(job):
    return {"session_metadata": {"graph_run_id": job}}


def test_runs_without_user_messages_are_distinguished_by_their_answers():
    assert is_session(*(row("an answer", "Machine", **of_job(job)) for job in ("j", "k")))


def test_runs_without_jobs_are_distinguished_by_the_users_messages():
    """Messages on Langflow 1.8 and 1.9 have no job. This console has no record of the runs."""
    turns = [(row(text), row(f"answer to {text}", "Machine")) for text in ("one", "two")]
    assert is_session(*chain(*turns))
    assert not is_session(*turns[0])


def test_the_messages_of_one_run_are_not_a_session():
    """Langflow 1.13 stores the message and the question of an approval without the run's job."""
    answer = row("an answer", "Machine", **of_job("j"))
    assert not is_session(row("one"), row("", "Machine"), answer)
    assert not is_session(row("one"), row("first", "Machine"), row("second", "Machine"))
    assert not is_session(*(row(text, **of_job("j")) for text in ("one", "two")))

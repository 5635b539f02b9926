"""The session list of the Chat page: find, rename and delete sessions and their runs."""

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lfclient.runs.model import RunStatus
from pages._ui.chat.sessions import session_label
from pages._ui.connection import loading, request_cache, servers
from pages._ui.connection.app_context import app_context
from tests.support.waiting import wait_for
from tests.ui.support.chat_langflow import MESSAGES
from tests.ui.support.chat_page import (
    button_labels,
    conversation,
    links,
    open_chat,
    press,
    session_in_url,
)
from tests.ui.support.whole_pages import (
    ONE,
    add_ended_run,
    make_record,
    page_text,
)


def test_generated_session_names_are_replaced_by_the_first_words():
    assert session_label("console-0123456789ab", "What is\n a flow?") == "What is a flow?"
    assert session_label("2c7d5c39-0000-4000-8000-00000000000a", "Hi") == "Hi"
    assert session_label("Trip to Rome", "Hi") == "Trip to Rome"
    assert session_label("console-demo", "Hi") == "console-demo"
    assert session_label("console-0123456789ab", " ") == "Untitled"


@pytest.mark.parametrize(
    ("sender", "label", "name"),
    [("Machine", "**Untitled**", ""), ("User", "**Good morning**", "Good morning")],
)
def test_a_new_name_starts_from_the_users_first_words(chat_langflow, sender, label, name):
    chat_langflow.store_message("console-0123456789ab", "Good morning", sender)
    app = open_chat(flow=ONE, session="console-0123456789ab")
    assert label in button_labels(app)
    assert "console-0123456789ab" not in page_text(app)
    assert next(each for each in app.text_input if each.label == "Session name").value == name


def test_a_session_is_untitled_until_its_first_message_is_loaded(chat_langflow):
    """The oldest run that is read may not be the session's first run."""
    session = "console-0123456789ab"
    overrides = {"ChatInput-a.input_value": "a later message"}
    add_ended_run(chat_langflow.server.url, session_id=session, overrides=overrides)
    chat_langflow.store_message(session, "the first message")
    answer = chat_langflow.server.answers[f"GET {MESSAGES}"]
    chat_langflow.server.answers[f"GET {MESSAGES}"] = (503, {"detail": "starting"})
    app = open_chat(flow=ONE, session=session)
    captions = [each.value for each in app.main.caption]
    assert "Untitled" in captions
    assert "a later message" not in captions
    chat_langflow.server.answers[f"GET {MESSAGES}"] = answer
    servers.current().refresh()
    assert "the first message" in [each.value for each in app.run().main.caption]


def test_a_session_is_listed_while_its_first_answer_is_written(chat_langflow):
    session, overrides = "console-0123456789ab", {"ChatInput-a.input_value": "first words"}
    add_running(chat_langflow, session_id=session, overrides=overrides)
    app = open_chat(flow=ONE)
    assert "first words" in button_labels(app)
    assert "No sessions yet" not in page_text(app)


def test_a_session_cannot_take_the_name_of_another(chat_langflow):
    """The server would silently merge them."""
    chat_langflow.store_message("old", "hello")
    chat_langflow.store_message("Trip", "another")
    app = open_chat(flow=ONE, session="old")
    next(each for each in app.text_input if each.label == "Session name").set_value("Trip")
    press(app, "Rename")
    assert "a session “Trip” already exists" in page_text(app)
    assert session_in_url(app) == "old"


def test_a_session_is_deleted_with_its_runs(chat_langflow):
    """A new conversation replaces the session. Other sessions and their runs stay."""
    chat_langflow.store_message("s", "forget me")
    chat_langflow.store_message("t", "other")
    sent = {"session_id": "s", "overrides": {"ChatInput-a.input_value": "forget me"}}
    add_ended_run(chat_langflow.server.url, **sent)

    def delete(*_):
        chat_langflow.rows = [row for row in chat_langflow.rows if row["session_id"] != "s"]
        return 204, b""

    chat_langflow.server.answers[f"DELETE {MESSAGES}/session/s"] = delete
    app = open_chat(flow=ONE, session="s")
    assert "can't be undone" in page_text(app)
    assert "its runs in this console" in page_text(app)
    add_ended_run(chat_langflow.server.url, id="b" * 32, submit_token="b", session_id="another")
    press(app, "Delete session")
    assert (session_in_url(app), conversation(app)) == (None, [])
    assert "t" in button_labels(app)
    assert "s" not in button_labels(app)
    left = app_context().runner.recent(make_record("").owner)
    assert [record.session_id for record in left] == ["another"]
    assert not app.info
    before = open_chat(flow=ONE, session="s")
    assert (conversation(before), links(before).count("Answer details")) == ([], 0)


def add_running(chat_langflow, **more):
    """Add a run in progress, which this process follows."""
    runner = app_context().runner
    record = make_record(chat_langflow.server.url, status=RunStatus.IN_PROGRESS, **more)
    record = replace(record, worker=runner._registry.id)
    runner.store.create(record)
    return record


def test_a_running_run_stays_when_its_session_is_deleted(chat_langflow):
    """The run may belong to another window."""
    chat_langflow.store_message("s", "hello")
    chat_langflow.server.answers[f"DELETE {MESSAGES}/session/s"] = (204, b"")
    app = open_chat(flow=ONE, session="s")
    running = add_running(chat_langflow, session_id="s")
    press(app, "Delete session")
    assert "still running" in app.info[0].value
    assert app_context().runner.get(running.id, running.owner)


def test_a_failed_delete_shows_the_error_and_keeps_the_session(chat_langflow):
    chat_langflow.store_message("s", "hello")
    chat_langflow.server.answers[f"DELETE {MESSAGES}/session/s"] = (500, {"detail": "locked"})
    app = open_chat(flow=ONE, session="s")
    press(app, "Delete session")
    assert "locked" in page_text(app)
    assert conversation(app) == [("user", "hello")]


def test_a_slow_change_is_sent_once_although_the_page_refreshes(chat_langflow, monkeypatch):
    """A refresh repeats requests, and another visitor may click the button as well."""
    chat_langflow.store_message("s", "hello")
    may_respond = threading.Event()

    def delete(*_):
        may_respond.wait(9)
        chat_langflow.rows.clear()
        return 204, b""

    request = f"DELETE {MESSAGES}/session/s"
    chat_langflow.server.answers[request] = delete
    app = open_chat(flow=ONE, session="s")
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
    monkeypatch.setattr(loading, "_WAIT_SECONDS", 0.05)
    press(app, "Delete session")
    assert "Waiting for" in page_text(app)
    servers.current().refresh()
    press(app, "Delete session")
    servers.current().refresh()
    app.run()
    may_respond.set()
    wait_for(app.session_state["talk-change"].result.done)
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 30)
    app.run()
    assert (session_in_url(app), conversation(app)) == (None, [])
    assert chat_langflow.server.lines.count(request) == 1


def test_sessions_with_the_same_name_are_listed_with_their_times(chat_langflow):
    """The time is the latest message's time, if it is valid."""
    now = datetime.now(UTC)
    for number, at in enumerate(["2026-01-02 03:04:05 UTC", f"{now:%Y-%m-%d %H:%M:%S} UTC", "odd"]):
        chat_langflow.store_message(f"console-{number:012x}", "Good morning!", timestamp=at)
    listed = [button.label for button in open_chat().button if "Good" in button.label]
    today = f"{now:%H:%M}"
    name = "Good morning\\!"
    assert sorted(listed) == sorted([name, f"{name} :gray[02 Jan]", f"{name} :gray[{today}]"])


def test_sessions_are_listed_newest_first_and_can_be_searched(chat_langflow):
    """Sessions without a name are shown by their first words."""
    for number in range(40):
        chat_langflow.store_message(f"console-{number:012x}", f"about topic {number}")
    chat_langflow.store_message("Trip to Rome", "hello")
    app = open_chat()
    listed = [label for label in button_labels(app) if label.startswith(("about", "Trip"))]
    assert listed[:2] == ["Trip to Rome", "about topic 39"]
    assert len(listed) == 30
    assert "11 more" in page_text(app)
    search = next(each for each in app.text_input if each.label == "Search session names")
    search.set_value("rome trip").run()
    assert [label for label in button_labels(app) if label in listed] == ["Trip to Rome"]

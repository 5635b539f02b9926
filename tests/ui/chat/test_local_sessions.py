"""Sessions that the server lacks, because they never reached it or were deleted there."""

import pytest

from lfclient.console.store.errors import UnreadableResponse
from lfclient.runs.components import Message
from lfclient.runs.model import Run, RunStatus
from pages._ui.connection.app_context import app_context
from tests.ui.support.chat_langflow import MESSAGES
from tests.ui.support.chat_page import (
    button_labels,
    conversation,
    open_chat,
    press,
    session_in_url,
)
from tests.ui.support.whole_pages import ONE, TWO, add_ended_run, make_record, page_text


def test_a_session_whose_messages_never_reached_the_server_is_listed(chat_langflow):
    """Another window can open the session from the list, and it can be deleted."""
    chat_langflow.store_message("Trip", "earlier")
    add_message(chat_langflow, "precious words", status=RunStatus.FAILED)
    app = open_chat(flow=ONE)
    assert [each for each in button_labels(app) if each in ("precious words", "Trip")] == [
        "precious words",
        "Trip",
    ]
    press(app, "precious words")
    assert ("user", "precious words") in conversation(app)
    assert "Send again" in button_labels(app)
    assert "precious words" in [each.value for each in app.main.caption]
    press(app, "Delete session")
    assert "precious words" not in button_labels(app)
    assert conversation(app) == []


def test_a_session_that_was_deleted_in_langflow_is_not_listed(chat_langflow):
    """The console still has its runs: one with an answer, one refused, one whose events had its
    stored message.
    """
    add_message(chat_langflow, "answered", job_id="j")
    ids = {"id": "b" * 32, "submit_token": "b"}
    add_message(chat_langflow, "not answered", status=RunStatus.FAILED, **ids)
    stored = {"m": Message("m", "never stored", "User")}
    run = Run(ONE, "background", RunStatus.INTERRUPTED, messages=stored)
    more = {"id": "c" * 32, "submit_token": "c", "session_id": "console-ba9876543210"}
    add_message(chat_langflow, status=run.status, run=run, job_id="j", **more)
    assert "No sessions yet" in page_text(open_chat(flow=ONE))


@pytest.mark.parametrize(
    "more",
    [
        {"status": RunStatus.CANCELLED, "attempts": 0},
        {"status": RunStatus.TIMED_OUT, "job_id": "j", "mode": "background"},
    ],
)
def test_a_session_is_listed_if_the_server_has_not_stored_its_message(chat_langflow, more):
    """The server never got it, or the run ended too early."""
    add_message(chat_langflow, **more)
    assert "never stored" in button_labels(open_chat(flow=ONE))


def test_an_unreadable_run_does_not_hide_its_session(chat_langflow, monkeypatch):
    chat_langflow.store_message("Trip", "earlier")
    add_message(chat_langflow, status=RunStatus.FAILED, job_id="j")

    def read(_):
        raise UnreadableResponse("Couldn't read the stored response.")

    monkeypatch.setattr(app_context().runner.store, "get", read)
    app = open_chat(flow=ONE)
    assert {"never stored", "Trip"} <= set(button_labels(app))
    assert not app.error


def test_a_session_is_renamed_here_if_the_server_has_no_message_of_it(chat_langflow):
    add_message(chat_langflow, status=RunStatus.CANCELLED, job_id="j", mode="background")
    missing = (404, {"detail": "No messages found with the given session ID"})
    path = f"{MESSAGES}/session/console-0123456789ab"
    chat_langflow.server.answers[f"PATCH {path}"] = missing
    app = open_chat(flow=ONE, session="console-0123456789ab")
    rename(app, "Trip")
    assert session_in_url(app) == "Trip"
    assert "**Trip**" in button_labels(app)
    assert ("user", "never stored") in conversation(app)
    assert "**Trip**" in button_labels(open_chat(flow=ONE, session="Trip"))


def test_a_session_that_was_deleted_on_the_server_and_has_no_runs_is_not_renamed(chat_langflow):
    """The page still shows its loaded messages."""
    chat_langflow.store_message("old", "hello")
    missing = (404, {"detail": "No messages found with the given session ID"})
    chat_langflow.server.answers[f"PATCH {MESSAGES}/session/old"] = missing
    app = open_chat(flow=ONE, session="old")
    rename(app, "Trip")
    assert "no messages of the session" in page_text(app)
    assert session_in_url(app) == "old"


def test_a_session_cannot_take_the_name_of_a_session_that_exists_only_in_the_console(chat_langflow):
    """The sessions' runs would be merged. Another flow's sessions are separate."""
    session = "console-0123456789ab"
    add_message(chat_langflow, status=RunStatus.FAILED)
    chat_langflow.store_message(session, "hello")
    for id, name, flow_id in (("b", "Trip", ONE), ("d", "Other flow", TWO)):
        ids = {"id": id * 32, "submit_token": id, "flow_id": flow_id}
        add_message(chat_langflow, session_id=name, status=RunStatus.FAILED, **ids)
    chat_langflow.server.answers[f"PATCH {MESSAGES}/session/{session}"] = (200, [])
    app = open_chat(flow=ONE, session=session)
    rename(app, "Trip")
    assert "a session “Trip” has runs in this console" in page_text(app)
    assert "Delete them in History, or use another name." in page_text(app)
    assert session_in_url(app) == session
    runs = app_context().runner.recent(make_record("").owner, flow_id=ONE)
    assert len({each.session_id for each in runs}) == 2
    assert not any("PATCH" in each for each in chat_langflow.server.lines)
    rename(app, "Other flow")
    assert session_in_url(app) == "Other flow"


def rename(app, name):
    next(each for each in app.text_input if each.label == "Session name").set_value(name)
    press(app, "Rename")


def add_message(chat_langflow, text="never stored", **more):
    """Add a run with a message, in a session that the server does not have."""
    overrides = {"ChatInput-a.input_value": text}
    more = {"session_id": "console-0123456789ab", "overrides": overrides, **more}
    add_ended_run(chat_langflow.server.url, **more)

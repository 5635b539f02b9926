"""The Chat page while its server refuses the key, and messages that failed or were not sent."""

import pytest

from lfclient.console.store.notes import Note, NoteCode
from lfclient.runs.components import Message, RunError
from lfclient.runs.model import Run, RunStatus
from pages._ui.connection import servers
from pages._ui.connection.app_context import app_context
from tests.support.http_stand_in import StandIn
from tests.ui.support.chat_langflow import MESSAGES, RUN
from tests.ui.support.chat_page import (
    button_labels,
    conversation,
    links,
    open_chat,
    send,
)
from tests.ui.support.whole_pages import ONE, add_ended_run, add_running_run, page_text

REFUSED = (403, {"detail": "Invalid API key"})
REQUESTS = (
    "GET /api/v1/flows/",
    f"GET /api/v1/flows/{ONE}",
    f"GET {MESSAGES}",
    f"GET {MESSAGES}/sessions",
    RUN,
)


def refuse_key(server: StandIn) -> None:
    server.answers |= dict.fromkeys(REQUESTS, REFUSED)


def assert_says_once_that_the_key_is_refused(app):
    (error,) = [*app.error, *app.warning]
    assert "The server rejected the API key" in error.value
    assert links(app).count("Open Connection") == 1


def test_a_message_that_is_the_first_refused_request_can_be_sent_again(chat_langflow):
    """The refusal is shown once, even after the list of flows was refused as well."""
    app = open_chat(flow=ONE)
    send(app, "first")
    refuse_key(chat_langflow.server)
    app.chat_input[0].set_value("later").run()
    for _ in range(2):
        app.run()
    for _ in range(2):
        assert_says_once_that_the_key_is_refused(app)
        assert ("user", "later") in conversation(app)
        assert "Send again" in button_labels(app)
        assert "Show earlier" not in button_labels(app)
        assert app.chat_input
        servers.current().refresh()
        app.run()


def test_a_list_of_sessions_shows_that_the_key_is_refused(chat_langflow):
    """This happens if the key is refused while a new conversation is open."""
    app = open_chat(flow=ONE)
    refuse_key(chat_langflow.server)
    servers.current().refresh(f"sessions {ONE}")
    app.run()
    assert_says_once_that_the_key_is_refused(app)


def test_a_page_without_a_flow_shows_once_that_the_key_is_refused(chat_langflow):
    refuse_key(chat_langflow.server)
    app = open_chat(flow=ONE)
    assert_says_once_that_the_key_is_refused(app)
    assert not app.chat_input


def test_a_stopped_message_is_reported_once(chat_langflow):
    stopped = {"status": RunStatus.CANCELLED, "stop_result": (Note(NoteCode.STOPPED),)}
    add_ended_run(chat_langflow.server.url, session_id="s", **stopped)
    app = open_chat(flow=ONE, session="s")
    assert "Stopped" in page_text(app)
    assert "Stopped on the server" not in page_text(app)


@pytest.mark.parametrize("text", ["", "So far"])
def test_a_refused_stop_is_reported_below_a_partial_answer(chat_langflow, text):
    messages = {"m": Message("m", text, complete=False)} if text else {}
    run = Run(ONE, "background", RunStatus.IN_PROGRESS, job_id="j", messages=messages)
    url = chat_langflow.server.url
    refused = (Note(NoteCode.STOP_REFUSED),)
    record = add_running_run(url, session_id="s", run=run, stop_result=refused)
    app_context().runner.store.create(record)
    app = open_chat(flow=ONE, session="s")
    assert (text or "…") in page_text(app)
    assert "The server refused to stop the run." in page_text(app)


def test_an_error_that_the_flow_sent_as_a_message_is_shown_once_as_on_the_run_page(chat_langflow):
    """An earlier message with the same text stays, because it has no outcome below it."""
    text = "All connection attempts failed"
    for _ in range(2):
        chat_langflow.store_message("s", "hello")
        chat_langflow.store_message("s", text, "Machine", category="error", error=True)
    error = RunError(text, "ChatOutput-b", "Talker")
    add_ended_run(
        chat_langflow.server.url,
        status=RunStatus.FAILED,
        run=Run(ONE, "sync", RunStatus.FAILED, errors=(error,)),
        session_id="s",
        overrides={"ChatInput-a.input_value": "hello"},
    )
    app = open_chat(flow=ONE, session="s")
    page = page_text(app)
    assert page.count(text) == 1
    assert page.count("Couldn't reach the internet or a service that the component uses.") == 1
    assert [each.label for each in app.expander if "Details" in each.label]


ERROR = "Error building component: tone."


def test_a_message_with_more_than_its_outcomes_errors_stays(chat_langflow):
    text = f"{ERROR} The template needs a tone."
    chat_langflow.store_message("s", "hello")
    chat_langflow.store_message("s", text, "Machine", category="error", error=True)
    errors = (RunError(ERROR, "ChatOutput-b", "Talker"),)
    add_ended_run(
        chat_langflow.server.url,
        status=RunStatus.FAILED,
        run=Run(ONE, "sync", RunStatus.FAILED, errors=errors),
        session_id="s",
        overrides={"ChatInput-a.input_value": "hello"},
    )
    assert text in page_text(open_chat(flow=ONE, session="s"))

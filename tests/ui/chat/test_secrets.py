"""Secrets in messages are shown neither in the conversation nor in the list of sessions."""

import pytest

from lfclient.common.redaction import Redactor
from lfclient.console.store.notes import quote
from lfclient.console.store.run_record import RecordProblem
from lfclient.runs.components import Decision, HumanInput, Message, RunError
from lfclient.runs.model import Run, RunStatus
from pages._ui.chat import redaction
from pages._ui.connection.app_context import app_context
from tests.support.flows import entry
from tests.ui.support.chat_langflow import chat_flow
from tests.ui.support.chat_page import (
    button_labels,
    conversation,
    open_chat,
    open_parameters,
    press,
    send,
    session_in_url,
)
from tests.ui.support.whole_pages import (
    ONE,
    add_ended_run,
    add_running_run,
    add_suspended_run,
    page_text,
)

SECRET = "skverysecret"  # without characters that a label escapes


@pytest.fixture
def token(chat_langflow):
    """Return a function that sets the default of the chat output's secret field."""

    def set_token(value):
        found = chat_flow()
        field = entry("SecretStrInput", "str", value, password=True, api_editable=True)
        found["data"]["nodes"][1]["data"]["node"]["template"]["token"] = field
        chat_langflow.server.set_flows(found)

    set_token("")
    return set_token


def enter_token(app):
    open_parameters(app)
    field = next(each for each in app.text_input if "token" in (each.key or ""))
    field.set_value(SECRET).run()
    return app


def search(app, text):
    """Return the labels of the sessions that a search finds."""
    box = next(each for each in app.text_input if each.label == "Search session names")
    box.set_value(text).run()
    return [label for label in button_labels(app) if "say" in label or "topic" in label]


def test_a_secret_of_the_form_is_redacted(chat_langflow, token):
    """A flow may repeat the secret, and the server then stores it."""
    app = send(enter_token(open_chat()), f"say {SECRET}")
    assert SECRET in chat_langflow.rows[-1]["text"]
    assert conversation(app) == [("user", "say ••••"), ("assistant", "echo of say ••••")]
    assert "**say ••••**" in button_labels(app)
    assert SECRET not in page_text(app)
    other_tab = open_chat(flow=ONE, session=session_in_url(app))
    assert conversation(other_tab) == conversation(app)
    assert "**say ••••**" in button_labels(other_tab)
    assert SECRET not in page_text(other_tab)


def test_the_start_of_a_secret_of_another_tab_is_not_cut_off_a_stopped_answer(chat_langflow, token):
    """Otherwise a visitor could guess the secret's first characters."""
    session = session_in_url(send(enter_token(open_chat()), "say hi"))
    guess, state = f"It is {SECRET[:-1]}", {"state": "partial"}
    chat_langflow.store_message(session, guess, "Machine", properties=state)
    assert conversation(open_chat(flow=ONE, session=session))[-1] == ("assistant", guess)


def test_a_secret_in_the_name_of_a_sender_or_a_file_is_redacted(chat_langflow, token):
    token(SECRET)
    told = {"sender_name": f"Bot {SECRET}", "files": [f"{ONE}/{SECRET}.txt"]}
    chat_langflow.store_message("s", "hi", "Machine", **told)
    text = page_text(open_chat(flow=ONE, session="s"))
    assert "Bot ••••" in text
    assert "••••.txt" in text
    assert SECRET not in text


def test_a_search_of_sessions_finds_no_secret(chat_langflow, token):
    chat_langflow.store_message("console-0123456789ab", f"say {SECRET}")
    for number in range(8):
        chat_langflow.store_message(f"console-{number:012x}", f"topic {number}")
    app = open_chat(flow=ONE)
    assert search(app, SECRET) == [f"say {SECRET}"]
    enter_token(app)
    assert search(app, SECRET) == []
    assert search(app, "say") == ["say ••••"]


def test_another_visitors_loaded_messages_are_redacted(chat_langflow, token):
    """Responses are cached for all who use the connection; the secret is in one form only."""
    chat_langflow.store_message("console-0123456789ab", f"say {SECRET}")
    address = {"flow": ONE, "session": "console-0123456789ab"}
    other, app = open_chat(**address), open_chat(**address)
    requests = len(chat_langflow.server.lines)
    enter_token(app)
    assert len(chat_langflow.server.lines) == requests
    assert conversation(app) == [("user", "say ••••")]
    assert "**say ••••**" in button_labels(app)
    assert conversation(other.run()) == [("user", f"say {SECRET}")]


def test_a_secret_at_the_end_of_a_long_messages_cached_part_is_redacted(chat_langflow, token):
    token("abc" * 1000)
    chat_langflow.store_message("console-0123456789ab", f"say {'abc' * 1000} now")
    assert "say" in button_labels(open_chat(flow=ONE))


def test_a_sent_secret_that_the_flow_stores_is_redacted(chat_langflow, token):
    """The run's record has the secret, and is shown until the server has stored the message."""
    token(SECRET)
    chat_langflow.failure = (500, {"detail": "locked"})
    app = send(open_chat(), f"say {SECRET}")
    assert conversation(app)[0] == ("user", "say ••••")
    assert "**say ••••**" in button_labels(app)
    assert f"say {SECRET}" not in [each.value for each in app.main.caption]
    chat_langflow.failure = None
    press(app, "Send again")
    assert f"say {SECRET}" in chat_langflow.rows[0]["text"]


def test_a_message_with_a_secret_is_shown_once(chat_langflow, token):
    """The record's message is recognized in the history."""
    token(SECRET)
    chat_langflow.store_message("s", f"say {SECRET}")
    sent = {"ChatInput-a.input_value": f"say {SECRET}"}
    failed = {"overrides": sent, "status": RunStatus.FAILED}
    add_ended_run(chat_langflow.server.url, session_id="s", **failed)
    assert conversation(open_chat(flow=ONE, session="s")) == [("user", "say ••••")]


@pytest.mark.parametrize(
    ("is_stored", "is_latest", "end", "shown"),
    [
        (True, True, SECRET, "echo of ••••"),
        (True, False, SECRET[:-1], "echo of"),
        (False, True, SECRET[:-1], "echo of"),
    ],
)
def test_a_stopped_answer_is_redacted(chat_langflow, token, is_stored, is_latest, end, shown):
    """The answer's text is only in the run's record, from before the secret was entered.

    The answer may have been stopped within the secret.
    """
    url, text = chat_langflow.server.url, f"say {SECRET}"
    answer = Message("m", "echo", "Machine", complete=False, streamed=f" of {end}")
    messages = {"u": Message("u", text, "User"), "m": answer}
    add_ended_run(
        url,
        session_id="s",
        overrides={"ChatInput-a.input_value": text},
        status=RunStatus.CANCELLED,
        run=Run(ONE, "background", RunStatus.CANCELLED, messages=messages),
    )
    if is_stored:
        chat_langflow.store_message("s", text, id="u")
        chat_langflow.store_message("s", "", "Machine", id="m", properties={"state": "partial"})
    if not is_latest:
        add_ended_run(url, id="b" * 32, submit_token="b", session_id="s")
    app = enter_token(open_chat(flow=ONE, session="s"))
    assert conversation(app) == [("user", "say ••••"), ("assistant", shown)]
    assert SECRET[:-1] not in page_text(app)


@pytest.mark.parametrize(
    ("end", "shown"),
    [
        (SECRET[:3], ""),
        (SECRET[:2], SECRET[:2]),  # gives nothing away
        ("keys", "keys"),  # like the secret's first letter
    ],
)
def test_the_start_of_a_secret_is_cut_off_a_partial_text(end, shown):
    redactor = Redactor([SECRET])
    assert redaction.redact_start(f"echo of {end}", redactor, is_cut=True) == f"echo of {shown}"
    assert redaction.redact_start(f"echo of {end}", redactor, is_cut=False) == f"echo of {end}"


@pytest.mark.parametrize("is_message", [True, False])
def test_an_error_with_a_secret_is_shown_once_without_it(chat_langflow, token, is_message):
    """The error is in the run's record, and the flow may have sent it as a message."""
    token(SECRET)
    failed, reason = RunStatus.FAILED, f"Bad token {SECRET}"
    message = Message("e", reason, "ChatOutput", category="error")
    messages = {"e": message} if is_message else {}
    errors = (RunError(reason, "ChatOutput-b"),)
    run = Run(ONE, "sync", failed, errors=errors, messages=messages)
    add_ended_run(chat_langflow.server.url, session_id="s", status=failed, run=run)
    app = open_chat(flow=ONE, session="s")
    assert SECRET not in page_text(app)
    assert page_text(app).count("Bad token ••••") == 1


def test_a_problem_with_a_secret_is_redacted(chat_langflow, token):
    token(SECRET)
    problem = RecordProblem(f"Couldn't send {SECRET}.", f"Change {SECRET}.")
    failed = {"status": RunStatus.FAILED, "problem": problem, "session_id": "s"}
    add_ended_run(chat_langflow.server.url, **failed)
    app = open_chat(flow=ONE, session="s")
    assert "Couldn't send ••••." in page_text(app)
    assert SECRET not in page_text(app)


def test_a_question_with_a_secret_is_redacted(chat_langflow, token, monkeypatch):
    """The sent decision is not redacted."""
    token(SECRET)
    decisions = (Decision(f"use {SECRET}", f"Use {SECRET}"),)
    question = HumanInput("H:j", f"Use {SECRET} now?", decisions, component_id="H")
    run = Run(ONE, "background", RunStatus.SUSPENDED, job_id="j", waiting_for=question)
    more = {"session_id": "s", "run": run, "notes": (quote(f"Not {SECRET}"),)}
    app_context().runner.store.create(add_suspended_run(chat_langflow.server.url, **more))
    app = open_chat(flow=ONE, session="s")
    assert "Use •••• now?" in page_text(app)
    assert "Not ••••" in page_text(app)
    assert SECRET not in page_text(app)
    decided = []
    monkeypatch.setattr(app_context().runner, "decide", lambda *given: decided.append(given[-1]))
    press(app, "Use ••••")
    assert decided == [f"use {SECRET}"]


def test_messages_that_the_server_has_stored_are_redacted_once(chat_langflow, monkeypatch):
    """The record's messages are not drawn. They may be large, and each key reruns a search."""
    searched = []
    redact = Redactor.redact_text
    monkeypatch.setattr(
        Redactor, "redact_text", lambda *given: searched.append(given[1]) or redact(*given)
    )
    messages = {"m": Message("m", "From events", "Machine")}
    run = Run(ONE, "background", RunStatus.COMPLETED, messages=messages)
    add_ended_run(chat_langflow.server.url, session_id="s", run=run)
    chat_langflow.store_message("s", "From the server", "Machine", id="m")
    assert conversation(open_chat(flow=ONE, session="s")) == [("assistant", "From the server")]
    assert searched.count("From the server") == 1
    assert "From events" not in searched


def test_the_name_of_a_running_tool_is_redacted(chat_langflow, token):
    token(SECRET)
    block = {"type": "tool_use", "name": f"ask_{SECRET}", "tool_input": {}, "output": None}
    message = Message("m", "", "Machine", complete=False, blocks=(block,))
    run = Run(ONE, "background", RunStatus.IN_PROGRESS, messages={"m": message})
    record = add_running_run(chat_langflow.server.url, session_id="s", run=run)
    app_context().runner.store.create(record)
    app = open_chat(flow=ONE, session="s")
    assert "Using ask" in page_text(app)
    assert SECRET not in page_text(app)

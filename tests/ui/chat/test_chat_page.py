"""The Chat page: conversations, and failures of the server."""

from lfclient.console.form.entries import InvalidEntry
from lfclient.runs.components import ComponentRun, ComponentState
from lfclient.runs.model import Run, RunStatus
from pages._ui.connection import request_cache
from pages._ui.connection.app_context import app_context
from tests.support.http_stand_in import flow
from tests.ui.support.chat_langflow import MESSAGES, chat_flow
from tests.ui.support.chat_page import (
    button_labels,
    conversation,
    links,
    open_chat,
    press,
    send,
    session_in_url,
    wait_for_end,
)
from tests.ui.support.whole_pages import (
    ONE,
    TWO,
    add_running_run,
    make_record,
    page_text,
)


def main_text(app):
    """Return the texts outside the sidebar, which may be closed."""
    parts = [*app.main.error, *app.main.warning, *app.main.markdown, *app.main.caption]
    return " ".join(part.value for part in parts)


def test_a_flow_without_chat_links_to_the_run_page(langflow_stand_in):
    langflow_stand_in.set_flows(flow(ONE, "Form only"))
    app = open_chat()
    assert "This flow can't be used in Chat" in main_text(app)
    assert "Run this flow" in links(app)
    assert "For flows with a chat" in app.sidebar.caption[0].value
    assert not app.chat_input


def test_a_deleted_flow_is_reported_in_the_main_area(chat_langflow):
    app = open_chat(flow=ONE)
    chat_langflow.server.set_flows(flow(TWO, "Another"))
    press(app, "Refresh flows")
    assert "“Talker” was deleted" in main_text(app)
    assert not app.chat_input


def test_a_new_conversation_creates_no_session_before_its_first_message(chat_langflow):
    app = open_chat()
    assert [box.label for box in app.main.selectbox] == ["Flow"]
    assert "About Talker" in main_text(app)
    assert "New session" in [button.label for button in app.sidebar.button]
    assert app.chat_input[0].placeholder == "Message Talker"
    assert "No sessions yet" in page_text(app)
    assert session_in_url(app) is None
    assert "Rename" not in [each.proto.popover.label for each in app.get("popover")]


def test_an_answer_shows_that_a_frozen_component_may_have_cached_it(chat_langflow):
    talker = chat_flow()
    talker["data"]["nodes"][1]["data"]["node"]["frozen"] = True
    chat_langflow.server.set_flows(talker)
    app = send(open_chat(), "hello")
    assert "frozen: Langflow may have returned a result of another run" in page_text(app)


def test_a_message_that_cannot_be_sent_returns_to_the_chat_input(chat_langflow, monkeypatch):
    """The page shows the invalid parameter."""
    app = open_chat()
    forms = app.session_state["forms"].values()
    entries = next(each for each in forms if each.use == "chat").entries
    entries.invalid["ChatOutput-b.tone"] = InvalidEntry({}, "not a tone")
    app.chat_input[0].set_value("keep me").run()
    assert "The message was not sent." in page_text(app)
    assert "not a tone" in page_text(app)
    assert app.chat_input[0].proto.value == "keep me"
    assert chat_langflow.sent == []


def test_a_second_message_waits_for_the_answer_to_the_first(chat_langflow):
    """Two messages at once would mix up the flow's memory.

    The page keeps a notice when it redraws itself at the end of a run.
    """
    chat_langflow.server.hold("POST /api/v2/workflows")
    app = open_chat()
    app.chat_input[0].set_value("first").run()
    assert conversation(app)[0] == ("user", "first")
    assert {"Stop", "Stop waiting"} & set(button_labels(app))
    app.chat_input[0].set_value("second").run()
    assert "has not been answered yet" in page_text(app)
    assert app.chat_input[0].proto.value == "second"
    assert len(chat_langflow.sent) <= 1
    notice = app.session_state["notice-shown"]
    chat_langflow.server.release()
    wait_for_end(app)
    app.session_state["notice"] = notice
    app.run()
    assert "has not been answered yet" not in page_text(app)


def test_a_message_from_another_window_appears(chat_langflow):
    """AppTest runs the fragment that polls for it with each run."""
    app = send(open_chat(), "hello")
    other = open_chat(flow=ONE, session=session_in_url(app))
    send(app, "again")
    other.run()
    assert conversation(other) == conversation(app)


def test_messages_are_drawn_safely_by_sender(chat_langflow):
    """Users' texts are literal. Answers load no remote images, and errors are escaped."""
    chat_langflow.store_message("s", "# no *heading* <b>x</b>", files='["u/cat.png"]')
    chat_langflow.store_message(
        "s", "![spy](https://evil.example/x.png) <script>x</script>", "Machine"
    )
    chat_langflow.store_message("s", "boom **loud**", "Agent", category="error")
    app = open_chat(flow=ONE, session="s")
    person, machine, failed = app.chat_message
    assert person.text[0].value == "# no *heading* <b>x</b>"
    assert "cat" in person.markdown[0].value
    assert "](https://evil" not in machine.markdown[0].value
    assert "Agent" in failed.error[0].value
    assert "**loud**" not in failed.error[0].value
    assert not any(each.allow_html for each in app.markdown if "<script>" in each.value)


def test_an_awaited_answer_shows_its_progress_and_stop_despite_many_newer_runs(chat_langflow):
    components = {
        "ChatInput-a": ComponentRun("ChatInput-a", state=ComponentState.DONE),
        "ChatOutput-b": ComponentRun("ChatOutput-b", state=ComponentState.RUNNING),
    }
    run = Run(ONE, "background", RunStatus.IN_PROGRESS, job_id="j", components=components)
    record = add_running_run(chat_langflow.server.url, session_id="s", run=run)
    newer = [
        make_record(chat_langflow.server.url, id=id, submit_token=id, session_id=session)
        for id, session in zip(map(str, range(102)), ["s", "other"] * 51, strict=True)
    ]
    app_context().runner.store.create(record, *newer)
    app = open_chat(flow=ONE, session="s")
    assert "Stop" in button_labels(app)
    (line,) = (each.value for each in app.markdown if "**…**" in each.value)
    assert "s · 1 of 2 components · Running ChatOutput" in line


def test_earlier_messages_are_shown_50_at_a_time(chat_langflow):
    for number in range(100):
        chat_langflow.store_message("s", f"question {number}")
        chat_langflow.store_message("s", f"answer {number}", "Machine")
    app = open_chat(flow=ONE, session="s")
    assert len(conversation(app)) == 50
    assert conversation(app)[-1] == ("assistant", "answer 99")
    press(app, "Show earlier")
    assert conversation(app)[0] == ("user", "question 50")
    assert len(conversation(app)) == 100


def test_choosing_another_flow_starts_a_new_conversation(chat_langflow):
    chat_langflow.server.set_flows(chat_flow(), chat_flow(TWO, "Zebra"))
    chat_langflow.store_message("s", "hello")
    app = open_chat(flow=ONE, session="s")
    app.selectbox[0].set_value(TWO).run()
    assert session_in_url(app) is None
    assert app.chat_input[0].placeholder == "Message Zebra"


def test_an_answer_is_shown_from_its_run_until_a_slow_server_has_sent_the_stored_one(
    chat_langflow, monkeypatch
):
    app = send(open_chat(), "hello")
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
    chat_langflow.server.hold(f"GET {MESSAGES}")
    app.chat_input[0].set_value("again").run()
    answers = [text for sender, text in conversation(app) if sender == "assistant"]
    assert answers == ["echo of hello", "echo of again"]
    assert "The data shown may be outdated" in page_text(app)


def test_an_unreachable_server_is_reported_once_without_repeated_requests(
    langflow_stand_in, monkeypatch
):
    """The flows were requested again by each part of the page that needs them."""
    langflow_stand_in.answers["GET /api/v1/flows/"] = (500, {"detail": "broken"})
    app = open_chat()
    assert [each.value for each in app.title] == ["Chat"]
    before = langflow_stand_in.lines.count("GET /api/v1/flows/")
    app.run()
    assert [each.label for each in app.button if each.label == "Try again"] == ["Try again"]
    assert langflow_stand_in.lines.count("GET /api/v1/flows/") <= before + 1

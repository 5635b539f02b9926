"""The chat page: talking, sessions, and what is done when the server does not behave."""

from dataclasses import replace
from datetime import datetime, timezone

import pytest

from lfclient.run import Run, RunStatus
from pages._ui import answers, state
from pages._ui.backend import backend
from pages._ui.form_state import Entered
from tests.flows import entry
from tests.ui.stand_in import flow
from tests.ui.talking import MESSAGES, RUN, Talking, chat_flow
from tests.ui.whole_pages import (
    ONE,
    TWO,
    a_record,
    fresh_process,
    kept_run,
    langflow_stand_in,
    opened,
    said,
)

__all__ = ["fresh_process", "langflow_stand_in"]

PAGE = "pages/chat.py"


@pytest.fixture
def talking(langflow_stand_in):
    """A server whose flow answers."""
    return Talking(langflow_stand_in)


def chat(**address):
    return opened(PAGE, **address)


def send(app, text):
    app.chat_input[0].set_value(text).run()
    for _ in range(5):  # a run that has ended has the page drawn again
        if "Details of this answer" in links(app) or "Send again" in labels(app):
            break
        app.run()
    assert not app.exception
    return app


def labels(app):
    """What the buttons say, without the times of the sessions."""
    return [button.label.partition(" :gray[")[0] for button in app.button]


def press(app, label):
    app.button[labels(app).index(label)].click().run()
    assert not app.exception


def links(app):
    return " ".join(link.proto.label for link in app.get("page_link"))


def talk(app):
    """Who says what, as it is drawn."""
    return [
        (message.name, " ".join(part.value for part in [*message.text, *message.markdown]))
        for message in app.chat_message
    ]


def open_parameters(app):
    owner = app.selectbox[0].key[-12:]
    app.session_state[state.talk_key("parameters", owner, ONE)] = True
    app.run()
    assert not app.exception


def in_address(app):
    found = app.query_params.get(state.SESSION)  # a list where the page has set it
    return found[0] if isinstance(found, list) else found


def test_a_flow_without_chat_says_so_and_leads_to_run(langflow_stand_in):
    """It is not an empty conversation that answers nothing."""
    langflow_stand_in.add(flow(ONE, "Form only"))
    app = chat()
    assert "Form only is not made for talking" in said(app)
    assert "Run this flow" in links(app)
    assert not app.chat_input


def test_a_server_without_flows_says_what_to_do(langflow_stand_in):
    """In the middle of the page: the side may be closed."""
    langflow_stand_in.add()
    app = chat()
    assert "no flows yet" in " ".join(each.value for each in app.main.markdown)


def test_a_new_conversation_invites_to_write(talking):
    """No session is made, at the server or in the address, before there is a message."""
    app = chat()
    assert "#### :material/forum: Talker" in said(app)
    assert app.chat_input[0].placeholder == "Message Talker"
    assert "No sessions yet" in said(app)
    assert in_address(app) is None
    assert "Rename" not in [each.label for each in app.get("popover")]


def test_a_message_is_answered_once_and_has_its_address(talking):
    """Sent in a session of its own, which a reload comes back to."""
    app = send(chat(), "hello")
    assert talk(app) == [("user", "hello"), ("assistant", "echo of hello")]
    session = in_address(app)
    assert {row["session_id"] for row in talking.rows} == {session}
    assert "Details of this answer" in links(app)
    again = chat(flow=ONE, session=session)
    assert talk(again) == talk(app)


def test_a_conversation_goes_on_in_its_session_until_another_is_begun(talking):
    """The next message follows in the same session; New session begins another."""
    app = send(send(chat(), "one"), "two")
    assert [text for _, text in talk(app)] == ["one", "echo of one", "two", "echo of two"]
    first = in_address(app)
    press(app, "New session")
    assert (talk(app), in_address(app)) == ([], None)
    send(app, "three")
    assert len({row["session_id"] for row in talking.rows}) == 2
    press(app, "one")
    assert in_address(app) == first
    assert len(talk(app)) == 4


def test_the_same_text_twice_is_two_messages(talking):
    """What is told apart is the message, not its words."""
    app = send(send(chat(), "yes"), "yes")
    assert [text for _, text in talk(app)] == ["yes", "echo of yes"] * 2


def test_a_text_whose_run_fails_is_not_lost(talking):
    """The server fails: the text is still there, with why, and can be sent again."""
    talking.fails = (500, {"detail": "The database is locked."})
    app = send(chat(), "precious words")
    assert ("user", "precious words") in talk(app)
    assert "The database is locked" in said(app)
    again = chat(flow=ONE, session=in_address(app))
    assert ("user", "precious words") in talk(again)
    talking.fails = None
    press(again, "Send again")
    for _ in range(3):
        again.run()
    assert talk(again)[-2:] == [("user", "precious words"), ("assistant", "echo of precious words")]
    assert "The database is locked" not in said(again)


def test_a_text_that_was_lost_stays_after_others(talking):
    """Somebody who went on with other words still finds what had no answer."""
    talking.fails = (500, {"detail": "locked"})
    app = send(chat(), "precious words")
    talking.fails = None
    send(app, "other words")
    assert [text for _, text in talk(app)] == [
        "precious words",
        "other words",
        "echo of other words",
    ]
    assert "This had no answer" in said(app)


def test_a_secret_of_the_form_does_not_come_back_in_what_is_said(talking):
    """A flow may repeat what it was given; the server keeps that, and the page does not show it."""
    found = chat_flow()
    key = entry("SecretStrInput", "str", "", password=True, api_editable=True)
    found["data"]["nodes"][1]["data"]["node"]["template"]["token"] = key
    talking.server.add(found)
    app = chat()
    open_parameters(app)
    field = next(each for each in app.text_input if "token" in (each.key or ""))
    field.set_value("sk-very-secret").run()
    send(app, "say sk-very-secret")
    assert "sk-very-secret" in talking.rows[-1]["text"]
    assert "sk-very-secret" not in said(app)
    assert "echo of say ••••" in said(app)


def test_a_text_that_cannot_be_sent_is_back_in_the_box(talking, monkeypatch):
    """A parameter that needs a correction is named, and nothing was sent."""
    app = chat()
    form = app.session_state["forms"]
    next(each for each in form.values() if each.chat).faults["ChatOutput-b.tone"] = "not a tone"
    app.chat_input[0].set_value("keep me").run()
    assert "Not run." in said(app)
    assert "not a tone" in said(app)
    assert app.chat_input[0].proto.value == "keep me"
    assert talking.sent == []


def test_a_second_message_waits_for_the_answer_to_the_first(talking):
    """Two at once would mix up the flow's memory; the text is back in the box."""
    talking.server.delays["POST /api/v2/workflows"] = 2
    app = chat()
    app.chat_input[0].set_value("first").run()
    assert talk(app)[0] == ("user", "first")
    assert {"Stop", "Stop waiting"} & set(labels(app))
    app.chat_input[0].set_value("second").run()
    assert "still on its way" in said(app)
    assert app.chat_input[0].proto.value == "second"
    assert len(talking.sent) <= 1


def test_what_is_written_elsewhere_is_seen_here(talking):
    """Two windows on one session; AppTest runs the fragment that looks for it with each run."""
    app = send(chat(), "hello")
    other = chat(flow=ONE, session=in_address(app))
    send(app, "again")
    other.run()
    assert talk(other) == talk(app)


def with_files(talking):
    """The page of a flow whose messages may have files."""
    files = entry("FileInput", "file", "", list=True, temp_file=True, fileTypes=["txt", "image"])
    found = chat_flow()
    found["data"]["nodes"][0]["data"]["node"]["template"]["files"] = files
    talking.server.add(found)
    upload = f"POST /api/v1/files/upload/{ONE}"
    talking.server.answers[upload] = (201, {"flowId": ONE, "file_path": f"{ONE}/cat.png"})
    return chat(), upload


def test_a_file_goes_with_the_message_that_it_was_attached_to(talking):
    """It is at the server before the message is sent; the next goes without it."""
    app, upload = with_files(talking)
    app.chat_input[0].upload("cat.png", b"meow", "image/png")
    send(app, "what is this?")
    assert talking.server.asked.index(upload) < talking.server.asked.index(RUN)
    assert talking.sent[0]["ChatInput-a.files"] == [f"{ONE}/cat.png"]
    send(app, "and now?")
    assert "ChatInput-a.files" not in talking.sent[1]


def test_a_message_is_not_sent_without_the_file_that_was_refused(talking):
    """Why is said, and the text is back in the box; nor are files sent without a word."""
    app, upload = with_files(talking)
    talking.server.answers[upload] = (413, {"detail": "Content size limit exceeded."})
    app.chat_input[0].upload("cat.png", b"meow", "image/png").set_value("what is this?").run()
    assert "Content size limit exceeded" in said(app)
    assert app.chat_input[0].proto.value == "what is this?"
    app.chat_input[0].upload("cat.png", b"meow", "image/png").run()
    assert "came without a word" in said(app)
    assert talking.sent == []
    assert not app.exception


def test_a_message_that_is_sent_again_has_its_files(talking):
    """They are at the server already, and are shown with the text meanwhile."""
    app, upload = with_files(talking)
    talking.fails = (500, {"detail": "locked"})
    app.chat_input[0].upload("cat.png", b"meow", "image/png")
    send(app, "what is this?")
    assert "cat" in app.chat_message[0].markdown[0].value
    press(app, "Send again")
    for _ in range(3):
        app.run()
    assert talking.sent[1]["ChatInput-a.files"] == [f"{ONE}/cat.png"]
    assert talking.server.asked.count(upload) == 1


def test_parameters_go_with_every_message(talking):
    """The panel has the flow's form but for its message, and is closed."""
    app = chat()
    assert not any(each.label == "Tone" for each in app.text_input)
    open_parameters(app)
    assert not app.text_area
    tone = next(each for each in app.text_input if "tone" in each.key)
    tone.set_value("rude").run()
    assert "1 changed" in said(app)
    send(app, "hello")
    assert talking.sent[0]["ChatOutput-b.tone"] == "rude"
    assert talking.sent[0]["ChatInput-a.input_value"] == "hello"


def test_what_is_said_is_drawn_as_what_it_is(talking):
    """Answers as Markdown that loads nothing, texts of people letter by letter, failures as such,
    files by their names.
    """
    talking.say("s", "# no *heading* <b>x</b>", files='["u/cat.png"]')
    talking.say("s", "![spy](https://evil.example/x.png) <script>x</script>", "Machine")
    talking.say("s", "boom **loud**", "Agent", category="error")
    app = chat(flow=ONE, session="s")
    person, machine, failed = app.chat_message
    assert person.text[0].value == "# no *heading* <b>x</b>"
    assert "cat" in person.markdown[0].value
    assert "](https://evil" not in machine.markdown[0].value
    assert "Agent" in failed.error[0].value
    assert "**loud**" not in failed.error[0].value
    assert not any(each.allow_html for each in app.markdown if "<script>" in each.value)


def test_a_question_and_its_decision_are_told(talking):
    """Langflow keeps them beside a message without text."""
    block = {
        "type": "human_input",
        "prompt": "May I pay?",
        "options": [{"action_id": "ok", "label": "Approve it"}],
        "submitted_action": "ok",
    }
    talking.say("s", "", "Machine", content_blocks=[{"contents": [block]}])
    app = chat(flow=ONE, session="s")
    assert "May I pay?" in said(app)
    assert "Decided: **Approve it**" in said(app)
    assert "An empty message" not in said(app)


def test_the_steps_of_an_agent_are_sent_when_they_are_opened(talking):
    """What a tool was given and gave; the answer itself is not repeated among them."""
    steps = [
        {
            "type": "tool_use",
            "name": "search",
            "tool_input": {"q": "<b>cats</b>"},
            "duration": 1500,
        },
        {"type": "text", "text": "All cats"},
        "odd",
    ]
    talking.say("s", "All cats", "Machine", content_blocks=[{"contents": steps}, "odd", None])
    app = chat(flow=ONE, session="s")
    panel = app.chat_message[0].expander[0]
    assert panel.label == "Steps · 1"
    assert not app.chat_message[0].code
    app.session_state[f"talk-steps-{talking.rows[0]['id']}"] = True
    app.run()
    assert not app.exception
    assert "<b>cats</b>" in app.chat_message[0].code[0].value
    assert "search" in said(app)
    assert "1.5 s" in said(app)


def test_a_huge_message_is_bounded(talking):
    """Not drawn as Markdown, and to be saved whole."""
    talking.say("s", "word " * 200_000, "Machine")
    app = chat(flow=ONE, session="s")
    assert "too long to be drawn" in said(app)
    assert len(app.chat_message[0].code[0].value) <= 500_000


def test_of_many_messages_the_latest_are_drawn(talking):
    """Two thousand: fifty at first, and as many more with each press."""
    for number in range(1000):
        talking.say("s", f"question {number}")
        talking.say("s", f"answer {number}", "Machine")
    app = chat(flow=ONE, session="s")
    assert len(talk(app)) == 50
    assert talk(app)[-1] == ("assistant", "answer 999")
    press(app, "Show earlier")
    assert talk(app)[0] == ("user", "question 950")
    assert len(talk(app)) == 100


def test_long_messages_make_the_window_smaller(talking):
    """A browser bears only so much Markdown at once."""
    for number in range(20):
        talking.say("s", f"{number} " + "x" * 30_000, "Machine")
    app = chat(flow=ONE, session="s")
    assert len(app.chat_message) == 3
    assert "Show earlier" in labels(app)


def test_a_session_is_renamed(talking):
    """By the server; the address goes with it."""
    talking.say("old name", "hello")

    def rename(query, _):
        for row in talking.rows:
            row["session_id"] = query["new_session_id"]
        return 200, []

    talking.server.answers[f"PATCH {MESSAGES}/session/old%20name"] = rename
    app = chat(flow=ONE, session="old name")
    next(each for each in app.text_input if each.label.startswith("Name")).set_value("Trip")
    press(app, "Rename")
    assert in_address(app) == "Trip"
    assert "**Trip**" in labels(app)
    assert talk(app) == [("user", "hello")]


def test_what_the_console_knows_of_a_session_goes_with_its_new_name(talking):
    """A text that had no answer is only there; under the old name nothing is left."""
    talking.fails = (500, {"detail": "locked"})
    app = send(chat(), "precious words")
    old = in_address(app)
    talking.say(old, "hello")

    def rename(query, _):
        talking.rows[0]["session_id"] = query["new_session_id"]
        return 200, []

    talking.server.answers[f"PATCH {MESSAGES}/session/{old}"] = rename
    app = chat(flow=ONE, session=old)
    next(each for each in app.text_input if each.label.startswith("Name")).set_value("Trip")
    press(app, "Rename")
    assert in_address(app) == "Trip"
    assert ("user", "precious words") in talk(app)
    assert "Send again" in labels(app)
    assert "Details of this answer" in links(app)
    before = chat(flow=ONE, session=old)
    assert talk(before) == []
    assert "Details of this answer" not in links(before)


def test_two_sessions_are_not_joined_by_a_name(talking):
    """The server would do so without a word."""
    talking.say("old", "hello")
    talking.say("Trip", "another")
    app = chat(flow=ONE, session="old")
    next(each for each in app.text_input if each.label.startswith("Name")).set_value("Trip")
    press(app, "Rename")
    assert "there is a session “Trip” already" in said(app)
    assert in_address(app) == "old"


def test_a_session_is_deleted_after_a_question(talking):
    """Of this flow; then a new conversation is begun."""
    talking.say("s", "hello")
    talking.say("t", "other")

    def delete(*_):
        talking.rows = [row for row in talking.rows if row["session_id"] != "s"]
        return 204, b""

    talking.server.answers[f"DELETE {MESSAGES}/session/s"] = delete
    app = chat(flow=ONE, session="s")
    assert "That is for good" in said(app)
    press(app, "Delete for good")
    assert (in_address(app), talk(app)) == (None, [])
    assert "t" in labels(app)
    assert "s" not in labels(app)


def test_a_session_is_deleted_with_its_runs(talking):
    """With their text they are on the console's disk; one that goes on is left, and that said."""
    app = send(chat(), "forget me")
    deleted = in_address(app)

    def delete(*_):
        talking.rows.clear()
        return 204, b""

    talking.server.answers[f"DELETE {MESSAGES}/session/{deleted}"] = delete
    app = chat(flow=ONE, session=deleted)
    assert "its runs with their outputs from this console" in said(app)
    kept_run(talking.server.url, id="b" * 32, click="b", session_id="another")
    press(app, "Delete for good")
    left = backend().runner.recent(kept_run(talking.server.url).owner)
    assert {record.session_id for record in left} == {"another", None}
    before = chat(flow=ONE, session=deleted)
    assert (talk(before), links(before).count("Details")) == ([], 0)
    assert not app.info


def test_a_run_that_goes_on_is_left_when_its_session_is_deleted(talking):
    """It may be one of another window."""
    talking.say("s", "hello")
    talking.server.answers[f"DELETE {MESSAGES}/session/s"] = (204, b"")
    app = chat(flow=ONE, session="s")
    going = a_record(talking.server.url, session_id="s", status=RunStatus.IN_PROGRESS)
    going = replace(going, worker=backend().runner._presence.id)
    backend().runner._store.create(going)
    press(app, "Delete for good")
    assert "still goes on" in app.info[0].value
    assert backend().runner.get(going.id, going.owner)


def test_a_change_that_fails_says_so(talking):
    """And the session is still there."""
    talking.say("s", "hello")
    talking.server.answers[f"DELETE {MESSAGES}/session/s"] = (500, {"detail": "locked"})
    app = chat(flow=ONE, session="s")
    press(app, "Delete for good")
    assert "locked" in said(app)
    assert talk(app) == [("user", "hello")]


def test_sessions_that_begin_alike_are_told_apart_by_their_times(talking):
    """When the latest in each was said; none where the server does not tell."""
    now = datetime.now(timezone.utc)
    for number, at in enumerate(["2026-01-02 03:04:05 UTC", f"{now:%Y-%m-%d %H:%M:%S} UTC", "odd"]):
        talking.say(f"console-{number:012x}", "Good morning!", timestamp=at)
    listed = [button.label for button in chat().button if "Good" in button.label]
    today = f"{now:%H:%M}"
    name = "Good morning\\!"
    assert sorted(listed) == sorted(
        [name, f"{name} :gray[02 Jan, 03:04]", f"{name} :gray[{today}]"]
    )


def test_the_name_of_a_session_is_changed_from_what_is_shown(talking):
    """Its first words, and not the random id behind them."""
    talking.say("console-0123456789ab", "Good morning")
    app = chat(flow=ONE, session="console-0123456789ab")
    name = next(each for each in app.text_input if each.label.startswith("Name"))
    assert name.value == "Good morning"


def test_a_run_leads_back_to_its_session(talking):
    """From “Details of this answer” to the conversation."""
    session = in_address(send(chat(), "hello"))
    record = backend().runner.recent(a_record("").owner)[0]
    found = [each.proto for each in opened(run=record.id).get("page_link")]
    link = next(each for each in found if "in Chat" in each.label)
    assert session in link.query_string
    kept_run(talking.server.url, run=Run(ONE, "sync", RunStatus.COMPLETED))
    assert "in Chat" not in links(opened(run="a" * 32))


def test_what_is_set_for_a_run_does_not_go_with_messages(talking):
    """Above all no picture that was attached there; the chat has parameters of its own."""
    app = opened(flow=ONE)
    form = next(iter(app.session_state["forms"].values()))
    form.values["ChatOutput-b.tone"] = Entered("text", "rude")
    app.switch_page(PAGE).run()
    assert "changed" not in said(app)
    send(app, "hello")
    assert "ChatOutput-b.tone" not in talking.sent[0]
    assert form.values["ChatOutput-b.tone"].value == "rude"


def test_many_sessions_can_be_searched(talking):
    """The latest first, named after their first words or by their names."""
    for number in range(40):
        talking.say(f"console-{number:012x}", f"about topic {number}")
    talking.say("Trip to Rome", "hello")
    app = chat()
    listed = [label for label in labels(app) if label.startswith(("about", "Trip"))]
    assert listed[:2] == ["Trip to Rome", "about topic 39"]
    assert len(listed) == 30
    assert "11 more" in said(app)
    search = next(each for each in app.text_input if each.label == "Search sessions")
    search.set_value("rome trip").run()
    assert [label for label in labels(app) if label in listed] == ["Trip to Rome"]


def test_another_flow_begins_another_conversation(talking):
    """A session belongs to its flow."""
    other = {**talking.server.answers[f"GET /api/v1/flows/{ONE}"][1], "id": TWO, "name": "Zebra"}
    talking.server.add(talking.server.answers[f"GET /api/v1/flows/{ONE}"][1], other)
    talking.say("s", "hello")
    app = chat(flow=ONE, session="s")
    app.selectbox[0].set_value(TWO).run()
    assert in_address(app) is None
    assert app.chat_input[0].placeholder == "Message Zebra"


def test_a_slow_server_does_not_hold_the_page_up(talking, monkeypatch):
    """What is there is drawn, one can write, and the rest is said to be waited for."""
    talking.say("s", "hello")
    chat()  # the flow and the server are known
    monkeypatch.setattr(answers, "PATIENCE", 0.05)
    talking.server.delays[f"GET {MESSAGES}"] = 1.5
    app = chat(flow=ONE, session="s")
    assert "Waiting for" in said(app)
    assert app.chat_input


def test_a_server_that_goes_away_leaves_the_conversation_on_the_screen(talking):
    """With why, and a way to try again; the box stays."""
    talking.server.answers[f"GET {MESSAGES}"] = (500, {"detail": "locked"})
    app = chat(flow=ONE, session="s")
    assert "locked" in said(app)
    assert "Try again" in labels(app)
    assert app.chat_input

"""The chat page: talking, and what is done when the server does not behave."""

from pages._ui.connection import request_cache
from pages._ui.form.entries import EnteredValue
from tests.support.flows import entry
from tests.ui.support.chat_page import (
    PAGE,
    chat,
    in_address,
    labels,
    links,
    open_parameters,
    press,
    send,
    talk,
)
from tests.ui.support.http_stand_in import flow
from tests.ui.support.talking_langflow import MESSAGES, RUN, chat_flow
from tests.ui.support.whole_pages import ONE, TWO, opened, said


def test_a_flow_without_chat_says_so_and_leads_to_run(langflow_stand_in):
    """It is not an empty conversation that answers nothing."""
    langflow_stand_in.add(flow(ONE, "Form only"))
    app = chat()
    assert "Form only has no chat" in said(app)
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
    assert "Answer details" in links(app)
    again = chat(flow=ONE, session=session)
    assert talk(again) == talk(app)


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
    assert "No answer" in said(app)


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
    next(each for each in form.values() if each.chat).entries.errors["ChatOutput-b.tone"] = (
        "not a tone"
    )
    app.chat_input[0].set_value("keep me").run()
    assert "The run was not started." in said(app)
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
    assert "has not been answered yet" in said(app)
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
    assert "without a message" in said(app)
    assert talking.sent == []


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
    assert "Empty message" not in said(app)


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
    assert "<b>cats</b>" in app.chat_message[0].code[0].value
    assert "search" in said(app)
    assert "1.5 s" in said(app)


def test_a_huge_message_is_bounded(talking):
    """Not drawn as Markdown, and to be saved whole."""
    talking.say("s", "word " * 200_000, "Machine")
    app = chat(flow=ONE, session="s")
    assert "too long for Markdown" in said(app)
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


def test_what_is_set_for_a_run_does_not_go_with_messages(talking):
    """Above all no picture that was attached there; the chat has parameters of its own."""
    app = opened(flow=ONE)
    form = next(iter(app.session_state["forms"].values()))
    form.entries.values["ChatOutput-b.tone"] = EnteredValue("text", "rude")
    app.switch_page(PAGE).run()
    assert "changed" not in said(app)
    send(app, "hello")
    assert "ChatOutput-b.tone" not in talking.sent[0]
    assert form.entries.values["ChatOutput-b.tone"].value == "rude"


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
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
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

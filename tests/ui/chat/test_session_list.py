"""The sessions of the chat page: found, renamed, deleted, with what the console knows of them."""

from dataclasses import replace
from datetime import UTC, datetime

from lfclient.runs.model import Run, RunStatus
from pages._ui.connection.app_context import app_context
from tests.ui.support.chat_page import chat, in_address, labels, links, press, send, talk
from tests.ui.support.talking_langflow import MESSAGES
from tests.ui.support.whole_pages import ONE, a_record, kept_run, opened, said


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


def test_a_session_is_renamed(talking):
    """By the server; the address goes with it."""
    talking.say("old name", "hello")

    def rename(query, _):
        for row in talking.rows:
            row["session_id"] = query["new_session_id"]
        return 200, []

    talking.server.answers[f"PATCH {MESSAGES}/session/old%20name"] = rename
    app = chat(flow=ONE, session="old name")
    next(each for each in app.text_input if each.label == "Session name").set_value("Trip")
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
    next(each for each in app.text_input if each.label == "Session name").set_value("Trip")
    press(app, "Rename")
    assert in_address(app) == "Trip"
    assert ("user", "precious words") in talk(app)
    assert "Send again" in labels(app)
    assert "Answer details" in links(app)
    before = chat(flow=ONE, session=old)
    assert talk(before) == []
    assert "Answer details" not in links(before)


def test_two_sessions_are_not_joined_by_a_name(talking):
    """The server would do so without a word."""
    talking.say("old", "hello")
    talking.say("Trip", "another")
    app = chat(flow=ONE, session="old")
    next(each for each in app.text_input if each.label == "Session name").set_value("Trip")
    press(app, "Rename")
    assert "a session “Trip” already exists" in said(app)
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
    assert "can't be undone" in said(app)
    press(app, "Delete session")
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
    assert "its runs in this console" in said(app)
    kept_run(talking.server.url, id="b" * 32, submit_token="b", session_id="another")
    press(app, "Delete session")
    left = app_context().runner.recent(kept_run(talking.server.url).owner)
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
    going = replace(going, worker=app_context().runner._registry.id)
    app_context().runner._store.create(going)
    press(app, "Delete session")
    assert "still running" in app.info[0].value
    assert app_context().runner.get(going.id, going.owner)


def test_a_change_that_fails_says_so(talking):
    """And the session is still there."""
    talking.say("s", "hello")
    talking.server.answers[f"DELETE {MESSAGES}/session/s"] = (500, {"detail": "locked"})
    app = chat(flow=ONE, session="s")
    press(app, "Delete session")
    assert "locked" in said(app)
    assert talk(app) == [("user", "hello")]


def test_sessions_that_begin_alike_are_told_apart_by_their_times(talking):
    """When the latest in each was said; none where the server does not tell."""
    now = datetime.now(UTC)
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
    name = next(each for each in app.text_input if each.label == "Session name")
    assert name.value == "Good morning"


def test_a_run_leads_back_to_its_session(talking):
    """From “Answer details” to the conversation."""
    session = in_address(send(chat(), "hello"))
    record = app_context().runner.recent(a_record("").owner)[0]
    found = [each.proto for each in opened(run=record.id).get("page_link")]
    link = next(each for each in found if "in Chat" in each.label)
    assert session in link.query_string
    kept_run(talking.server.url, run=Run(ONE, "sync", RunStatus.COMPLETED))
    assert "in Chat" not in links(opened(run="a" * 32))


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

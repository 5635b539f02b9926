"""Which messages a conversation shows: none twice, none lost, whatever became of its run."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from lfclient import Message, Output, OutputKind
from lfclient.console.store.run_record import RunRecord
from lfclient.runs.model import Run, RunStatus
from pages._ui.chat import conversation as chat_conversation
from pages._ui.chat.conversation import Conversation
from pages._ui.run.controls import RunSetup
from tests.support import flows

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
FLOW = flows.flow(flows.chat_input(), flows.node("ChatOutput-b"))
CHOICE = RunSetup(None, None, FLOW, "background", None)
GOING, DONE, STOPPED = RunStatus.IN_PROGRESS, RunStatus.COMPLETED, RunStatus.CANCELLED


def user(id, text="hi", after=0, **more):
    """A person's message, kept so many seconds after the run was begun."""
    at = f"{NOW + timedelta(seconds=after):%Y-%m-%d %H:%M:%S.%f} UTC"
    return Message(id, text, "User", "User", "s", timestamp=at, **more)


def machine(id, text="hello", **more):
    return Message(id, text, "Machine", "AI", "s", **more)


def record_of(status, text="hi", job="job-1", run=None, name="run", after=0):
    """A run that was given that text."""
    return RunRecord(
        id=name,
        owner="o",
        submit_token="c",
        server_name="",
        server_url="",
        flow_id=FLOW.id,
        flow_name="",
        mode="background",
        created_at=NOW + timedelta(seconds=after),
        status=status,
        session_id="s",
        overrides={"ChatInput-a.input_value": text},
        job_id=job,
        run=run,
    )


def talking(history, status=None, *, settled=True, **more):
    """A conversation, and its latest run, if any."""
    record = record_of(status, **more) if status else None
    return Conversation(None, CHOICE, "s", history, True, settled, None, record)


def ran(status=DONE, *messages, **outputs):
    found = {name: Output(name, OutputKind.MESSAGE, text) for name, text in outputs.items()}
    return Run(
        FLOW.id, "background", status, outputs=found, messages={one.id: one for one in messages}
    )


def shown(conversation):
    kept, added = chat_conversation.visible_messages(conversation)
    return [(one.sender, one.visible_text) for one in (*kept, *added)]


HI, HELLO = ("User", "hi"), ("Machine", "hello")


def test_a_conversation_shows_the_servers_history():
    history = [user("1"), machine("2")]
    assert shown(talking(history)) == [HI, HELLO]
    assert shown(talking(history, DONE, run=ran(DONE, user("1"), machine("2")))) == [HI, HELLO]


def test_a_message_appears_as_soon_as_it_is_sent():
    assert shown(talking([], GOING, run=None)) == [HI]


def test_live_messages_are_matched_by_id():
    written = machine("2", "", complete=False, streamed="hel")
    live = ran(GOING, user("1"), written)
    for history in ([], [user("1")], [user("1"), machine("2", "", complete=False)]):
        assert shown(talking(history, GOING, run=live)) == [HI, ("Machine", "hel")]


def test_a_repeated_text_is_another_message():
    before = [user("1", after=-60, job_id="job-0"), machine("2", job_id="job-0")]
    assert shown(talking(before, GOING)) == [HI, HELLO, HI]
    without_jobs = [user("1", after=-60), machine("2")]
    assert shown(talking(without_jobs, GOING)) == [HI, HELLO, HI]


def test_a_stored_message_is_not_added_twice():
    assert shown(talking([user("1", after=1)], GOING, job=None)) == [HI]
    assert shown(talking([user("1", after=-90, job_id="job-1")], GOING)) == [HI]


def test_an_answer_appears_before_the_history_has_it():
    run = ran(DONE, **{"ChatOutput-b": "hello"})
    late = talking([], DONE, settled=False, run=run)
    assert shown(late) == [HI, HELLO]
    assert shown(replace(late, history=None)) == [HI, HELLO]
    kept = [user("1", after=1, job_id="job-1"), machine("2", job_id="job-1")]
    assert shown(replace(late, history=kept, is_history_final=True)) == [HI, HELLO]


def test_a_stopped_answer_keeps_its_partial_text():
    run = ran(STOPPED, user("1"), machine("2", "", complete=False, streamed="hel"))
    history = [user("1", after=1), machine("2", "", complete=False)]
    assert shown(talking(history, STOPPED, run=run)) == [HI, ("Machine", "hel")]
    assert shown(talking(history[:1], STOPPED, run=run)) == [HI, ("Machine", "hel")]


def test_a_stopped_answer_stays_after_later_messages(monkeypatch):
    run = ran(STOPPED, machine("2", "", complete=False, streamed="hel"))
    stopped = record_of(STOPPED, run=run, name="stopped")
    opened = []

    class Runner:
        def get(self, name, owner):
            opened.append(name)
            return stopped

    server = SimpleNamespace(owner="o")
    monkeypatch.setattr(chat_conversation, "app_context", lambda: SimpleNamespace(runner=Runner()))
    history = [user("1"), machine("2", "", complete=False), user("3"), machine("4")]
    earlier = [record_of(DONE, name="done"), stopped, record_of(STOPPED, name="older")]
    conversation = replace(talking(history, DONE), server=server, earlier_runs=earlier)
    found = chat_conversation.restore_stopped_answers(conversation, history)
    assert [message.visible_text for message in found] == ["hi", "hel", "hi", "hello"]
    assert opened == ["stopped"]
    assert chat_conversation.restore_stopped_answers(conversation, history[2:]) == history[2:]


@pytest.mark.parametrize("status", [RunStatus.FAILED, RunStatus.OUTCOME_UNKNOWN])
def test_an_undelivered_message_stays(status):
    history = [user("1", after=-60), machine("2")]
    assert shown(talking(history, status, job=None)) == [HI, HELLO, HI]


def test_an_undelivered_message_stays_at_its_time():
    lost = record_of(RunStatus.FAILED, "lost", None, name="first", after=-60)
    history = [user("1", after=-90), machine("2"), user("3", "later", after=-30, job_id="job-1")]
    history[1] = replace(history[1], timestamp=history[0].timestamp)
    conversation = replace(talking(history, DONE, text="later"), earlier_runs=[lost])
    assert [text for _, text in shown(conversation)] == ["hi", "hello", "lost", "later"]
    again = replace(talking(history, DONE, text="lost"), earlier_runs=[lost])
    assert [text for _, text in shown(again)] == ["hi", "hello", "later"]


def test_a_message_with_an_unknown_outcome_appears_once():
    history = [user("1", after=1), machine("2")]
    assert shown(talking(history, RunStatus.OUTCOME_UNKNOWN, job=None)) == [HI, HELLO]


def test_generated_session_names_are_replaced_by_the_first_words():
    assert (
        chat_conversation.session_label("console-0123456789ab", "What is\n a flow?")
        == "What is a flow?"
    )
    assert chat_conversation.session_label("2c7d5c39-0000-4000-8000-00000000000a", "Hi") == "Hi"
    assert chat_conversation.session_label("Trip to Rome", "Hi") == "Trip to Rome"
    assert chat_conversation.session_label("console-0123456789ab", " ") == "console-0123456789ab"


def test_a_flow_with_chat_input_and_output_has_chat():
    assert FLOW.has_chat
    assert not flows.flow(flows.chat_input()).has_chat
    assert not flows.flow(flows.node("ChatOutput-b")).has_chat


def test_a_long_answer_has_a_save_button_once_it_is_final():

    def page(over):
        from pages._ui.chat.messages import _text

        _text("x" * 60_000, "m", over=over)

    for over in (False, True):
        app = AppTest.from_function(page, kwargs={"over": over}).run()
        assert bool(app.get("download_button")) == over

"""A conversation shows each message once, whatever the outcome of its run."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from lfclient import Message, Output, OutputKind
from lfclient.common.redaction import Redactor
from lfclient.console.form.check import FormResult
from lfclient.runs.model import Run, RunStatus
from pages._ui.chat import conversation as chat_conversation
from pages._ui.chat.conversation import Conversation
from pages._ui.form.flow_form import FlowForm
from pages._ui.form.form_state import FormState
from tests.support import flows, store_records

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
FLOW = flows.flow(flows.chat_input(), flows.node("ChatOutput-b"))
FORM = FlowForm(
    state=FormState(FLOW, owner="o"),
    server=None,
    server_info=None,
    mode="background",
    resources=None,
    result=FormResult({}, []),
)
RUNNING, DONE, STOPPED = RunStatus.IN_PROGRESS, RunStatus.COMPLETED, RunStatus.CANCELLED


def user_message(id, text="hi", after=0, **more):
    """Return a user's message, stored `after` seconds after the start of the run."""
    at = f"{NOW + timedelta(seconds=after):%Y-%m-%d %H:%M:%S.%f} UTC"
    return Message(id, text, "User", "User", "s", timestamp=at, **more)


def machine_message(id, text="hello", **more):
    return Message(id, text, "Machine", "AI", "s", **more)


def make_record(status, text="hi", job="job-1", run=None, name="run", after=0):
    """Return a run's record with this text as its message."""
    created_at, overrides = NOW + timedelta(seconds=after), {"ChatInput-a.input_value": text}
    ids = {"owner": "o", "flow_id": FLOW.id, "session_id": "s", "job_id": job}
    more = {"created_at": created_at, "overrides": overrides, "status": status, "run": run}
    return store_records.record(name, **ids, **more)


def make_conversation(history, status=None, *, settled=True, **more):
    """Return a conversation with a latest run if it has a `status`."""
    record = make_record(status, **more) if status else None
    return Conversation(FORM, "s", history, True, settled, None, record, Redactor())


def make_run(status=DONE, *messages, **outputs):
    found = {name: Output(name, OutputKind.MESSAGE, text) for name, text in outputs.items()}
    return Run(
        FLOW.id, "background", status, outputs=found, messages={one.id: one for one in messages}
    )


def shown(conversation):
    kept, added = chat_conversation.visible_messages(conversation)
    return [(one.sender, one.visible_text) for one in (*kept, *added)]


HI, HELLO = ("User", "hi"), ("Machine", "hello")


def test_a_conversation_shows_the_servers_history():
    history = [user_message("1"), machine_message("2")]
    assert shown(make_conversation(history)) == [HI, HELLO]
    assert shown(
        make_conversation(
            history, DONE, run=make_run(DONE, user_message("1"), machine_message("2"))
        )
    ) == [HI, HELLO]


def test_live_messages_are_matched_by_id():
    written = machine_message("2", "", complete=False, streamed="hel")
    live = make_run(RUNNING, user_message("1"), written)
    for history in (
        [],
        [user_message("1")],
        [user_message("1"), machine_message("2", "", complete=False)],
    ):
        assert shown(make_conversation(history, RUNNING, run=live)) == [HI, ("Machine", "hel")]


def test_a_running_runs_stored_messages_keep_their_places():
    """The server stores the question after the message, but events have only the message."""
    options = [{"action_id": "approve", "label": "Approve"}]
    asks = {"type": "human_input", "prompt": "May I?", "options": options}
    before = machine_message("0", "before", job_id="job-0")
    sent, noted = user_message("1", after=1), machine_message("3", "noted")
    decided = machine_message("5", "Shall I?", blocks=({**asks, "submitted_action": "approve"},))
    asked = machine_message("2", "May I?", blocks=(asks,))
    run = make_run(RUNNING, user_message("1", after=1), machine_message("4", "more"))
    history = [before, sent, decided, asked, noted]
    expected = [("Machine", text) for text in ("before", "Shall I?", "noted", "more")]
    expected.insert(1, HI)
    assert shown(make_conversation(history, RUNNING, run=run)) == expected
    assert shown(make_conversation(history, RUNNING, run=None)) == expected[:4]


def test_a_repeated_text_is_another_message():
    before = [user_message("1", after=-60, job_id="job-0"), machine_message("2", job_id="job-0")]
    assert shown(make_conversation(before, RUNNING)) == [HI, HELLO, HI]
    without_jobs = [user_message("1", after=-60), machine_message("2")]
    assert shown(make_conversation(without_jobs, RUNNING)) == [HI, HELLO, HI]


def test_a_stored_message_is_not_added_twice():
    assert shown(make_conversation([user_message("1", after=1)], RUNNING, job=None)) == [HI]
    assert shown(make_conversation([user_message("1", after=-90, job_id="job-1")], RUNNING)) == [HI]


def test_an_answer_appears_before_the_history_has_it():
    run = make_run(DONE, **{"ChatOutput-b": "hello"})
    late = make_conversation([], DONE, settled=False, run=run)
    assert shown(late) == [HI, HELLO]
    assert shown(replace(late, history=None)) == [HI, HELLO]
    kept = [user_message("1", after=1, job_id="job-1"), machine_message("2", job_id="job-1")]
    assert shown(replace(late, history=kept, is_history_final=True)) == [HI, HELLO]


def test_a_stopped_answer_keeps_its_partial_text():
    run = make_run(
        STOPPED, user_message("1"), machine_message("2", "", complete=False, streamed="hel")
    )
    history = [user_message("1", after=1), machine_message("2", "", complete=False)]
    assert shown(make_conversation(history, STOPPED, run=run)) == [HI, ("Machine", "hel")]
    assert shown(make_conversation(history[:1], STOPPED, run=run)) == [HI, ("Machine", "hel")]


def test_a_stopped_answer_stays_after_later_messages(monkeypatch):
    run = make_run(STOPPED, machine_message("2", "", complete=False, streamed="hel"))
    stopped = make_record(STOPPED, run=run, name="stopped")
    opened = []

    class Runner:
        def get(self, name, owner):
            opened.append(name)
            return stopped

    server = SimpleNamespace(owner="o")
    monkeypatch.setattr(chat_conversation, "app_context", lambda: SimpleNamespace(runner=Runner()))
    history = [
        user_message("1"),
        machine_message("2", "", complete=False),
        user_message("3"),
        machine_message("4"),
    ]
    earlier = [make_record(DONE, name="done"), stopped, make_record(STOPPED, name="older")]
    conversation = replace(
        make_conversation(history, DONE), form=replace(FORM, server=server), earlier_runs=earlier
    )
    found = chat_conversation.restore_stopped_answers(conversation, history)
    assert [message.visible_text for message in found] == ["hi", "hel", "hi", "hello"]
    assert opened == ["stopped"]
    assert chat_conversation.restore_stopped_answers(conversation, history[2:]) == history[2:]


def test_an_undelivered_message_stays_at_its_time():
    lost = make_record(RunStatus.FAILED, "lost", None, name="first", after=-60)
    history = [
        user_message("1", after=-90),
        machine_message("2"),
        user_message("3", "later", after=-30, job_id="job-1"),
    ]
    history[1] = replace(history[1], timestamp=history[0].timestamp)
    conversation = replace(make_conversation(history, DONE, text="later"), earlier_runs=[lost])
    assert [text for _, text in shown(conversation)] == ["hi", "hello", "lost", "later"]
    again = replace(make_conversation(history, DONE, text="lost"), earlier_runs=[lost])
    assert [text for _, text in shown(again)] == ["hi", "hello", "later"]


def test_a_message_with_an_unknown_outcome_appears_once():
    history = [user_message("1", after=1), machine_message("2")]
    assert shown(make_conversation(history, RunStatus.OUTCOME_UNKNOWN, job=None)) == [HI, HELLO]


def answers(record, *messages):
    """Return the run's answers from messages: (sender, text, job, seconds after its start)."""
    stored = [
        replace(user_message("1", text, after), sender=sender, job_id=job)
        for sender, text, job, after in messages
    ]
    return [message.text for message in chat_conversation.latest_answers(stored, record)]


def test_answers_are_matched_by_job():
    several = [("Machine", "first", "i", 1), ("Machine", "second", "job-1", 1)]
    assert answers(make_record(DONE), *several) == ["second"]


@pytest.mark.parametrize("job", ["j", None])
def test_a_run_without_an_answer_has_no_earlier_runs_answer(job):
    earlier = [("User", "hello", job, -60), ("Machine", "an answer", job, -60)]
    assert answers(make_record(RunStatus.FAILED), *earlier) == []


@pytest.mark.parametrize("job", ["j", None])
def test_answers_of_a_run_without_a_job_follow_the_users_last_message(job):
    """Langflow 1.8 and 1.9 send no jobs, and a synchronous run's response may lack the job."""
    messages = [("User", "first", "i", 1), ("Machine", "to first", "i", 2)]
    messages += [("User", "second", job, 3)]
    messages += [("Machine", "to second", job, 4), ("Machine", "more", job, 5)]
    assert answers(make_record(DONE, job=None), *messages) == ["to second", "more"]

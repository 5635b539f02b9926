"""Runs followed live by the runner, on real releases."""

from __future__ import annotations

import pytest

from lfclient import LangflowClient, RunStatus
from lfclient.console.store.notes import NoteCode, has_code
from lfclient.console.store.run_record import RunRecord
from tests.live.flows import ECHO, ROWS, SECRETIVE, TWO_QUESTIONS
from tests.live.live_runner import LiveRunner, ended, has_components, is_waiting, states
from tests.live.releases import Make, dialects, on, with_events
from tests.support.waiting import wait_for

SECRET = "sk-a-secret-of-the-live-test"


@dialects
@pytest.mark.parametrize("mode", ["background", "sync", "stream"])
def test_every_components_state_and_output_is_known(
    live_runner: LiveRunner, make: Make, modes: bool, mode: str
):
    if mode == "stream" and not modes:
        record = live_runner.until(live_runner.start(make(ROWS), "stream"), ended)
        assert "1.11 and later" in record.problem.message
        return
    record = live_runner.until(live_runner.start(make(ROWS), mode), has_components)
    assert record.status is RunStatus.COMPLETED
    assert states(record) == {"TextInput-a": "done", "SplitText-s": "done"}
    rows = record.run.components["SplitText-s"].output
    assert [row["text"] for row in rows.value] == ["x", "y", "z"]
    if modes and mode != "sync":  # build records of synchronous runs have no times
        assert record.run.components["TextInput-a"].seconds is not None
    assert record.run.outputs["SplitText-s"].value == rows.value


@with_events
def test_text_appears_as_it_is_written_and_is_kept_after_a_stop(
    live_runner: LiveRunner, make: Make
):
    run_id = live_runner.start(make("Write word by word"))

    def text(record: RunRecord) -> str:
        messages = record.run.messages.values() if record.run else ()
        return "".join(one.visible_text for one in messages if one.sender != "User")

    early = text(live_runner.until(run_id, lambda record: len(text(record).split()) >= 5))
    later = text(live_runner.until(run_id, lambda record: len(text(record).split()) >= 12))
    assert later.startswith(early)
    live_runner.runner.stop(run_id, live_runner.connection)
    record = live_runner.until(run_id, ended)
    assert record.status is RunStatus.CANCELLED
    assert has_code(record.stop_result, NoteCode.STOPPED)
    assert text(record).startswith(later)
    assert "interrupted" in states(record).values()
    assert states(record)["PromptTemplate-story"] == "done"
    assert record.run.components["PromptTemplate-story"].output is not None


@with_events
@pytest.mark.parametrize("mode", ["stream", "background"])
def test_events_contain_no_secret(live_runner: LiveRunner, make: Make, mode: str):
    run_id = live_runner.start(make(SECRETIVE), mode, **{"TellsSecret-s.api_key": SECRET})
    record = live_runner.until(run_id, ended)
    assert record.status is RunStatus.COMPLETED, record.problem
    assert record.run.outputs["ChatOutput-b"].value == "it is ••••"
    log = record.run.components["TellsSecret-s"].log
    # a job's log lines are not stored for late listeners
    assert log == ("it is ••••",) or (mode == "background" and not log)
    assert any("••••" in one.text for one in record.run.messages.values())
    if mode == "stream":
        assert record.run.raw["events"]
    assert SECRET not in repr(record)
    stored = b"".join(part.read_bytes() for part in live_runner.folder.rglob("*") if part.is_file())
    assert stored
    assert SECRET.encode() not in stored


@with_events
def test_a_decision_continues_the_run(live_runner: LiveRunner, make: Make):
    """The chosen branch runs, the other is skipped; a second press does nothing."""
    run_id = live_runner.start(make("Wait for an approval"))
    record = live_runner.until(run_id, is_waiting)
    question = record.run.waiting_for
    assert [one.action_id for one in question.decisions] == ["approve", "reject"]
    assert states(record)["HumanInput-decision"] == "suspended"
    live_runner.runner.decide(run_id, live_runner.connection, question, "reject")
    live_runner.runner.decide(run_id, live_runner.connection, question, "approve")
    record = live_runner.until(run_id, ended)
    assert record.status is RunStatus.COMPLETED
    assert states(record)["ChatOutput-no"] == "done"
    assert states(record)["ChatOutput-yes"] == "skipped"
    assert [one.sent for one in record.run.decided] == ["reject"]
    values = {id: output.value for id, output in record.run.outputs.items()}
    assert values == {"ChatOutput-no": "Rejected: Can we pay the £120 invoice?"}


@with_events
def test_a_waiting_run_started_elsewhere_can_be_adopted(
    live_runner: LiveRunner, make: Make, client: LangflowClient
):
    """It is found by its flow, followed and decided. Adopting it twice gives the same run."""
    flow = make("Wait for an approval")
    job = client.submit(flow)
    wait_for(lambda: client.pending(flow))
    waiting = client.pending(flow)
    assert waiting[0].job_id == job.job_id
    run_id = live_runner.runner.adopt(live_runner.connection, flow, waiting[0])
    assert live_runner.runner.adopt(live_runner.connection, flow, waiting[0]) == run_id
    record = live_runner.until(run_id, is_waiting)
    live_runner.runner.decide(run_id, live_runner.connection, record.run.waiting_for, "approve")
    record = live_runner.until(run_id, ended)
    assert record.status is RunStatus.COMPLETED
    assert "ChatOutput-yes" in record.run.outputs


@with_events
def test_a_run_asks_its_second_question(
    live_runner: LiveRunner, make: Make, client: LangflowClient
):
    """The first was answered in another console."""
    run_id = live_runner.start(make(TWO_QUESTIONS))
    first = live_runner.until(run_id, is_waiting).run.waiting_for
    client.resume(live_runner.until(run_id, is_waiting).job_id, first.request_id, "approve")

    def asks_anew(record: RunRecord) -> bool:
        return is_waiting(record) and record.run.waiting_for.request_id != first.request_id

    record = live_runner.until(run_id, asks_anew)
    assert record.run.waiting_for.component_id == "HumanInput-second"
    live_runner.runner.decide(run_id, live_runner.connection, record.run.waiting_for, "approve")
    record = live_runner.until(run_id, ended)
    assert (record.status, list(record.run.outputs)) == (RunStatus.COMPLETED, ["ChatOutput-yes"])
    assert [one.sent for one in record.run.decided] == [None, "approve"]


@on("1.10.3", "1.13.0")
def test_thirty_runs_at_once_complete_and_run_once_each(
    live_runner: LiveRunner, make: Make, client: LangflowClient
):
    flow = make(ECHO)
    runs = [live_runner.start(flow, **{"ChatInput-a.input_value": f"run {n}"}) for n in range(30)]
    records = [live_runner.until(run_id, ended) for run_id in runs]
    assert {(record.status, record.attempts) for record in records} == {(RunStatus.COMPLETED, 1)}
    sessions = [client.sessions.messages(flow, record.session_id, 10) for record in records]
    texts = [sorted(message.text for message in session) for session in sessions]
    assert texts == [[f"run {n}"] * 2 for n in range(30)]

"""A job's events change its record, and a person's decision is sent once."""

import threading
import time

import httpx
import pytest

from lfclient import ComponentState, HumanInput, RunStatus
from lfclient.common.backoff import Backoff
from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.store.notes import NoteCode, has_code
from lfclient.console.wording.run_notes import describe_notes
from tests.support.fake_events import component_done, event
from tests.support.runner_harness import CONNECTION, JOB, RUN_STARTED, component_states


@pytest.fixture
def runner_timings(eager_timings):
    return eager_timings


def test_a_late_status_response_takes_back_no_event(harness, running):
    """Events that arrived while the status was requested stay: nobody sends them again."""
    harness.server.hold_status = True
    harness.wait_for_polls()
    harness.server.log += [
        component_done("ChatInput-a", "hi", "ChatOutput-b"),
        event("warning", message="w"),
    ]
    before = harness.wait_until(running, lambda record: record.run.warnings)
    harness.server.hold_status = False
    harness.wait_for_polls(2)
    record = harness.get(running)
    states = {"ChatInput-a": "done", "ChatOutput-b": "running"}
    assert component_states(record) == component_states(before) == states
    assert record.run.warnings == ("w",)
    assert int(record.run.last_event_id) == 3
    harness.runner.stop(running, CONNECTION)
    record = harness.wait_for_end(running)
    assert component_states(record) == {"ChatInput-a": "done", "ChatOutput-b": "interrupted"}


def test_the_first_events_do_not_wait_for_the_store(harness, monkeypatch):
    """They show while the job's id is still being saved, which happens in the end."""
    store, may_write = harness.runner.store, threading.Event()
    update = store.update
    monkeypatch.setattr(
        store, "update", lambda *args, **options: may_write.wait(20) and update(*args, **options)
    )
    harness.server.seconds, harness.server.log = 60, [RUN_STARTED]
    run_id = harness.start()
    harness.wait_until(run_id, lambda record: record.run and record.run.components)
    assert store.get(run_id).job_id is None
    may_write.set()
    harness.wait_until_saved(run_id, lambda record: record.job_id == JOB)


def test_a_run_that_waits_for_a_person_is_polled_rarely(harness):
    """Langflow closes its event stream at once, which is no news."""
    harness.use_timings(suspended=Backoff(1.0, 1.0))
    run_id = harness.start_suspended()
    before = len(harness.server.requests)
    time.sleep(0.5)
    assert len(harness.server.requests) - before < 10
    harness.server.jobs[JOB].state = "completed"  # somebody else has decided
    harness.wait_for_end(run_id)


def test_of_two_decisions_only_the_first_is_sent(harness, suspended):
    harness.server.seconds = 0.3
    harness.runner.decide(suspended, CONNECTION, harness.question, "approve")
    harness.runner.decide(suspended, CONNECTION, harness.question, "reject")
    record = harness.wait_for_end(suspended)
    assert (record.status, harness.server.decisions) == (RunStatus.COMPLETED, ["approve"])
    (decided,) = record.run.decided
    assert (decided.prompt, decided.sent) == (harness.question.prompt, "approve")
    assert record.created_at < decided.sent_at < record.ended_at


def test_a_rejected_decision_is_explained_until_another_is_made(harness, suspended):
    harness.runner.decide(suspended, CONNECTION, harness.question, "perhaps")
    record = harness.wait_until(
        suspended, lambda record: has_code(record.notes, NoteCode.DECISION_REFUSED)
    )
    assert (record.status, record.run.waiting_for.sent) == (RunStatus.SUSPENDED, None)
    harness.wait_for_polls(3)
    assert has_code(harness.get(suspended).notes, NoteCode.DECISION_REFUSED)
    harness.server.seconds = 0.2
    harness.runner.decide(suspended, CONNECTION, harness.question, "approve")
    record = harness.wait_for_end(suspended)
    assert (record.status, record.notes) == (RunStatus.COMPLETED, ())


def test_a_decision_that_a_stop_overtakes_is_offered_again(harness, suspended):
    harness.server.is_down = True
    harness.runner.decide(suspended, CONNECTION, harness.question, "approve")
    harness.runner.stop(suspended, CONNECTION)
    harness.wait_until(suspended, lambda record: has_code(record.notes, NoteCode.UNREACHABLE))
    harness.server.is_down, harness.server.ignore_stop = False, True
    record = harness.wait_until(
        suspended, lambda record: has_code(record.notes, NoteCode.DECISION_NOT_SENT)
    )
    assert (harness.server.decisions, record.run.waiting_for.sent) == ([], None)


def test_a_decision_that_was_already_made_elsewhere_is_reported_and_not_sent(harness, suspended):
    harness.server.hold_status = True
    harness.server.jobs[JOB].state = "in_progress"
    harness.runner.decide(suspended, CONNECTION, harness.question, "reject")
    harness.server.hold_status = False
    harness.wait_until(suspended, lambda record: has_code(record.notes, NoteCode.DECISION_REFUSED))
    harness.wait_until(suspended, lambda record: record.status is RunStatus.IN_PROGRESS)
    assert harness.server.decisions == []
    harness.server.log.append(RUN_STARTED)
    record = harness.wait_until(suspended, lambda record: record.run.decided)
    assert record.run.decided[0].sent is None


def test_a_decision_whose_response_is_lost_is_not_sent_again(harness, suspended):
    """It arrived, so a second one would answer a question that nobody asked."""
    harness.server.lose_resume_response, harness.server.seconds = True, 0.5
    harness.runner.decide(suspended, CONNECTION, harness.question, "approve")
    harness.wait_until(
        suspended,
        lambda record: has_code(record.notes, NoteCode.DECISION_UNCONFIRMED) or record.ended,
    )
    record = harness.wait_for_end(suspended)
    assert (record.status, harness.server.decisions) == (RunStatus.COMPLETED, ["approve"])


def test_a_decision_that_is_answered_by_a_fault_is_recorded_if_the_run_continues(
    harness, suspended
):
    harness.server.resume_fault = httpx.Response(503, json={"detail": "boom"})
    harness.server.seconds = 0.5
    harness.runner.decide(suspended, CONNECTION, harness.question, "approve")
    record = harness.wait_for_end(suspended)
    assert (record.status, harness.server.decisions) == (RunStatus.COMPLETED, ["approve"])
    assert [each.sent for each in record.run.decided] == ["approve"]


def test_a_decision_that_the_server_refuses_is_offered_again_and_says_why(harness, suspended):
    """A proxy in front of Langflow may do so, for this request alone."""
    harness.server.resume_refusal = httpx.Response(403, json={"detail": "Only for admins"})
    harness.runner.decide(suspended, CONNECTION, harness.question, "approve")
    harness.wait_until(suspended, lambda record: has_code(record.notes, NoteCode.DECISION_REFUSED))
    harness.wait_for_polls(3)
    record = harness.get(suspended)
    assert record.run.waiting_for.sent is None
    assert "The decision was not accepted. The server rejected the API key: Only" in describe_notes(
        record.notes
    )
    harness.server.resume_refusal = None
    harness.runner.decide(suspended, CONNECTION, harness.question, "approve")
    record = harness.wait_until(suspended, lambda record: record.status is RunStatus.IN_PROGRESS)
    assert (record.notes, harness.server.decisions) == ((), ["approve"])


def test_a_decision_without_effect_is_offered_again(harness):
    harness.use_timings(decision_timeout_seconds=0.2)
    run_id = harness.start_suspended()
    harness.server.ignore_resume = True
    harness.runner.decide(run_id, CONNECTION, harness.question, "approve")
    record = harness.wait_until(
        run_id, lambda record: has_code(record.notes, NoteCode.DECISION_LOST)
    )
    assert record.run.waiting_for.sent is None


def test_a_stopped_run_has_no_question_and_accepts_no_decision(harness, suspended):
    harness.runner.stop(suspended, CONNECTION)
    record = harness.wait_for_end(suspended)
    assert (record.status, record.run.waiting_for) == (RunStatus.CANCELLED, None)
    assert record.run.components["ChatInput-a"].state is ComponentState.DONE
    harness.runner.decide(suspended, CONNECTION, harness.question, "approve")
    assert harness.server.decisions == []


def test_a_waiting_job_of_this_console_is_not_adopted_as_a_second_run(harness, suspended):
    adopted = harness.runner.adopt(CONNECTION, harness.flow, HumanInput("r", job_id=JOB))
    assert adopted == suspended
    assert len(harness.runner.recent(harness.owner)) == 1


def test_a_waiting_job_of_another_console_is_adopted_once_and_decided(harness, suspended):
    harness.folder = harness.folder / "other"
    harness.restart()
    harness.owner = owner_fingerprint(CONNECTION, harness.folder)
    first, second = (
        harness.runner.adopt(CONNECTION, harness.flow, harness.question) for _ in range(2)
    )
    assert first == second
    harness.restart()
    harness.runner.attach(CONNECTION)
    harness.wait_until(first, lambda record: record.run and record.run.waiting_for)
    harness.server.seconds = 0.2
    harness.runner.decide(first, CONNECTION, harness.question, "approve")
    record = harness.wait_for_end(first)
    assert record.status is RunStatus.COMPLETED
    assert any("not started by this console" in warning for warning in record.run.warnings)
    assert record.run.raw == {}


def test_components_that_a_stream_left_out_come_from_the_servers_records(harness):
    harness.use_timings(drain_seconds=0.1)
    run_id = harness.start_running()
    build = component_done("ChatInput-a", "hi")["data"]["build_data"]
    harness.server.builds = {"ChatInput-a": [{**build, "job_id": JOB}]}
    harness.server.jobs[JOB].ends_at = 0.0
    harness.wait_for_end(run_id)
    harness.wait_until(run_id, lambda record: "running" not in component_states(record).values())
    record = harness.wait_until(
        run_id, lambda record: component_states(record)["ChatInput-a"] == "done"
    )
    assert record.run.components["ChatInput-a"].output.value == "hi"
    assert component_states(record)["ChatOutput-b"] == "done"  # it delivered the output

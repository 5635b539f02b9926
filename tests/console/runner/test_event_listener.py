"""A job's events change its record, and a person's decision is sent once."""

import threading
import time

import httpx
import pytest

from lfclient import ComponentState, HumanInput, RunStatus
from lfclient.common.backoff import Backoff
from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.store.errors import StoreError
from lfclient.console.store.notes import NoteCode, has_code
from lfclient.console.wording.run_notes import describe_notes
from tests.support.fake_events import component_done, event
from tests.support.runner_harness import CONNECTION, JOB, RUN_STARTED, STOP, component_states


@pytest.fixture
def timings(eager_timings):
    return eager_timings


def test_a_late_status_response_takes_back_no_event(bench, running):
    """Events that arrived while the status was requested stay: nobody sends them again."""
    bench.server.hold_status = True
    bench.wait_for_polls()
    bench.server.log += [
        component_done("ChatInput-a", "hi", "ChatOutput-b"),
        event("warning", message="w"),
    ]
    before = bench.wait_until(running, lambda record: record.run.warnings)
    bench.server.hold_status = False
    bench.wait_for_polls(2)
    record = bench.get(running)
    states = {"ChatInput-a": "done", "ChatOutput-b": "running"}
    assert component_states(record) == component_states(before) == states
    assert record.run.warnings == ("w",)
    assert int(record.run.last_event_id) == 3
    bench.runner.stop(running, CONNECTION)
    record = bench.wait_for_end(running)
    assert component_states(record) == {"ChatInput-a": "done", "ChatOutput-b": "interrupted"}


def test_the_first_events_do_not_wait_for_the_store(bench, monkeypatch):
    """They show while the job's id is still being saved, which happens in the end."""
    store, may_write = bench.runner.store, threading.Event()
    update = store.update
    monkeypatch.setattr(
        store, "update", lambda *args, **options: may_write.wait(20) and update(*args, **options)
    )
    bench.server.seconds, bench.server.log = 60, [RUN_STARTED]
    run_id = bench.start()
    bench.wait_until(run_id, lambda record: record.run and record.run.components, timeout=5)
    assert store.get(run_id).job_id is None
    may_write.set()
    bench.wait_until_saved(run_id, lambda record: record.job_id == JOB)


def test_two_stops_send_one_request(bench, running):
    for _ in range(2):
        bench.runner.stop(running, CONNECTION)
    record = bench.wait_for_end(running)
    assert record.status is RunStatus.CANCELLED
    assert bench.server.count("POST", STOP) == 1


def test_a_run_that_waits_for_a_person_is_polled_rarely(bench):
    """Langflow closes its event stream at once, which is no news."""
    bench.use_timings(suspended=Backoff(1.0, 1.0))
    run_id = bench.start_suspended()
    before = len(bench.server.requests)
    time.sleep(0.5)
    assert len(bench.server.requests) - before < 10
    bench.server.jobs[JOB].state = "completed"  # somebody else has decided
    bench.wait_for_end(run_id)


def test_of_two_decisions_only_the_first_is_sent(bench, suspended):
    bench.server.seconds = 0.3
    bench.runner.decide(suspended, CONNECTION, bench.question, "approve")
    bench.runner.decide(suspended, CONNECTION, bench.question, "reject")
    record = bench.wait_for_end(suspended)
    assert (record.status, bench.server.decisions) == (RunStatus.COMPLETED, ["approve"])
    (decided,) = record.run.decided
    assert (decided.prompt, decided.sent) == (bench.question.prompt, "approve")
    assert record.created_at < decided.sent_at < record.ended_at


def test_a_rejected_decision_is_explained_until_another_is_made(bench, suspended):
    bench.runner.decide(suspended, CONNECTION, bench.question, "perhaps")
    record = bench.wait_until(
        suspended, lambda record: has_code(record.notes, NoteCode.DECISION_REFUSED)
    )
    assert (record.status, record.run.waiting_for.sent) == (RunStatus.SUSPENDED, None)
    bench.wait_for_polls(3)
    assert has_code(bench.get(suspended).notes, NoteCode.DECISION_REFUSED)
    bench.server.seconds = 0.2
    bench.runner.decide(suspended, CONNECTION, bench.question, "approve")
    record = bench.wait_for_end(suspended)
    assert (record.status, record.notes) == (RunStatus.COMPLETED, ())


def test_the_note_about_an_unreachable_server_goes_once_it_is_back(bench, suspended):
    bench.server.is_down = True
    bench.wait_until(suspended, lambda record: has_code(record.notes, NoteCode.UNREACHABLE))
    bench.server.is_down = False
    record = bench.wait_until(suspended, lambda record: not record.notes)
    assert (record.status, record.run.waiting_for) == (RunStatus.SUSPENDED, bench.question)


def test_a_decision_that_a_stop_overtakes_is_offered_again(bench, suspended):
    bench.server.is_down = True
    bench.runner.decide(suspended, CONNECTION, bench.question, "approve")
    bench.runner.stop(suspended, CONNECTION)
    bench.wait_until(suspended, lambda record: has_code(record.notes, NoteCode.UNREACHABLE))
    bench.server.is_down, bench.server.ignore_stop = False, True
    record = bench.wait_until(
        suspended, lambda record: has_code(record.notes, NoteCode.DECISION_NOT_SENT), timeout=20
    )
    assert (bench.server.decisions, record.run.waiting_for.sent) == ([], None)


def test_a_decision_that_was_already_made_elsewhere_is_reported_and_not_sent(bench, suspended):
    bench.server.hold_status = True
    bench.server.jobs[JOB].state = "in_progress"
    bench.runner.decide(suspended, CONNECTION, bench.question, "reject")
    bench.server.hold_status = False
    bench.wait_until(suspended, lambda record: has_code(record.notes, NoteCode.DECISION_REFUSED))
    bench.wait_until(suspended, lambda record: record.status is RunStatus.IN_PROGRESS)
    assert bench.server.decisions == []
    bench.server.log.append(RUN_STARTED)
    record = bench.wait_until(suspended, lambda record: record.run.decided)
    assert record.run.decided[0].sent is None


def test_a_decision_whose_response_is_lost_is_not_sent_again(bench, suspended):
    """It arrived, so a second one would answer a question that nobody asked."""
    bench.server.lose_resume_response, bench.server.seconds = True, 0.5
    bench.runner.decide(suspended, CONNECTION, bench.question, "approve")
    bench.wait_until(
        suspended,
        lambda record: has_code(record.notes, NoteCode.DECISION_UNCONFIRMED) or record.ended,
    )
    record = bench.wait_for_end(suspended)
    assert (record.status, bench.server.decisions) == (RunStatus.COMPLETED, ["approve"])


@pytest.mark.parametrize("status", [500, 503])
def test_a_decision_that_is_answered_by_a_fault_is_recorded_if_the_run_continues(
    bench, suspended, status
):
    bench.server.resume_fault = httpx.Response(status, json={"detail": "boom"})
    bench.server.seconds = 0.5
    bench.runner.decide(suspended, CONNECTION, bench.question, "approve")
    record = bench.wait_for_end(suspended)
    assert (record.status, bench.server.decisions) == (RunStatus.COMPLETED, ["approve"])
    assert [each.sent for each in record.run.decided] == ["approve"]


def test_a_decision_that_met_a_busy_server_was_made_elsewhere_if_the_run_continues(
    bench, suspended
):
    """A request that is answered with 429 has no effect."""
    bench.server.resume_refusal = httpx.Response(429, json={"detail": "slow down"})
    bench.runner.decide(suspended, CONNECTION, bench.question, "approve")
    bench.wait_until(suspended, lambda record: "slow down" in describe_notes(record.notes))
    bench.server.resume_refusal = None
    bench.server.seconds = 0.5
    bench.server.jobs[JOB].state = "in_progress"
    bench.wait_until(suspended, lambda record: record.status is RunStatus.IN_PROGRESS)
    bench.server.log.append(RUN_STARTED)
    record = bench.wait_until(suspended, lambda record: record.run.decided)
    assert record.run.decided[0].sent is None


def test_a_decision_that_the_server_refuses_is_offered_again_and_says_why(bench, suspended):
    """A proxy in front of Langflow may do so, for this request alone."""
    bench.server.resume_refusal = httpx.Response(403, json={"detail": "Only for admins"})
    bench.runner.decide(suspended, CONNECTION, bench.question, "approve")
    bench.wait_until(suspended, lambda record: has_code(record.notes, NoteCode.DECISION_REFUSED))
    bench.wait_for_polls(3)
    record = bench.get(suspended)
    assert record.run.waiting_for.sent is None
    assert "The decision was not accepted. The server rejected the API key: Only" in describe_notes(
        record.notes
    )
    bench.server.resume_refusal = None
    bench.runner.decide(suspended, CONNECTION, bench.question, "approve")
    record = bench.wait_until(suspended, lambda record: record.status is RunStatus.IN_PROGRESS)
    assert (record.notes, bench.server.decisions) == ((), ["approve"])


def test_a_refused_decision_does_not_explain_a_key_that_is_revoked_later(bench, suspended):
    bench.server.resume_refusal = httpx.Response(403, json={"detail": "Only for admins"})
    bench.runner.decide(suspended, CONNECTION, bench.question, "approve")
    bench.wait_until(suspended, lambda record: has_code(record.notes, NoteCode.DECISION_REFUSED))
    bench.wait_for_polls(3)
    bench.server.seconds = 60
    bench.server.jobs[JOB].state = "in_progress"  # somebody else has decided
    bench.server.log.append(RUN_STARTED)
    bench.wait_until(suspended, lambda record: record.run.waiting_for is None)
    bench.server.refuse_key = True
    record = bench.wait_until(
        suspended, lambda record: has_code(record.notes, NoteCode.KEY_REJECTED)
    )
    assert not has_code(record.notes, NoteCode.DECISION_REFUSED)
    assert "Only for admins" not in describe_notes(record.notes)


def test_a_decision_without_effect_is_offered_again(bench):
    """As when the server died right after it had accepted the decision."""
    bench.use_timings(decision_timeout_seconds=0.2)
    run_id = bench.start_suspended()
    bench.server.ignore_resume = True
    bench.runner.decide(run_id, CONNECTION, bench.question, "approve")
    record = bench.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.DECISION_LOST))
    assert record.run.waiting_for.sent is None


def test_a_stopped_run_has_no_question_and_accepts_no_decision(bench, suspended):
    bench.runner.stop(suspended, CONNECTION)
    record = bench.wait_for_end(suspended)
    assert (record.status, record.run.waiting_for) == (RunStatus.CANCELLED, None)
    assert record.run.components["ChatInput-a"].state is ComponentState.DONE
    bench.runner.decide(suspended, CONNECTION, bench.question, "approve")
    assert bench.server.decisions == []


def test_a_waiting_job_of_this_console_is_not_adopted_as_a_second_run(bench, suspended):
    adopted = bench.runner.adopt(CONNECTION, bench.flow, HumanInput("r", job_id=JOB))
    assert adopted == suspended
    assert len(bench.runner.recent(bench.owner)) == 1


def test_a_waiting_job_is_not_adopted_while_its_record_is_unsaved(bench, monkeypatch):
    def fill_disk(record, **options):
        raise StoreError("the disk is full")

    monkeypatch.setattr(bench.runner.store, "update", fill_disk)
    run_id = bench.start_suspended()
    assert bench.runner.store.get(run_id).job_id is None
    assert bench.runner.adopt(CONNECTION, bench.flow, bench.question) == run_id
    assert len(bench.runner.recent(bench.owner)) == 1


def test_a_waiting_job_of_another_console_is_adopted_once_and_decided(bench, suspended):
    bench.folder = bench.folder / "other"
    bench.restart()
    bench.owner = owner_fingerprint(CONNECTION, bench.folder)
    first, second = (bench.runner.adopt(CONNECTION, bench.flow, bench.question) for _ in range(2))
    assert first == second
    bench.wait_until(first, lambda record: record.run and record.run.waiting_for)
    bench.server.seconds = 0.2
    bench.runner.decide(first, CONNECTION, bench.question, "approve")
    record = bench.wait_for_end(first)
    assert record.status is RunStatus.COMPLETED
    assert any("not started by this console" in warning for warning in record.run.warnings)


def test_a_restarted_console_reads_all_events_again(bench, suspended):
    bench.restart()
    bench.runner.attach(CONNECTION)
    record = bench.wait_until(suspended, lambda record: record.run and record.run.waiting_for)
    assert component_states(record)["ChatInput-a"] == "done"


def test_components_that_a_stream_left_out_come_from_the_servers_records(bench):
    bench.use_timings(drain_seconds=0.1)
    run_id = bench.start_running()
    build = component_done("ChatInput-a", "hi")["data"]["build_data"]
    bench.server.builds = {"ChatInput-a": [{**build, "job_id": JOB}]}
    bench.server.jobs[JOB].ends_at = 0.0
    bench.wait_for_end(run_id)
    bench.wait_until(run_id, lambda record: "running" not in component_states(record).values())
    record = bench.wait_until(
        run_id, lambda record: component_states(record)["ChatInput-a"] == "done"
    )
    assert record.run.components["ChatInput-a"].output.value == "hi"
    assert component_states(record)["ChatOutput-b"] == "done"  # it delivered the output

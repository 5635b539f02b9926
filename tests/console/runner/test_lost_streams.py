"""Streamed calls whose connection breaks: their end is searched for on the server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lfclient.console.store.notes import NoteCode, has_code
from lfclient.console.wording.run_notes import describe_notes
from lfclient.runs.model import RunStatus
from tests.support.fake_events import component_done, event, stored_message
from tests.support.runner_harness import CONNECTION, JOB, RUN_STARTED, SUBMIT
from tests.support.waiting import wait_for

SECOND_JOB = JOB[:-1] + "1"
ASKED = stored_message(JOB, "hi", None, sender="User")
ASKED_EVENT = event("add_message", **ASKED)
BEGUN = [RUN_STARTED, ASKED_EVENT, component_done("ChatInput-a", "hi", "ChatOutput-b")]

pytestmark = pytest.mark.usefixtures("searched_at_once")


@pytest.fixture
def runner_timings(short_search_timings):
    return short_search_timings


@pytest.fixture(autouse=True)
def broken_calls(harness):
    """Calls break after the first component; their runs take a minute."""
    harness.server.breaks_calls, harness.server.seconds, harness.server.log = True, 60, list(BEGUN)


def answer(harness, job_id=JOB, text="hello", **values):
    """Let the run of a job come to its end."""
    harness.server.messages.append(stored_message(job_id, text, "ChatInput-a", **values))
    harness.server.finish()


def searches(record):
    return "checks on the server" in describe_notes(record.notes)


def output(record):
    return record.run.outputs["ChatOutput-b"].value


def interrupted(harness):
    """Return the record of a run that was not found."""
    run_id = harness.start(mode="stream")
    record = harness.wait_for_end(run_id)
    harness.wait_until_released(run_id)
    assert record.status is RunStatus.INTERRUPTED
    return record


def test_a_run_that_completes_during_the_search_is_completed(harness):
    harness.use_timings(min_search_seconds=60.0)
    run_id = harness.start(mode="stream")
    record = harness.wait_until(run_id, searches)
    assert record.status is RunStatus.IN_PROGRESS
    assert has_code(record.notes, NoteCode.CONNECTION_BROKE)
    answer(harness)
    record = harness.wait_for_end(run_id)
    assert (record.status, record.problem, record.notes) == (RunStatus.COMPLETED, None, ())
    assert (output(record), record.job_id) == ("hello", JOB)
    assert any("connection broke" in warning for warning in record.run.warnings)
    assert harness.server.count("POST", SUBMIT) == 1
    assert harness.wait_until_saved(run_id, lambda stored: stored.ended).run == record.run


def test_a_half_open_call_ends_as_the_server_tells(harness):
    harness.server.breaks_calls = False
    harness.use_timings(call_silence_seconds=0.3)
    run_id = harness.start(mode="stream")
    record = harness.wait_until(
        run_id, lambda record: has_code(record.notes, NoteCode.STREAM_SILENT)
    )
    assert record.status is RunStatus.IN_PROGRESS
    harness.server.log.append(event("add_message", **stored_message(JOB, "half", "ChatInput-a")))
    harness.wait_until(run_id, lambda record: not record.notes)
    harness.wait_until(run_id, lambda record: record.notes)
    answer(harness)
    record = harness.wait_for_end(run_id)
    assert (record.status, record.notes, output(record)) == (RunStatus.COMPLETED, (), "hello")
    assert harness.server.count("POST", SUBMIT) == 1


def test_stop_ends_the_search_on_a_server_that_does_not_answer(harness):
    harness.use_timings(min_search_seconds=60.0)
    harness.server.hold_status = True
    run_id = harness.start(mode="stream")
    harness.wait_until(run_id, searches)
    wait_for(lambda: harness.server.status_requests)
    harness.runner.stop(run_id, CONNECTION)
    record = harness.wait_for_end(run_id)
    assert record.status is RunStatus.INTERRUPTED
    assert has_code(record.stop_result, NoteCode.STOPPED_SEARCHING)
    harness.server.hold_status = False


def test_a_search_that_fails_leaves_the_run_interrupted(harness):
    harness.use_timings(min_search_seconds=60.0)
    run_id = harness.start(mode="stream")
    harness.wait_until(run_id, searches)
    harness.server.refuse_key = True
    harness.wait_until(run_id, searches)
    requests = len(harness.server.requests)
    wait_for(lambda: len(harness.server.requests) > requests)
    harness.runner.stop(run_id, CONNECTION)
    assert harness.wait_for_end(run_id).status is RunStatus.INTERRUPTED


def test_a_call_whose_response_is_lost_is_found_by_its_session(harness):
    harness.server.lose_responses = 1
    harness.use_timings(min_search_seconds=60.0)
    run_id = harness.start(mode="stream")
    assert has_code(harness.wait_until(run_id, searches).notes, NoteCode.RESPONSE_LOST)
    harness.server.messages.append(stored_message(JOB, "hi", None, sender="User"))
    answer(harness)
    record = harness.wait_for_end(run_id)
    assert (record.status, record.job_id) == (RunStatus.COMPLETED, JOB)
    assert output(record) == "hello"


def test_a_later_run_of_the_session_is_not_taken_for_a_lost_call(harness):
    """As one that was started in Langflow itself."""
    harness.server.lose_responses = 1
    later = f"{datetime.now(UTC) + timedelta(minutes=5):%Y-%m-%d %H:%M:%S.%f UTC}"
    asked = stored_message(JOB, "hi", None, sender="User", timestamp=later)
    harness.server.messages.append(asked)
    answer(harness, timestamp=later)
    record = harness.wait_for_end(harness.start(mode="stream"))
    assert (record.status, record.job_id) == (RunStatus.OUTCOME_UNKNOWN, None)


def test_a_lost_call_does_not_take_the_job_of_another_streamed_run(harness):
    harness.server.lose_responses = 1
    lost = harness.wait_for_end(harness.start(mode="stream"))
    harness.wait_until_released(lost.id)
    other_asked = event("add_message", **stored_message(SECOND_JOB, "hi", None, sender="User"))
    harness.server.log = [RUN_STARTED, other_asked]
    other = harness.wait_for_end(harness.start(mode="stream"))
    assert other.job_id == SECOND_JOB
    answer(harness, SECOND_JOB)
    harness.runner.open(lost.id, CONNECTION)
    harness.wait_until_released(lost.id)
    assert harness.get(lost.id).status is RunStatus.OUTCOME_UNKNOWN
    harness.runner.open(other.id, CONNECTION)
    assert harness.wait_until(other.id, lambda record: record.status is RunStatus.COMPLETED)


def test_a_run_that_completed_later_is_found_when_somebody_opens_it(harness):
    before = interrupted(harness)
    answer(harness)
    with harness.blocked_loop():
        assert not harness.runner.open(before.id, CONNECTION).ended
    record = harness.wait_for_end(before.id)
    assert (record.status, output(record)) == (RunStatus.COMPLETED, "hello")
    assert record.run.components["ChatInput-a"].output.value == "hi"
    assert record.ended_at is None  # the server's records don't show it
    assert harness.server.count("POST", SUBMIT) == 1


def test_secrets_are_redacted_in_what_is_found(harness):
    harness.use_timings(min_search_seconds=60.0)
    run_id = harness.start({"ChatInput-a.key": "hunter2-hunter2"}, mode="stream")
    harness.wait_until(run_id, searches)
    answer(harness, text="it is hunter2-hunter2")
    record = harness.wait_for_end(run_id)
    assert output(record) == "it is ••••"
    assert "hunter2" not in repr(record)


def test_a_run_whose_console_was_killed_is_found_when_somebody_opens_it(harness):
    harness.server.breaks_calls = False
    run_id = harness.start(mode="stream")
    harness.wait_until(run_id, lambda record: record.run and record.run.messages)
    harness.wait_until_saved(run_id, lambda stored: stored.job_id)
    harness.server.breaks_calls = True
    harness.restart()
    record = harness.get(run_id)
    assert (record.status, record.job_id) == (RunStatus.INTERRUPTED, JOB)
    assert "restarted" in record.problem.message
    answer(harness)
    harness.runner.open(run_id, CONNECTION)
    record = harness.wait_until(run_id, lambda record: record.status is RunStatus.COMPLETED)
    assert (output(record), record.problem) == ("hello", None)

"""Streamed calls whose connection breaks: their end is searched for on the server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lfclient.console.store.errors import StoreError
from lfclient.console.store.notes import NoteCode, has_code
from lfclient.console.store.row_mapping import with_result_fields
from lfclient.console.wording.run_notes import describe_notes
from lfclient.runs.model import RunStatus
from tests.support.fake_events import component_done, event, stored_message
from tests.support.fake_events import output as output_event
from tests.support.runner_harness import CONNECTION, JOB, RUN_STARTED, SUBMIT
from tests.support.waiting import wait_for

SECOND_JOB = JOB[:-1] + "1"
ASKED = stored_message(JOB, "hi", None, sender="User")
ASKED_EVENT = event("add_message", **ASKED)
BEGUN = [RUN_STARTED, ASKED_EVENT, component_done("ChatInput-a", "hi", "ChatOutput-b")]

pytestmark = pytest.mark.usefixtures("searched_at_once")


@pytest.fixture
def timings(short_search_timings):
    return short_search_timings


@pytest.fixture(autouse=True)
def broken_calls(bench):
    """Calls break after the first component; their runs take a minute."""
    bench.server.breaks_calls, bench.server.seconds, bench.server.log = True, 60, list(BEGUN)


def answer(bench, job_id=JOB, text="hello", **values):
    """Let the run of a job come to its end."""
    bench.server.messages.append(stored_message(job_id, text, "ChatInput-a", **values))
    bench.server.finish()


def searches(record):
    return "checks on the server" in describe_notes(record.notes)


def output(record):
    return record.run.outputs["ChatOutput-b"].value


def interrupted(bench):
    """Return the record of a run that was not found."""
    run_id = bench.start(mode="stream")
    record = bench.wait_for_end(run_id)
    bench.wait_until_released(run_id)
    assert record.status is RunStatus.INTERRUPTED
    return record


def test_a_run_that_completes_during_the_search_is_completed(bench):
    bench.use_timings(min_search_seconds=60.0)
    run_id = bench.start(mode="stream")
    record = bench.wait_until(run_id, searches)
    assert record.status is RunStatus.IN_PROGRESS
    assert has_code(record.notes, NoteCode.CONNECTION_BROKE)
    answer(bench)
    record = bench.wait_for_end(run_id)
    assert (record.status, record.problem, record.notes) == (RunStatus.COMPLETED, None, ())
    assert (output(record), record.job_id) == ("hello", JOB)
    assert any("connection broke" in warning for warning in record.run.warnings)
    assert bench.server.count("POST", SUBMIT) == 1
    assert bench.wait_until_saved(run_id, lambda stored: stored.ended).run == record.run


def test_a_run_that_is_not_found_keeps_its_partial_output(bench):
    record = interrupted(bench)
    assert record.run.components["ChatInput-a"].output.value == "hi"
    assert [message.text for message in record.run.messages.values()] == ["hi"]
    assert (record.problem, record.notes, record.stop_result) == (None, (), ())
    assert bench.server.count("POST", SUBMIT) == 1


def test_a_half_open_call_ends_as_the_server_tells(bench):
    """It says that nothing arrives, and no longer once something does."""
    bench.server.breaks_calls = False
    bench.use_timings(call_silence_seconds=0.3)
    run_id = bench.start(mode="stream")
    record = bench.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.STREAM_SILENT))
    assert record.status is RunStatus.IN_PROGRESS
    bench.server.log.append(event("add_message", **stored_message(JOB, "half", "ChatInput-a")))
    bench.wait_until(run_id, lambda record: not record.notes)
    bench.wait_until(run_id, lambda record: record.notes)
    answer(bench)
    record = bench.wait_for_end(run_id)
    assert (record.status, record.notes, output(record)) == (RunStatus.COMPLETED, (), "hello")
    assert bench.server.count("POST", SUBMIT) == 1


def test_stop_ends_the_search(bench):
    bench.use_timings(min_search_seconds=60.0)
    run_id = bench.start(mode="stream")
    bench.wait_until(run_id, searches)
    bench.runner.stop(run_id, CONNECTION)
    record = bench.wait_for_end(run_id)
    assert record.status is RunStatus.INTERRUPTED
    assert has_code(record.stop_result, NoteCode.STOPPED_SEARCHING)


def test_stop_ends_the_search_on_a_server_that_does_not_answer(bench):
    bench.use_timings(min_search_seconds=60.0)
    bench.server.hold_status = True
    run_id = bench.start(mode="stream")
    bench.wait_until(run_id, searches)
    wait_for(lambda: bench.server.status_requests)
    bench.runner.stop(run_id, CONNECTION)
    assert bench.wait_for_end(run_id).status is RunStatus.INTERRUPTED
    bench.server.hold_status = False


@pytest.mark.parametrize("fault", ["is_down", "refuse_key"])
def test_a_search_that_fails_leaves_the_run_interrupted(bench, fault):
    bench.use_timings(min_search_seconds=60.0)
    run_id = bench.start(mode="stream")
    bench.wait_until(run_id, searches)
    setattr(bench.server, fault, True)
    bench.wait_until(run_id, searches)
    requests = len(bench.server.requests)
    wait_for(lambda: len(bench.server.requests) > requests)
    bench.runner.stop(run_id, CONNECTION)
    assert bench.wait_for_end(run_id).status is RunStatus.INTERRUPTED


def test_a_call_whose_response_is_lost_is_found_by_its_session(bench):
    bench.server.lose_responses = 1
    bench.use_timings(min_search_seconds=60.0)
    run_id = bench.start(mode="stream")
    assert has_code(bench.wait_until(run_id, searches).notes, NoteCode.RESPONSE_LOST)
    bench.server.messages.append(stored_message(JOB, "hi", None, sender="User"))
    answer(bench)
    record = bench.wait_for_end(run_id)
    assert (record.status, record.job_id) == (RunStatus.COMPLETED, JOB)
    assert output(record) == "hello"


def test_a_later_run_of_the_session_is_not_taken_for_a_lost_call(bench):
    """As one that was started in Langflow itself."""
    bench.server.lose_responses = 1
    later = f"{datetime.now(UTC) + timedelta(minutes=5):%Y-%m-%d %H:%M:%S.%f UTC}"
    asked = stored_message(JOB, "hi", None, sender="User", timestamp=later)
    bench.server.messages.append(asked)
    answer(bench, timestamp=later)
    record = bench.wait_for_end(bench.start(mode="stream"))
    assert (record.status, record.job_id) == (RunStatus.OUTCOME_UNKNOWN, None)


def test_a_call_whose_response_is_lost_and_that_is_not_found_has_an_unknown_outcome(bench):
    bench.server.lose_responses = 1
    record = bench.wait_for_end(bench.start(mode="stream"))
    assert (record.status, record.job_id) == (RunStatus.OUTCOME_UNKNOWN, None)
    assert "check the flow's messages" in record.problem.hint


def test_of_two_lost_calls_of_a_session_neither_takes_a_job_that_may_be_the_others(bench):
    bench.server.lose_responses = 2
    first = bench.wait_for_end(bench.start(mode="stream"))
    answer(bench)
    second = bench.wait_for_end(bench.start(mode="stream"))
    for record in (first, second):
        assert (record.status, record.job_id) == (RunStatus.OUTCOME_UNKNOWN, None)


def test_a_lost_call_does_not_take_the_job_of_another_streamed_run(bench):
    """Which is known from its messages, and had the same session."""
    bench.server.lose_responses = 1
    lost = bench.wait_for_end(bench.start(mode="stream"))
    bench.wait_until_released(lost.id)
    other_asked = event("add_message", **stored_message(SECOND_JOB, "hi", None, sender="User"))
    bench.server.log = [RUN_STARTED, other_asked]
    other = bench.wait_for_end(bench.start(mode="stream"))
    assert other.job_id == SECOND_JOB
    answer(bench, SECOND_JOB)
    bench.runner.open(lost.id, CONNECTION)
    bench.wait_until_released(lost.id)
    assert bench.get(lost.id).status is RunStatus.OUTCOME_UNKNOWN
    bench.runner.open(other.id, CONNECTION)
    assert bench.wait_until(other.id, lambda record: record.status is RunStatus.COMPLETED)


def test_a_run_that_completed_later_is_found_when_somebody_opens_it(bench):
    before = interrupted(bench)
    answer(bench)
    assert not bench.runner.open(before.id, CONNECTION).ended
    record = bench.wait_for_end(before.id)
    assert (record.status, output(record)) == (RunStatus.COMPLETED, "hello")
    assert record.run.components["ChatInput-a"].output.value == "hi"
    assert record.ended_at is None  # the server's records don't show it
    assert bench.server.count("POST", SUBMIT) == 1


def test_a_run_that_is_not_found_when_somebody_opens_it_stays_as_it_was(bench):
    before = interrupted(bench)
    assert not bench.runner.open(before.id, CONNECTION).ended
    bench.wait_until_released(before.id)
    record = bench.get(before.id)
    assert record.ended
    unchanged = replace(record, version=before.version, worker=before.worker)
    assert unchanged == with_result_fields(before)


def test_a_completed_run_is_not_interrupted_while_its_end_cannot_be_saved(bench):
    """By a visitor's page, which attaches to the unfinished runs in the store."""
    bench.server.breaks_calls = False
    run_id = bench.start(mode="stream")
    bench.wait_until(run_id, lambda record: record.job_id)
    bench.wait_until_saved(run_id, lambda stored: stored.job_id)
    update, ends = bench.runner.store.update, []

    def fail_at_first(record, **options):
        if record.status is RunStatus.COMPLETED and not ends:
            raise StoreError("the disk is busy")
        ends.append(record.status)
        return update(record, **options)

    bench.runner.store.update = fail_at_first
    bench.server.log += [output_event("ChatOutput-b", "hello"), event("end")]
    assert bench.wait_for_end(run_id).status is RunStatus.COMPLETED
    bench.wait_until_released(run_id)
    bench.runner.attach(CONNECTION)
    assert ends == []


def test_secrets_are_redacted_in_what_is_found(bench):
    bench.use_timings(min_search_seconds=60.0)
    run_id = bench.start({"ChatInput-a.key": "hunter2-hunter2"}, mode="stream")
    bench.wait_until(run_id, searches)
    answer(bench, text="it is hunter2-hunter2")
    record = bench.wait_for_end(run_id)
    assert output(record) == "it is ••••"
    assert "hunter2" not in repr(record)


def test_a_run_whose_console_was_killed_is_found_when_somebody_opens_it(bench):
    bench.server.breaks_calls = False
    run_id = bench.start(mode="stream")
    bench.wait_until(run_id, lambda record: record.run and record.run.messages)
    bench.wait_until_saved(run_id, lambda stored: stored.job_id)
    bench.server.breaks_calls = True
    bench.restart()
    record = bench.get(run_id)
    assert (record.status, record.job_id) == (RunStatus.INTERRUPTED, JOB)
    assert "restarted" in record.problem.message
    answer(bench)
    bench.runner.open(run_id, CONNECTION)
    record = bench.wait_until(run_id, lambda record: record.status is RunStatus.COMPLETED)
    assert (output(record), record.problem) == ("hello", None)

"""Stops and decisions while a run is followed: each is executed or reported, none is lost."""

import re
import time
from dataclasses import replace

import httpx
import pytest
from pydantic import SecretStr

from lfclient import RunStatus
from lfclient.api.requests import STATUS
from lfclient.common.backoff import Backoff
from lfclient.console.store.notes import Note, NoteCode, has_code
from lfclient.console.wording.run_notes import describe_notes
from tests.support.fake_events import event, message, question
from tests.support.runner_harness import CONNECTION, JOB, RUN_STARTED, STOP, both_dialects
from tests.support.waiting import wait_for

SECRET = "sk-very-secret-1234567890"
POLL = ("GET", STATUS)
SECOND_QUESTION = {**question(JOB), "request_id": "Second:job", "prompt": "And now?"}


@pytest.fixture
def runner_timings(eager_timings):
    return eager_timings


def test_a_stop_waits_for_the_decision_that_is_being_sent(harness, suspended):
    harness.server.hold_resume = True
    harness.runner.decide(suspended, CONNECTION, harness.question, "approve")
    wait_for(lambda: any(path.endswith("/resume") for _, path in harness.server.requests))
    harness.runner.stop(suspended, CONNECTION)
    harness.server.hold_resume = False
    record = harness.wait_until(suspended, lambda record: record.stop_result)
    assert harness.server.count("POST", STOP) == 1
    assert has_code(record.stop_result, NoteCode.STOPPED) or record.ended


def test_nobody_stops_or_decides_for_another_owners_run(harness, suspended):
    other = replace(CONNECTION, name="another server")
    harness.runner.stop(suspended, other)
    harness.runner.decide(suspended, other, harness.question, "approve")
    record = harness.get(suspended)
    assert (record.stop_requested_at, record.run.waiting_for.sent) == (None, None)


def test_a_decision_is_offered_again_if_its_follower_changes_before_it_is_sent(harness, suspended):
    harness.server.is_down = True
    harness.runner.decide(suspended, CONNECTION, harness.question, "approve")
    harness.wait_until(suspended, lambda record: record.run.waiting_for.sent == "approve")
    harness.runner.attach(replace(CONNECTION, api_key=SecretStr("sk-another-key-here")))
    record = harness.wait_until(suspended, lambda record: record.run.waiting_for.sent is None)
    assert record.status is RunStatus.SUSPENDED
    harness.server.is_down = False


def test_a_decision_on_an_earlier_question_is_ignored(harness, suspended):
    """Nobody has read the question that the run has by now."""
    harness.server.log += [event("human_input_required", **SECOND_QUESTION)]
    harness.wait_until(suspended, lambda record: record.run.waiting_for.request_id == "Second:job")
    harness.runner.decide(suspended, CONNECTION, harness.question, "approve")
    assert harness.get(suspended).run.waiting_for.sent is None
    assert harness.server.decisions == []


def test_a_second_question_is_shown_after_a_decision_made_elsewhere(harness, suspended):
    """The run was suspended at every poll."""
    harness.server.log += [RUN_STARTED, event("human_input_required", **SECOND_QUESTION)]
    record = harness.wait_until(
        suspended,
        lambda record: record.run.waiting_for and "And now" in record.run.waiting_for.prompt,
    )
    assert (record.status, record.notes) == (RunStatus.SUSPENDED, ())


def test_a_secret_that_is_streamed_in_pieces_is_redacted(harness):
    harness.server.seconds, harness.server.log = 60, [RUN_STARTED]
    run_id = harness.start({"ChatInput-a.key": SECRET, "ChatInput-a.input_value": "hi"})
    harness.wait_until(run_id, lambda record: record.run and record.run.components)
    chunks = ("It ", "is sk-", "very-secret-", "1234567890 and s", "o on")
    harness.server.log += [
        message("m", "It ", "partial"),
        *(event("token", id="m", chunk=chunk) for chunk in chunks),
    ]
    record = harness.wait_until(run_id, lambda record: "on" in _visible_text(record))
    assert _visible_text(record) == "It is •••• and so on"
    harness.runner.stop(run_id, CONNECTION)
    harness.wait_for_end(run_id)
    harness.wait_until_released(run_id)
    files = [file.read_bytes() for file in harness.folder.rglob("*") if file.is_file()]
    assert not any(b"very-secret" in content for content in files)


def _visible_text(record):
    return "".join(one.visible_text for one in record.run.messages.values())


@pytest.fixture
def refuse(harness, monkeypatch):
    """A function that lets the server ask for a day's pause in response to these requests only."""
    handle, refused = harness.server.handle, []

    async def respond(request):
        response = await handle(request)
        if (request.method, request.url.path) in refused:
            return httpx.Response(429, json={"detail": "No."}, headers={"retry-after": "86400"})
        return response

    def choose(*requests):
        refused[:] = requests

    monkeypatch.setattr(harness.server, "handle", respond)
    return choose


def test_a_stopped_run_ends_although_the_server_has_asked_for_a_day_without_polls(harness, refuse):
    """The console asks again some seconds after the stop."""
    harness.use_timings(confirming=Backoff(0.1, 60.0, attempts=10))
    harness.server.seconds = 60
    refuse(POLL)
    run_id = harness.start()
    harness.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.RETRY_REQUESTED))
    harness.runner.stop(run_id, CONNECTION)
    record = harness.wait_until(run_id, lambda record: record.stop_result)
    assert has_code(record.stop_result, NoteCode.STOP_UNCONFIRMED)
    harness.wait_for_polls()
    assert harness.server.count("POST", STOP) == 1
    refuse()
    assert harness.wait_for_end(run_id).stop_result == (Note(NoteCode.STOPPED),)


def test_a_person_may_have_the_server_asked_although_it_has_asked_to_wait(harness, refuse):
    harness.server.seconds = 60
    refuse(POLL)
    run_id = harness.start()
    harness.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.RETRY_REQUESTED))
    polls = harness.server.status_requests
    harness.runner.check_now(run_id, CONNECTION)
    wait_for(lambda: harness.server.status_requests == polls + 1)
    harness.runner.check_now(run_id, replace(CONNECTION, name="another server"))
    time.sleep(0.2)
    assert harness.server.status_requests == polls + 1
    refuse()
    harness.server.finish()
    harness.runner.check_now(run_id, CONNECTION)
    assert harness.wait_for_end(run_id).status is RunStatus.COMPLETED


@both_dialects
@pytest.mark.parametrize(
    ("state", "result"),
    [("cancelled", NoteCode.STOPPED), ("completed", NoteCode.ENDED_BEFORE_STOP)],
)
def test_the_end_of_a_run_tells_how_an_accepted_stop_ended(harness, state, result):
    harness.server.ignore_stop = True
    harness.server.seconds = 60
    run_id = harness.start()
    harness.wait_until(run_id, lambda record: record.job_id)
    harness.runner.stop(run_id, CONNECTION)
    harness.wait_until(
        run_id, lambda record: has_code(record.stop_result, NoteCode.STOP_UNCONFIRMED)
    )
    harness.server.jobs[JOB].state = state
    assert harness.wait_for_end(run_id).stop_result == (Note(result),)


def test_a_stop_that_the_server_refuses_says_when_it_is_sent_again(harness, refuse):
    harness.server.seconds = 60
    refuse(POLL, ("POST", STOP))
    run_id = harness.start()
    harness.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.RETRY_REQUESTED))
    harness.runner.stop(run_id, CONNECTION)
    record = harness.wait_until(
        run_id, lambda record: has_code(record.notes, NoteCode.STOP_RETRY_REQUESTED)
    )
    assert re.search(r"the stop is sent again at \d\d:\d\d:\d\d UTC", describe_notes(record.notes))
    assert record.stop_requested_at is not None
    assert harness.server.count("POST", STOP) == 1

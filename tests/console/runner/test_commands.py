"""Stops and decisions while a run is followed: each is executed or reported, none is lost."""

import asyncio
import re
import time
from dataclasses import replace

import httpx
import pytest
from pydantic import SecretStr

from lfclient import RunStatus
from lfclient.api.requests import STATUS
from lfclient.common.backoff import Backoff
from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.store.notes import Note, NoteCode, has_code
from lfclient.console.wording.run_notes import describe_notes
from tests.support.fake_events import event, message, question
from tests.support.fake_langflow import FakeLangflow
from tests.support.runner_harness import CONNECTION, JOB, RUN_STARTED, STOP, both_dialects
from tests.support.waiting import wait_for

SECRET = "sk-very-secret-1234567890"
POLL = ("GET", STATUS)
SECOND_QUESTION = {**question(JOB), "request_id": "Second:job", "prompt": "And now?"}


@pytest.fixture
def timings(eager_timings):
    return eager_timings


def test_a_stop_waits_for_the_decision_that_is_being_sent(bench, suspended):
    bench.server.hold_resume = True
    bench.runner.decide(suspended, CONNECTION, bench.question, "approve")
    wait_for(lambda: any(path.endswith("/resume") for _, path in bench.server.requests))
    bench.runner.stop(suspended, CONNECTION)
    bench.server.hold_resume = False
    record = bench.wait_until(suspended, lambda record: record.stop_result)
    assert bench.server.count("POST", STOP) == 1
    assert has_code(record.stop_result, NoteCode.STOPPED) or record.ended


def test_nobody_stops_or_decides_for_another_owners_run(bench, suspended):
    other = replace(CONNECTION, name="another server")
    bench.runner.stop(suspended, other)
    bench.runner.decide(suspended, other, bench.question, "approve")
    record = bench.get(suspended)
    assert (record.stop_requested_at, record.run.waiting_for.sent) == (None, None)


def test_a_decision_is_offered_again_if_its_follower_changes_before_it_is_sent(bench, suspended):
    bench.server.is_down = True
    bench.runner.decide(suspended, CONNECTION, bench.question, "approve")
    bench.wait_until(suspended, lambda record: record.run.waiting_for.sent == "approve")
    bench.runner.attach(replace(CONNECTION, api_key=SecretStr("sk-another-key-here")))
    record = bench.wait_until(suspended, lambda record: record.run.waiting_for.sent is None)
    assert record.status is RunStatus.SUSPENDED
    bench.server.is_down = False


def test_a_decision_on_an_earlier_question_is_ignored(bench, suspended):
    """Nobody has read the question that the run has by now."""
    bench.server.log += [event("human_input_required", **SECOND_QUESTION)]
    bench.wait_until(suspended, lambda record: record.run.waiting_for.request_id == "Second:job")
    bench.runner.decide(suspended, CONNECTION, bench.question, "approve")
    assert bench.get(suspended).run.waiting_for.sent is None
    assert bench.server.decisions == []


def test_a_second_question_is_shown_after_a_decision_made_elsewhere(bench, suspended):
    """The run was suspended at every poll."""
    bench.server.log += [RUN_STARTED, event("human_input_required", **SECOND_QUESTION)]
    record = bench.wait_until(
        suspended,
        lambda record: record.run.waiting_for and "And now" in record.run.waiting_for.prompt,
    )
    assert (record.status, record.notes) == (RunStatus.SUSPENDED, ())


@pytest.mark.usefixtures("forgotten_at_once")
def test_stop_is_offered_again_if_the_server_moved_and_does_not_know_the_job(bench, running):
    bench.restart()
    bench.server.jobs.clear()
    moved = replace(CONNECTION, url="http://elsewhere.test")
    bench.runner.attach(moved)
    bench.wait_until(running, lambda record: record.notes)
    bench.runner.stop(running, moved)
    bench.wait_until_released(running)
    record = bench.get(running)
    assert (record.ended, record.stop_requested_at) == (False, None)


@pytest.mark.usefixtures("forgotten_at_once")
def test_a_stop_is_offered_again_if_the_run_is_released_as_it_is_sent(bench, running, monkeypatch):
    """As of a server that has moved and does not know the job."""
    bench.restart()
    bench.server.jobs.clear()
    bench.server.hold_status = True
    moved = replace(CONNECTION, url="http://elsewhere.test")

    def release(*_):
        bench.server.hold_status = False
        bench.wait_until_released(running)
        return False

    monkeypatch.setattr(bench.runner._commands, "_is_followed_elsewhere", release)
    bench.runner.attach(moved)
    bench.runner.stop(running, moved)
    record = bench.get(running)
    assert (record.ended, record.stop_requested_at) == (False, None)


@pytest.mark.parametrize("restarted", [False, True])
def test_an_adopted_run_is_saved_without_its_raw_response(bench, suspended, restarted):
    """This console doesn't know the secrets that were sent, so it can't redact them."""
    bench.folder = bench.folder / "other"
    bench.restart()
    bench.owner = owner_fingerprint(CONNECTION, bench.folder)
    run_id = bench.runner.adopt(CONNECTION, bench.flow, bench.question)
    bench.wait_until(run_id, lambda record: record.run and record.run.waiting_for)
    if restarted:
        bench.restart()
        bench.runner.attach(CONNECTION)
        bench.wait_until(run_id, lambda record: record.run and record.run.waiting_for)
    bench.server.seconds = 0.2
    bench.runner.decide(run_id, CONNECTION, bench.question, "approve")
    record = bench.wait_for_end(run_id)
    assert record.run.raw == {}
    assert "not started by this console" in record.run.warnings[-1]


def test_a_secret_that_is_streamed_in_pieces_is_redacted(bench):
    """On the screen and in the store, even if the text is cut off."""
    bench.server.seconds, bench.server.log = 60, [RUN_STARTED]
    run_id = bench.start({"ChatInput-a.key": SECRET, "ChatInput-a.input_value": "hi"})
    bench.wait_until(run_id, lambda record: record.run and record.run.components)
    chunks = ("It ", "is sk-", "very-secret-", "1234567890 and s", "o on")
    bench.server.log += [
        message("m", "It ", "partial"),
        *(event("token", id="m", chunk=chunk) for chunk in chunks),
    ]
    record = bench.wait_until(run_id, lambda record: "on" in _visible_text(record))
    assert _visible_text(record) == "It is •••• and so on"
    bench.runner.stop(run_id, CONNECTION)
    bench.wait_for_end(run_id)
    bench.wait_until_released(run_id)
    files = [file.read_bytes() for file in bench.folder.rglob("*") if file.is_file()]
    assert not any(b"very-secret" in content for content in files)


def test_a_run_stays_in_memory_until_its_components_are_added(bench, monkeypatch):
    """However late; then it is evicted."""
    bench.use_timings(ended_ttl_seconds=0, maintenance_seconds=0.02)
    bench.server.dialect = "inputs"
    handle = FakeLangflow.handle
    cached = []

    async def handle_builds_late(self, request):
        if request.url.path.endswith("/builds"):
            await asyncio.sleep(0.2)
            cached.append(bench.runner._cache.snapshot(run_id))
        return await handle(self, request)

    monkeypatch.setattr(FakeLangflow, "handle", handle_builds_late)
    run_id = bench.start()
    bench.wait_until_saved(run_id, lambda record: record.ended)
    bench.wait_until_released(run_id)
    assert cached[0].ended
    assert bench.get(run_id).status is RunStatus.COMPLETED
    wait_for(lambda: bench.runner._cache.snapshot(run_id) is None)


def _visible_text(record):
    return "".join(one.visible_text for one in record.run.messages.values())


@pytest.fixture
def refuse(bench, monkeypatch):
    """A function that lets the server ask for a day's pause in response to these requests only."""
    handle, refused = bench.server.handle, []

    async def respond(request):
        response = await handle(request)
        if (request.method, request.url.path) in refused:
            return httpx.Response(429, json={"detail": "No."}, headers={"retry-after": "86400"})
        return response

    def choose(*requests):
        refused[:] = requests

    monkeypatch.setattr(bench.server, "handle", respond)
    return choose


@both_dialects
def test_a_stop_is_sent_although_the_server_asks_to_wait_with_polls(bench, refuse):
    """The server accepts it, which the run says, and gets no second one."""
    bench.server.seconds = 60
    refuse(POLL)
    run_id = bench.start()
    bench.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.RETRY_REQUESTED))
    bench.runner.stop(run_id, CONNECTION)
    record = bench.wait_until(run_id, lambda record: record.stop_result)
    assert bench.server.jobs[JOB].state == "cancelled"
    assert has_code(record.stop_result, NoteCode.STOP_UNCONFIRMED)
    bench.wait_for_polls()
    assert bench.server.count("POST", STOP) == 1


@both_dialects
def test_a_stopped_run_ends_although_the_server_has_asked_for_a_day_without_polls(bench, refuse):
    """The console asks again some seconds after the stop."""
    bench.use_timings(confirming=Backoff(0.1, 60.0, attempts=10))
    bench.server.seconds = 60
    refuse(POLL)
    run_id = bench.start()
    bench.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.RETRY_REQUESTED))
    bench.runner.stop(run_id, CONNECTION)
    bench.wait_until(run_id, lambda record: record.stop_result)
    bench.wait_for_polls()
    refuse()
    assert bench.wait_for_end(run_id).stop_result == (Note(NoteCode.STOPPED),)


@both_dialects
def test_a_pause_that_the_server_asks_for_after_a_stop_is_kept(bench, refuse):
    """After a few attempts, whose number does not depend on the pause."""
    bench.use_timings(confirming=Backoff(0.05, 0.05, attempts=4))
    bench.server.seconds = 60
    refuse(POLL)
    run_id = bench.start()
    bench.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.RETRY_REQUESTED))
    bench.runner.stop(run_id, CONNECTION)
    bench.wait_until(
        run_id, lambda record: record.stop_result and has_code(record.notes, NoteCode.RETRYING)
    )
    bench.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.RETRY_REQUESTED))
    polls = bench.server.status_requests
    time.sleep(0.5)
    assert bench.server.status_requests == polls


@both_dialects
def test_a_person_may_have_the_server_asked_although_it_has_asked_to_wait(bench, refuse):
    """Once, and not for another owner."""
    bench.server.seconds = 60
    refuse(POLL)
    run_id = bench.start()
    bench.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.RETRY_REQUESTED))
    polls = bench.server.status_requests
    bench.runner.check_now(run_id, CONNECTION)
    wait_for(lambda: bench.server.status_requests == polls + 1)
    bench.runner.check_now(run_id, replace(CONNECTION, name="another server"))
    time.sleep(0.5)
    assert bench.server.status_requests == polls + 1
    refuse()
    bench.server.finish()
    bench.runner.check_now(run_id, CONNECTION)
    assert bench.wait_for_end(run_id).status is RunStatus.COMPLETED


@both_dialects
@pytest.mark.parametrize(
    ("state", "result"),
    [
        ("cancelled", NoteCode.STOPPED),
        ("completed", NoteCode.ENDED_BEFORE_STOP),
    ],
)
def test_the_end_of_a_run_tells_how_an_accepted_stop_ended(bench, state, result):
    bench.server.ignore_stop = True
    bench.server.seconds = 60
    run_id = bench.start()
    bench.wait_until(run_id, lambda record: record.job_id)
    bench.runner.stop(run_id, CONNECTION)
    bench.wait_until(run_id, lambda record: has_code(record.stop_result, NoteCode.STOP_UNCONFIRMED))
    bench.server.jobs[JOB].state = state
    assert bench.wait_for_end(run_id).stop_result == (Note(result),)


@both_dialects
def test_a_stop_that_the_server_refuses_says_when_it_is_sent_again(bench, refuse):
    bench.server.seconds = 60
    refuse(POLL, ("POST", STOP))
    run_id = bench.start()
    bench.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.RETRY_REQUESTED))
    bench.runner.stop(run_id, CONNECTION)
    record = bench.wait_until(
        run_id, lambda record: has_code(record.notes, NoteCode.STOP_RETRY_REQUESTED)
    )
    assert re.search(r"the stop is sent again at \d\d:\d\d:\d\d UTC", describe_notes(record.notes))
    assert record.stop_requested_at is not None
    assert bench.server.count("POST", STOP) == 1

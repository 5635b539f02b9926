"""Runs that the server refused or did not answer, and how they are sent again."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from lfclient.api.requests import STATUS
from lfclient.console.runner import execution, recovery
from lfclient.console.store.notes import NoteCode, has_code
from lfclient.console.wording.run_notes import describe_notes
from lfclient.errors import InvalidRequest
from lfclient.runs.model import RunStatus
from tests.support.fake_events import component_done, event
from tests.support.flows import flow, group, node, text
from tests.support.runner_harness import CONNECTION, JOB, OFTEN, SUBMIT, add_trace, without_events
from tests.support.waiting import wait_for

MODES = ["background", "sync", "stream"]


@pytest.fixture
def runner_timings(runner_timings):
    return replace(
        runner_timings, searching=OFTEN, resend_delay_seconds=0.5, max_call_start_seconds=0.1
    )


def refusal(status, **headers):
    return httpx.Response(status, json={"detail": "Too busy"}, headers=headers)


def wait_for_refusal(harness, run_id):
    record = harness.wait_until(run_id, lambda record: record.notes)
    assert (record.status, record.attempts) == (RunStatus.QUEUED, 0)
    assert record.started_at is None
    assert has_code(record.notes, NoteCode.NOT_ACCEPTED)
    assert "Too busy" in describe_notes(record.notes)
    return record


@pytest.mark.parametrize(
    ("harness", "mode"),
    [
        *[pytest.param({"dialect": "modes"}, mode, id=f"modes {mode}") for mode in MODES],
        *[pytest.param({"dialect": "inputs"}, mode, id=f"inputs {mode}") for mode in MODES[:2]],
    ],
    indirect=["harness"],
)
def test_a_refused_run_waits_and_is_sent_again(harness, mode):
    harness.server.refusal = refusal(429)
    if mode == "stream":
        harness.server.log = [component_done("ChatOutput-b", "echo"), event("end")]
    run_id = harness.start(mode=mode)
    wait_for_refusal(harness, run_id)
    accepted_at, harness.server.refusal = datetime.now(UTC), None
    record = harness.wait_for_end(run_id)
    assert (record.status, record.attempts, record.notes) == (RunStatus.COMPLETED, 1, ())
    assert record.started_at > accepted_at
    assert len(harness.server.jobs) == 1


@pytest.mark.parametrize("mode", MODES)
def test_a_run_is_sent_again_if_no_connection_was_made_in_time(harness, mode):
    """On a busy machine, the console's own connections take long."""
    harness.server.connect_timeouts = 1
    if mode == "stream":
        harness.server.log = [component_done("ChatOutput-b", "echo"), event("end")]
    record = harness.wait_for_end(harness.start(mode=mode))
    assert (record.status, record.attempts, record.notes) == (RunStatus.COMPLETED, 1, ())
    assert len(harness.server.jobs) == 1


def test_a_run_fails_if_no_connection_is_made_for_a_minute(harness, monkeypatch):
    monkeypatch.setattr(execution, "_MAX_UNREACHED_SECONDS", 0.0)
    harness.server.connect_timeouts = 99
    record = harness.wait_for_end(harness.start())
    assert record.status is RunStatus.FAILED
    assert "in time" in record.problem.message
    assert not harness.server.jobs


def test_a_refused_stream_that_waits_is_not_taken_for_a_silent_one(harness):
    harness.use_timings(call_silence_seconds=0.1)
    harness.server.refusal = refusal(429, **{"retry-after": "300"})
    run_id = harness.start(mode="stream")
    record = wait_for_refusal(harness, run_id)
    requests = len(harness.server.requests)
    time.sleep(0.3)  # three times the silence
    assert harness.get(run_id) == record
    assert len(harness.server.requests) == requests


@pytest.mark.parametrize("mode", MODES)
def test_a_refused_run_is_sent_again_after_a_restart(harness, mode):
    harness.server.refusal = refusal(429, **{"retry-after": "300"})
    if mode == "stream":
        harness.server.log = [component_done("ChatOutput-b", "echo"), event("end")]
    run_id = harness.start(mode=mode)
    wait_for_refusal(harness, run_id)
    harness.wait_until_saved(run_id, lambda stored: not stored.attempts)
    harness.server.refusal = None
    harness.restart()
    harness.runner.attach(CONNECTION)
    record = harness.wait_for_end(run_id)
    assert (record.status, record.attempts, record.notes) == (RunStatus.COMPLETED, 1, ())


def test_a_refused_run_says_when_the_server_wants_it_again(harness):
    harness.server.refusal = refusal(429, **{"retry-after": "300"})
    run_id = harness.start()
    record = harness.wait_until(run_id, lambda record: record.notes)
    at = re.search(r"again at (\d\d:\d\d:\d\d) UTC", describe_notes(record.notes)).group(1)
    expected = [datetime.now(UTC) + timedelta(seconds=300 - age) for age in range(20)]
    assert at in [f"{time:%H:%M:%S}" for time in expected]


@pytest.mark.parametrize("mode", MODES)
def test_a_refused_run_that_is_stopped_while_it_waits_has_not_run(harness, mode):
    harness.server.refusal = refusal(429, **{"retry-after": "300"})
    run_id = harness.start(mode=mode)
    wait_for_refusal(harness, run_id)
    harness.runner.stop(run_id, CONNECTION)
    record = harness.wait_for_end(run_id)
    assert (record.status, record.attempts) == (RunStatus.CANCELLED, 0)
    assert has_code(record.stop_result, NoteCode.STOPPED_UNSENT)
    assert harness.server.count("POST", SUBMIT) == 1


@pytest.fixture
def unavailable(harness, monkeypatch):
    """Respond to submits with 503 after the server has taken them, as a proxy may.

    Yields the headers of these responses; None for the server's own responses.
    """
    handle, plan = harness.server.handle, {"headers": {}}

    async def take_and_refuse(request):
        response = await handle(request)
        is_submit = request.method == "POST" and request.url.path == SUBMIT
        is_refused = is_submit and plan["headers"] is not None
        return refusal(503, **plan["headers"]) if is_refused else response

    monkeypatch.setattr(harness.server, "handle", take_and_refuse)
    return plan


def test_a_run_that_a_503_leaves_in_doubt_is_not_called_unsent(harness, unavailable):
    harness.use_timings(resend_delay_seconds=0.1)
    run_id = harness.start()
    record = harness.wait_until(run_id, lambda record: record.attempts > 2 and record.notes)
    assert (record.status, record.job_id) == (RunStatus.QUEUED, None)
    assert has_code(record.notes, NoteCode.RESPONSE_LOST)
    assert "HTTP 503" in describe_notes(record.notes)
    assert not has_code(record.notes, NoteCode.NOT_ACCEPTED)
    unavailable["headers"] = None
    record = harness.wait_for_end(run_id)
    assert (record.status, record.notes, len(harness.server.jobs)) == (RunStatus.COMPLETED, (), 1)
    assert record.attempts == harness.server.count("POST", SUBMIT) > 2


def test_a_run_that_a_503_leaves_in_doubt_is_stopped_on_the_server(harness, unavailable):
    harness.server.seconds = 60
    run_id = harness.start()
    harness.wait_until(run_id, lambda record: record.notes)
    add_trace(harness, JOB)
    harness.runner.stop(run_id, CONNECTION)
    record = harness.wait_for_end(run_id)
    assert (record.status, harness.server.jobs[JOB].state) == (RunStatus.CANCELLED, "cancelled")
    assert has_code(record.stop_result, NoteCode.STOPPED)


@pytest.mark.parametrize("headers", [{}, {"retry-after": "300"}], ids=["at once", "in the pause"])
def test_a_stop_that_does_not_find_the_run_of_a_503_says_that_it_may_have_run(
    harness, unavailable, headers
):
    unavailable["headers"] = headers
    run_id = harness.start()
    harness.wait_until(run_id, lambda record: record.notes)
    harness.runner.stop(run_id, CONNECTION)
    record = harness.wait_for_end(run_id)
    assert record.status is RunStatus.OUTCOME_UNKNOWN
    assert not has_code(record.stop_result, NoteCode.STOPPED_UNSENT)
    assert "may have run" in record.problem.hint
    assert harness.server.count("POST", SUBMIT) == 1


def test_a_503_gets_the_pause_that_it_asks_for(harness, unavailable):
    harness.use_timings(resend_delay_seconds=0.1)
    unavailable["headers"] = {"retry-after": "1"}
    began = time.monotonic()
    run_id = harness.start()
    record = harness.wait_until(run_id, lambda record: record.notes)
    assert re.search(
        r"at \d\d:\d\d:\d\d UTC, as the server requested", describe_notes(record.notes)
    )
    unavailable["headers"] = None
    record = harness.wait_for_end(run_id)
    assert (record.status, record.attempts) == (RunStatus.COMPLETED, 2)
    assert time.monotonic() - began >= 1


def test_a_503_that_asks_for_more_than_ten_minutes_is_only_looked_for_and_says_so(
    harness, unavailable, monkeypatch
):
    monkeypatch.setattr(recovery, "_MAX_PAUSE_SECONDS", 0.5)
    harness.use_timings(search_seconds=0.2, min_search_seconds=0.2)
    unavailable["headers"] = {"retry-after": "86400"}
    run_id = harness.start()
    record = harness.wait_until(run_id, lambda record: record.notes)
    assert re.search(
        r"at \d\d:\d\d:\d\d UTC, sooner than the server requested", describe_notes(record.notes)
    )
    assert has_code(record.notes, NoteCode.SEARCH_EARLY)
    unavailable["headers"] = None
    assert harness.wait_for_end(run_id).status is RunStatus.OUTCOME_UNKNOWN
    assert harness.server.count("POST", SUBMIT) == 1


@without_events
def test_a_503_without_an_idempotency_key_is_not_sent_again(harness, unavailable):
    harness.use_timings(search_seconds=0.2, min_search_seconds=0.2)
    unavailable["headers"] = {"retry-after": "1"}
    record = harness.wait_for_end(harness.start())
    assert (record.status, len(harness.server.jobs)) == (RunStatus.OUTCOME_UNKNOWN, 1)
    assert "before you run it again" in record.problem.hint
    assert harness.server.count("POST", SUBMIT) == 1


@pytest.mark.parametrize("mode", MODES)
def test_a_run_that_would_have_to_wait_for_longer_than_ten_minutes_fails(harness, mode):
    harness.server.refusal = refusal(429, **{"retry-after": "3600"})
    record = harness.wait_for_end(harness.start(mode=mode))
    assert record.status is RunStatus.FAILED
    assert "Too busy" in record.problem.message
    assert harness.server.count("POST", SUBMIT) == 1


@pytest.mark.parametrize("harness", [{"dialect": "inputs"}], indirect=True)
def test_a_search_ends_only_after_the_server_has_answered_for_a_while(harness, monkeypatch):
    """It writes traces late, and may have been frozen for all the time of the search."""
    harness.use_timings(search_seconds=0.2, min_search_seconds=0.2)
    handle, thawed_at, failed_at = harness.server.handle, time.monotonic() + 0.6, []

    async def freeze(request):
        if time.monotonic() < thawed_at and request.url.path != "/api/v1/version":
            failed_at.append(time.monotonic())
            raise httpx.ReadTimeout("timed out", request=request)
        return await handle(request)

    monkeypatch.setattr(harness.server, "handle", freeze)
    record = harness.wait_for_end(harness.start())
    assert record.status is RunStatus.OUTCOME_UNKNOWN
    assert time.monotonic() >= failed_at[-1] + 0.2


@without_events
def test_a_poll_waits_as_long_as_the_server_asks(harness, monkeypatch):
    handle, times = harness.server.handle, []

    async def refuse_once(request):
        response = await handle(request)
        if request.method == "GET" and request.url.path == STATUS:
            times.append(time.monotonic())
            return response if len(times) > 1 else refusal(503, **{"retry-after": "1"})
        return response

    monkeypatch.setattr(harness.server, "handle", refuse_once)
    harness.server.seconds = 60
    record = harness.wait_until(harness.start(), lambda record: record.notes)
    assert re.search(r"the console tries again at \d\d:\d\d:\d\d UTC", describe_notes(record.notes))
    wait_for(lambda: len(times) == 2)
    assert times[1] - times[0] >= 1


@pytest.mark.parametrize("key", ["OpenAI-a.api_base", "Group-g.url", "OpenAI-i.api_base"])
def test_visitors_without_permission_send_no_url_that_gets_a_stored_key(harness, key):
    parameters = {"api_key": text("KEY", password=True), "api_base": text("")}
    inner = [node("OpenAI-i", **parameters)]
    outer = group("Group-g", inner, url=("OpenAI-i", "api_base"))
    harness.flow = flow(node("OpenAI-a", **parameters), outer)
    with pytest.raises(InvalidRequest) as error:
        harness.start_rows([{}, {key: "http://elsewhere"}], install=False)
    assert error.value.field == key
    assert harness.server.count("POST", SUBMIT) == 0
    assert harness.start_rows([{}], install=False)

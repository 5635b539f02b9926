"""Broken and stalled connections to real servers, and simultaneous decisions and stops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from lfclient import (
    HumanInputRequired,
    InvalidRequest,
    LangflowClient,
    LogLine,
    MessageAdded,
    NotWaiting,
    RunEnded,
    RunStatus,
)
from lfclient.api.operations import event_streams
from lfclient.common.backoff import Backoff
from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.runner.timings import Timings
from tests.live.desk import Desk, ended, is_waiting, states
from tests.live.flows import SECRETIVE, TALK
from tests.live.releases import Make, with_events
from tests.support.proxy import Fault, Proxy, raw_response
from tests.support.scripted import EventCollector
from tests.support.servers import LiveServer
from tests.support.waiting import wait_for

pytestmark = with_events

POST = "POST /api/v2/workflows"
WORDS = {"ChatInput-question.input_value": "Good morning!", "WordByWord-writer.pause": 10}
SECRET = "sk-a-secret-of-the-live-test"


@pytest.fixture
def desk(tmp_path: Path, langflow: LiveServer, client: LangflowClient) -> Iterator[Desk]:
    made = Desk(tmp_path / "one", langflow, client)
    yield made
    made.runner.close()


def text_of(found: list[Any]) -> str:
    """The last text of the flow's message."""
    messages = [one.message for one in found if isinstance(one, MessageAdded)]
    return [one.text for one in messages if one.sender == "Machine"][-1]


def durable(found: list[Any]) -> list[Any]:
    """The events that a job stores, except the one that ends it."""
    return [one for one in found if one.id and not isinstance(one, RunEnded)]


@pytest.mark.parametrize(
    ("kind", "faults"),
    [
        (
            "sync",
            [Fault(cut=True, after=b'"event": "tok'), Fault(cut=True, after=b'"event": "end_v')],
        ),
        ("async", [Fault(drip=True)]),
        ("async", [Fault(stall=1.5, after=b'"event": "token"'), Fault(delay=0.3)]),
    ],
    ids=["cut", "drip", "stall"],
)
def test_every_event_of_a_job_arrives_once_and_in_order(
    langflow: LiveServer, proxy: Proxy, make: Make, kind: str, faults: list[Fault], monkeypatch: Any
):
    """Whatever happens to the connection. The text is complete at the end."""
    monkeypatch.setattr(event_streams, "MAX_SILENCE_SECONDS", 0.5)
    monkeypatch.setattr(event_streams, "KEEP_ALIVE_SILENCE_SECONDS", 0.5)
    flow = make("Write word by word")
    with LangflowClient(langflow.url, langflow.api_key) as client:
        job = client.submit(flow, WORDS)
    proxy.plan("/events", *faults)
    collector = EventCollector(kind, proxy.url, api_key=langflow.api_key)
    found = collector.collect(lambda client: client.events(job.job_id, flow=flow))
    ids = [int(one.id) for one in found if one.id]
    assert ids == sorted(set(ids))
    assert [type(one) for one in found].count(RunEnded) == 1
    assert found[-1].status is RunStatus.COMPLETED
    assert text_of(found) == found[-1].run.outputs["ChatOutput-answer"].value
    wait_for(lambda: proxy.open == 0)


def test_events_dropped_for_a_slow_reader_arrive_in_the_end(
    langflow: LiveServer, proxy: Proxy, make: Make
):
    """Three components talk as fast as the server allows while the client does not read.

    Log lines are lost; every stored event arrives once, in order.
    """
    flow = make(TALK)
    with (
        LangflowClient(proxy.url, langflow.api_key) as slow,
        LangflowClient(langflow.url, langflow.api_key) as client,
    ):
        job = slow.submit(flow)
        events = slow.events(job, flow=flow)
        found = [next(events)]
        wait_for(lambda: client.status(job).ended, 60)
        found += events
        assert proxy.count("/events") > 1  # the dropped events were requested again
        whole = list(client.events(job, flow=flow))
    assert 0 < len([one for one in found if isinstance(one, LogLine)]) < 4_500
    assert durable(found) == durable(whole)
    assert found[-1].status is RunStatus.COMPLETED
    assert found[-1].run.outputs["ChatOutput-b"].value == "said"


@pytest.mark.parametrize("fault", [{"cut": True}, {"stall": 60.0}], ids=["cut", "half open"])
def test_a_streamed_call_that_is_cut_off_is_interrupted_and_not_repeated(
    langflow: LiveServer, proxy: Proxy, make: Make, fault: dict[str, Any], monkeypatch: Any
):
    monkeypatch.setattr(event_streams, "MAX_CALL_SILENCE_SECONDS", 1.0)
    monkeypatch.setattr(event_streams, "KEEP_ALIVE_SILENCE_SECONDS", 1.0)
    flow, session = make("Write word by word"), uuid4().hex
    proxy.plan(POST, Fault(**fault, after=b'"event": "token"'))
    collector = EventCollector("sync", proxy.url, api_key=langflow.api_key)
    found = collector.collect(lambda client: client.stream(flow, WORDS, session_id=session))
    assert found[-1].status is RunStatus.INTERRUPTED
    assert proxy.count(POST) == 1
    wait_for(lambda: proxy.open == 0)


def test_of_two_simultaneous_decisions_one_counts(
    desk: Desk, other: Desk, make: Make, client: LangflowClient
):
    """The other console gets an error. Both show the outcome."""
    flow = make("Wait for an approval")
    mine = desk.start(flow)
    my_question = desk.until(mine, is_waiting).run.waiting_for
    (waiting,) = client.pending(flow)
    theirs = other.runner.adopt(other.connection, flow, waiting)
    their_question = other.until(theirs, is_waiting).run.waiting_for
    desk.runner.decide(mine, desk.connection, my_question, "approve")
    other.runner.decide(theirs, other.connection, their_question, "reject")
    first, second = desk.until(mine, ended), other.until(theirs, ended)
    assert first.status is second.status is RunStatus.COMPLETED
    assert list(first.run.outputs) == list(second.run.outputs)
    assert len(first.run.outputs) == 1


def test_invalid_decisions_raise_an_error(client: LangflowClient, make: Make):
    """One that is not offered, one for another question, a second one, and one after a stop."""
    flow = make("Wait for an approval")
    job = client.submit(flow)
    (*_, question) = client.events(job, flow=flow)
    assert isinstance(question, HumanInputRequired)
    request = question.request.request_id
    with pytest.raises(InvalidRequest):
        client.resume(job, request, "perhaps")
    with pytest.raises(NotWaiting):
        client.resume(job, "HumanInput-other:1", "approve")
    client.resume(job, request, "approve")
    with pytest.raises(NotWaiting):
        client.resume(job, request, "approve")
    (*_, last) = client.events(job, question.id, flow=flow)
    assert (type(last), last.status) == (RunEnded, RunStatus.COMPLETED)
    stopped = client.submit(flow)
    (*_, question) = client.events(stopped, flow=flow)
    client.stop(stopped, flow=flow)
    with pytest.raises(NotWaiting):
        client.resume(stopped, question.request.request_id, "approve")
    assert client.pending(flow) == []


def test_a_decision_after_a_stop_changes_nothing(desk: Desk, make: Make, client: LangflowClient):
    """Somebody else stopped the run just before."""
    flow = make("Wait for an approval")
    run_id = desk.start(flow)
    record = desk.until(run_id, is_waiting)
    client.stop(record.job_id, flow=flow)
    desk.runner.decide(run_id, desk.connection, record.run.waiting_for, "approve")
    record = desk.until(run_id, ended)
    assert (record.status, record.run.waiting_for) == (RunStatus.CANCELLED, None)
    assert "ChatOutput-yes" not in record.run.outputs


def test_a_job_stopped_while_it_writes_keeps_its_partial_output(
    desk: Desk, make: Make, langflow: LiveServer
):
    """Its text and its components' outputs, marked as partial."""
    run_id = desk.start(make("Write word by word"), **{**WORDS, "WordByWord-writer.pause": 100})

    def written(record: Any) -> str:
        messages = record.run.messages.values() if record.run else ()
        return "".join(one.visible_text for one in messages if one.sender == "Machine")

    desk.until(run_id, lambda record: len(written(record)) > 20)
    desk.runner.stop(run_id, desk.connection)
    record = desk.until(run_id, ended)
    assert record.status is RunStatus.CANCELLED
    assert len(written(record)) > 20
    assert states(record)["PromptTemplate-story"] == "done"
    assert record.run.components["PromptTemplate-story"].output is not None


@pytest.mark.parametrize("mode", ["stream", "background"])
def test_events_contain_no_secret(desk: Desk, make: Make, mode: str):
    """Neither the shown run, nor its raw events, nor the database."""
    run_id = desk.start(make(SECRETIVE), mode, **{"TellsSecret-s.api_key": SECRET})
    record = desk.until(run_id, ended)
    assert record.status is RunStatus.COMPLETED, record.problem
    assert record.run.outputs["ChatOutput-b"].value == "it is ••••"
    log = record.run.components["TellsSecret-s"].log
    # a job's log lines are not stored for late listeners
    assert log == ("it is ••••",) or (mode == "background" and not log)
    assert any("••••" in one.text for one in record.run.messages.values())
    if mode == "stream":
        assert record.run.raw["events"]
    assert SECRET not in repr(record)
    stored = b"".join(part.read_bytes() for part in desk.folder.rglob("*") if part.is_file())
    assert stored
    assert SECRET.encode() not in stored


def test_an_interrupted_streamed_run_keeps_its_partial_output(desk: Desk, proxy: Proxy, make: Make):
    """It was sent once."""
    desk.connection = replace(desk.connection, url=proxy.url)
    desk.owner = owner_fingerprint(desk.connection, desk.folder)
    proxy.plan(POST, Fault(cut=True, after=b'"event": "token"'))
    overrides = {**WORDS, "WordByWord-writer.pause": 50}
    record = desk.until(desk.start(make("Write word by word"), "stream", **overrides), ended)
    assert record.status is RunStatus.INTERRUPTED
    assert states(record)["PromptTemplate-story"] == "done"
    assert (proxy.count(POST), len(desk.runner.recent(desk.owner))) == (1, 1)


def test_a_run_whose_stream_stays_broken_still_gets_its_complete_text(
    desk: Desk, proxy: Proxy, make: Make
):
    """From the session's messages; the components' states come from the build records."""
    desk.timings = Timings(listening=Backoff(0.5, 0.5))
    desk.restart()
    desk.connection = replace(desk.connection, url=proxy.url)
    desk.owner = owner_fingerprint(desk.connection, desk.folder)
    broken = [Fault(raw=raw_response(502))] * 50
    proxy.plan("/events", Fault(cut=True, after=b'"event": "token"'), *broken)
    run_id = desk.start(make("Write word by word"), **WORDS)
    desk.until(run_id, ended)
    wait_for(lambda: not desk.runner.is_followed(run_id))
    record = desk.runner.get(run_id, desk.owner)
    assert record.status is RunStatus.COMPLETED
    assert set(states(record).values()) == {"done"}
    texts = [one.text for one in record.run.messages.values() if one.sender == "Machine"]
    assert texts == [record.run.outputs["ChatOutput-answer"].value]

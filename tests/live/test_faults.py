"""Broken connections to real servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import psutil
import pytest
from pydantic import SecretStr

from lfclient import (
    LangflowClient,
    RunStatus,
)
from lfclient.common.backoff import Backoff
from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.runner.timings import Timings
from lfclient.console.samples.spec import Link, Node, Sample
from lfclient.wire.server_info import DEFAULT_CONCURRENCY
from tests.live.desk import Desk, ended, states
from tests.live.releases import Make, with_events
from tests.live.test_typed_keys import user_id
from tests.support import servers
from tests.support.proxy import Fault, Proxy, raw_response
from tests.support.servers import LiveServer
from tests.support.waiting import wait_for

POST = "POST /api/v2/workflows"
SILENT_SECONDS = 4.0
LONG = {"TimedStep-weather.seconds": 600, "TimedStep-hotel.seconds": 600}
WORDS = {"ChatInput-question.input_value": "Good morning!", "WordByWord-writer.pause": 10}
SECRET = "sk-a-secret-of-the-live-test"
SLOW = Sample(
    "slow",
    "",
    (Node("a", "ChatInput"), Node("w", "TimedStep", {"seconds": 8}), Node("b", "ChatOutput")),
    (Link("a", "message", "w", "after"), Link("w", "done", "b")),
)


@pytest.fixture
def timings() -> Timings:
    every_second = Backoff(1.0, 1.0)
    return Timings(
        polling=every_second,
        listening=every_second,
        unreachable=every_second,
        silence_seconds=SILENT_SECONDS,
    )


@pytest.fixture
def desk(tmp_path: Path, langflow: LiveServer, client: LangflowClient) -> Iterator[Desk]:
    made = Desk(tmp_path / "one", langflow, client)
    yield made
    made.runner.close()


@with_events
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


@with_events
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


def test_a_new_key_takes_on_a_run_whose_key_is_revoked(
    desk: Desk,
    make: Make,
    langflow: LiveServer,
    api: httpx.Client,
    new_key: Callable[[], tuple[str, str]],
):
    """It sees the run, and follows it to its end."""
    (first, first_id), (second, _) = new_key(), new_key()
    user = user_id(langflow, first)
    typed = replace(desk.connection, source="typed", user_id=user, api_key=SecretStr(first))
    desk.connection, desk.owner = typed, desk.runner.owner_of(typed)
    run_id = desk.start(make(SLOW))
    desk.until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    api.delete(f"/api/v1/api_key/{first_id}").raise_for_status()
    desk.runner.stop(run_id, typed)
    desk.until(run_id, lambda record: "rejects the API key" in record.note)
    other = replace(typed, user_id=user_id(langflow, second), api_key=SecretStr(second))
    assert desk.runner.get(run_id, desk.runner.owner_of(other))
    desk.runner.attach(other)
    assert desk.until(run_id, ended).status is RunStatus.COMPLETED


@pytest.mark.parametrize("langflow", ["1.12.8-isolated", "1.13.0-isolated"], indirect=True)
def test_a_job_that_stays_queued_after_a_restart_is_reported_and_can_be_stopped(
    desk: Desk, make: Make, langflow: LiveServer
):
    """Behind running ones it was not reported."""
    server, flow = servers.isolated(langflow.version), make("Plan a trip")
    running = [desk.start(flow, **LONG) for _ in range(DEFAULT_CONCURRENCY)]
    for run_id in running:
        desk.until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    queued = desk.start(flow, **LONG)
    desk.until(queued, lambda record: record.job_id)
    pid = server.status().pid
    assert pid  # None would be the test process itself
    psutil.Process(pid).kill()
    desk.until(queued, lambda record: "keeps trying" in record.note)
    assert server.start().url == langflow.url
    record = desk.until(queued, lambda record: "queued for more than" in record.note)
    assert record.status is RunStatus.QUEUED
    desk.runner.stop(queued, desk.connection)
    assert desk.until(queued, ended).status is RunStatus.CANCELLED
    for run_id in running:
        desk.runner.stop(run_id, desk.connection)
    wait_for(lambda: all(desk.runner.get(one, desk.owner).ended for one in running), 90)

"""Broken connections to real servers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lfclient import (
    LangflowClient,
    RunStatus,
)
from lfclient.common.backoff import Backoff
from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.runner.timings import Timings
from tests.live.desk import Desk, ended, states
from tests.live.releases import Make, with_events
from tests.support.proxy import Fault, Proxy, raw_response
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

"""Event streams whose connection breaks or stalls, or that are read slowly, on real servers."""

from __future__ import annotations

from typing import Any

import pytest

from lfclient import LangflowClient, LogLine, MessageAdded, RunEnded, RunStatus
from lfclient.api.operations import event_streams
from tests.live.flows import TALK
from tests.live.releases import Make, on, with_events
from tests.support.clients import collect_events
from tests.support.proxy import Fault, Proxy
from tests.support.servers import LiveServer
from tests.support.waiting import wait_for

POST = "POST /api/v2/workflows"
WORDS = {"ChatInput-question.input_value": "Good morning!", "WordByWord-writer.pause": 10}


def text_of(found: list[Any]) -> str:
    """The last text of the flow's message."""
    messages = [one.message for one in found if isinstance(one, MessageAdded)]
    return [one.text for one in messages if one.sender == "Machine"][-1]


def durable(found: list[Any]) -> list[Any]:
    """The events that a job stores, except the one that ends it."""
    return [one for one in found if one.id and not isinstance(one, RunEnded)]


@with_events
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
    monkeypatch.setattr(event_streams, "MAX_SILENCE_SECONDS", 0.5)
    monkeypatch.setattr(event_streams, "KEEP_ALIVE_SILENCE_SECONDS", 0.5)
    flow = make("Write word by word")
    with LangflowClient(langflow.url, langflow.api_key) as client:
        job = client.submit(flow, WORDS)
    proxy.plan("/events", *faults)
    found = collect_events(
        kind,
        lambda client: client.events(job.job_id, flow=flow),
        proxy.url,
        api_key=langflow.api_key,
    )
    ids = [int(one.id) for one in found if one.id]
    assert ids == sorted(set(ids))
    assert [type(one) for one in found].count(RunEnded) == 1
    assert found[-1].status is RunStatus.COMPLETED
    assert text_of(found) == found[-1].run.outputs["ChatOutput-answer"].value
    wait_for(lambda: proxy.open == 0)


@on("1.13.0")
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
        wait_for(lambda: client.status(job).ended)
        found += events
        assert proxy.count("/events") > 1  # the dropped events were requested again
        whole = list(client.events(job, flow=flow))
    assert 0 < len([one for one in found if isinstance(one, LogLine)]) < 4_500
    assert durable(found) == durable(whole)
    assert found[-1].status is RunStatus.COMPLETED
    assert found[-1].run.outputs["ChatOutput-b"].value == "said"

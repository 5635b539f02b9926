"""Streamed calls with broken connections: they keep their outputs and are never resent.

Over real sockets, by both clients.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from lfclient import (
    AsyncLangflowClient,
    BadResponse,
    FlowNotFound,
    InvalidKey,
    LangflowClient,
    RunStatus,
    ServerInfo,
    Token,
    Unreachable,
)
from lfclient.api.operations import event_streams
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from lfclient.wire.server_info import Capabilities
from tests.support.clients import collect_events
from tests.support.fake_events import CALL_LOG
from tests.support.fake_langflow import FLOW, FakeLangflow
from tests.support.proxy import Fault, Proxy, raw_response
from tests.support.waiting import wait_for

POST = "POST /api/v2/workflows"
flow = Flow.from_json(FLOW)


@pytest.fixture
def server() -> FakeLangflow:
    return FakeLangflow(log=list(CALL_LOG))


@pytest.fixture
def proxy(server: FakeLangflow) -> Iterator[Proxy]:
    with Proxy(server.handle) as made:
        yield made


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    """Both clients behave the same."""
    return request.param


def collect(proxy: Proxy, kind: str = "sync", **options: Any) -> list[Any]:
    found = collect_events(kind, lambda client: client.stream(flow), proxy.url, **options)
    wait_for(lambda: proxy.open == 0)
    return found


@pytest.mark.parametrize(
    ("after", "words", "values"),
    [
        (b"to_run", "", []),
        (b'"chunk": "two "', "one ", []),
        (b'"event": "outp', "one two ", ["one two "]),  # from the event of the component's end
        (b'"event": "end"', "one two ", ["one two "]),
    ],
)
def test_a_call_with_a_broken_connection_is_interrupted(
    kind: str, proxy: Proxy, after: bytes, words: str, values: list[str]
):
    proxy.plan(POST, Fault(cut=True, after=after))
    found = collect(proxy, kind)
    run = found[-1].run
    assert (found[-1].status, proxy.count(POST)) == (RunStatus.INTERRUPTED, 1)
    assert any("connection broke" in warning for warning in run.warnings)
    assert "".join(one.text for one in found if isinstance(one, Token)) == words
    assert [output.value for output in run.outputs.values()] == values


def test_a_cut_after_the_final_event_does_not_matter(proxy: Proxy):
    proxy.plan(POST, Fault(cut=True, after=b'"build_duration": 0.1}}\nid: 8\n\n'))
    assert collect(proxy)[-1].status is RunStatus.COMPLETED


def test_silence_interrupts_a_call_to_a_server_with_keep_alives(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
):
    """1.13 sends one every 15 s."""
    monkeypatch.setattr(event_streams, "KEEP_ALIVE_SILENCE_SECONDS", 0.3)
    proxy.plan(POST, Fault(stall=5, after=b"two "))
    assert collect(proxy)[-1].status is RunStatus.INTERRUPTED
    assert proxy.count(POST) == 1


def test_silence_without_keep_alives_does_not_end_a_call(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
):
    """1.11 and 1.12 may be silent as long as a component works, whatever the client's timeouts."""
    monkeypatch.setattr(event_streams, "KEEP_ALIVE_SILENCE_SECONDS", 0.3)
    monkeypatch.setattr(event_streams, "MAX_SILENCE_SECONDS", 0.3)
    proxy.plan(POST, Fault(stall=1, after=b"two "))
    found = collect(proxy, server=WITHOUT_KEEP_ALIVES, timeout=0.5, run_timeout=0.5)
    assert found[-1].status is RunStatus.COMPLETED


WITHOUT_KEEP_ALIVES = ServerInfo("1.12.8", "modes", capabilities=Capabilities(events=True))


def test_long_silence_without_keep_alives_interrupts_a_call(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
):
    """The connection is half open: Langflow itself ends a call after five minutes by default."""
    monkeypatch.setattr(event_streams, "MAX_CALL_SILENCE_SECONDS", 0.3)
    proxy.plan(POST, Fault(stall=60, after=b"two "))
    found = collect(proxy, server=WITHOUT_KEEP_ALIVES)
    assert (found[-1].status, proxy.count(POST)) == (RunStatus.INTERRUPTED, 1)
    assert any("did not respond in time" in warning for warning in found[-1].run.warnings)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (raw_response(204), BadResponse),
        (raw_response(404, b'{"detail": {"code": "FLOW_NOT_FOUND"}}'), FlowNotFound),
        (raw_response(403, b'{"detail": "no"}'), InvalidKey),
        (raw_response(200, b"<html>", "text/html"), BadResponse),
        (raw_response(410), LangflowError),
        (raw_response(500, b"{}"), LangflowError),
        (raw_response(200, b"", "text/event-stream")[:20], Unreachable),
    ],
)
def test_a_call_that_does_not_start_raises_an_error_and_is_not_resent(
    proxy: Proxy, answer: bytes, error: type[LangflowError]
):
    proxy.plan(POST, Fault(raw=answer))
    with pytest.raises(error):
        collect(proxy)
    assert proxy.count(POST) == 1
    wait_for(lambda: proxy.open == 0)


@pytest.mark.parametrize("is_closed", [True, False])
def test_leaving_the_loop_over_a_stream_closes_its_connection(
    kind: str, is_closed: bool, proxy: Proxy, server: FakeLangflow
):
    """The server then cancels the run."""
    del server.log[5:]

    async def leave() -> None:
        async with AsyncLangflowClient(proxy.url) as client:
            events = client.stream(flow)
            await anext(events)
            if is_closed:
                await events.aclose()
            del events
            await asyncio.to_thread(wait_for, lambda: proxy.open == 0)

    if kind == "async":
        asyncio.run(leave())
    else:
        with LangflowClient(proxy.url) as client:
            events = client.stream(flow)
            next(events)
            if is_closed:
                events.close()
            del events
            wait_for(lambda: proxy.open == 0)
    wait_for(lambda: [job.state for job in server.jobs.values()] == ["cancelled"])

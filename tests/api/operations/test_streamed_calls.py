"""Streamed calls with broken connections: they keep their outputs and are never resent.

Over real sockets, by both clients and by the runner.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from lfclient import (
    AsyncLangflowClient,
    BadResponse,
    FlowNotFound,
    InvalidKey,
    LangflowClient,
    RunEnded,
    RunStatus,
    ServerInfo,
    Token,
    Unreachable,
)
from lfclient.api.operations import event_streams
from lfclient.console.runner.timings import Timings
from lfclient.console.store.notes import Note, NoteCode, has_code
from lfclient.console.store.store import Store
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from lfclient.wire.server_info import Capabilities
from tests.support.fake_events import component_done, event, message, output
from tests.support.fake_langflow import FLOW, VERSIONS, FakeLangflow
from tests.support.proxy import Fault, Proxy, raw_response
from tests.support.runner_harness import CONNECTION, RunnerHarness
from tests.support.scripted import collect_events
from tests.support.waiting import wait_for

POST = "POST /api/v2/workflows"
SECRET = "a-secret-of-the-test"
LOG = [
    event("vertices_sorted", ids=["ChatInput-a"], to_run=["ChatInput-a", "ChatOutput-b"]),
    component_done("ChatInput-a", "hi", "ChatOutput-b"),
    message("m", "one ", "partial"),
    event("token", id="m", chunk="one "),
    event("token", id="m", chunk="two "),
    message("m", "one two "),
    component_done("ChatOutput-b", "one two "),
    output("ChatOutput-b", "one two "),
    event("end", build_duration=0.1),
]
flow = Flow.from_json(FLOW)


@pytest.fixture
def server() -> FakeLangflow:
    return FakeLangflow(log=list(LOG))


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


def test_a_call_received_byte_by_byte_completes(proxy: Proxy):
    proxy.plan(POST, Fault(drip=True))
    found = collect(proxy)
    assert [type(one) for one in found].count(RunEnded) == 1
    assert (found[-1].status, proxy.count(POST)) == (RunStatus.COMPLETED, 1)
    assert found[-1].run.outputs["ChatOutput-b"].value == "one two "


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
    """It keeps its outputs, tells the reason, and was sent once."""
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


def test_a_server_that_accepts_a_call_and_stays_silent_is_given_up(monkeypatch: pytest.MonkeyPatch):
    """As a host that vanishes without closing its connections."""
    monkeypatch.setattr(event_streams, "MAX_CALL_SILENCE_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        client = LangflowClient(url, server=WITHOUT_KEEP_ALIVES)
        with client, pytest.raises(Unreachable) as caught:
            list(client.stream(flow))
    assert caught.value.sent
    assert caught.value.timed_out


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


def test_malformed_events_do_not_lose_the_run(proxy: Proxy, server: FakeLangflow):
    odd = [event("output", component_id="ChatOutput-b", type=5), event("from_the_future", a=1)]
    server.log[2:2] = [*odd, event("end_vertex", build_data={"id": "x", "valid": "perhaps"})]
    found = collect(proxy)
    assert found[-1].status is RunStatus.COMPLETED
    assert found[-1].run.outputs["ChatOutput-b"].value == "one two "


@pytest.mark.parametrize("way", ["break", "exception", "close"])
def test_leaving_the_loop_over_a_stream_closes_its_connection(
    kind: str, way: str, proxy: Proxy, server: FakeLangflow
):
    """The server then cancels the run."""
    del server.log[5:]

    def leave(client: LangflowClient) -> None:
        if way == "close":
            events = client.stream(flow)
            next(events)
            events.close()
            return
        for _ in client.stream(flow):
            if way == "break":
                break
            raise KeyError

    async def leave_async(client: AsyncLangflowClient) -> None:
        if way == "close":
            events = client.stream(flow)
            await anext(events)
            await events.aclose()
            return
        async for _ in client.stream(flow):
            if way == "break":
                break
            raise KeyError

    async def walk() -> None:
        async with AsyncLangflowClient(proxy.url) as client:
            with suppress(KeyError):
                await leave_async(client)
            await asyncio.to_thread(wait_for, lambda: proxy.open == 0)

    if kind == "async":
        asyncio.run(walk())
    else:
        with LangflowClient(proxy.url) as client:
            with suppress(KeyError):
                leave(client)
            wait_for(lambda: proxy.open == 0)
    wait_for(lambda: [job.state for job in server.jobs.values()] == ["cancelled"])


class ProxiedRunner(RunnerHarness):
    """A runner whose server is behind a proxy."""

    def __init__(self, folder: Any, server: FakeLangflow, proxy: Proxy) -> None:
        self.proxy = proxy
        super().__init__(folder, server, timings=Timings(min_search_seconds=0.1))

    def connect(self, connection: Any, server: Any = None) -> AsyncLangflowClient:
        if server:
            return super().connect(connection, server)
        return AsyncLangflowClient(self.proxy.url, connection.api_key.get_secret_value())


@pytest.fixture
def proxied_runner(tmp_path: Any, server: FakeLangflow, proxy: Proxy) -> Iterator[ProxiedRunner]:
    made = ProxiedRunner(tmp_path, server, proxy)
    yield made
    made.close()


def test_an_interrupted_call_leaves_one_record_and_is_never_resent(proxied_runner: ProxiedRunner):
    """Not after a restart, either."""
    proxied_runner.proxy.plan(POST, Fault(cut=True, after=b'"chunk": "two "}}\nid: 4\n\n'))
    run_id = proxied_runner.start(mode="stream")
    record = proxied_runner.wait_for_end(run_id)
    assert (record.status, record.run.mode) == (RunStatus.INTERRUPTED, "stream")
    assert record.run.messages["m"].visible_text == "one two "
    assert not record.run.messages["m"].complete
    states = {name: one.state.value for name, one in record.run.components.items()}
    assert states == {"ChatInput-a": "done", "ChatOutput-b": "interrupted"}
    assert proxied_runner.wait_until_saved(run_id, lambda stored: stored.ended).run == record.run
    proxied_runner.restart()
    proxied_runner.runner.attach(CONNECTION)
    assert (
        len(proxied_runner.runner.recent(proxied_runner.owner))
        == proxied_runner.proxy.count(POST)
        == 1
    )


def test_stop_ends_a_streamed_call_and_keeps_its_outputs(
    proxied_runner: ProxiedRunner, server: FakeLangflow
):
    """On the server as well."""
    del server.log[5:]
    run_id = proxied_runner.start(mode="stream")
    proxied_runner.wait_until(run_id, lambda record: record.run and record.run.messages)
    proxied_runner.wait_until(
        run_id, lambda record: record.run.messages["m"].visible_text == "one two "
    )
    for _ in range(2):
        proxied_runner.runner.stop(run_id, CONNECTION)
    record = proxied_runner.wait_for_end(run_id)
    assert (record.status, record.run.mode) == (RunStatus.CANCELLED, "stream")
    assert record.run.messages["m"].visible_text == "one two "
    assert has_code(record.stop_result, NoteCode.STOPPED_STREAM)
    wait_for(lambda: [job.state for job in server.jobs.values()] == ["cancelled"])
    wait_for(lambda: proxied_runner.proxy.open == 0)
    assert proxied_runner.proxy.count(POST) == 1


def stop_of_a_beginning_call(proxied_runner: ProxiedRunner, server: FakeLangflow) -> str:
    """Return a run that was stopped before its first event."""
    server.log.clear()
    run_id = proxied_runner.start(mode="stream")
    wait_for(lambda: server.jobs)
    proxied_runner.runner.stop(run_id, CONNECTION)
    return run_id


def closed(server: FakeLangflow) -> float:
    """Return when the server noticed that the call was closed."""
    wait_for(lambda: [job.state for job in server.jobs.values()] == ["cancelled"])
    return time.monotonic()


def test_stop_waits_after_the_first_event_of_a_call(
    proxied_runner: ProxiedRunner, server: FakeLangflow
):
    """Closing it during its start would lock the SQLite database of 1.13."""
    proxied_runner.use_timings(call_started_seconds=0.4, max_call_start_seconds=60.0)
    run_id = stop_of_a_beginning_call(proxied_runner, server)
    time.sleep(0.3)
    emitted_at = time.monotonic()
    server.log.append(LOG[0])
    assert closed(server) - emitted_at >= 0.4
    assert proxied_runner.wait_for_end(run_id).status is RunStatus.CANCELLED


@pytest.mark.parametrize(
    ("release", "events", "limit"),
    [("1.13.0", LOG[:2], 60.0), ("1.13.0", [], 0.5), ("1.12.8", [], 60.0)],
    ids=["a component is running", "no event for long", "early stop is safe on 1.12"],
)
def test_stop_limits_the_wait_for_the_first_event(
    proxied_runner: ProxiedRunner,
    server: FakeLangflow,
    monkeypatch: pytest.MonkeyPatch,
    release: str,
    events: list[Any],
    limit: float,
):
    """A component may be silent for an hour."""
    proxied_runner.use_timings(call_started_seconds=60.0, max_call_start_seconds=limit)
    monkeypatch.setitem(VERSIONS, "modes", release)
    run_id = stop_of_a_beginning_call(proxied_runner, server)
    server.log.extend(events)
    closed(server)
    assert proxied_runner.wait_for_end(run_id).status is RunStatus.CANCELLED


def test_a_call_that_ends_while_its_stop_waits_is_completed(
    proxied_runner: ProxiedRunner, server: FakeLangflow
):
    proxied_runner.use_timings(call_started_seconds=60.0, max_call_start_seconds=60.0)
    run_id = stop_of_a_beginning_call(proxied_runner, server)
    server.log.extend([LOG[0], LOG[-1]])
    record = proxied_runner.wait_for_end(run_id)
    assert record.status is RunStatus.FAILED  # no component has answered
    assert record.stop_result == (Note(NoteCode.ENDED_BEFORE_STOP),)


def test_a_call_lost_before_its_first_event_has_an_unknown_outcome(proxied_runner: ProxiedRunner):
    """It is not resent to find out."""
    proxied_runner.proxy.plan(POST, Fault(raw=b"HTT"))
    record = proxied_runner.wait_for_end(proxied_runner.start(mode="stream"))
    assert record.status is RunStatus.OUTCOME_UNKNOWN
    assert proxied_runner.proxy.count(POST) == 1


def test_a_job_completes_although_every_stream_breaks(
    proxied_runner: ProxiedRunner, server: FakeLangflow
):
    """It was submitted once."""
    server.seconds = 1.0
    cuts = [Fault(cut=True, after=f"id: {number}\n\n".encode()) for number in (1, 3, 6, 7)]
    proxied_runner.proxy.plan("/events", *cuts)
    record = proxied_runner.wait_for_end(proxied_runner.start())
    assert record.status is RunStatus.COMPLETED
    assert record.run.messages["m"].visible_text == "one two "
    assert {one.state.value for one in record.run.components.values()} == {"done"}
    assert record.run.outputs["ChatOutput-b"].value == "echo"
    assert (
        proxied_runner.proxy.count(POST),
        len(proxied_runner.runner.recent(proxied_runner.owner)),
    ) == (1, 1)


def test_a_revoked_key_pauses_a_job_until_it_is_valid_again(
    proxied_runner: ProxiedRunner, server: FakeLangflow
):
    server.seconds = 60
    run_id = proxied_runner.start()
    proxied_runner.wait_until(run_id, lambda record: record.run and record.run.messages)
    server.refuse_key = True
    server.jobs["00000000-0000-0000-0000-000000000000"].state = "suspended"  # closes the stream
    record = proxied_runner.wait_until(
        run_id, lambda record: has_code(record.notes, NoteCode.KEY_REJECTED)
    )
    assert record.run.messages["m"].visible_text == "one two "
    server.refuse_key = False
    proxied_runner.runner.stop(run_id, CONNECTION)
    assert proxied_runner.wait_for_end(run_id).status is RunStatus.CANCELLED


def test_no_secret_is_stored(proxied_runner: ProxiedRunner, server: FakeLangflow):
    """From 1.12 on servers repeat in events what was sent."""
    server.log[1] = component_done("ChatInput-a", f"key {SECRET}", "ChatOutput-b")
    server.log[5] = message("m", f"one {SECRET}")
    server.log[7] = output("ChatOutput-b", SECRET)
    for mode in ("stream", "background"):
        server.seconds = 0.3
        overrides = {"ChatInput-a.input_value": "hi", "ChatInput-a.key": SECRET}
        run_id = proxied_runner.start(overrides, mode=mode)
        record = proxied_runner.wait_for_end(run_id)
        assert SECRET not in repr(record)
        assert "••••" in record.run.messages["m"].visible_text
        assert "••••" in json.dumps(record.run.raw, ensure_ascii=False) or mode == "background"
        proxied_runner.wait_until_saved(run_id, lambda stored: stored.ended)
    on_disk = b"".join(
        part.read_bytes() for part in proxied_runner.folder.iterdir() if part.is_file()
    )
    assert SECRET.encode() not in on_disk
    assert Store(proxied_runner.folder).get(run_id).run.components

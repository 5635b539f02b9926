"""Streamed calls and jobs whose connections break, followed by the runner over real sockets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from lfclient import AsyncLangflowClient, RunStatus
from lfclient.console.runner.timings import Timings
from lfclient.console.store.notes import Note, NoteCode, has_code
from tests.support.fake_events import CALL_LOG
from tests.support.fake_langflow import VERSIONS, FakeLangflow
from tests.support.proxy import Fault, Proxy
from tests.support.runner_harness import CONNECTION, RunnerHarness
from tests.support.waiting import wait_for

POST = "POST /api/v2/workflows"


@pytest.fixture
def server() -> FakeLangflow:
    return FakeLangflow(log=list(CALL_LOG))


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
def proxied_runner(tmp_path: Any, server: FakeLangflow) -> Iterator[ProxiedRunner]:
    with Proxy(server.handle) as proxy, closing(ProxiedRunner(tmp_path, server, proxy)) as made:
        yield made


def test_stop_ends_a_streamed_call_and_keeps_its_outputs(
    proxied_runner: ProxiedRunner, server: FakeLangflow
):
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
    server.log.append(CALL_LOG[0])
    assert closed(server) - emitted_at >= 0.4
    assert proxied_runner.wait_for_end(run_id).status is RunStatus.CANCELLED


@pytest.mark.parametrize(
    ("release", "events", "limit"),
    [("1.13.0", CALL_LOG[:2], 60.0), ("1.13.0", [], 0.5), ("1.12.8", [], 60.0)],
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
    server.log.extend([CALL_LOG[0], CALL_LOG[-1]])
    record = proxied_runner.wait_for_end(run_id)
    assert record.status is RunStatus.FAILED  # no component has answered
    assert record.stop_result == (Note(NoteCode.ENDED_BEFORE_STOP),)


def test_a_job_completes_although_every_stream_breaks(
    proxied_runner: ProxiedRunner, server: FakeLangflow
):
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

"""Streamed runs whose connection breaks while they run on, or with them, on real servers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lfclient import LangflowClient, RunStatus
from lfclient.console.runner import takeover
from lfclient.console.runner.timings import Timings
from lfclient.console.store.notes import NoteCode, has_code
from lfclient.console.store.run_record import RunRecord
from lfclient.console.wording.run_notes import describe_notes
from tests.live.flows import ECHO, ROWS
from tests.live.held_flow import HeldFlow
from tests.live.live_runner import LiveRunner, ended, states
from tests.live.releases import Make, with_events
from tests.support.proxy import Fault, Proxy
from tests.support.waiting import wait_for

POST = "POST /api/v2/workflows"
AFTER_CHAT_INPUT = b'"event": "end_vertex"'
IN_THE_MIDDLE = Fault(cut=True, after=AFTER_CHAT_INPUT)
RUNS_ON = replace(IN_THE_MIDDLE, reads_on=True)  # as a proxy with a shorter timeout

pytestmark = with_events


@pytest.fixture(autouse=True)
def searched_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run be searched for again right after it was lost."""
    monkeypatch.setattr(takeover, "JUST_LOST_SECONDS", 0.0)


class HeldRun(HeldFlow):
    """A streamed run of a held flow, through the proxy."""

    def __init__(self, live_runner: LiveRunner, make: Make, folder: Path) -> None:
        super().__init__(folder, make, chat=True)
        self._live_runner = live_runner
        self.id = live_runner.start(self.flow, "stream")

    def until(self, ready: Callable[[RunRecord], object]) -> RunRecord:
        return self._live_runner.until(self.id, ready)


def searches(record: RunRecord) -> bool:
    return "checks on the server" in describe_notes(record.notes)


@pytest.fixture
def live_runner(proxied_runner: LiveRunner) -> LiveRunner:
    return proxied_runner


def test_a_streamed_run_that_completes_after_its_connection_broke_is_found(
    live_runner: LiveRunner, proxy: Proxy, make: Make, tmp_path: Path
):
    proxy.plan(POST, RUNS_ON)
    run = HeldRun(live_runner, make, tmp_path / "run")
    run.until(searches)
    run.mark("go")
    record = run.until(ended)
    assert record.status is RunStatus.COMPLETED, record
    assert record.run.outputs["ChatOutput-b"].value == "done"
    unknown = {"ChatInput-a": "unknown", "HeldStep-h": "unknown"}
    assert states(record) == {**unknown, "ChatOutput-b": "done"}
    assert "connection broke" in record.run.warnings[0]
    assert "server's records" in record.run.warnings[1]
    assert (run.executions(), proxy.count(POST)) == (1, 1)


def test_a_streamed_run_that_fails_after_its_connection_broke_is_found(
    live_runner: LiveRunner, proxy: Proxy, make: Make, tmp_path: Path
):
    proxy.plan(POST, RUNS_ON)
    run = HeldRun(live_runner, make, tmp_path / "run")
    run.until(searches)
    run.mark("fails")
    run.mark("go")
    record = run.until(ended)
    assert record.status is RunStatus.FAILED, record
    (error,) = record.run.errors
    assert (error.message, error.component_id) == ("the first attempt", "HeldStep-h")
    assert "ValueError" in error.traceback
    assert states(record)["HeldStep-h"] == "failed"
    assert (run.executions(), proxy.count(POST)) == (1, 1)


def test_a_streamed_run_that_completes_much_later_is_found_when_it_is_opened(
    live_runner: LiveRunner, proxy: Proxy, make: Make, client: LangflowClient, tmp_path: Path
):
    live_runner.timings = Timings(min_search_seconds=0.5)
    live_runner.restart()
    proxy.plan(POST, RUNS_ON)
    run = HeldRun(live_runner, make, tmp_path / "run")
    assert run.until(ended).status is RunStatus.INTERRUPTED
    run.mark("go")
    wait_for(lambda: client.sessions.messages(run.flow)[-1].text == "done")
    wait_for(lambda: proxy.open == 0)
    live_runner.restart()
    live_runner.runner.open(run.id, live_runner.connection)
    record = run.until(lambda record: record.status is RunStatus.COMPLETED)
    assert record.run.outputs["ChatOutput-b"].value == "done"
    assert (run.executions(), proxy.count(POST)) == (1, 1)


def test_a_half_open_call_ends_with_the_servers_status_of_its_run(
    live_runner: LiveRunner, proxy: Proxy, make: Make, tmp_path: Path
):
    """The connection stays open, and nothing arrives any more."""
    live_runner.timings = Timings(call_silence_seconds=0.5)
    live_runner.restart()
    proxy.plan(POST, Fault(stall=120.0, after=AFTER_CHAT_INPUT))
    run = HeldRun(live_runner, make, tmp_path / "run")
    run.until(lambda record: has_code(record.notes, NoteCode.STREAM_SILENT))
    wait_for(run.begun)
    run.mark("go")
    record = run.until(ended)
    assert record.status is RunStatus.COMPLETED, record
    assert record.run.outputs["ChatOutput-b"].value == "done"
    assert (run.executions(), proxy.count(POST), record.notes) == (1, 1, ())


def test_a_streamed_run_whose_whole_response_is_lost_is_found_by_its_session(
    live_runner: LiveRunner, proxy: Proxy, make: Make, client: LangflowClient
):
    proxy.plan(POST, Fault(cut=True, reads_on=True))
    flow = make(ECHO)
    record = live_runner.until(live_runner.start(flow, "stream"), ended)
    assert record.status is RunStatus.COMPLETED, record
    assert record.run.outputs["ChatOutput-b"].value == "stored"
    (job,) = {message.job_id for message in client.sessions.messages(flow)}
    assert (record.job_id, proxy.count(POST)) == (job, 1)


def test_a_run_whose_last_event_is_lost_completes_with_a_table_that_arrived(
    live_runner: LiveRunner, proxy: Proxy, make: Make, client: LangflowClient
):
    """Langflow 1.11 keeps nothing that names a streamed run without messages."""
    live_runner.timings = Timings(min_search_seconds=3.0)
    live_runner.restart()
    proxy.plan(POST, Fault(cut=True, after=b'"event": "end"'))
    record = live_runner.until(live_runner.start(make(ROWS), "stream"), ended)
    is_findable = client.server.info().capabilities.traces
    assert record.status is (RunStatus.COMPLETED if is_findable else RunStatus.INTERRUPTED)
    assert [row["text"] for row in record.run.outputs["SplitText-s"].value] == ["x", "y", "z"]
    assert states(record) == {"TextInput-a": "done", "SplitText-s": "done"}

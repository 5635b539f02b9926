"""Which records identify a lost job, or the end of a streamed run after its connection broke."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from lfclient import FoundJob
from lfclient.flows.model import Flow
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import ComponentRun, ComponentState, Message, RunError
from lfclient.runs.lost_jobs import (
    END_FOUND,
    MAX_TRANSACTIONS,
    JobIndex,
    end_lost_stream,
    read_record_time,
)
from lfclient.runs.model import Run, RunStatus
from lfclient.runs.outcome import BRANCH_NOT_TAKEN
from lfclient.wire.schemas import BuildList, TraceList, TransactionList
from lfclient.wire.server_info import Limits
from tests.support.clients import call_client
from tests.support.http_stand_in import OLD, VERSION, StandIn
from tests.support.recorded import flow_of

CLICK = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
FLOW = "00000000-0000-4000-8000-00000000000a"
MONITOR = "/api/v1/monitor"
JOB = "00000000-0000-4000-8000-000000000001"
BROKE = "The connection broke before the run ended."
LOST = Run("f", "stream", RunStatus.INTERRUPTED, session_id="s", warnings=(BROKE,))
CHAT = flow_of(
    "ChatInput-a",
    "Work-w",
    "ChatOutput-b",
    edges=(("ChatInput-a", "Work-w"), ("Work-w", "ChatOutput-b")),
)
TWO = flow_of(
    "ChatInput-a",
    "One-1",
    "Two-2",
    "ChatOutput-b",
    "ChatOutput-c",
    edges=(
        ("ChatInput-a", "One-1"),
        ("ChatInput-a", "Two-2"),
        ("One-1", "ChatOutput-b"),
        ("Two-2", "ChatOutput-c"),
    ),
)
TABLE = flow_of("ChatInput-a", "SplitText-t", edges=(("ChatInput-a", "SplitText-t"),))
FAILURE = RunError("no credit", component_id="Work-w", component="Work", traceback="Traceback …")
ROWS = Output("SplitText-t", OutputKind.TABLE, [{"text": "x"}])


def at(seconds: float) -> str:
    """Return a server's time, in seconds after the click."""
    return (CLICK + timedelta(seconds=seconds)).isoformat()


def builds(*records: tuple[str, str, float, str]) -> dict[str, Any]:
    """Return a list of builds: component, job, seconds after the click, session."""
    found: dict[str, list[dict[str, Any]]] = {}
    for component, job, seconds, session in records:
        data = {"results": {"message": {"data": {"session_id": session}}}}
        record = {"job_id": job, "timestamp": at(seconds), "data": data}
        found.setdefault(component, []).append(record)
    return {"vertex_builds": found}


def transactions(*records: tuple[str, float]) -> dict[str, Any]:
    """Return a list of transactions: component, seconds after the click."""
    return {"items": [{"vertex_id": name, "timestamp": at(seconds)} for name, seconds in records]}


def by_time(builds_body: dict[str, Any], transactions_body: dict[str, Any]) -> list[FoundJob]:
    index = JobIndex()
    index.add_builds(BuildList.model_validate(builds_body))
    return index.find_by_time(TransactionList.model_validate(transactions_body), CLICK)


ONE = builds(("A-a", "job", 0.5, ""), ("B-b", "job", 0.6, ""))
WORKED = [("A-a", 0.5), ("B-b", 0.6)]


def test_the_only_run_since_the_submit_is_found_by_its_time():
    assert by_time(ONE, transactions(*WORKED, ("A-a", -60))) == [FoundJob("job", "time")]


@pytest.mark.parametrize(
    ("builds_body", "transactions_body"),
    [
        (builds(("A-a", "job", 0.5, ""), ("B-b", "other", 0.6, "")), WORKED),
        (builds(("A-a", "job", 0.5, "another's"), ("B-b", "job", 0.6, "")), WORKED),
        (builds(("A-a", "job", -0.5, ""), ("B-b", "job", 0.6, "")), WORKED),
        (builds(("A-a", "job", 61, ""), ("B-b", "job", 62, "")), [("A-a", 61), ("B-b", 62)]),
        (ONE, [*WORKED, ("A-a", 3)]),
        (ONE, [*WORKED, ("C-c", 3)]),
        (ONE, [("A-a", -0.1), ("B-b", 0.6)]),
        (ONE, [*WORKED, *[("A-a", -9)] * MAX_TRANSACTIONS]),
        (builds(), []),
    ],
    ids=[
        "two jobs",
        "a session",
        "before",
        "too late",
        "ran again",
        "more ran",
        "began before",
        "many",
        "none",
    ],
)
def test_an_ambiguous_run_is_not_found_by_its_time(
    builds_body: dict[str, Any], transactions_body: list[tuple[str, float]]
):
    assert by_time(builds_body, transactions(*transactions_body)) == []


def test_a_session_is_found_in_all_kinds_of_records():
    index = JobIndex()
    builds_body = builds(("A-a", "early", -9, "s"), ("B-b", "built", 1, "s"))
    index.add_builds(BuildList.model_validate(builds_body))
    traces_body = {"traces": [{"id": "traced", "sessionId": "s", "startTime": at(0)}]}
    index.add_traces(TraceList.model_validate(traces_body))
    found = index.find_by_session("s", CLICK)
    assert found == [FoundJob("built", "session"), FoundJob("traced", "session")]
    assert [one.delay.total_seconds() for one in found] == [1, 0]
    assert index.find_by_session("", CLICK) == []


def test_record_times_of_all_releases_are_parsed():
    texts = ["2026-11-25 10:00:00 UTC", "2026-11-25T10:00:00.000000", "2026-11-25T10:00:00Z"]
    assert [read_record_time(text) for text in texts] == [CLICK] * 3
    assert (read_record_time(None), read_record_time("soon")) == (None, None)


@pytest.mark.parametrize("behind", [0, -600, 600])
def test_a_servers_clock_may_differ_for_a_match_by_session(behind: int):
    """It rules out a match by time."""
    sent_at = datetime.now(UTC)
    server_now = sent_at + timedelta(seconds=behind + 1)
    date = {"date": format_datetime(server_now, usegmt=True)}
    shown = server_now.isoformat()

    def answers(session: str) -> StandIn:
        builds_body = builds(("A-a", "job", 0, session))
        builds_body["vertex_builds"]["A-a"][0]["timestamp"] = shown
        transactions_body = {"items": [{"vertex_id": "A-a", "timestamp": shown}]}
        server = StandIn(version=OLD)
        server.on(
            "GET",
            f"{MONITOR}/builds",
            lambda _: httpx.Response(200, json=builds_body, headers=date),
        )
        server.on("GET", f"{MONITOR}/messages", (200, []))
        return server.on("GET", f"{MONITOR}/transactions", (200, transactions_body))

    assert answers("s").client().runs.find_jobs(FLOW, "s", sent_at) == [FoundJob("job", "session")]
    found = answers("").client().runs.find_jobs(FLOW, "s", sent_at)
    assert found == ([FoundJob("job", "time")] if behind == 0 else [])


def test_a_release_with_traces_never_matches_by_time():
    """Its traces have the session of every run."""
    server = StandIn(version=VERSION)
    server.on("GET", f"{MONITOR}/builds", (200, builds(("A-a", "job", 0, ""))))
    server.on("GET", f"{MONITOR}/messages", (200, []))
    server.on("GET", f"{MONITOR}/traces", (200, {"traces": []}))

    found = call_client(
        "async", lambda client: client.runs.find_jobs(FLOW, "s", CLICK), handler=server
    )
    assert found == []
    assert "GET /api/v1/monitor/transactions" not in server.lines


def said(text: str, source: str | None, **values: Any) -> Message:
    return Message(f"{source}-{text}", text, "Machine", component_id=source, job_id=JOB, **values)


ASKED = replace(said("hi", None), sender="User")
FAILED = said("no credit", "Work-w", category="error")


def end(
    flow: Flow, *messages: Message, run: Run = LOST, errors: tuple[RunError, ...] = ()
) -> Run | None:
    return end_lost_stream(run, flow, messages, errors, Limits())


def with_states(**states: ComponentState) -> Run:
    ids = {key.replace("_", "-"): state for key, state in states.items()}
    return replace(LOST, components={id: ComponentRun(id, state) for id, state in ids.items()})


def test_a_chat_output_has_the_message_from_the_component_that_feeds_it():
    run = end(CHAT, ASKED, said("hello", "Work-w"))
    assert run.status is RunStatus.COMPLETED
    assert {id: output.value for id, output in run.outputs.items()} == {"ChatOutput-b": "hello"}
    assert run.outputs["ChatOutput-b"].kind is OutputKind.MESSAGE
    assert run.warnings == (BROKE, END_FOUND)
    assert [message.text for message in run.messages.values()] == ["hi", "hello"]


@pytest.mark.parametrize(
    ("flow", "messages"),
    [
        (CHAT, [ASKED]),
        (CHAT, [said("hel", "Work-w", complete=False)]),
        (CHAT, [said("hello", None)]),
        (CHAT, [said("hello", "ChatInput-a")]),
        (CHAT, [said("thinking", "Work-w"), said("hello", "Work-w")]),
        (TWO, [said("hello", "One-1")]),
        (TABLE, [said("hello", "ChatInput-a")]),
        (flow_of("Work-w"), []),
        (Flow("f", "without components"), [said("hello", None)]),
    ],
    ids=[
        "no answer",
        "half an answer",
        "an answer of nobody",
        "another component's answer",
        "two answers",
        "one of two answers",
        "no chat output",
        "no chat",
        "an empty flow",
    ],
)
def test_other_messages_prove_nothing(flow: Flow, messages: list[Message]):
    assert end(flow, *messages) is None


def test_outputs_that_arrived_count():
    run = end(TABLE, run=replace(LOST, outputs={"SplitText-t": ROWS}))
    assert run.status is RunStatus.COMPLETED
    assert run.outputs == {"SplitText-t": ROWS}


def test_an_output_that_arrived_truncated_gets_its_whole_text():
    cut = Output(
        "ChatOutput-b", OutputKind.MESSAGE, "x" * 6000 + "...", component_type="ChatOutput"
    )
    run = end(CHAT, said("x" * 7000, "Work-w"), run=replace(LOST, outputs={"ChatOutput-b": cut}))
    assert run.outputs["ChatOutput-b"].value == "x" * 7000
    assert not run.outputs["ChatOutput-b"].truncated


def test_a_run_with_an_error_and_without_its_output_has_failed():
    run = end(CHAT, ASKED, FAILED, errors=(FAILURE,))
    assert run.status is RunStatus.FAILED
    assert (run.errors, run.outputs, run.not_run) == ((FAILURE,), {}, ())


def test_a_failed_run_keeps_the_outputs_of_its_other_branch():
    run = end(TWO, said("hello", "One-1"), said("no", "Two-2", category="error"), errors=(FAILURE,))
    assert run.status is RunStatus.FAILED
    assert [output.value for output in run.outputs.values()] == ["hello"]


def test_an_error_does_not_matter_if_every_output_is_there():
    """As for every other run: a component may handle the failure of another one."""
    run = end(CHAT, FAILED, said("hello", "Work-w"), errors=(FAILURE,))
    assert (run.status, run.errors) == (RunStatus.COMPLETED, ())


def test_a_branch_that_was_seen_to_be_skipped_is_not_expected():
    before = with_states(Two_2=ComponentState.SKIPPED, ChatOutput_c=ComponentState.SKIPPED)
    run = end(TWO, said("hello", "One-1"), run=before)
    assert run.status is RunStatus.COMPLETED
    ((component, reason),) = [(one.component_id, one.reason) for one in run.not_run]
    assert (component, reason) == ("ChatOutput-c", BRANCH_NOT_TAKEN)


def test_components_without_a_final_event_are_unknown_unless_their_output_is_there():
    before = with_states(
        ChatInput_a=ComponentState.DONE,
        Work_w=ComponentState.INTERRUPTED,
        ChatOutput_b=ComponentState.WAITING,
    )
    run = end(CHAT, said("hello", "Work-w"), run=before)
    assert {id: one.state.value for id, one in run.components.items()} == {
        "ChatInput-a": "done",
        "Work-w": "unknown",
        "ChatOutput-b": "done",
    }
    assert run.components["ChatOutput-b"].output.value == "hello"


def test_the_component_that_failed_is_marked():
    before = with_states(Work_w=ComponentState.INTERRUPTED, ChatOutput_b=ComponentState.WAITING)
    run = end(CHAT, FAILED, run=before, errors=(FAILURE,))
    assert {id: one.state.value for id, one in run.components.items()} == {
        "Work-w": "failed",
        "ChatOutput-b": "unknown",
    }

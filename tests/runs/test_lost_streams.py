"""What the messages of a streamed run prove once its job counts as completed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lfclient.flows.model import Flow
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import ComponentRun, ComponentState, Message, RunError
from lfclient.runs.lost_streams import END_FOUND, end_lost_stream
from lfclient.runs.model import Run, RunStatus
from lfclient.runs.outcome import BRANCH_NOT_TAKEN
from lfclient.wire.server_info import Limits
from tests.support.recorded import flow_of

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

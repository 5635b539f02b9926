"""Components have unambiguous names, and decisions are described."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lfclient.console.wording.component_names import ComponentNames, describe_decision
from lfclient.flows.model import Flow
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import ComponentRun, Decision, HumanInput, Message, RunError
from tests.support import flows
from tests.support.twin_outputs import answer, twin_graph

AT = datetime(2026, 11, 25, 16, 1, tzinfo=UTC)
QUESTION = HumanInput(
    "H:j",
    decisions=(Decision("no", "Refuse it"), Decision("ok", "Pay")),
    sent="no",
    sent_at=AT,
    expires_at=AT + timedelta(minutes=1),
)


def labels(names, *ids):
    return [names.label(id) for id in ids]


def test_components_that_share_a_name_have_the_numbers_of_the_flow():
    flow = flows.flow(flows.node("Read-a"), flows.node("Read-b"), flows.node("Chat-c"))
    names = ComponentNames(flow, {"Read-b": ComponentRun("Read-b", display_name="Former name")})
    assert labels(names, "Read-a", "Read-b", "Chat-c") == ["Read 1", "Read 2", "Chat"]


def test_a_message_has_the_name_of_the_output_that_returns_it():
    flow = Flow.from_json(twin_graph())
    names = ComponentNames(flow, {})
    assert names.message_label(answer("a", "hi")) == "ChatOutput 2"
    assert names.message_label(Message("m", component_id="ChatInput-a")) == "ChatInput"
    assert names.message_label(Message("m", sender_name="AI", component_id="Gone-x")) == "AI"
    assert names.message_label(Message("m")) == "The flow"


def test_a_component_that_the_flow_lacks_has_its_id_after_a_name_that_others_share():
    flow = flows.flow(flows.node("Read-a"), flows.node("Read-b"))
    gone = {id: ComponentRun(id, display_name=id[:4]) for id in ("Read-c", "Chat-d")}
    names = ComponentNames(flow, gone)
    assert labels(names, *gone) == ["Read, Read-c", "Chat"]
    assert names.label("Read-a") == "Read 1"
    assert names.label("Gone-e", "fallback") == "fallback"
    assert names.label("Gone-e") == "Gone-e"


def test_without_a_flow_components_that_share_a_name_have_their_ids():
    """The flow would number also those that the run has no events or outputs of."""
    ids = ("Read-a", "Read-b", "Chat-c")
    runs = {id: ComponentRun(id, display_name=id[:4]) for id in ids[1:]}
    outputs = {id: Output(id, OutputKind.MESSAGE, "x", display_name=id[:4]) for id in ids[:2]}
    names = ComponentNames(None, runs, outputs)
    assert labels(names, *ids) == ["Read, Read-a", "Read, Read-b", "Chat"]


def test_a_failed_component_is_identified_by_its_error_message():
    runs = {
        name: ComponentRun(name, display_name="Read", error=RunError(why))
        for name, why in (("Read-a", "No file"), ("Read-b", "Too large"), ("Read-c", "Too large"))
    }
    names = ComponentNames(None, runs)
    assert (
        names.error_source(RunError("x", component_id="Read-b", component="Read")) == "Read, Read-b"
    )
    assert names.error_source(RunError("No file", component="Read")) == "Read, Read-a"
    assert names.error_source(RunError("Too large", component="Read")) == "Read"
    assert names.error_source(RunError("No file")) == ""


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (QUESTION, ("Refuse it", "16:01")),
        (replace(QUESTION, sent="odd"), ("odd", "16:01")),
        (replace(QUESTION, sent=None, sent_at=None), ("elsewhere", "decision unknown")),
        (
            replace(QUESTION, expires_at=AT - timedelta(minutes=1)),
            ("Refuse it", "16:01, after the timeout, so no branch was taken"),
        ),
        (
            replace(QUESTION, expires_at=AT - timedelta(minutes=1), fallback_action="ok"),
            ("Refuse it", "16:01, after the timeout, so “Pay” was used"),
        ),
    ],
)
def test_a_decision_is_described_by_its_button_time_and_effect(question, words):
    assert describe_decision(question, lambda at: f"{at:%H:%M}") == words

"""Components have unambiguous names, and decisions are described."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lfclient.console.wording.component_names import ComponentNames, describe_decision
from lfclient.runs.components import ComponentRun, Decision, HumanInput, RunError
from tests.support import flows

AT = datetime(2026, 11, 25, 16, 1, tzinfo=UTC)
QUESTION = HumanInput(
    "H:j",
    decisions=(Decision("no", "Refuse it"), Decision("ok", "Pay")),
    sent="no",
    sent_at=AT,
    expires_at=AT + timedelta(minutes=1),
)


def test_a_name_that_several_components_share_is_followed_by_the_id():
    flow = flows.flow(flows.node("Read-a"), flows.node("Read-b"), flows.node("Chat-c"))
    gone = {"Gone-d": ComponentRun("Gone-d", display_name="Chat")}
    names = ComponentNames(flow, gone)
    assert names.label("Read-a") == "Read, Read-a"
    assert names.label("Chat-c") == "Chat, Chat-c"
    assert ComponentNames(flow, {}).label("Chat-c") == "Chat"
    assert ComponentNames(flow, {}).label("Gone-d", "fallback") == "fallback"
    assert ComponentNames(flow, {}).label("Gone-d") == "Gone-d"


def test_a_failed_component_is_identified_by_its_error_message():
    """If the server names the component without its id."""
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

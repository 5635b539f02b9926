"""What a report says of the run itself: its inputs, its times, its problems."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lfclient.console.store.run_record import ADOPTED_TOKEN_PREFIX, RecordProblem
from lfclient.flows.model import Flow
from lfclient.runs.components import ComponentRun, Decision, HumanInput, RunError
from lfclient.runs.model import RunStatus
from tests.support import flows
from tests.support.reports import AT, everything, page, record_of, run_of


def test_inputs_have_the_names_of_the_form():
    """With the key beside them, which is all there is where the flow is gone."""
    flow = Flow.from_json(flows.graph(flows.node("Text-1", words=flows.text(display_name="Words"))))
    record = record_of(run_of(), overrides={"Text-1.words": "hi", "Gone-1.x": 1})
    found = page(record, flow)
    assert "Text: Words" in found.text
    assert "Text-1.words" in found.text
    assert "Gone-1.x 1" in found.text


def test_the_chat_text_is_called_what_its_form_calls_it():
    """Whatever Langflow calls it."""
    chat = flows.node("ChatInput-1", input_value=flows.text(display_name="Input Text"))
    record = record_of(run_of(), overrides={"ChatInput-1.input_value": "hi"})
    assert "ChatInput: Message" in page(record, Flow.from_json(flows.graph(chat))).text


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"inputs_stored": False}, "set up to keep no inputs"),
        ({"submit_token": f"{ADOPTED_TOKEN_PREFIX}j"}, "was not started in the console"),
    ],
)
def test_inputs_that_are_not_known_are_not_none(more, why):
    """It is said why."""
    found = page(record_of(run_of(), **more)).text
    assert why in found
    assert "None that differ" not in found


def test_a_run_that_goes_on_is_dated():
    """It says that it is as of then, and has what there is so far."""
    going = everything("so far")
    going = replace(going, status=RunStatus.IN_PROGRESS, ended_at=None)
    assert "still goes on: this is how it stood at 2026-11-25 01:02:03 UTC" in page(going).text
    assert "None so far." in page(record_of(None, ended_at=None)).text


def test_a_run_that_could_not_be_done_says_why():
    """The console's own reason stands where errors do."""
    problem = RecordProblem("The server was away.", "Run it again.")
    record = record_of(None, status=RunStatus.OUTCOME_UNKNOWN, problem=problem)
    found = page(record)
    assert "outcome unknown" in found.text
    assert "The server was away." in found.text
    assert "Run it again." in found.text


def test_what_was_decided_is_told():
    """With the component that asked and its question; where somebody else did, that."""
    asked = HumanInput("H-1:j", "Pay?", (Decision("no", "Refuse it"),), component_id="H-1")
    decided = (replace(asked, sent="no", sent_at=AT), asked)
    found = page(record_of(run_of(decided=decided, components={"H-1": ComponentRun("H-1")}))).text
    assert "Refuse it, 2026-11-25 01:02:03 UTC (H-1: Pay?)" in found
    assert "elsewhere, decision unknown (H-1: Pay?)" in found


def test_components_of_one_name_are_told_apart():
    """In their table and at what went wrong."""
    runs = {name: ComponentRun(name, display_name="Read") for name in ("R-1", "R-2")}
    error = RunError("No file", component_id="R-2", component="Read")
    found = page(record_of(run_of(components=runs, errors=(error,)))).text
    assert "Read, R-2 failed" in found
    assert found.count("Read, R-1") == 1
    assert found.count("Read, R-2") == 2


def test_components_have_their_bars():
    """On one axis, in the order of their beginning; those that did not work have none."""
    found = page(everything("x"))
    bars = [a["style"] for tag, a in found.elements if "bar" in a.get("class", "").split()]
    assert bars == ["left:0.0%;width:50.0%", "left:75.0%;width:25.0%"]

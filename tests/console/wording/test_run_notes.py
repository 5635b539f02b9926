"""Sentences of a run's notes, and of results of frozen components."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lfclient.console.store.notes import Note, NoteCode, load_notes, quote
from lfclient.console.store.run_record import ProblemCode
from lfclient.console.wording.run_notes import (
    cached_results_text,
    describe_error,
    describe_notes,
    describe_problem,
)
from lfclient.errors import MissingKey, RateLimited, ServerFault
from lfclient.flows.model import Flow
from lfclient.runs.cause_codes import CauseCode
from lfclient.runs.components import ComponentRun, ComponentState
from lfclient.runs.model import Run, RunStatus
from tests.support.flows import flow, node

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("code", NoteCode)
def test_each_code_has_a_sentence(code):
    assert describe_notes([Note(code, "Busy.", NOON, 3)])


def test_notes_are_described_in_their_order():
    notes = [Note(NoteCode.NOT_ACCEPTED, at=NOON), quote("Busy."), quote("")]
    sentence = "The server did not accept the run. It is sent again at 12:00:00 UTC. Busy."
    assert describe_notes(notes) == sentence


IS_CACHED = "Agent is frozen: Langflow returned a cached result, maybe of another run."
MAY_BE = "Agent is frozen: Langflow may have returned a result of another run."


def frozen(*ids: str) -> Flow:
    nodes = [node(id) for id in ids]
    for one in nodes:
        one["data"]["node"]["frozen"] = True
    return flow(*nodes, node("Other-o"))


def run(state: ComponentState = ComponentState.DONE, cached: bool | None = None) -> Run:
    component = ComponentRun("Agent-a", state, "Agent", cached=cached)
    return Run("f", "sync", RunStatus.COMPLETED, components={"Agent-a": component})


NO_COMPONENTS = Run("f", "sync", RunStatus.COMPLETED)


@pytest.mark.parametrize(
    ("ended", "text"),
    [
        (run(cached=True), IS_CACHED),
        (run(cached=False), ""),  # it computed the result that later runs will get
        (run(), MAY_BE),
        (NO_COMPONENTS, MAY_BE),
        (run(ComponentState.SKIPPED), ""),
        (run(ComponentState.FAILED), ""),
    ],
)
def test_a_frozen_component_is_reported_as_far_as_the_server_does(ended: Run, text: str):
    assert cached_results_text(ended, frozen("Agent-a")) == text


def test_what_the_server_tells_counts_whatever_the_flow_is_now():
    assert cached_results_text(run(cached=True), None) == IS_CACHED
    assert cached_results_text(run(cached=True), flow(node("Agent-a"))) == IS_CACHED
    assert cached_results_text(NO_COMPONENTS, flow(node("Agent-a"))) == ""


def test_many_frozen_components_are_counted():
    two = cached_results_text(NO_COMPONENTS, frozen("A-1", "B-1"))
    assert two.startswith("A and B are frozen:")
    many = cached_results_text(NO_COMPONENTS, frozen(*(f"A{number}-1" for number in range(9))))
    assert many.startswith("9 components are frozen:")


def test_notes_with_codes_of_a_later_version_are_left_out():
    stored = '[{"code": "a_later_one", "tone": "low"}, {"code": "retrying"}]'
    assert load_notes(stored) == (Note(NoteCode.RETRYING),)


@pytest.mark.parametrize("code", ProblemCode)
def test_each_problem_has_words_with_its_value_and_a_hint(code):
    problem = describe_problem(code, "{value}")
    assert problem.code == code
    assert "{0}" not in problem.message
    assert problem.hint


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MissingKey("m"), CauseCode.LANGFLOW_KEY_REFUSED),
        (RateLimited("m"), CauseCode.LANGFLOW_BUSY),
        (ServerFault("m"), ""),
    ],
)
def test_a_problem_has_the_code_of_the_clients_error(error, code):
    assert describe_error(error).code == code

"""Reports show the inputs, times and problems of a run."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from lfclient.console.config.prices import ModelPrice, PriceTable
from lfclient.console.store.run_record import ADOPTED_TOKEN_PREFIX, RecordProblem
from lfclient.flows.model import Flow
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import ComponentRun, Decision, HumanInput, NotRun, RunError, Usage
from lfclient.runs.model import RunStatus
from tests.support import flows
from tests.support.agents import run_with_unused_tool
from tests.support.reports import AT, everything, page, record_of, run_of


def test_inputs_have_the_labels_of_the_form_or_their_keys():
    flow = Flow.from_json(flows.graph(flows.node("Text-1", words=flows.text(display_name="Words"))))
    record = record_of(run_of(), overrides={"Text-1.words": "hi", "Gone-1.x": 1})
    report = page(record, flow)
    assert "Text: Words" in report.text
    assert "Text-1.words" in report.text
    assert "Gone-1.x 1" in report.text
    report = page(record_of(run_of(), flow_defaults={"Text-1.words": "hi"}), flow)
    assert "Text-1.words hi Flow default" in report.text


def test_a_model_is_named_as_in_the_form():
    model = {"name": "gpt-4o-mini", "provider": "OpenAI", "metadata": {"icon": "OpenAI"}}
    agent = flows.node("Agent-1", model=flows.entry("ModelInput", "model"))
    record = record_of(run_of(), overrides={"Agent-1.model": [model]})
    report = page(record, Flow.from_json(flows.graph(agent)))
    assert "Agent-1.model OpenAI: gpt-4o-mini Components" in report.text


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"inputs_stored": False}, "this console stores none"),
        ({"submit_token": f"{ADOPTED_TOKEN_PREFIX}j"}, "another client started this run"),
    ],
)
def test_unknown_inputs_are_explained(more, why):
    report = page(record_of(run_of(), **more)).text
    assert why in report
    assert "No inputs" not in report


def test_a_tool_that_was_not_called_is_not_done():
    run, flow = run_with_unused_tool()
    assert "Stock Not called " in page(record_of(run), flow).text


def test_the_report_of_a_running_run_states_its_time():
    running = everything("so far")
    running = replace(running, status=RunStatus.IN_PROGRESS, ended_at=None)
    assert "Still running. As of 2026-11-25 01:02:03 UTC" in page(running).text
    assert "No outputs yet" in page(record_of(None, ended_at=None)).text


def test_the_problem_of_a_run_is_shown_with_its_hint():
    problem = RecordProblem("The server was away.", "Run it again.")
    record = record_of(None, status=RunStatus.OUTCOME_UNKNOWN, problem=problem)
    report = page(record)
    assert "Outcome unknown" in report.text
    assert "The server was away." in report.text
    assert "Run it again." in report.text


def test_decisions_are_listed_with_their_questions():
    asked = HumanInput("H-1:j", "Pay?", (Decision("no", "Refuse it"),), component_id="H-1")
    decided = (replace(asked, sent="no", sent_at=AT), asked)
    report = page(record_of(run_of(decided=decided, components={"H-1": ComponentRun("H-1")}))).text
    assert "Refuse it, 2026-11-25 01:02:03 UTC (H-1: Pay?)" in report
    assert "elsewhere, decision unknown (H-1: Pay?)" in report


def test_components_with_the_same_name_have_the_flows_numbers_or_else_their_ids():
    ids = ("R-1", "R-2")
    runs = {id: ComponentRun(id, display_name="Read") for id in ids}
    error = RunError("No file", component_id="R-2", component="Read")
    answer = Output("R-1", OutputKind.MESSAGE, "x", display_name="Read")
    skipped = NotRun("R-2", "Read", "No branch")
    run = run_of(answer, components=runs, errors=(error,), not_run=(skipped,))
    flow = flows.flow(*(flows.node(id, "Read") for id in reversed(ids)))
    for known, first, second in ((flow, "Read 2", "Read 1"), (None, "Read, R-1", "Read, R-2")):
        report = page(record_of(run), known).text
        assert f"{second} failed" in report
        assert report.count(first) == 2  # as an output and as a component
        assert report.count(second) == 3


def test_tokens_are_told_of_the_run_and_of_each_component():
    runs = {"M-1": ComponentRun("M-1", usage=Usage(20, 2, 22)), "C-1": ComponentRun("C-1")}
    report = page(record_of(run_of(components=runs))).text
    assert report.count("22 tokens (20 in, 2 out)") == 2
    assert "Tokens" not in page(record_of(run_of(components={"C-1": runs["C-1"]}))).text


def test_costs_are_told_only_with_prices():
    usage = Usage(20, 2, 22)
    run = run_of(components={"M-1": ComponentRun("M-1", usage=usage, usage_by_model={"a": usage})})
    prices = PriceTable("EUR", {"a": ModelPrice(input=Decimal(1), output=Decimal(2))})
    assert page(record_of(run), prices=prices).text.count("0.000024 EUR") == 2
    other = PriceTable("EUR", {})
    assert "no price is configured for a" in page(record_of(run), prices=other).text
    assert "Cost" not in page(record_of(run)).text


def test_components_that_ran_have_bars_on_one_axis():
    report = page(everything("x"))
    bars = [a["style"] for tag, a in report.elements if "bar" in a.get("class", "").split()]
    assert bars == ["left:0.0%;width:50.0%", "left:75.0%;width:25.0%"]

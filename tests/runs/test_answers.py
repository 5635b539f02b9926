"""Messages as outputs of a flow."""

from dataclasses import replace

import pytest

from lfclient.flows.model import Flow
from lfclient.runs.answers import LiveOutput, in_output_order, live_outputs, outputs_by_message
from lfclient.runs.components import ComponentRun, ComponentState, HumanInput, Message
from lfclient.runs.model import Run, RunStatus
from tests.support import flows
from tests.support.twin_outputs import FIRST, SECOND, answer, shared_graph, twin_graph

TWINS = Flow.from_json(twin_graph())
WAITING, DONE, SKIPPED = ComponentState.WAITING, ComponentState.DONE, ComponentState.SKIPPED


def run_with(*messages, **states):
    components = {id: ComponentRun(id, state) for id, state in states.items()}
    found = {one.id: one for one in messages}
    run = Run(TWINS.id, "background", RunStatus.IN_PROGRESS, messages=found)
    return replace(run, components={id.replace("_", "-"): one for id, one in components.items()})


def test_outputs_stand_in_the_order_of_the_flow_from_the_start():
    a, b = answer("a", "quick"), answer("b", "slow", complete=False)
    assert live_outputs(run_with(), TWINS) == [
        LiveOutput(FIRST, WAITING, None),
        LiveOutput(SECOND, WAITING, None),
    ]
    assert live_outputs(run_with(a), TWINS) == [
        LiveOutput(FIRST, WAITING, None),
        LiveOutput(SECOND, WAITING, a),
    ]
    assert [one.message for one in live_outputs(run_with(a, b), TWINS)] == [b, a]


def test_an_output_shows_its_latest_message():
    earlier, later = answer("a", "one"), replace(answer("a", "two"), id="m-2")
    assert live_outputs(run_with(earlier, later), TWINS)[1].message == later


def test_an_output_on_a_branch_that_is_not_taken_is_left_out():
    run = run_with(answer("b", "taken"), ChatOutput_a=SKIPPED, ChatOutput_b=DONE)
    assert [one.component_id for one in live_outputs(run, TWINS)] == [FIRST]
    assert live_outputs(run, TWINS)[0].state is DONE


def test_outputs_between_which_a_person_may_decide_are_left_out_until_then():
    written = answer("b", "written before")
    run = replace(run_with(written), waiting_for=HumanInput("r-1"))
    assert [one.message for one in live_outputs(run, TWINS)] == [written]


def test_messages_of_other_components_follow_the_outputs():
    other = Message("m", "thinking", "Machine", component_id="Agent-x")
    unknown = Message("n", "from nowhere", "Machine")
    found = live_outputs(run_with(other, unknown, answer("b", "hi")), TWINS)
    assert [one.component_id for one in found] == [FIRST, SECOND, "Agent-x", None]


@pytest.mark.parametrize("flow", [None, flows.flow(flows.node("ChatOutput-b"))])
def test_a_flow_with_one_output_shows_what_is_being_written_or_the_latest_message(flow):
    first, second = answer("a", "one"), answer("b", "two")
    writing = replace(first, complete=False)
    for messages, expected in (((first, second), second), ((writing, second), writing)):
        found = live_outputs(run_with(*messages), flow)
        assert [one.message for one in found] == [expected]


def test_outputs_that_one_component_feeds_take_its_messages_in_turn():
    flow = Flow.from_json(shared_graph())
    first, second = (replace(answer("a", "hi"), id=id) for id in ("1", "2"))
    assert [(one.component_id, one.message) for one in live_outputs(run_with(first), flow)] == [
        (FIRST, first),
        (SECOND, None),
    ]
    later = [replace(one, id=f"later {one.id}", job_id="j") for one in (first, second)]
    found = outputs_by_message([first, second, *later], flow)
    assert {id: one.id for id, one in found.items()} == {
        "1": FIRST,
        "2": SECOND,
        "later 1": FIRST,
        "later 2": SECOND,
    }


def test_answers_of_runs_that_can_not_be_told_apart_keep_their_order():
    """Langflow 1.8 and 1.9 store no job, and some flows no message of the user."""
    twice = [
        replace(answer(branch, branch), id=f"{branch}{number}")
        for number in (1, 2)
        for branch in "ab"
    ]
    assert in_output_order(twice, TWINS) == twice


def test_a_conversation_has_the_outputs_of_each_run_in_the_order_of_the_flow():
    def of_run(job, *messages):
        sent = Message(f"{job}-sent", "hi", "User", job_id=job)
        return [sent, *(replace(one, id=f"{job}-{one.id}", job_id=job) for one in messages)]

    a, b = answer("a", "quick"), answer("b", "slow")
    between = Message("t", "thinking", "Machine", component_id="Agent-x")
    conversation = of_run("1", a, between, b) + of_run("2", b, a) + of_run("3", a)
    assert [one.id for one in in_output_order(conversation, TWINS)] == [
        *("1-sent", "1-m-b", "1-t", "1-m-a"),
        *("2-sent", "2-m-b", "2-m-a"),
        *("3-sent", "3-m-a"),
    ]

"""The states of components in words, shared by graph, table and timings."""

import pytest

from lfclient.console.wording.statuses import component_state_label
from lfclient.runs.components import ComponentRun, ComponentState, RunError
from pages._ui.components.states import component_status, group_state, leaf_runs, state_counts_text
from pages._ui.widgets import status_badges
from tests.support import flows
from tests.support.components import done

S = ComponentState


def statuses(flow, components, *, ended=False):
    return {each.id: component_status(each, components, ended=ended) for each in flow.components}


def test_every_state_has_its_own_icon_and_word():
    """No state is shown by color alone."""
    assert set(status_badges.COMPONENT_STYLES) == set(S)
    styles = [*status_badges.COMPONENT_STYLES.values(), status_badges.NOT_RUN]
    assert len({style.icon for style in styles}) == len(styles)
    assert len({style.symbol for style in styles}) == len(styles)
    assert len({component_state_label(state, ended=False) for state in S}) == len(S)


def test_a_component_without_events_is_waiting_and_unknown_after_the_end():
    """Before the first event of the run it is unknown as well."""
    flow = flows.flow(flows.node("A-1"), flows.node("B-1"))
    assert statuses(flow, {})["A-1"].word == "Unknown"
    components = {"A-1": done("A-1")}
    assert statuses(flow, components)["B-1"].word == "Waiting"
    assert statuses(flow, components, ended=True)["B-1"].word == "Unknown"


def test_an_unconnected_component_does_not_run_unless_the_server_reports_it():
    flow = flows.flow(flows.chat_input(), flows.node("Alone-1"))
    assert not statuses(flow, {})["Alone-1"].is_connected
    assert statuses(flow, {})["Alone-1"].word == "Does not run"
    assert statuses(flow, {"Alone-1": done("Alone-1")})["Alone-1"].word == "Done"


def test_a_group_has_the_state_and_error_of_its_members():
    inner = [flows.node("In-1", text=flows.text()), flows.node("In-2")]
    flow = flows.flow(flows.group("Group-1", inner, [flows.edge("In-1", "In-2")]))
    half = statuses(flow, {"In-1": done("In-1")})["Group-1"]
    assert (half.word, half.detail) == ("Running", "1 of 2 done")
    broken = ComponentRun("In-2", S.FAILED, error=RunError("no key"))
    failed = statuses(flow, {"In-1": done("In-1"), "In-2": broken})["Group-1"]
    assert (failed.state, failed.error) == (S.FAILED, "no key")


@pytest.mark.parametrize(
    ("states", "ended", "combined"),
    [
        ([S.DONE, S.DONE], False, S.DONE),
        ([S.DONE, S.SKIPPED], False, S.DONE),
        ([S.DONE, S.WAITING], False, S.RUNNING),
        ([S.DONE, S.WAITING], True, S.DONE),
        ([S.SKIPPED, S.WAITING], False, S.WAITING),
        ([S.RUNNING, S.SUSPENDED], False, S.SUSPENDED),
        ([S.DONE, S.INTERRUPTED], True, S.INTERRUPTED),
        ([S.SKIPPED, S.UNKNOWN], True, S.UNKNOWN),
    ],
)
def test_a_groups_state_is_the_one_that_needs_attention_most(states, ended, combined):
    assert group_state(states, ended=ended) is combined


def test_components_deleted_from_the_flow_are_listed_last():
    flow = flows.flow(flows.node("A-1"))
    runs = {"Gone-1": done("Gone-1", display_name="Was here"), "A-1": done("A-1")}
    found = [(name, component is None) for name, _, component in leaf_runs(flow, runs, ended=True)]
    assert found == [("A", False), ("Was here", True)]


def test_states_are_counted_in_words():
    """Screen readers read the counts instead of the graph."""
    flow = flows.flow(flows.node("A-1"), flows.node("B-1"), flows.node("C-1"))
    found = statuses(flow, {"A-1": done("A-1"), "B-1": done("B-1")})
    assert state_counts_text(list(found.values())) == "2 done, 1 waiting"

"""How components stand, in words that graph, table and timings share."""

import pytest

from lfclient.common.formatting import format_timing
from lfclient.runs.components import ComponentRun, ComponentState, RunError
from pages._ui.components.states import component_status, group_state, leaf_runs, state_counts_text
from pages._ui.widgets import status_badges
from tests.support import flows
from tests.support.components import done

S = ComponentState


def standings(flow, components, *, ended=False):
    return {one.id: component_status(one, components, ended=ended) for one in flow.components}


def test_every_state_has_a_look_of_its_own():
    """Icon and word differ everywhere, so that no state is told by colour alone."""
    assert set(status_badges.COMPONENT_STYLES) == set(S)
    looks = [*status_badges.COMPONENT_STYLES.values(), status_badges.NOT_RUN]
    assert len({look.icon for look in looks}) == len(looks)
    assert len({look.symbol for look in looks}) == len(looks)
    assert len({status_badges.component_label(state, ended=False) for state in S}) == len(S)


def test_one_that_nobody_told_of_waits_and_later_is_not_known():
    """Before any event nothing is claimed; with events the silent ones wait for their turn."""
    flow = flows.flow(flows.node("A-1"), flows.node("B-1"))
    assert standings(flow, {})["A-1"].word == "not known"
    told = {"A-1": done("A-1")}
    assert standings(flow, told)["B-1"].word == "waiting"
    assert standings(flow, told, ended=True)["B-1"].word == "not known"


def test_what_only_waited_when_the_run_ended_did_not_run():
    """The word and the icon change with the end."""
    flow = flows.flow(flows.node("A-1"))
    stands = standings(flow, {"A-1": ComponentRun("A-1")}, ended=True)["A-1"]
    assert (stands.word, stands.look) == ("did not run", status_badges.NOT_RUN)


def test_one_that_is_not_connected_does_not_run():
    """Unless the server tells otherwise."""
    flow = flows.flow(flows.chat_input(), flows.node("Alone-1"))
    assert not standings(flow, {})["Alone-1"].connected
    assert standings(flow, {})["Alone-1"].word == "does not run"
    assert standings(flow, {"Alone-1": done("Alone-1")})["Alone-1"].word == "done"


def test_a_group_stands_as_its_members_do():
    """With how many are done; a failed member fails it and gives the reason."""
    inner = [flows.node("In-1", text=flows.text()), flows.node("In-2")]
    flow = flows.flow(flows.group("Group-1", inner, [flows.edge("In-1", "In-2")]))
    half = standings(flow, {"In-1": done("In-1")})["Group-1"]
    assert half.text == "running · 1 of 2 done"
    broken = ComponentRun("In-2", S.FAILED, error=RunError("no key"))
    failed = standings(flow, {"In-1": done("In-1"), "In-2": broken})["Group-1"]
    assert (failed.state, failed.reason) == (S.FAILED, "no key")


@pytest.mark.parametrize(
    ("states", "ended", "whole"),
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
def test_the_state_of_several_is_the_one_that_matters_most(states, ended, whole):
    """What needs somebody's eye comes first."""
    assert group_state(states, ended=ended) is whole


def test_components_that_left_the_flow_are_listed_after_its_own():
    """The flow may have been changed since the run."""
    flow = flows.flow(flows.node("A-1"))
    runs = {"Gone-1": done("Gone-1", display_name="Was here"), "A-1": done("A-1")}
    found = [(name, component is None) for name, _, component in leaf_runs(flow, runs, ended=True)]
    assert found == [("A", False), ("Was here", True)]


def test_counts_by_word():
    """For those who cannot see the graph."""
    flow = flows.flow(flows.node("A-1"), flows.node("B-1"), flows.node("C-1"))
    found = standings(flow, {"A-1": done("A-1"), "B-1": done("B-1")})
    assert state_counts_text(list(found.values())) == "2 done, 1 waiting"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.0124, "12 ms"), (0.1, "0.1 s"), (-1, "0 ms"), (61, "1 min 01 s")]
)
def test_short_durations_are_in_milliseconds(seconds, words):
    """Most components take less than a tenth of a second."""
    assert format_timing(seconds) == words

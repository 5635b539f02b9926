"""Durations of components are compared across runs."""

from lfclient.console.wording.timeline import axis_unit, compare_durations
from lfclient.runs.components import ComponentRun, ComponentState


def component(id, name, seconds):
    return name, f"{name} {id[-1]}", ComponentRun(id, ComponentState.DONE, name, seconds=seconds)


def test_components_of_one_flow_are_matched_by_id():
    one = [component("A-1", "First", 1), component("B-1", "Second", 2)]
    other = [component("B-1", "Renamed", -0.1), component("A-1", "First", None)]
    rows = compare_durations([one, other], by_id=True)
    assert rows == [("First 1", [1, None]), ("Second 1", [2, 0])]


def test_components_of_several_flows_are_matched_by_name_and_position():
    one = [component("P-1", "Prompt", 1), component("P-2", "Prompt", 2)]
    other = [component("P-8", "prompt", None), component("P-9", "prompt", 3)]
    rows = compare_durations([one, other], by_id=False)
    assert rows == [("Prompt 1", [1, None]), ("Prompt 2", [2, 3])]


def test_the_axis_unit_fits_its_length():
    assert [axis_unit(long)[1] for long in (0, 0.9, 1, 599, 600)] == ["ms", "ms", "s", "s", "min"]

"""How long the components of several runs worked, and on what axis."""

from lfclient.console.presentation.timeline import axis_unit, compare_durations
from lfclient.runs.components import ComponentRun, ComponentState


def worked(id, name, seconds):
    return name, ComponentRun(id, ComponentState.DONE, name, seconds=seconds)


def test_components_of_one_flow_are_matched_by_their_id():
    """Whatever they are called; a run has no time of what it did not do, or not yet."""
    one = [worked("A-1", "First", 1), worked("B-1", "Second", 2)]
    other = [worked("B-1", "Renamed", -0.1), worked("A-1", "First", None)]
    assert compare_durations([one, other], by_id=True) == [("First", [1, None]), ("Second", [2, 0])]


def test_components_of_several_flows_are_matched_by_their_name():
    """The second of a name with the second, though the first has not worked."""
    one = [worked("P-1", "Prompt", 1), worked("P-2", "Prompt", 2)]
    other = [worked("P-8", "prompt", None), worked("P-9", "prompt", 3)]
    found = compare_durations([one, other], by_id=False)
    assert found == [("Prompt", [1, None]), ("Prompt", [2, 3])]


def test_an_axis_has_the_unit_that_is_read_best():
    """Whatever stands on it."""
    assert [axis_unit(long)[1] for long in (0, 0.9, 1, 599, 600)] == ["ms", "ms", "s", "s", "min"]

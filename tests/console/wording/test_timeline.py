"""Durations of components are compared across runs."""

from datetime import UTC, datetime, timedelta

from lfclient.console.wording.timeline import axis_unit, compare_durations
from lfclient.runs.components import ComponentRun, ComponentState

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def component(id, name, seconds, start=None):
    """Return name, label and run of a component that started `start` seconds after noon."""
    ended_at = None if start is None else NOON + timedelta(seconds=start + seconds)
    run = ComponentRun(id, ComponentState.DONE, name, seconds=seconds, ended_at=ended_at)
    return name, f"{name} {id[-1]}", run


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


def test_components_are_in_the_order_of_their_start_whichever_run_comes_first():
    """That of an unknown start comes last."""
    one = [component("X-1", "Lost", 1), component("O-1", "Out", 1, 9), component("I-1", "In", 1, 0)]
    later = [component("M-1", "Model", 1, 65), component("I-1", "In", 1, 60)]
    for runs in ([one, later], [later, one]):
        names = [name for name, _ in compare_durations(runs, by_id=True)]
        assert names == ["In 1", "Model 1", "Out 1", "Lost 1"]


def test_the_axis_unit_fits_its_length():
    assert [axis_unit(long)[1] for long in (0, 0.9, 1, 599, 600)] == ["ms", "ms", "s", "s", "min"]

"""Structured data is compared in bounded time."""

from lfclient.console.compare.text_diff import ChangeKind
from lfclient.console.compare.tree_diff import MAX_DEPTH, compare_trees
from tests.support.cpu_time import max_cpu_seconds


def test_values_are_compared_by_path():
    found = compare_trees(
        {"a": {"b": 1, "gone": 2}, "list": [1, 2]}, {"a": {"b": 5}, "list": [1, 2], "new": None}
    )
    assert [(one.path, one.kind, one.before, one.after) for one in found.changes] == [
        ("a.b", ChangeKind.CHANGED, 1, 5),
        ("a.gone", ChangeKind.REMOVED, 2, None),
        ("new", ChangeKind.ADDED, None, None),
    ]


def test_an_item_removed_from_a_list_does_not_shift_the_others():
    before = [{"n": number} for number in range(10)]
    found = compare_trees(before, [*before[:4], *before[5:8], {"n": 80}, before[9]])
    assert [(one.path, one.kind) for one in found.changes] == [
        ("[4]", ChangeKind.REMOVED),
        ("[7].n", ChangeKind.CHANGED),
    ]


def test_the_ends_of_lists_are_compared_by_the_same_equality():
    nan = float("nan")
    found = compare_trees([1, nan, 2, 3, nan], [True, float("nan"), 3, float("nan")])
    assert [(one.path, one.kind) for one in found.changes] == [
        ("[0]", ChangeKind.CHANGED),
        ("[2]", ChangeKind.REMOVED),
    ]


def test_values_below_the_maximum_depth_are_compared_as_a_whole():
    one: object = 1
    other: object = 2
    for _ in range(100_000):
        one, other = [one], [other]
    (change,) = compare_trees(one, other).changes
    assert change.path == "[0]" * MAX_DEPTH


def test_a_huge_value_is_compared_incompletely_in_bounded_time():
    with max_cpu_seconds(5):
        found = compare_trees(list(range(400_000)), list(range(1, 400_001)))
    assert not found.is_complete
    assert len(found.changes) < found.total

"""Which inputs of runs differ."""

from lfclient.console.compare.inputs import compare_inputs
from lfclient.flows.validation import SECRET_MASK
from tests.support.flows import chat_input, entry, flow, node, text


def rows(*overrides, flows=None, one_flow=True):
    same = flow(chat_input(), node("T-a", name=text("x"), count=entry("IntInput", "int", 1)))
    return compare_inputs(overrides, flows or [same] * len(overrides), one_flow=one_flow)


def test_inputs_that_differ_come_first():
    """One row a parameter, whatever its place in the flow."""
    found = rows({"T-a.name": "a", "T-a.count": 2}, {"T-a.name": "a", "T-a.count": 3})
    assert [(row.label, row.is_different) for row in found] == [("count", True), ("name", False)]
    assert [one.value for one in found[0].values] == [2, 3]


def test_what_was_not_given_counts_as_the_flows_own():
    """Its place is empty; whether it differs is told by the flow's value."""
    (row,) = rows({"T-a.name": "x"}, {})
    assert row.values[1] is None
    assert not row.is_different
    (row,) = rows({"T-a.name": "y"}, {})
    assert row.is_different


def test_of_secrets_nobody_can_tell():
    """Unless one of the runs had none."""
    (row,) = rows({"T-a.api_key": SECRET_MASK}, {"T-a.api_key": SECRET_MASK})
    assert (row.is_different, row.is_uncertain) == (False, True)
    (row,) = rows({"T-a.api_key": SECRET_MASK}, {})
    assert (row.is_different, row.is_uncertain) == (True, False)


def test_inputs_of_different_flows_are_matched_by_name():
    """Their components have other ids."""
    other = flow(node("T-z", "T", name=text("x")))
    here = flow(node("T-a", "T", name=text("x")))
    (row,) = rows({"T-a.name": "a"}, {"T-z.name": "b"}, flows=[here, other], one_flow=False)
    assert [one.key for one in row.values] == ["T-a.name", "T-z.name"]
    assert row.is_different


def test_a_parameter_that_another_flow_does_not_have_is_told_from_one_that_was_not_given():
    """Where that flow is not at hand, nobody can say so."""
    here = flow(node("T-a", "T", name=text("x"), only=text("x")))
    other = flow(node("T-z", "T", name=text("x")))
    given = {"T-a.name": "a", "T-a.only": "b"}
    found = rows(given, {}, flows=[here, other], one_flow=False)
    assert {row.label: row.is_missing for row in found} == {
        "name": (False, False),
        "only": (False, True),
    }
    (row,) = rows({"T-a.only": "b"}, {}, flows=[here, None], one_flow=False)
    assert row.is_missing == (False, False)


def test_the_second_component_of_a_name_is_matched_with_the_second():
    """Of what flow it is, and whether or not the first was given anything."""
    here = flow(node("P-1", "Prompt", name=text("x")), node("P-2", "Prompt", name=text("x")))
    other = flow(node("P-3", "Prompt", name=text("x")), node("P-4", "Prompt", name=text("x")))
    given = {"P-1.name": "x", "P-2.name": "y"}, {"P-4.name": "y", "P-3.name": "x"}
    for skipped in (0, 1):
        first, second = (dict(list(each.items())[skipped:]) for each in given)
        if skipped:
            second = {"P-4.name": "y"}
        found = rows(first, second, flows=[here, other], one_flow=False)
        assert [[one.value for one in row.values] for row in found] == [["x", "x"], ["y", "y"]][
            skipped:
        ]
        assert not any(row.is_different for row in found)
    (row,) = rows({"P-2.name": "y"}, {}, flows=[here, other], one_flow=False)
    assert row.is_missing == (False, False)


def test_parameters_that_cannot_be_set_are_matched_by_name_as_well():
    """Of several components of a name, too, whose ids are others in each flow."""
    nodes = [[node(id, "Prompt", name=text(show=False)) for id in ids] for ids in ("ab", "cd")]
    flows = [flow(*each) for each in nodes]
    given = {"a.name": "x", "b.name": "y"}, {"c.name": "x", "d.name": "y"}
    found = rows(*given, flows=flows, one_flow=False)
    assert [(row.component_label(), row.is_different) for row in found] == [
        ("Prompt, a", False),
        ("Prompt, b", False),
    ]

"""Inputs of runs are matched and compared."""

from lfclient.console.compare.inputs import compare_inputs
from lfclient.flows.run_inputs import describe_inputs
from lfclient.flows.validation import SECRET_MASK
from tests.support.flows import chat_input, entry, flow, node, text


def rows(*overrides, flows=None, one_flow=True):
    same = flow(chat_input(), node("T-a", name=text("x"), count=entry("IntInput", "int", 1)))
    flows = flows or [same] * len(overrides)
    inputs = [describe_inputs(each, None, its) for each, its in zip(overrides, flows, strict=True)]
    return compare_inputs(inputs, flows, one_flow=one_flow)


def test_different_inputs_come_first():
    found = rows({"T-a.name": "a", "T-a.count": 2}, {"T-a.name": "a", "T-a.count": 3})
    assert [(row.parameter.label, row.is_different) for row in found] == [
        ("count", True),
        ("name", False),
    ]
    assert [one.value for one in found[0].values] == [2, 3]


def test_a_missing_override_counts_as_the_flows_default():
    (row,) = rows({"T-a.name": "x"}, {})
    assert row.values[1] is None
    assert not row.is_different
    (row,) = rows({"T-a.name": "y"}, {})
    assert row.is_different


def test_secrets_are_uncertain_unless_one_run_has_none():
    (row,) = rows({"T-a.api_key": SECRET_MASK}, {"T-a.api_key": SECRET_MASK})
    assert (row.is_different, row.is_uncertain) == (False, True)
    (row,) = rows({"T-a.api_key": SECRET_MASK}, {})
    assert (row.is_different, row.is_uncertain) == (True, False)


def test_inputs_of_different_flows_are_matched_by_name():
    other = flow(node("T-z", "T", name=text("x")))
    here = flow(node("T-a", "T", name=text("x")))
    (row,) = rows({"T-a.name": "a"}, {"T-z.name": "b"}, flows=[here, other], one_flow=False)
    assert [one.key for one in row.values] == ["T-a.name", "T-z.name"]
    assert row.is_different


def test_a_parameter_that_a_flow_lacks_differs_from_one_without_an_override():
    """Unless the flow is not loaded."""
    here = flow(node("T-a", "T", name=text("x"), only=text("x")))
    other = flow(node("T-z", "T", name=text("x")))
    given = {"T-a.name": "a", "T-a.only": "b"}
    found = rows(given, {}, flows=[here, other], one_flow=False)
    assert {row.parameter.label: row.is_missing for row in found} == {
        "name": (False, False),
        "only": (False, True),
    }
    (row,) = rows({"T-a.only": "b"}, {}, flows=[here, None], one_flow=False)
    assert row.is_missing == (False, False)


def test_the_second_component_of_a_name_is_matched_with_the_second():
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


def test_hidden_parameters_are_matched_by_name():
    """Several components share the name."""
    nodes = [[node(id, "Prompt", name=text(show=False)) for id in ids] for ids in ("ab", "cd")]
    flows = [flow(*each) for each in nodes]
    given = {"a.name": "x", "b.name": "y"}, {"c.name": "x", "d.name": "y"}
    found = rows(*given, flows=flows, one_flow=False)
    assert [(row.parameter.component_label(), row.is_different) for row in found] == [
        ("Prompt 1", False),
        ("Prompt 2", False),
    ]

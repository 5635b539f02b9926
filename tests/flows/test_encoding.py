"""Encoding of values for each run mode and release."""

import pytest

from lfclient.errors import InvalidRequest
from lfclient.flows.encoding import encode, override_targets, sends_bare_values
from lfclient.flows.field import Variable
from lfclient.flows.validation import check_overrides
from lfclient.wire.server_info import ServerInfo
from tests.support.flows import entry, flow, group, node, text

EIGHT = ServerInfo("1.8.0", "inputs")
OLD = ServerInfo("1.10.3", "inputs")
ELEVEN = ServerInfo("1.11.6", "modes")
NEW = ServerInfo("1.13.0", "modes")


def field(parameter):
    return flow(node("T-a", p=parameter)).fields[0]


SECRET = field(entry("SecretStrInput", "str", "KEY", load_from_db=True, password=True))
TYPED = field(text("x"))


@pytest.mark.parametrize(
    ("mode", "server", "bare"),
    [
        ("sync", OLD, False),
        ("background", OLD, False),
        ("sync", NEW, False),
        ("background", NEW, True),
    ],
)
def test_only_background_runs_of_new_servers_take_bare_values(mode, server, bare):
    """The others edit the stored flow, where an object means attributes of the parameter."""
    assert sends_bare_values(mode, server) is bare


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_old_servers_take_a_variable_as_attributes_in_both_modes(mode):
    assert encode(SECRET, Variable("K"), mode, OLD) == {"value": "K", "load_from_db": True}


def test_a_variable_is_refused_in_background_runs():
    """1.12 and later would end the run silently."""
    with pytest.raises(InvalidRequest, match="synchronous mode"):
        encode(SECRET, Variable("K"), "background", NEW)


def test_background_runs_on_1_11_read_text_as_the_name_of_a_variable():
    """If the flow stores a variable there. So a bare name works, and typed text can't be sent."""
    assert encode(SECRET, Variable("K"), "background", ELEVEN) == "K"
    with pytest.raises(InvalidRequest, match=r"1\.11"):
        encode(SECRET, "sk-typed", "background", ELEVEN)
    assert encode(TYPED, "typed", "background", ELEVEN) == "typed"


@pytest.mark.parametrize(
    ("mode", "server"), [("sync", EIGHT), ("background", EIGHT), ("sync", ELEVEN)]
)
def test_a_text_in_place_of_a_variable_is_marked_as_no_variable(mode, server):
    """Else 1.8.0 would look it up, and write it to its log. 1.11 takes it either way."""
    as_value = {"value": "sk-typed", "load_from_db": False}
    assert encode(SECRET, "sk-typed", mode, server) == as_value
    assert encode(TYPED, "typed", mode, server) == "typed"


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_1_10_takes_a_text_in_place_of_a_variable_as_it_is(mode):
    assert encode(SECRET, "sk-typed", mode, OLD) == "sk-typed"


def test_a_value_that_the_mode_cannot_send_is_an_error_at_its_field():
    found = flow(node("T-a", p=entry("SecretStrInput", "str", "K", load_from_db=True)))
    (problem,) = check_overrides(found, {"T-a.p": "sk-typed"}, "background", ELEVEN)
    assert (problem.key, problem.level) == ("T-a.p", "error")
    assert check_overrides(found, {"T-a.p": "sk-typed"}, "sync", ELEVEN) == []


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_null_is_never_sent(mode):
    """Servers read null differently for each type."""
    with pytest.raises(InvalidRequest):
        encode(TYPED, None, mode, NEW)


@pytest.mark.parametrize(
    ("parameter", "value", "stored", "bare"),
    [
        (entry("IntInput", "int", 1), 7.0, 7, 7),
        (entry("SliderInput", "slider", 0.5), 1.0, 1, 1),
        (entry("SliderInput", "slider", 0.5), 0.7, 0.7, 0.7),
        (entry("FileInput", "file", list=True), "u/a", ["u/a"], ["u/a"]),
        (entry("ModelInput", "model"), [{"name": "gpt"}], "gpt", "gpt"),
        (entry("DictInput", "dict"), {"a": 1}, {"a": 1}, {"a": 1}),
        # one key "value" would be unwrapped
        (entry("DictInput", "dict"), {"value": 1}, {"value": {"value": 1}}, {"value": 1}),
        (entry("NestedDictInput", "NestedDict"), {"value": 1}, {"value": 1}, {"value": 1}),
        # an object as the value of another type would be read as attributes
        (
            entry("DurationInput", "duration"),
            {"value": 2, "unit": "Days"},
            {"value": {"value": 2, "unit": "Days"}},
            {"value": 2, "unit": "Days"},
        ),
        (entry("FutureInput", "future"), {"a": 1}, {"value": {"a": 1}}, {"a": 1}),
    ],
)
def test_values_are_encoded_as_attributes_or_bare(parameter, value, stored, bare):
    assert encode(field(parameter), value, "sync", NEW) == stored
    assert encode(field(parameter), value, "background", NEW) == bare
    assert type(encode(field(parameter), value, "background", NEW)) is type(bare)


def test_an_object_that_looks_like_a_variable_is_refused_in_background_runs():
    """1.12 and later look up any object with `load_from_db`, and end the run silently."""
    nested = field(entry("NestedDictInput", "NestedDict"))
    with pytest.raises(InvalidRequest, match="load_from_db"):
        encode(nested, {"load_from_db": True}, "background", NEW)


def test_a_groups_value_is_sent_to_the_group_and_to_its_inner_component():
    outer = group("Group-g", [node("In-1", value=text())], value_x=("In-1", "value"))
    assert override_targets(flow(outer).fields[0]) == [("Group-g", "value_x"), ("In-1", "value")]
    assert override_targets(TYPED) == [("T-a", "p")]


@pytest.mark.parametrize("value", ["other", {"name": "other", "config": {"command": "npx"}}])
@pytest.mark.parametrize("mode", ["sync", "background"])
def test_an_mcp_server_is_sent_by_name_without_a_command(mode: str, value: object):
    found = flow(node("MCPTools-m", mcp_server=entry("McpInput", "mcp", {})))
    assert encode(found.fields[0], value, mode, ServerInfo("1.13.0", "modes")) == {
        "name": "other",
        "config": {},
    }

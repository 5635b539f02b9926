"""Overrides are checked before a server sees them."""

import json

import pytest

from lfclient.errors import InvalidRequest
from lfclient.flows.field import Variable
from lfclient.flows.field_kinds import KIND_HANDLERS
from lfclient.flows.validation import (
    SECRET_MASK,
    check_overrides,
    check_value,
    is_changed,
    mask_secrets,
    raise_errors,
)
from tests.support.flows import edge, entry, flow, node, text

PARAMETERS = {
    "text": text("a"),
    "lines": entry("MultilineInput", "str", "a"),
    "int": entry("IntInput", "int", 5, range_spec={"min": 0, "max": 10}),
    "float": entry("FloatInput", "float", 0.5),
    "slider": entry("SliderInput", "slider", 0.5, range_spec={"min": 0, "max": 1, "step": 0.1}),
    "bool": entry("BoolInput", "bool", True),
    "drop": entry("DropdownInput", "str", "x", options=["x", "y"]),
    "combo": entry("DropdownInput", "str", "x", options=["x", "y"], combobox=True),
    "tab": entry("TabInput", "tab", "x", options=["x", "y"]),
    "multi": entry("MultiselectInput", "str", ["x"], options=["x", "y"], list=True),
    "sort": entry("SortableListInput", "sortableList", [], options=[{"name": "A"}], limit=1),
    "list": entry("MessageTextInput", "str", ["q"], list=True),
    "dict": entry("DictInput", "dict", {"k": "v"}),
    "nested": entry("NestedDictInput", "NestedDict", {}),
    "table": entry("TableInput", "table", [], table_schema=[{"name": "c"}]),
    "file": entry("FileInput", "file"),
    "files": entry("FileInput", "file", "", list=True),
    "secret": entry("SecretStrInput", "str", "", load_from_db=False, password=True),
    "time": entry("DurationInput", "duration", {"value": 3, "unit": "Days"}, options=["Days"]),
    "model": entry("ModelInput", "model", ""),
    "prompt": entry("PromptInput", "prompt", "Hi"),
    "template": entry("PromptInput", "prompt", "Hi {who}"),
    "who": entry(None, "str", multiline=True),
    "new": entry("FutureInput", "future", 1),
}
FLOW = flow(node("Thing-a", **PARAMETERS))
FIELDS = {field.parameter: field for field in FLOW.fields}


def levels(name, value):
    return [problem.level for problem in check_value(FIELDS[name], value)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", "b"),
        ("int", 7),
        ("int", 7.0),
        ("float", 1),
        ("slider", 0.7),
        ("bool", False),
        ("drop", "y"),
        ("drop", ""),
        ("tab", "y"),
        ("multi", ["y", "x"]),
        ("sort", [{"name": "A"}]),
        ("list", []),
        ("dict", {"a": 1}),
        ("nested", {"a": [1]}),
        ("table", [{"any": "column"}]),
        ("file", "u/a.txt"),
        ("files", ["u/a.txt"]),
        ("files", "u/a.txt"),
        ("secret", "sk"),
        ("secret", Variable("KEY")),
        ("time", {"value": 1, "unit": "Days"}),
        ("model", "gpt"),
        ("model", [{"name": "gpt", "provider": "OpenAI"}]),
        ("template", "Hello {who}, {{not one}}"),
        ("new", {"any": None}),
    ],
)
def test_good_values_have_no_problem(name, value):
    assert levels(name, value) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", 5),
        ("text", None),
        ("text", ["a"]),
        ("lines", True),
        ("int", "7"),
        ("int", 7.5),
        ("int", True),
        ("float", "1.5"),
        ("float", float("nan")),
        ("slider", True),
        ("bool", "false"),
        ("bool", 1),
        ("drop", "z"),
        ("drop", 3),
        ("tab", ""),
        ("multi", "x"),
        ("multi", ["z"]),
        ("sort", ["A"]),
        ("sort", [{"name": "A"}, {"name": "A"}]),
        ("list", "b,c"),
        ("list", [1]),
        ("dict", "x"),
        ("dict", {"a": float("inf")}),
        ("nested", []),
        ("table", {"c": 1}),
        ("table", ["x"]),
        ("file", ["u/a"]),
        ("int", Variable("KEY")),
        ("secret", Variable("")),
        ("time", 3),
        ("time", {"value": 3, "unit": "Years"}),
        ("time", {"value": -1, "unit": "Days"}),
        ("time", {"value": 10**400, "unit": "Days"}),
        ("time", {"value": float("nan"), "unit": "Days"}),
        ("model", 5),
        ("template", "Hello {nobody}"),
        ("template", "Hello {"),
        ("new", {1, 2}),
    ],
)
def test_values_that_servers_would_ignore_or_garble_are_errors(name, value):
    assert "error" in levels(name, value)


def test_a_value_out_of_range_is_a_warning():
    """Servers accept it."""
    assert levels("int", 11) == ["warning"]
    assert levels("slider", -1) == ["warning"]


def test_free_text_outside_the_options_is_a_note():
    assert levels("combo", "other") == ["note"]


def test_the_flows_own_value_may_lie_outside_its_options():
    odd = flow(node("T-a", p=entry("DropdownInput", "str", "old", options=["new"]))).fields[0]
    assert check_value(odd, "old") == []


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("Thing-b.text", "no component “Thing-b”. Did you mean Thing-a?"),
        ("Thing-a.txet", "no such parameter. Did you mean text?"),
        ("text", "Component.parameter"),
        ("Thing-a.code", "protected"),
        ("Thing-a.hidden", "hidden"),
        ("Thing-a.wired", "another component"),
        ("Thing-a.session_id", "session"),
        ("Tool-t.query", "The agent that uses this component as a tool sets it."),
    ],
)
def test_an_override_that_servers_would_ignore_is_refused_with_a_reason(key, words):
    parameters = {
        "text": text(),
        "code": entry(None, "code"),
        "hidden": text(show=False),
        "wired": text(),
        "session_id": text(),
    }
    tool = node("Tool-t", query=text(tool_mode=True))
    tool["data"]["node"]["tool_mode"] = True
    found = flow(
        node("Src-s"),
        node("Thing-a", **parameters),
        tool,
        edges=[edge("Src-s", "Thing-a", "wired")],
    )
    (problem,) = check_overrides(found, {key: "x"})
    assert problem.level == "error"
    assert problem.key == key
    assert words in problem.message


def test_a_missing_required_value_is_an_error():
    found = flow(node("T-a", p=text("", required=True), q=text("has one", required=True)))
    assert [p.key for p in check_overrides(found, {})] == ["T-a.p"]
    assert check_overrides(found, {"T-a.p": "x"}) == []
    assert [p.key for p in check_overrides(found, {"T-a.q": ""})] == ["T-a.q", "T-a.p"]


def test_a_stored_secret_satisfies_a_required_field():
    stored = entry("SecretStrInput", "str", "sk-1", load_from_db=False, required=True)
    assert check_overrides(flow(node("T-a", p=stored)), {}) == []


def test_errors_are_raised_together_with_the_field_of_the_first():
    with pytest.raises(InvalidRequest) as caught:
        raise_errors(check_overrides(FLOW, {"Thing-a.int": "x", "Thing-a.bool": 1}))
    assert caught.value.field == "Thing-a.int"
    assert "Thing-a.bool" in caught.value.message


def test_warnings_are_not_raised():
    problems = check_overrides(FLOW, {"Thing-a.int": 11})
    assert "warning" in [problem.level for problem in problems]
    raise_errors(problems)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("text", "a", False), ("text", "b", True), ("text", None, False), ("int", 5.0, False),
        ("bool", True, False), ("new", True, True), ("secret", "", False),
        ("dict", {"k": "v"}, False),
    ],
)  # fmt: skip
def test_only_a_different_value_is_a_change(name, value, expected):
    """True differs from 1, and None means the flow's own value."""
    assert is_changed(FIELDS[name], value) is expected


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("int", " 123456789012345678901234567890 ", 123456789012345678901234567890),
        ("int", "-5", -5),
        ("int", "", None),
        ("float", "0.1", 0.1),
        ("float", "", None),
        ("list", "a\n\nb, c\n", ["a", "b, c"]),
        ("files", "u/a \nu/b", ["u/a", "u/b"]),
        ("nested", '{"a": 1}', {"a": 1}),
        ("time", "2.5 Days", {"value": 2.5, "unit": "Days"}),
        ("sort", "A", [{"name": "A"}]),
        ("new", "[1]", [1]),
    ],
)
def test_typed_text_is_parsed_to_a_value(name, written, value):
    """Numbers keep all digits, and empty text means the flow's own value."""
    field = FIELDS[name]
    assert KIND_HANDLERS[field.kind].parse(field, written) == value


@pytest.mark.parametrize(
    ("name", "written", "words"),
    [
        ("int", "1.5", "whole number"),
        ("int", "1_000", "whole number"),
        ("float", "0,5", "point instead of the comma"),
        ("float", "nan", "number"),
        ("nested", '{"a":\n 1,}', "line 2, column"),
        ("new", "NaN", "NaN"),
        ("file", "a\nb", "only one file"),
    ],
)
def test_malformed_text_is_refused_with_a_reason(name, written, words):
    field = FIELDS[name]
    with pytest.raises(ValueError, match=words):
        KIND_HANDLERS[field.kind].parse(field, written)


def test_a_secret_is_redacted_in_other_values_unless_it_is_short():
    """A secret of five letters would match innocent words."""
    found = flow(node("T-a", api_key=text(), words=text(), rows=entry("NestedDictInput", "dict")))
    overrides = {"T-a.words": "use sk-12345678!", "T-a.rows": {"note": ["sk-12345678"]}}
    assert mask_secrets(found, {"T-a.api_key": "sk-12345678", **overrides}) == {
        "T-a.api_key": SECRET_MASK,
        "T-a.words": "use ••••!",
        "T-a.rows": {"note": ["••••"]},
    }
    assert mask_secrets(found, overrides) == overrides
    short = {"T-a.words": "a sheep is a sheep"}
    assert mask_secrets(found, {"T-a.api_key": "sheep", **short}) == {
        "T-a.api_key": SECRET_MASK,
        **short,
    }


def test_the_connections_key_is_redacted_in_every_value():
    overrides = {"Thing-a.text": "my key is sk-12345678", "Thing-a.nested": {"a": ["sk-12345678"]}}
    assert mask_secrets(FLOW, overrides, ["sk-12345678"]) == {
        "Thing-a.text": "my key is ••••",
        "Thing-a.nested": {"a": ["••••"]},
    }


def test_the_mask_itself_is_not_redacted_in_other_values():
    found = flow(node("T-a", api_key=text(), words=text()))
    masked = {"T-a.api_key": SECRET_MASK, "T-a.words": f"it {SECRET_MASK} to run"}
    assert mask_secrets(found, masked) == masked


def test_masked_overrides_contain_no_secret():
    """Secrets and a header's credentials are masked; names of variables stay."""
    overrides = {
        "Thing-a.secret": "sk-12345678",
        "Thing-a.text": "open",
        "Thing-a.table": [{"key": "Authorization", "value": "Bearer sk-12345678"}],
        "Thing-a.dict": {"password": "sk-12345678", "user": "me"},
        "Thing-a.api_key": "sk-12345678",
    }
    masked = mask_secrets(FLOW, overrides)
    assert "sk-1234" not in json.dumps(masked)
    assert masked["Thing-a.secret"] == SECRET_MASK
    assert masked["Thing-a.text"] == "open"
    assert masked["Thing-a.dict"]["user"] == "me"
    assert mask_secrets(FLOW, {"Thing-a.secret": Variable("K")}) == {
        "Thing-a.secret": Variable("K")
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", "half of \ud83d"),
        ("text", Variable("\udc00")),
        ("list", ["a", "\ud800"]),
        ("dict", {"\ud800": "a"}),
        ("table", [{"c": {"d": ["\ud800"]}}]),
        ("new", "\ud800"),
    ],
)
def test_a_lone_surrogate_is_refused(name, value):
    """No server accepts one."""
    (problem,) = check_value(FIELDS[name], value)
    assert problem.level == "error"
    assert "a lone surrogate" in problem.message


def test_a_pair_of_surrogates_is_a_character():
    assert check_value(FIELDS["text"], json.loads('"\\ud83d\\ude00"')) == []


def test_a_knowledge_base_may_be_newer_than_the_options_that_the_flow_stored():
    options = entry("DropdownInput", "str", "", options=["old"])
    found = flow(node("T-a", knowledge_base=options, other=options))
    (problem,) = check_overrides(found, {"T-a.knowledge_base": "new", "T-a.other": "new"})
    assert problem.key == "T-a.other"


def test_another_flow_for_a_component_that_runs_one_is_refused_unless_chosen_before():
    name = text("mine", real_time_refresh=True)
    found = flow(node("RunFlow-r", flow_name_selected=name))
    (problem,) = check_overrides(found, {"RunFlow-r.flow_name_selected": "other"})
    assert "by its id" in problem.message
    assert check_overrides(found, {"RunFlow-r.flow_name_selected": "mine"}) == []

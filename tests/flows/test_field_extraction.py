"""Extraction of fields: which parameters, their kinds and defaults."""

import pytest

from lfclient.flows.field import FieldKind, Variable
from lfclient.flows.field_extraction import (
    CONNECTION_INPUTS,
    EDITOR_INPUTS,
    KINDS_BY_INPUT_TYPE,
    KINDS_BY_TYPE,
    detect_kind,
)
from lfclient.flows.field_kinds import KIND_HANDLERS
from lfclient.flows.validation import (
    SECRET_MASK,
    check_overrides,
    is_changed,
    is_secret_field,
    mask_secrets,
)
from tests.support.flows import (
    PARAMETERS,
    chat_input,
    edge,
    entry,
    flow,
    group,
    node,
    read_file,
    text,
)


def field(parameter, name="p", type="Thing"):
    return flow(node("Thing-a", type, **{name: parameter})).fields[0]


def keys(found):
    return [one.key for one in found.fields]


@pytest.mark.parametrize("seen", PARAMETERS, ids=lambda seen: str(seen["entry"]["_input_type"]))
def test_every_input_type_of_five_releases_is_known(seen):
    declared = seen["entry"].get("_input_type")
    known = declared in KINDS_BY_INPUT_TYPE or declared in CONNECTION_INPUTS | EDITOR_INPUTS | {
        "CodeInput"
    }
    assert known or (
        declared is None and seen["entry"]["type"] in {*KINDS_BY_TYPE, "code", "other"}
    )


@pytest.mark.parametrize(
    "seen",
    [seen for seen in PARAMETERS if seen["entry"].get("_input_type") in KINDS_BY_INPUT_TYPE],
    ids=lambda seen: f"{seen['component']}.{seen['parameter']}",
)
def test_a_stored_value_passes_its_kinds_check_and_survives_text(seen):
    one = field({**seen["entry"], "show": True})
    if isinstance(one.default, Variable) or one.default is None:
        return
    kind = KIND_HANDLERS[one.kind]
    assert not list(kind.check(one, one.default))
    assert not is_changed(one, kind.parse(one, kind.write(one.default)))


def test_every_kind_has_a_handler():
    assert set(KIND_HANDLERS) == set(FieldKind)


@pytest.mark.parametrize(
    ("parameter", "kind"),
    [
        (entry(None, "str"), FieldKind.TEXT),
        (entry(None, "str", multiline=True), FieldKind.MULTILINE),
        (entry(None, "str", password=True), FieldKind.SECRET),
        (entry(None, "str", options=["a"]), FieldKind.SELECT),
        (entry(None, "str", list=True), FieldKind.TEXT_LIST),
        (entry(None, "file"), FieldKind.FILE),
        (entry("StrInput", "str", list=True), FieldKind.TEXT_LIST),
        (entry("MultilineInput", "str", password=True), FieldKind.SECRET),
        (entry("FutureInput", "future"), FieldKind.UNKNOWN),
    ],
)
def test_flags_and_type_decide_a_kind_beside_the_input_type(parameter, kind):
    assert detect_kind(parameter)[0] is kind


@pytest.mark.parametrize(
    "parameter",
    [
        entry(None, "code"),
        entry("HandleInput", "other"),
        entry("DataInput", "other"),
        entry(None, "other"),
        entry(None, "LanguageModel", input_types=["LanguageModel"]),
        entry("AuthInput", "auth"),
        text(show=False),
        entry("IntInput", "int", list=True),
    ],
)
def test_parameters_that_a_run_cannot_set_are_not_fields(parameter):
    """Code, handles, the editor's own, hidden parameters, lists of numbers."""
    assert flow(node("Thing-a", p=parameter)).fields == []


@pytest.mark.parametrize(
    ("component", "name"),
    [
        ("Any", "code"),
        ("PythonREPLComponent", "python_code"),
        ("PythonREPLComponent", "global_imports"),
        ("Smart Transform", "filter_instruction"),
        ("SQLComponent", "query"),
        ("SQLComponent", "database_url"),
        ("BingSearchAPI", "bing_search_url"),
        ("ChatInput", "session_id"),
    ],
)
def test_protected_parameters_are_not_fields(component, name):
    """Servers refuse these, or use the run's session instead."""
    assert flow(node("X-a", component, **{name: text()})).fields == []


def test_a_query_is_protected_only_in_the_sql_component():
    assert field(text(), name="query").parameter == "query"


def test_connected_parameters_are_not_fields():
    """The edge always wins, so a value would be ignored."""
    found = flow(node("A-a"), node("B-b", p=text(), q=text()), edges=[edge("A-a", "B-b", "p")])
    assert keys(found) == ["B-b.q"]


def test_fields_are_ordered_chat_text_then_exposed_or_required_then_the_rest():
    found = flow(
        node("A-a", p=text(), q=text(required=True)),
        node("B-b", r=text(api_editable=True), s=text()),
        chat_input(),
        edges=[edge("ChatInput-a", "A-a", "p2")],
    )
    expected = ["ChatInput-a.input_value", "A-a.q", "B-b.r", "A-a.p", "B-b.s"]
    assert keys(found) == expected


def test_a_components_own_field_order_is_kept():
    one = node("A-a", p=text(), q=text())
    one["data"]["node"]["field_order"] = ["q", "gone", "p"]
    assert keys(flow(one)) == ["A-a.q", "A-a.p"]


def test_with_load_from_db_the_default_is_a_variable():
    one = field(entry("SecretStrInput", "str", "KEY", load_from_db=True, password=True))
    assert one.default == Variable("KEY")
    assert one.has_stored_value


def test_a_field_says_that_a_secret_is_stored_without_containing_it():
    one = field(entry("SecretStrInput", "str", "sk-very-secret", load_from_db=False))
    assert one.has_stored_value
    assert "sk-very-secret" not in repr(one)


@pytest.mark.parametrize("more", [{"password": True}, {"name": "api_key"}])
def test_a_parameter_of_an_unknown_kind_may_be_a_secret(more):
    """A later release may add kinds."""
    name = more.pop("name", "p")
    found = flow(node("A-a", **{name: entry("LaterInput", "later", "", **more)}))
    assert is_secret_field(found.fields[0])
    assert mask_secrets(found, {f"A-a.{name}": "sk-12345678"}) == {f"A-a.{name}": SECRET_MASK}


def test_a_file_fields_default_is_its_file_path():
    assert field(entry("FileInput", "file", "", file_path="u/a.txt")).default == "u/a.txt"
    many = field(entry("FileInput", "file", "", file_path=["u/a", "u/b"], list=True))
    assert many.default == ["u/a", "u/b"]


def test_a_chat_inputs_files_are_stored_with_the_flow():
    files = entry("FileInput", "file", "", list=True, temp_file=True)
    chat, other = node("ChatInput-a", files=files), node("File-f", files=entry("FileInput", "file"))
    by_component = {one.component: one for one in flow(chat, other).fields}
    of_chat, of_other = by_component["ChatInput-a"], by_component["File-f"]
    assert (of_chat.chat_files, of_chat.stored_with_flow) == (True, True)
    assert (of_other.chat_files, of_other.stored_with_flow) == (False, False)


def test_prompt_variables_are_fields_and_listed_by_the_prompt():
    """The editor adds a parameter without `_input_type` for each variable."""
    variable = entry(None, "str", multiline=True, input_types=["Message"])
    prompt = node("Prompt-p", template=entry("PromptInput", "prompt", "Hi {who}"), who=variable)
    template, who = flow(prompt).fields
    assert template.variables == ("who",)
    assert who.kind is FieldKind.MULTILINE


def test_free_text_is_allowed_if_the_options_are_not_final():
    """A combobox, no options, or options that the editor fetches."""

    def free(**more):
        return field(entry("DropdownInput", "str", **more)).free_text

    assert free(options=[])
    assert free(options=["a"], combobox=True)
    assert free(options=["a"], refresh_button=True)
    assert not free(options=["a"], real_time_refresh=True)


def test_read_file_requires_the_file_without_which_its_code_fails():
    """Langflow does not, as its agent gives a tool a path."""
    path = flow(read_file()).fields_by_key["File-a.path"]
    assert (path.required, path.kind) == (True, FieldKind.FILE)
    tool = read_file()
    tool["data"]["node"]["tool_mode"] = True
    assert not flow(tool).fields_by_key["File-a.path"].required
    other = node("Image-a", path=entry("FileInput", "file"), code=entry(None, "code", "pass"))
    assert not flow(other).fields_by_key["Image-a.path"].required


def test_read_file_takes_no_file_where_another_component_names_one():
    wired = read_file(file_path=entry("HandleInput", "other", "", input_types=["Data"]))
    found = flow(node("Data-d"), wired, edges=[edge("Data-d", "File-a", "file_path")])
    assert "File-a.path" not in found.fields_by_key
    (problem,) = check_overrides(found, {"File-a.path": ["u/a.txt"]})
    assert "comes from another component" in problem.message


def test_read_file_in_a_group_requires_its_file_as_it_does_alone():
    reader = read_file(file_path=entry("HandleInput", "other", "", input_types=["Data"]))
    proxies = {"path_a": ("File-a", "path"), "file_path_a": ("File-a", "file_path")}
    assert flow(group("Group-g", [reader], **proxies)).fields_by_key["Group-g.path_a"].required
    wire = edge("Data-d", "File-a", "file_path")
    inside = flow(group("Group-g", [node("Data-d"), reader], [wire], **proxies))
    outer = edge("Data-d", "Group-g", "file_path_a")
    outside = flow(node("Data-d"), group("Group-g", [reader], **proxies), edges=[outer])
    for wired in (inside, outside):
        assert "Group-g.path_a" not in wired.fields_by_key


def test_nothing_is_required_of_a_component_that_never_runs():
    idle = flow(chat_input(), node("Idle-x", p=text(required=True)))
    assert not idle.fields[1].required


def test_what_langflow_or_an_agent_sets_is_not_offered():
    tool = node(
        "Tool-t", query=text(required=True, tool_mode=True), limit=text(), tool_placeholder=text()
    )
    tool["data"]["node"]["tool_mode"] = True
    tool["data"]["node"]["template"]["_frontend_node_flow_id"] = {"value": "1"}
    assert [field.parameter for field in flow(tool).fields] == ["limit"]


def test_a_model_parameter_says_which_models_it_takes():
    parameters = {
        "agent": entry(
            "ModelInput", "model", model_type="language", filters={"tool_calling": True}
        ),
        "embedder": entry("ModelInput", "model", model_type="embedding"),
    }
    agent, embedder = flow(node("T-a", **parameters)).fields
    assert (agent.resource, agent.needs_tool_calls) == ("language", True)
    assert (embedder.resource, embedder.needs_tool_calls) == ("embedding", False)
    old = flow(node("Agent-a", model=entry("ModelInput", "model"))).fields[0]
    assert (old.resource, old.needs_tool_calls) == ("language", True)


def test_an_empty_secret_that_names_a_variable_still_loads_one():
    """Langflow 1.11 looks up an entered key there as a variable's name."""
    found = flow(node("T-a", key=entry("SecretStrInput", "str", "", load_from_db=True))).fields[0]
    assert (found.default, found.has_stored_value, found.loads_variable) == ("", False, True)


def test_a_groups_field_stands_for_an_inner_parameter_and_is_protected_like_it():
    inner = [node("SQLComponent-1", query=text("select 1"), limit=text())]
    outer = group("Group-g", inner, a=("SQLComponent-1", "query"), b=("SQLComponent-1", "limit"))
    (only,) = flow(outer).fields
    assert only.key == "Group-g.b"
    assert only.inner_target == ("SQLComponent-1", "limit")


def test_a_frozen_component_offers_nothing():
    """The server returns the result of its first run, whatever a run sends."""
    frozen = node("Frozen-a", size=text("s"))
    frozen["data"]["node"]["frozen"] = True
    found = flow(frozen, node("Other-b", size=text("s")))
    assert [field.key for field in found.fields] == ["Other-b.size"]
    (problem,) = check_overrides(found, {"Frozen-a.size": "t"})
    assert "frozen" in problem.message


def test_an_mcp_server_is_chosen_by_its_name():
    """What the flow stores of its command is neither shown nor sent."""
    stored = {"name": "mine", "config": {"command": "python", "env": {"KEY": "sk-1"}}}
    found = flow(node("MCPTools-m", mcp_server=entry("McpInput", "mcp", stored)))
    (field,) = found.fields
    assert (field.kind, field.default, field.free_text) == (FieldKind.SELECT, "mine", True)
    assert check_overrides(found, {field.key: "other"}) == []
    assert check_overrides(found, {field.key: stored}) != []

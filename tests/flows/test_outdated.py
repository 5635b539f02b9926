"""Outdated components of a flow, and its graph with the server's code."""

from __future__ import annotations

from typing import Any

import pytest

from lfclient import Flow
from lfclient.flows.definitions import node_definition
from lfclient.flows.outdated import (
    FlowUpdate,
    UpdateLoss,
    apply_update,
    find_outdated,
    merge_definition,
)
from lfclient.resources.catalogue import Catalogue, parse_catalogue
from tests.support.flows import entry, flow, graph, group, node, text

NEW = entry("CodeInput", "code", "class New: ...")
OLD = entry("CodeInput", "code", "class Old: ...")


def output(name: str, *types: str) -> dict[str, Any]:
    return {"name": name, "types": [*types]}


def component(
    id: str, code: Any = OLD, *outputs: dict[str, Any], type: str | None = None, **template: Any
) -> dict[str, Any]:
    made = node(id, type, code=code, **template)
    made["data"]["node"] |= {"outputs": [*outputs]}
    return made


def definition(*outputs: dict[str, Any], **template: Any) -> dict[str, Any]:
    return component("X-x", NEW, *outputs, **template)["data"]["node"]


def link(
    source: str, target: str, *types: str, output: str = "out", parameter: str = "input_value"
) -> dict[str, Any]:
    start = {"dataType": "T", "id": source, "name": output, "output_types": [*types]}
    end = {"fieldName": parameter, "id": target, "inputTypes": [*types], "type": "str"}
    ends = {"sourceHandle": start, "targetHandle": end}
    return {"source": source, "target": target, "data": ends}


def catalogue(**definitions: dict[str, Any]) -> Catalogue:
    return parse_catalogue({"tools": definitions, "component_display_names": {"x": 1}})


def found(flow: Flow, server: Catalogue) -> list[tuple[str, str]]:
    return [(each.name, each.type) for each in find_outdated(flow, server)]


def test_a_component_with_other_code_than_the_server_is_outdated():
    made = flow(component("A-a"), component("B-b", NEW), node("C-c"))
    server = catalogue(A=definition(), B=definition(), C=definition())
    assert found(made, server) == [("A", "A")]
    assert found(flow(group("Group-g", [component("A-a")])), server) == [("A", "A")]


def test_line_endings_make_no_difference():
    code = {**NEW, "value": "class New: ...  \r\n"}
    assert found(flow(component("A-a", code)), catalogue(A=definition())) == []


def test_code_of_a_person_is_not_outdated():
    edited, custom = component("A-a"), component("B-b", type="CustomComponent")
    edited["data"]["node"]["edited"] = True
    server = catalogue(A=definition(), CustomComponent=definition())
    assert found(flow(edited, custom), server) == []


@pytest.mark.parametrize(
    ("type", "more", "expected"),
    [
        ("Calculator", {}, []),
        ("Prompt", {}, ["Prompt Template"]),
        ("Tool", {}, []),
        ("Tool", {"replacement": ["tools.CalculatorComponent"]}, [""]),
        ("OpenAIModel", {}, ["LanguageModelComponent"]),
    ],
)
def test_an_own_component_is_not_taken_for_the_servers_by_its_display_name(type, more, expected):
    """The editor's update gives the server's own components such a module as well."""
    own = component("A-a", type=type)
    own["data"]["node"] |= {"metadata": {"module": "custom_components.mine"}, **more}
    calculator = {**definition(), "display_name": "Calculator"}
    others = {"Prompt Template": definition(), "LanguageModelComponent": definition()}
    server = catalogue(CalculatorComponent=calculator, **others)
    assert [each.type for each in find_outdated(flow(own), server)] == expected


@pytest.mark.parametrize(
    ("type", "name"),
    [
        ("AstraDB", "ext:datastax:AstraDB@official"),
        ("ext:datastax:AstraDB@official", "AstraDB"),
        ("Tavily", "ext:tavily:TavilyComponent@official"),
        ("Prompt", "Prompt Template"),
    ],
)
def test_a_component_is_found_under_its_other_names(type: str, name: str):
    made = flow(component("A-a", type=type))
    assert [each.type for each in find_outdated(made, catalogue(**{name: definition()}))] == [name]


def test_a_component_is_found_by_the_name_in_the_servers_definition():
    made = flow(component("MistalAIEmbeddings-a"))
    type = "ext:mistral:MistralAIEmbeddingsComponent@official"
    server = catalogue(**{type: {**definition(), "name": "MistalAIEmbeddings"}})
    assert [each.type for each in find_outdated(made, server)] == [type]


def test_a_display_name_is_found_unless_it_is_another_components_type():
    url = {**definition(), "display_name": "URL"}
    made = flow(component("A-a", type="URL"))
    assert found(made, catalogue(Other=url)) == [("URL", "Other")]
    assert found(made, catalogue(Other=url, URL=definition())) == [("URL", "URL")]


def test_a_component_that_the_server_lacks_names_its_replacement():
    gone = component("A-a")
    gone["data"]["node"]["replacement"] = ["models.Agent", "models.Unknown"]
    server = catalogue(Agent={**definition(), "display_name": "The Agent"})
    (component_a,) = find_outdated(flow(gone), server)
    assert (component_a.can_update, component_a.replacements) == (False, ("The Agent",))


def updated(made: Flow, **definitions: dict[str, Any]) -> FlowUpdate:
    """Return the update of components, by type, whose definition the server built."""
    ids = {leaf.type: leaf.id for leaf in made.leaves}
    merged = {
        ids[type]: (type, merge_definition(node_definition(made, ids[type]), each, {}))
        for type, each in definitions.items()
    }
    return apply_update(made, merged, {})


def ends(update: FlowUpdate) -> list[tuple[str, list[str], str]]:
    handles = [edge["data"] for edge in update.data["edges"]]
    return [
        (
            each["sourceHandle"]["name"],
            each["sourceHandle"]["output_types"],
            each["targetHandle"]["fieldName"],
        )
        for each in handles
    ]


def test_an_update_keeps_a_components_name_and_is_not_edited():
    own = component("A-a")
    own["data"]["node"] |= {"display_name": "Mine", "frozen": True, "lf_version": "1.4"}
    built = {**definition(), "edited": True, "display_name": "A"}
    merged = merge_definition(own["data"]["node"], built, {"metadata": {"module": "m"}})
    assert (merged["display_name"], merged["frozen"], merged["edited"]) == ("Mine", True, False)
    assert merged["template"]["code"] == NEW
    assert merged["metadata"] == {"module": "m"}


def test_connections_get_the_servers_names_of_types():
    made = flow(
        component("A-a", OLD, output("out", "Data")),
        component("B-b", OLD, input_value=text(input_types=["Data"])),
        edges=[link("A-a", "B-b", "Data")],
    )
    update = updated(made, A=definition(output("out", "JSON")))
    assert ends(update) == [("out", ["JSON"], "input_value")]
    (edge,) = update.data["edges"]
    assert "œoutput_typesœ:[œJSONœ]" in edge["sourceHandle"]
    assert edge["id"].startswith("xy-edge__A-a{")
    assert update.losses == ()


@pytest.mark.parametrize(
    "outputs",
    [
        [output("new", "Message")],
        [output("new", "Table")],
        [output("new", "Message"), output("more", "Table")],
    ],
    ids=["same type", "only output", "only output of its type"],
)
def test_a_renamed_output_stays_connected(outputs: list[dict[str, Any]]):
    made = flow(
        component("A-a", OLD, output("out", "Message")),
        component("B-b", OLD, input_value=text(input_types=["Message", "Table"])),
        edges=[link("A-a", "B-b", "Message")],
    )
    update = updated(made, A=definition(*outputs))
    assert [name for name, _, _ in ends(update)] == ["new"]


@pytest.mark.parametrize(
    ("outputs", "template"),
    [
        ([output("one", "Table"), output("two", "Table")], {"input_value": text()}),
        ([output("out", "Message")], {}),
        ([output("out", "Message")], {"input_value": text(input_types=["Table"])}),
    ],
    ids=["output gone", "parameter gone", "other type"],
)
def test_a_connection_whose_end_is_gone_is_lost(outputs: Any, template: dict[str, Any]):
    own = text(input_types=["Message"], display_name="Input")
    made = flow(
        component("A-a", OLD, output("out", "Message")),
        component("B-b", OLD, input_value=own),
        edges=[link("A-a", "B-b", "Message")],
    )
    update = updated(made, A=definition(*outputs), B=definition(**template))
    assert update.data["edges"] == []
    assert update.losses == (UpdateLoss("B", "Input", "A"),)


def test_a_connected_model_moves_to_the_parameter_of_models():
    model = entry("ModelInput", "model", "", input_types=["LanguageModel"])
    made = flow(
        component("A-a", OLD, output("model_output", "LanguageModel")),
        component("B-b", OLD, llm=entry(None, "other", input_types=["LanguageModel"])),
        edges=[link("A-a", "B-b", "LanguageModel", output="model_output", parameter="llm")],
    )
    update = updated(made, B=definition(model=model))
    assert ends(update) == [("model_output", ["LanguageModel"], "model")]


@pytest.mark.parametrize(("provider", "name"), [("agent_llm", "model_name"), ("provider", "model")])
@pytest.mark.parametrize(
    ("stored", "known"), [("OpenAI", "OpenAI"), ("Google", "Google Generative AI")]
)
def test_a_model_of_an_older_version_is_kept(provider: str, name: str, stored: str, known: str):
    own = {provider: text(stored), name: text("gpt-4.1")}
    model = entry("ModelInput", "model", "", model_type="language")
    update = updated(flow(component("A-a", OLD, **own)), A=definition(model=model))
    (changed,) = update.data["nodes"]
    value = changed["data"]["node"]["template"]["model"]["value"]
    assert value == [{"name": "gpt-4.1", "provider": known}]
    assert update.losses == ()


def test_a_model_from_a_server_variable_is_lost():
    variable = {**text("MODEL_VARIABLE", display_name="Model"), "load_from_db": True}
    made = flow(component("A-a", OLD, agent_llm=text("OpenAI"), model_name=variable))
    update = updated(made, A=definition(model=entry("ModelInput", "model", "")))
    (changed,) = update.data["nodes"]
    assert changed["data"]["node"]["template"]["model"]["value"] == ""
    assert update.losses == (UpdateLoss("A", "Model"),)


def test_a_former_model_does_not_override_the_choice_of_another_one():
    own = {"provider": text("OpenAI"), "model_name": text("gpt-4.1")}
    new = {"model": entry("ModelInput", "model", "", model_type="language"), **own}
    update = updated(flow(component("A-a", OLD, **own)), A=definition(**new))
    (changed,) = update.data["nodes"]
    template = changed["data"]["node"]["template"]
    assert (template["provider"]["value"], template["model_name"]["value"]) == ("", "")
    assert template["model"]["value"] == [{"name": "gpt-4.1", "provider": "OpenAI"}]


def test_a_component_without_a_choice_of_models_keeps_its_provider_and_model():
    """Astra DB's vectorize component has both as plain texts."""
    own = {"provider": text("OpenAI"), "model_name": text("text-embedding-3-small")}
    update = updated(flow(component("A-a", OLD, **own)), A=definition(**own))
    (changed,) = update.data["nodes"]
    template = changed["data"]["node"]["template"]
    assert {name: template[name] for name in own} == own


def test_a_value_that_was_shown_stays_shown():
    """A run leaves out the values of hidden parameters."""
    own = {"shown": text("a"), "hidden": {**text("b"), "show": False}, "empty": text()}
    new = {name: {**each, "show": False} for name, each in own.items()}
    update = updated(flow(component("A-a", OLD, **own)), A=definition(**new))
    (changed,) = update.data["nodes"]
    template = changed["data"]["node"]["template"]
    assert [template[name]["show"] for name in own] == [True, False, False]


def test_a_choice_of_a_type_gets_the_types_new_name():
    old, new = ["Message", "Data", "DataFrame"], ["Message", "JSON", "Table"]
    kept = definition(output=entry("TabInput", "tab", "DataFrame", options=old))
    merged = merge_definition(
        {}, kept, definition(output=entry("TabInput", "tab", "Message", options=new))
    )
    assert merged["template"]["output"]["value"] == "Table"


def test_an_empty_choice_becomes_the_usual_choice():
    """Servers keep the empty value of a version in which the choice was optional."""
    choice = entry("DropdownInput", "str", "prod", options=["prod", "dev"])
    empty, own = ({**choice, "value": value} for value in ("", "dev"))
    merged = [
        merge_definition({}, definition(environment=each), definition(environment=choice))
        for each in (empty, own)
    ]
    assert [each["template"]["environment"]["value"] for each in merged] == ["prod", "dev"]


def test_prompt_variables_keep_their_values():
    own = component("A-a", OLD, template=text("{x} {{y}}"), x=text("1"), y=text("2"))
    own["data"]["node"]["custom_fields"] = {"template": ["x", "y"]}
    update = updated(flow(own), A=definition(template=text("{x} {{y}}"), x=text()))
    (changed,) = update.data["nodes"]
    template = changed["data"]["node"]["template"]
    assert (template["x"]["value"], template["y"]["value"]) == ("1", "2")
    assert update.losses == ()


def test_values_that_have_no_place_are_lost():
    own = {
        "gone": text("v", display_name="Gone"),
        "path": entry("FileInput", "file", "", file_path="/home/a/b.csv", display_name="File"),
        "empty": text(display_name="Empty"),
        "usual": text("v", advanced=True, display_name="Advanced"),
        "hidden": {**text("v", display_name="Hidden"), "show": False},
    }
    new = definition(path=entry("FileInput", "file", "", file_path=""))
    update = updated(flow(component("A-a", OLD, **own)), A=new)
    assert update.losses == (UpdateLoss("A", "Gone"), UpdateLoss("A", "File"))


def test_a_number_stays_if_its_parameter_becomes_a_slider():
    """Langflow 1.0 has the temperature of models as a number."""
    own = {"heat": entry("FloatInput", "float", 0.9), "label": text("0.9", display_name="Label")}
    new = {name: entry("SliderInput", "slider", 0.1) for name in own}
    update = updated(flow(component("A-a", OLD, **own)), A=definition(**new))
    (changed,) = update.data["nodes"]
    template = changed["data"]["node"]["template"]
    assert [template[name]["value"] for name in own] == [0.9, 0.1]
    assert update.losses == (UpdateLoss("A", "Label"),)


@pytest.mark.parametrize(
    ("stored", "is_lost"),
    [
        (entry("IntInput", "int", 0, advanced=True), True),
        (entry("IntInput", "int", 2048, advanced=True), False),
        (entry("IntInput", "int", 2048), False),
        ({**entry("IntInput", "int", 0), "show": False}, False),
    ],
    ids=["own", "default", "shown default", "hidden"],
)
def test_a_value_that_differs_from_the_old_codes_default_is_lost(stored: Any, is_lost: bool):
    code = 'inputs = [IntInput(name="num_ctx", display_name="Context", value=2048)]'
    old = component("A-a", {**OLD, "value": code}, num_ctx={**stored, "display_name": "Context"})
    losses = updated(flow(old), A=definition()).losses
    assert losses == ((UpdateLoss("A", "Context"),) if is_lost else ())


def test_a_component_in_a_group_is_updated():
    inner = [
        component("A-a", OLD, output("out", "Message"), text=text("a")),
        component("B-b", OLD, input_value=text(input_types=["Message"])),
    ]
    made = flow(group("Group-g", inner, [link("A-a", "B-b", "Message")], text_a=("A-a", "text")))
    update = updated(made, A=definition(output("new", "Message"), text=text("a")))
    changed = Flow.from_json({**graph(), "data": update.data})
    assert changed.component("A-a").template["code"] == NEW
    assert [edge.source_output for edge in changed.leaf_edges] == ["new"]
    assert update.updated == ("A",)


def test_a_connection_to_a_gone_part_of_a_group_is_lost():
    made = component("A-a", OLD, output("out", "Message"), text=text(input_types=["Message"]))
    outer = group("Group-g", [made], text_a=("A-a", "text"))
    proxy = {"id": "A-a", "name": "out"}
    outer["data"]["node"]["outputs"] = [{**output("A-a_out", "Message"), "proxy": proxy}]
    source = component("S-s", NEW, output("out", "Message"))
    target = component("T-t", NEW, input_value=text(input_types=["Message"]))
    edges = [
        link("S-s", "Group-g", "Message", parameter="text_a"),
        link("Group-g", "T-t", "Message", output="A-a_out"),
    ]
    edges[0]["data"]["targetHandle"]["proxy"] = {"id": "A-a", "field": "text"}
    grouped = flow(source, outer, target, edges=edges)
    kept = definition(output("out", "Message"), text=text(input_types=["Message"]))
    update = updated(grouped, A=kept)
    assert ends(update) == [("out", ["Message"], "text_a"), ("A-a_out", ["Message"], "input_value")]
    gone = definition(output("one", "Table"), output("two", "Table"))
    update = updated(grouped, A=gone)
    assert update.data["edges"] == []
    assert [(each.component, each.source) for each in update.losses] == [
        ("GroupNode", "S"),
        ("T", "GroupNode"),
    ]


def test_the_copy_has_its_own_name():
    update = updated(flow(component("A-a")), A=definition())
    assert (update.copy.name, update.copy.raw["data"]) == ("Test (updated)", update.data)
    again = FlowUpdate(update.copy, update.data)
    assert again.copy.name == "Test (updated)"

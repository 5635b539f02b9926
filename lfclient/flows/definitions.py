"""The definitions of components in a flow's own JSON: their code, and changes in a copy. Pure."""

from collections.abc import Container, Iterable, Iterator, Mapping

from lfclient.common.coerce import as_dict, as_list, as_str
from lfclient.common.formatting import clean_text
from lfclient.common.json_types import Json, JsonObject
from lfclient.flows.edges import node_id
from lfclient.flows.encoding import mcp_value
from lfclient.flows.field import MCP_TYPE, FieldOption, Variable
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.resources.catalogue import find_definition
from lfclient.resources.component_code import code_digest, find_definitions, read_code

_VALUES = ("value", "load_from_db", "file_path")  # what a group gives its parts


def graph_data(flow: Flow) -> JsonObject:
    """Return the flow's graph: `{"nodes": […], "edges": […], …}`."""
    data = flow.raw.get("data")
    return data if isinstance(data, dict) else flow.raw


def node_definition(flow: Flow, component_id: str) -> JsonObject:
    """Return a component's definition in the flow's own JSON; empty if there is none.

    Inside a group, it has the values of the group's parameters.
    """
    return _find(graph_data(flow), component_id)


def node_definitions(flow: Flow) -> dict[str, JsonObject]:
    """Return the definitions of all components by id, as `node_definition` returns each."""
    return dict(reversed([*_walk(graph_data(flow))]))


def replace_definition(data: JsonObject, component_id: str, node: JsonObject) -> JsonObject:
    """Return a flow's graph with another definition of a component."""
    return replace_definitions(data, {component_id: node})


def replace_definitions(data: JsonObject, definitions: Mapping[str, JsonObject]) -> JsonObject:
    """Return a flow's graph with other definitions of components, by id.

    The groups around them get the parameters that they have now, under the names that the editor
    gives. An unchanged graph is returned itself.
    """
    before = as_list(data.get("nodes"))
    nodes = [_replace(each, definitions) for each in before]
    is_same = all(old is new for old, new in zip(before, nodes, strict=True))
    return data if is_same else {**data, "nodes": nodes}


def _replace(each: Json, definitions: Mapping[str, JsonObject]) -> Json:
    before = _definition(each)
    after = definitions.get(node_id(each))
    if after is None:
        graph = _inner_graph(before)
        inner = replace_definitions(graph, definitions)
        if inner is graph:
            return each
        after = {**before, "flow": {**before["flow"], "data": inner}}
        after["template"] = _group_template(before, inner)
    node = as_dict(each)
    return {**node, "data": {**as_dict(node.get("data")), "node": after}}


def set_value(node: JsonObject, parameter: str, value: Json) -> JsonObject:
    """Return a component's definition with another value of a parameter."""
    entry = node["template"][parameter]
    if isinstance(value, Variable):
        changed = {"value": value.name, "load_from_db": True}
    else:
        changed = {value_key(entry): stored_value(entry, value)}
        if "load_from_db" in entry:
            changed["load_from_db"] = False
    return {**node, "template": {**node["template"], parameter: {**entry, **changed}}}


def graph_with(flow: Flow, values: Mapping[str, Json]) -> JsonObject:
    """Return the flow's graph with other values of fields, by key."""
    data = graph_data(flow)
    for key, value in values.items():
        component, parameter = flow.split_key(key)
        if component:
            changed = set_value(_find(data, component.id), parameter, value)
            data = replace_definition(data, component.id, changed)
    return data


def from_catalogue(catalogue: JsonObject, component: Component, node: JsonObject) -> JsonObject:
    """Return a component's definition with the code of the server's catalogue and its own values.

    Empty if the catalogue lacks its type.
    """
    found = find_definition(catalogue, component.type)
    if not found:
        return {}
    kept = ("value", "load_from_db", "file_path", "show", "options")
    template: JsonObject = {}
    for name, entry in as_dict(found["template"]).items():
        own = as_dict(as_dict(node.get("template")).get(name))
        if name == "code" or not isinstance(entry, dict):
            own = {}
        values = {key: own[key] for key in kept if key in own}
        template[name] = {**entry, **values} if values else entry
    return {**node, "template": template, "metadata": as_dict(found.get("metadata"))}


def read_options(entry: JsonObject) -> list[FieldOption]:
    """Return the options of a raw parameter, with the server's metadata."""
    metadata = as_list(entry.get("options_metadata"))
    found = []
    for place, option in enumerate(as_list(entry.get("options"))):
        extra = metadata[place] if place < len(metadata) else None
        name, extra = (option.get("name"), option) if isinstance(option, dict) else (option, extra)
        if isinstance(name, str) and name:
            found.append(FieldOption(name, as_dict(extra)))
    return found


def output_names(outputs: Iterable[Json]) -> set[str]:
    return {as_str(as_dict(output).get("name")) for output in outputs}


def value_key(entry: JsonObject) -> str:
    return "file_path" if entry.get("type") == "file" else "value"


def stored_value(entry: JsonObject, value: Json) -> Json:
    """Return a parameter's value as the flow stores it. An MCP server is only named."""
    return mcp_value(value) if entry.get("type") == MCP_TYPE and value else value


def source_output(edge: Json) -> str:
    handle = as_dict(as_dict(as_dict(edge).get("data")).get("sourceHandle"))
    return as_str(handle.get("name"))


def _find(data: JsonObject, component_id: str) -> JsonObject:
    return next((node for id, node in _walk(data) if id == component_id), {})


def _walk(data: JsonObject, group: JsonObject | None = None) -> Iterator[tuple[str, JsonObject]]:
    """Yield the ids and definitions in a graph, groups before their parts."""
    for each in as_list(data.get("nodes")):
        node = _with_values_of(group, node_id(each), _definition(each))
        yield node_id(each), node
        yield from _walk(_inner_graph(node), node)


def _with_values_of(group: JsonObject | None, id: str, node: JsonObject) -> JsonObject:
    """Return the definition of a part of a group with the values that the group gives it."""
    if group is None:
        return node
    template = dict(as_dict(node.get("template")))
    for entry in as_dict(group.get("template")).values():
        part_id, name = _proxy(entry)
        if part_id == id and isinstance(template.get(name), dict):
            values = {key: entry[key] for key in _VALUES if key in entry}
            template[name] = {**template[name], **values}
    return {**node, "template": template}


def _group_template(group: JsonObject, inner: JsonObject) -> JsonObject:
    """Return a group's parameters as those of its parts are now."""
    template: JsonObject = dict(as_dict(group.get("template")))
    for before, after in zip(_inner_graph(group)["nodes"], inner["nodes"], strict=True):
        if before is after:
            continue
        id = node_id(after)
        old, new = (as_dict(_definition(each).get("template")) for each in (before, after))
        own = {_proxy(entry)[1]: key for key, entry in template.items() if _proxy(entry)[0] == id}
        for name in own.keys() - new.keys():
            del template[own[name]]
        for name, entry in new.items():
            if name in own:
                template[own[name]] = {**template[own[name]], **_changes(old.get(name), entry)}
            elif name not in old and isinstance(entry, dict):
                template[f"{name}_{id}"] = {**entry, "proxy": {"id": id, "field": name}}
    return template


def _changes(old: Json, new: Json) -> JsonObject:
    before = as_dict(old)
    return {
        key: value
        for key, value in as_dict(new).items()
        if key != "display_name" and (key not in before or before[key] != value)
    }


def _definition(each: Json) -> JsonObject:
    return as_dict(as_dict(as_dict(each).get("data")).get("node"))


def _inner_graph(node: JsonObject) -> JsonObject:
    return as_dict(as_dict(node.get("flow")).get("data"))


def _proxy(entry: Json) -> tuple[str, str]:
    """Return the id and the parameter of the part that a group's parameter stands for."""
    proxy = as_dict(as_dict(entry).get("proxy"))
    return as_str(proxy.get("id")), as_str(proxy.get("field"))


def foreign_components(flow: Flow, known: Container[str]) -> list[str]:
    """Return the names of the components with code that is not `known`, in the flow's order.

    `known` are digests of code, such as `Catalogue.code_digests`. A component that starts a program
    for its MCP server counts, and so do nodes that the console ignores: the server may still run
    them.
    """
    return [
        _name(definition)
        for definition in find_definitions(graph_data(flow))
        if any(code_digest(code) not in known for code in read_code(definition))
    ]


def _name(definition: JsonObject) -> str:
    name = clean_text(as_str(definition.get("display_name")))
    return " ".join(name.split()) or "Unnamed component"

"""Fit a graph's edges to its components after these have changed. Pure."""

import json
from collections.abc import Container, Iterable, Mapping

from lfclient.common.coerce import as_dict, as_list, as_str
from lfclient.common.json_types import Json, JsonObject

# Langflow 1.10 renamed these types, and takes both names
RENAMED_TYPES = {"Data": "JSON", "DataFrame": "Table"}

LostEdge = tuple[str, str, str]  # the ids of source and target, and the target's parameter


def reconnect(data: JsonObject, types: Mapping[str, str]) -> tuple[JsonObject, list[LostEdge]]:
    """Return the graph with edges that fit the changed components, and the removed edges.

    An edge is removed if a component no longer has its output or parameter. `types` are the types
    of the changed components by id, including components inside groups.
    """
    lost: list[LostEdge] = []
    nodes = []
    changed = {*types}
    for node in as_list(data.get("nodes")):
        body = as_dict(as_dict(node).get("data"))
        definition = as_dict(body.get("node"))
        id = node_id(node)
        inner = _inner_graph(body)
        if id in types:
            node = {**node, "data": {**body, "type": types[id]}}
        elif _contains(inner, types):
            changed.add(id)
            graph, lost_inside = reconnect(inner, types)
            lost += lost_inside
            group = {**definition, "flow": {**definition["flow"], "data": graph}}
            node = {**node, "data": {**body, "node": group}}
        nodes.append(node)
    by_id = {node_id(node): as_dict(as_dict(node).get("data")) for node in nodes}
    edges = []
    for edge in as_list(data.get("edges")):
        source, target = (as_str(as_dict(edge).get(end)) for end in ("source", "target"))
        if changed & {source, target} and {source, target} <= by_id.keys():
            fitted = _fit(edge, by_id[source], by_id[target])
            if fitted is None:
                lost.append((source, target, _target_parameter(edge)))
                continue
            edge = fitted
        edges.append(edge)
    return {**data, "nodes": nodes, "edges": edges}, lost


def _contains(data: JsonObject, ids: Container[str]) -> bool:
    """Return whether a graph contains a component with one of these ids, at any depth."""
    return any(
        node_id(node) in ids or _contains(_inner_graph(as_dict(as_dict(node).get("data"))), ids)
        for node in as_list(data.get("nodes"))
    )


def node_id(node: Json) -> str:
    """Return the id of a graph's node, "" if it has none."""
    return as_str(as_dict(node).get("id")) or as_str(as_dict(as_dict(node).get("data")).get("id"))


def written_handle(handle: Mapping[str, Json]) -> str:
    """Return an end of an edge as the editor stores it, in an HTML attribute."""
    return json.dumps(handle, separators=(",", ":"), sort_keys=True).replace('"', "œ")


def _fit(edge: JsonObject, source: JsonObject, target: JsonObject) -> JsonObject | None:
    """Return the edge with both ends as the components have them, None if an end is gone."""
    handles = as_dict(edge.get("data"))
    start = _fit_start(as_dict(handles.get("sourceHandle")), source)
    if start is None:
        return None
    end = _fit_end(as_dict(handles.get("targetHandle")), target, _types(start.get("output_types")))
    if end is None:
        return None
    written = {"sourceHandle": written_handle(start), "targetHandle": written_handle(end)}
    return {
        **edge,
        **written,
        "id": f"xy-edge__{edge['source']}{written['sourceHandle']}"
        f"-{edge['target']}{written['targetHandle']}",
        "data": {**handles, "sourceHandle": start, "targetHandle": end},
    }


def _fit_start(handle: JsonObject, source: JsonObject) -> JsonObject | None:
    """Return the end at an output, None if the output is gone.

    An output with another name takes the place of a former output if it is the only output, or the
    only output of the former output's types.
    """
    if _inner_graph(source):
        return handle if _has_output(source, handle.get("name")) else None
    outputs = [as_dict(output) for output in as_list(as_dict(source.get("node")).get("outputs"))]
    former = _types(handle.get("output_types")) or _types(handle.get("baseClasses"))
    found = [output for output in outputs if output.get("name") == handle.get("name")]
    found = found or [output for output in outputs if _fits(former, _types(output.get("types")))]
    found = found or outputs
    if len(found) != 1:
        return None
    types = _types(found[0].get("types")) or former
    chosen = [name for name in types if _fits([name], former)] or types
    end = {key: value for key, value in handle.items() if key != "baseClasses"}
    name = found[0].get("name")
    return {**end, "dataType": source.get("type"), "name": name, "output_types": chosen}


def _fit_end(handle: JsonObject, target: JsonObject, types: list[str]) -> JsonObject | None:
    """Return the end at a parameter or at a loop's output, None if it is gone.

    Since Langflow 1.7, a single parameter takes a component's model, chosen or connected.
    """
    node = as_dict(target.get("node"))
    if "fieldName" not in handle:
        names = {as_dict(output).get("name") for output in as_list(node.get("outputs"))}
        return handle if handle.get("name") in names else None
    template = as_dict(node.get("template"))
    name = as_str(handle["fieldName"])
    if name not in template and "LanguageModel" in types:
        models = (key for key, entry in template.items() if as_dict(entry).get("type") == "model")
        name = next(models, name)
    entry = as_dict(template.get(name))
    if not _fits(types, [*_types(entry.get("input_types")), as_str(entry.get("type"))]):
        return None
    end = {"fieldName": name, "inputTypes": entry.get("input_types"), "type": entry.get("type")}
    if "proxy" in entry:  # a group's parameter
        end["proxy"] = {**as_dict(handle.get("proxy")), **as_dict(entry["proxy"])}
    return {**handle, **end}


def _inner_graph(node: JsonObject) -> JsonObject:
    return as_dict(as_dict(as_dict(node.get("node")).get("flow")).get("data"))


def _has_output(group: JsonObject, name: Json) -> bool:
    """Return whether the component still has the output that a group's output stands for.

    Return True if the group does not name the component.
    """
    outputs = map(as_dict, as_list(as_dict(group.get("node")).get("outputs")))
    proxies = (as_dict(each.get("proxy")) for each in outputs if each.get("name") == name)
    proxy = next(proxies, {})
    return all(
        proxy.get("name") in {as_dict(each).get("name") for each in as_list(part.get("outputs"))}
        for node in as_list(_inner_graph(group).get("nodes"))
        for part in [as_dict(as_dict(as_dict(node).get("data")).get("node"))]
        if node_id(node) == proxy.get("id")
    )


def _fits(output_types: Iterable[str], input_types: Iterable[str]) -> bool:
    outputs, inputs = (
        {RENAMED_TYPES.get(name, name) for name in names} for names in (output_types, input_types)
    )
    return bool(outputs & inputs)


def _types(names: Json) -> list[str]:
    return [name for name in as_list(names) if isinstance(name, str)]


def _target_parameter(edge: JsonObject) -> str:
    end = as_dict(as_dict(edge.get("data")).get("targetHandle"))
    return as_str(end.get("fieldName")) or as_str(end.get("name"))

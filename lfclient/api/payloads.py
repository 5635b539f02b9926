"""The request that runs a flow, in both dialects: "inputs" (1.8 to 1.10) and "modes" (1.11+)."""

from collections.abc import Iterator, Mapping
from typing import Any

from lfclient.api.requests import WORKFLOWS, RequestSpec
from lfclient.common.coerce import as_dict
from lfclient.common.json_types import Json, JsonObject
from lfclient.errors import InvalidRequest, Unsupported
from lfclient.flows import refreshed_runs
from lfclient.flows.definitions import graph_with, node_definition, stored_value
from lfclient.flows.encoding import encode, override_targets, sends_bare_values
from lfclient.flows.field import Variable
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.flows.stored_files import replaced_files
from lfclient.wire.bodies import RUN
from lfclient.wire.modes import MODES, Mode
from lfclient.wire.server_info import ServerInfo

# a busy server that responds after half a minute has started the run
MIN_SUBMIT_TIMEOUT = 60.0


def session_parameter(server: ServerInfo, flow: Flow) -> str | None:
    """Return the request's name for the session id; None if the flow can't take one.

    From 1.11 on it has its own field, before it is an override.
    """
    if server.capabilities.session_field:
        return "session_id"
    candidates = (leaf for leaf in flow.leaves if "session_id" in leaf.template)
    component = flow.chat_input or next(candidates, None)
    return f"{component.id}.session_id" if component else None


def run_request(
    server: ServerInfo,
    flow: Flow,
    overrides: Mapping[str, Any],
    mode: Mode,
    session_id: str | None = None,
    idempotency_key: str | None = None,
    repeat: bool = True,
) -> RequestSpec:
    """Return the request that runs a flow.

    `repeat` allows resending it if its idempotency key makes that safe. Raises `InvalidRequest`
    for a value that this mode can't take, and `Unsupported` for a mode that the server lacks.
    """
    traits = MODES[mode]
    is_job = traits.response == "job"
    if not server.has_mode(mode):
        lack = f"Langflow {server.version} has no {traits.label.lower()} mode."
        raise Unsupported(f"{lack} 1.{traits.since} and later have it.")
    problem = refreshed_runs.check_graph_choice(flow, overrides, mode, server)
    if problem:
        raise InvalidRequest(str(problem), field=problem.key)
    graph = None
    # from 1.11 on, the server checks each stored path, unless an override replaces it before that
    unread = replaced_files(flow.for_mode(mode, server), overrides)
    changed = _looped_values(server, flow, overrides, mode)
    if sends_bare_values(mode, server):
        changed = {**unread, **changed}
    elif server.dialect == "modes":
        overrides = {**unread, **overrides}
    if changed or refreshed_runs.find_graph_choice(flow, overrides, mode, server):
        graph = graph_with(flow, changed)
        values = list(_encode_overrides(server, flow, overrides, mode))
    else:
        values = list(_encode_refreshed(server, flow, overrides, mode))
    if server.dialect == "inputs":
        body = _inputs_body(server, flow, values, mode, session_id)
    else:
        body = _modes_body(flow, values, mode, session_id)
        if graph is not None:
            body["data"] = graph
        if idempotency_key and is_job:
            body["idempotency_key"] = idempotency_key
    return RequestSpec(
        "POST",
        WORKFLOWS,
        json=body,
        new_connection=True,
        idempotent=repeat and "idempotency_key" in body,
        limit=RUN,
        waits_for_run=not is_job,
        min_timeout=MIN_SUBMIT_TIMEOUT if is_job else None,
    )


def _encode_overrides(
    server: ServerInfo, flow: Flow, overrides: Mapping[str, Any], mode: Mode
) -> Iterator[tuple[str, str, Json]]:
    """Yield component, parameter and encoded value; the values of unknown parameters unchanged."""
    fields = flow.fields_by_key if overrides else {}
    for key, value in overrides.items():
        field = fields.get(key)
        if field is None:
            component, _, parameter = key.rpartition(".")
            if isinstance(value, Variable):
                value = {"value": value.name, "load_from_db": True}
            template = as_dict(node_definition(flow, component).get("template"))
            yield component, parameter, stored_value(as_dict(template.get(parameter)), value)
            continue
        encoded = encode(field, value, mode, server)
        for component, parameter in override_targets(field):
            yield component, parameter, encoded


def _encode_refreshed(
    server: ServerInfo, flow: Flow, overrides: Mapping[str, Any], mode: Mode
) -> Iterator[tuple[str, str, Json]]:
    """Yield what makes the stored flow run as the refreshed one, with the overrides.

    A server that edits the stored flow ignores a value of a hidden parameter, unless the request
    shows it; one that writes onto the built graph takes the bare value.
    """
    hidden = refreshed_runs.hidden_fields(flow)
    is_bare = sends_bare_values(mode, server)
    given = refreshed_runs.run_values(flow, overrides)
    for component, parameter, value in _encode_overrides(server, flow, given, mode):
        if f"{component}.{parameter}" in hidden and not is_bare:
            attributes = value if isinstance(value, dict) else {"value": value}
            value = {**attributes, "show": True}
        yield component, parameter, value
    for key, stored in hidden.items():
        field = flow.fields_by_key[key]
        if key in given:
            continue
        shown = (
            refreshed_runs.bare_value(flow, field)
            if is_bare
            else refreshed_runs.shown_attributes(flow, field, stored)
        )
        if shown not in (None, "", [], {}):
            for component, parameter in override_targets(field):
                yield component, parameter, shown


def _looped_values(
    server: ServerInfo, flow: Flow, overrides: Mapping[str, Any], mode: Mode
) -> JsonObject:
    """Return the overrides that the server would ignore because they are within a loop, by key."""
    if not flow.in_loops or not sends_bare_values(mode, server):
        return {}
    fields = flow.fields_by_key
    return {
        key: value if isinstance(value, Variable) else encode(fields[key], value, mode, server)
        for key, value in overrides.items()
        if key in fields and refreshed_runs.is_in_loop(flow, fields[key])
    }


def _inputs_body(
    server: ServerInfo,
    flow: Flow,
    values: list[tuple[str, str, Json]],
    mode: Mode,
    session_id: str | None,
) -> JsonObject:
    inputs: JsonObject = {}
    session_key = session_parameter(server, flow)
    if session_id and session_key:
        inputs[session_key] = session_id  # first, because the first session_id becomes the run's
    for component, parameter, value in values:
        inputs.setdefault(f"{component}.{parameter}", value)
    return {
        "flow_id": flow.id,
        "background": MODES[mode].response == "job",
        "stream": False,
        "inputs": inputs,
    }


def _modes_body(
    flow: Flow, values: list[tuple[str, str, Json]], mode: Mode, session_id: str | None
) -> JsonObject:
    tweaks: dict[str, JsonObject] = {}
    for component, parameter, value in values:
        tweaks.setdefault(component, {})[parameter] = value
    body: JsonObject = {"flow_id": flow.id, "mode": mode}
    chat = _single_chat_input(flow)
    if chat:
        # a background or streamed run with a session ignores both the tweak and the flow's own text
        stored = chat.template.get("input_value", {}).get("value", "")
        text = tweaks.get(chat.id, {}).get("input_value", stored)
        if isinstance(text, str):
            body["input_value"] = text
            if MODES[mode].carries_graph:
                tweaks.get(chat.id, {}).pop("input_value", None)
    body["tweaks"] = {component: part for component, part in tweaks.items() if part}
    if session_id:
        body["session_id"] = session_id
    return body


def _single_chat_input(flow: Flow) -> Component | None:
    """Return the flow's chat input; None if it has several, which would all get `input_value`."""
    has_several = sum(leaf.type == "ChatInput" for leaf in flow.leaves) > 1
    return None if has_several else flow.chat_input

"""Asks the server how a choice changes a flow's other fields. Nothing is stored."""

from collections.abc import Mapping

from lfclient.api.error_mapping import error_from_response
from lfclient.api.http import Response
from lfclient.api.operations.catalogue import get_catalogue
from lfclient.api.operations.context import ApiContext
from lfclient.api.operations.flows import get_flow
from lfclient.api.operations.knowledge import list_mcp_servers
from lfclient.api.requests import RequestSpec
from lfclient.api.steps import Steps, send
from lfclient.common.coerce import as_dict
from lfclient.common.json_types import Json, JsonObject
from lfclient.errors import InvalidKey, InvalidRequest, LangflowError, ServerFault, Unreachable
from lfclient.flows import refreshing
from lfclient.flows.definitions import (
    from_catalogue,
    node_definition,
    read_options,
    set_value,
)
from lfclient.flows.field import MCP_TYPE, FieldOption, Variable
from lfclient.flows.field_extraction import has_dynamic_choices, locked_reason
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.wire.bodies import LIST

_UPDATE = "/api/v1/custom_component/update"
_LOOKUP_SECONDS = 30.0  # an MCP server takes up to four, a provider's list of models longer
_RESTRICTED = "custom component"  # begins Langflow's sentence with 403
_HINT = "Choose another value, or keep the flow's."


def refresh_flow(context: ApiContext, flow: Flow | str, choices: Mapping[str, Json]) -> Steps[Flow]:
    """Return the flow as it is after these choices, applied in order.

    A choice that the server can't apply changes nothing and is in `refreshed.errors`.
    """
    flow = yield from _fetched_flow(context, flow)
    for key, value in choices.items():
        try:
            flow = yield from _choose(context, flow, key, value)
        except LangflowError as error:
            is_of_server = isinstance(error, InvalidKey) or (
                isinstance(error, Unreachable) and not error.timed_out
            )
            if is_of_server:
                raise
            flow = refreshing.with_error(flow, key, error)
    return flow


def refresh_for_run(context: ApiContext, flow: Flow, overrides: Mapping[str, Json]) -> Steps[Flow]:
    """Return the flow after those overrides that make others possible.

    Usually there are none, and no request is sent. Raises the error of one that can't be applied.
    """
    choices = refreshing.missing_choices(flow, overrides)
    if not choices:
        return flow
    refreshed = yield from refresh_flow(context, flow, choices)
    if refreshed.refreshed:
        for error in refreshed.refreshed.errors.values():
            raise error
    return refreshed


def list_options(context: ApiContext, flow: Flow | str, key: str) -> Steps[list[FieldOption]]:
    """Return what can be chosen for a field now. Raises `InvalidRequest` for an unknown one."""
    flow = yield from _fetched_flow(context, flow)
    component, parameter, node = _locate(flow, key)
    if component.template[parameter].get("type") == MCP_TYPE:
        return [FieldOption(server.name, {}) for server in (yield from list_mcp_servers(False))]
    value = component.template[parameter].get("value")
    _, answer = yield from _update(context, flow, component, node, parameter, value, refresh=True)
    return read_options(as_dict(as_dict(answer.get("template")).get(parameter)))


def _fetched_flow(context: ApiContext, flow: Flow | str) -> Steps[Flow]:
    """Return a flow that this client fetched from the server, with the choices of the given one.

    The server runs the code that it is sent: that must be its own.
    """
    if isinstance(flow, str):
        return (yield from get_flow(context, flow))
    stored = flow.refreshed.stored if flow.refreshed else flow
    if context.fetched.get(stored.id) is stored:
        return flow
    fetched = yield from get_flow(context, stored.id)
    if flow.refreshed is None:
        return fetched
    return (yield from refresh_flow(context, fetched, flow.refreshed.choices))


def _choose(context: ApiContext, flow: Flow, key: str, value: Json) -> Steps[Flow]:
    component, parameter, node = _locate(flow, key)
    if value is None:
        raise InvalidRequest(f"{key}: A value is required.", field=key)
    if isinstance(value, Variable) or not has_dynamic_choices(component.template[parameter]):
        reason = locked_reason(component, parameter, is_connected=False)
        if reason:
            raise InvalidRequest(f"{key}: {reason}", field=key)
        merged = set_value(node, parameter, value)
    else:
        if component.has_type("RunFlow"):
            node = yield from _with_flow_id(context, flow, component, node, parameter, value)
        node, answer = yield from _update(
            context, flow, component, node, parameter, value, refresh=False
        )
        try:
            merged = refreshing.merge_node(node, answer, parameter, value)
        except InvalidRequest as error:
            error.field = key
            raise
    return refreshing.choose(flow, key, value, merged)


def _with_flow_id(
    context: ApiContext,
    flow: Flow,
    component: Component,
    node: JsonObject,
    parameter: str,
    value: Json,
) -> Steps[JsonObject]:
    """Return the definition of a component that runs a flow, with the id of the flow named `value`.

    The server finds the flow by this id, which only its own list has.
    """
    entry = node["template"][parameter]
    _, answer = yield from _update(
        context, flow, component, node, parameter, entry.get("value"), refresh=True
    )
    listed = as_dict(as_dict(answer.get("template")).get(parameter))
    for option in read_options(listed):
        if option.name == value:
            entry = {**entry, "selected_metadata": option.metadata}
    return {**node, "template": {**node["template"], parameter: entry}}


def _locate(flow: Flow, key: str) -> tuple[Component, str, JsonObject]:
    """Return a field's component, parameter and the component's definition.

    Its code is that of the stored flow.
    """
    component, parameter = flow.split_key(key)
    node = node_definition(flow, component.id) if component else {}
    if component is None or not node or parameter not in component.template:
        raise InvalidRequest(f"This flow has no parameter “{key}”.", field=key)
    if component.inner:
        message = f"{key}: Choices inside a group can only be made in Langflow's editor."
        raise InvalidRequest(message, field=key, hint=_HINT)
    stored = flow.refreshed.stored if flow.refreshed else flow
    own = as_dict(node_definition(stored, component.id).get("template"))
    return component, parameter, {**node, "template": {**node["template"], "code": own.get("code")}}


def _update(
    context: ApiContext,
    flow: Flow,
    component: Component,
    node: JsonObject,
    parameter: str,
    value: Json,
    *,
    refresh: bool,
) -> Steps[tuple[JsonObject, JsonObject]]:
    """Return the component's definition that was sent, and the server's answer.

    A server that allows no custom code also refuses that of another release in a flow; it is then
    sent the component of its own catalogue.
    """
    is_own = context.catalogue is not None  # the server has refused before
    if not is_own:
        response = yield from _send(flow, node, parameter, value, refresh=refresh)
        is_own = response.status == 403 and _RESTRICTED in response.message.lower()
    if is_own:
        if context.catalogue is None:
            context.catalogue = yield from get_catalogue({})
        node = from_catalogue(context.catalogue, component, node)
        if parameter not in as_dict(node.get("template")):
            raise InvalidRequest(
                f"{component.display_name} is not a component of this server, which allows no "
                "others.",
                field=f"{component.id}.{parameter}",
                hint="Enter the value, or set LANGFLOW_ALLOW_CUSTOM_COMPONENTS=true on the server.",
                status=403,
            )
        response = yield from _send(flow, node, parameter, value, refresh=refresh)
    if not response.is_success:
        raise _refused(response, component, parameter)
    return node, as_dict(response.json("changed component"))


def _send(
    flow: Flow, node: JsonObject, parameter: str, value: Json, *, refresh: bool
) -> Steps[Response]:
    body = refreshing.update_body(flow, node, parameter, value, is_refresh=refresh)
    spec = RequestSpec(
        "POST", _UPDATE, json=body, idempotent=True, limit=LIST, min_timeout=_LOOKUP_SECONDS
    )
    return (yield from send(spec))


def _refused(response: Response, component: Component, parameter: str) -> LangflowError:
    error = error_from_response(response)
    label = component.template[parameter].get("display_name") or parameter
    if not isinstance(error, InvalidRequest | ServerFault):
        return error
    return InvalidRequest(
        f"Langflow could not apply {label} to {component.display_name}. {error.message}",
        field=f"{component.id}.{parameter}",
        hint=_HINT,
        status=error.status,
        code=error.code,
        body=error.body,
    )

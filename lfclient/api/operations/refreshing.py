"""Asks the server how a choice changes a flow's other fields. Nothing is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lfclient.api.error_mapping import error_from_response
from lfclient.api.http import Response
from lfclient.api.operations.base import ApiContext
from lfclient.api.operations.flows import get_catalogue, get_flow
from lfclient.api.operations.settings import list_mcp_servers
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
from lfclient.flows.validation import check_value, error_messages
from lfclient.runs.error_causes import explain_error
from lfclient.wire.bodies import LIST

_UPDATE = "/api/v1/custom_component/update"
_LOOKUP_SECONDS = 30.0  # an MCP server takes up to four, a provider's list of models longer
_RESTRICTED = "custom component"  # begins Langflow's sentence with 403
_LOADING = "Loading tools..."  # Langflow's placeholder
_HINT = "Choose another value, or keep the flow's."


@dataclass
class _Place:
    """Where a choice is made: a parameter of a component, which may be inside a group.

    `node` is the component's definition.
    """

    flow: Flow
    key: str
    component: Component
    parameter: str
    node: JsonObject

    @property
    def entry(self) -> JsonObject:
        """The parameter as it is now."""
        return as_dict(self.node["template"][self.parameter])


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
    """Return the flow with the overrides applied that add fields other overrides need.

    Return `flow` without a request if no override adds such fields. Raises the error of an override
    that can't be applied.
    """
    for _ in range(refreshing.MAX_NESTED_CHOICES):
        choices = refreshing.missing_choices(flow, overrides)
        if not choices:
            break
        flow = yield from refresh_flow(context, flow, choices)
        for error in flow.refreshed.errors.values() if flow.refreshed else ():
            raise error
    return flow


def list_options(context: ApiContext, flow: Flow | str, key: str) -> Steps[list[FieldOption]]:
    """Return what can be chosen for a field now. Raises `InvalidRequest` for an unknown one."""
    flow = yield from _fetched_flow(context, flow)
    place = _locate(flow, key)
    if place.entry.get("type") == MCP_TYPE:
        return [FieldOption(server.name, {}) for server in (yield from list_mcp_servers(False))]
    answer = yield from _update(context, place, place.entry.get("value"), is_refresh=True)
    return read_options(as_dict(as_dict(answer.get("template")).get(place.parameter)))


def _fetched_flow(context: ApiContext, flow: Flow | str) -> Steps[Flow]:
    """Return a flow that this client fetched from the server, with the choices of the given one.

    The server runs the code that it is sent: that must be its own. Choices are made again only if
    the flow has changed since.
    """
    if isinstance(flow, str):
        return (yield from get_flow(context, flow))
    stored = flow.stored
    if context.fetched.get(stored.id) is stored:
        return flow
    fetched = yield from get_flow(context, stored.id)
    if flow.refreshed is None:
        return fetched
    if fetched.raw == stored.raw:
        return replace(flow, refreshed=replace(flow.refreshed, stored=fetched))
    return (yield from refresh_flow(context, fetched, flow.refreshed.choices))


def _choose(context: ApiContext, flow: Flow, key: str, value: Json) -> Steps[Flow]:
    place = _locate(flow, key)
    if value is None:
        raise InvalidRequest(f"{key}: A value is required.", field=key)
    reason = locked_reason(place.component, place.parameter, connected=())
    if reason:
        raise InvalidRequest(f"{key}: {reason}", field=key)
    yield from _check_choice(place, value)
    if isinstance(value, Variable) or not has_dynamic_choices(place.entry):
        return refreshing.choose(flow, key, value, set_value(place.node, place.parameter, value))
    stored = place.node
    if place.component.has_type("RunFlow"):
        yield from _add_flow_id(context, place, value)
    answer = yield from _update(context, place, value, is_refresh=False)
    try:
        changed = refreshing.merge_node(place.node, answer, place.parameter, value)
    except InvalidRequest as error:
        error.field = key
        raise
    if place.entry.get("type") == "model":
        changed = refreshing.show_as(stored, changed)
    if place.entry.get("type") == MCP_TYPE:
        changed = yield from _with_tools(context, place, changed)
    return refreshing.choose(flow, key, value, changed)


def _check_choice(place: _Place, value: Json) -> Steps[None]:
    """Raise `InvalidRequest` for an invalid value, or an MCP server not in the server's list.

    The current options are only on the server.
    """
    field = place.flow.fields_by_key.get(place.key)
    if field and value not in refreshing.EMPTY:
        problems = check_value(replace(field, free_text=True), value)
        for message in error_messages(problems).values():
            raise InvalidRequest(message, field=place.key)
    if place.entry.get("type") != MCP_TYPE or not value:
        return
    names = [server.name for server in (yield from list_mcp_servers(False))]
    if value not in names:
        name = value if isinstance(value, str) else ""
        raise InvalidRequest(
            f"This server has no MCP server named “{name}”.",
            field=place.key,
            hint=f"Choose from: {', '.join(names)}." if names else "Add it in Langflow first.",
        )


def _with_tools(context: ApiContext, place: _Place, node: JsonObject) -> Steps[JsonObject]:
    """Return a component with the tools of its MCP server, which 1.8 lists when asked once more.

    Until then its tool is a random number that makes the editor ask.
    """
    if as_dict(node["template"].get("tool")).get("placeholder") != _LOADING:
        return node
    tools = replace(place, parameter="tool", node=set_value(node, "tool", ""))
    answer = yield from _update(context, tools, "", is_refresh=True)
    return refreshing.merge_node(tools.node, answer, "tool", "")


def _add_flow_id(context: ApiContext, place: _Place, value: Json) -> Steps[None]:
    """Add the id of the flow named `value`, by which the server finds it, to the definition.

    Only the server's own list has it.
    """
    answer = yield from _update(context, place, place.entry.get("value"), is_refresh=True)
    listed = as_dict(as_dict(answer.get("template")).get(place.parameter))
    for option in read_options(listed):
        if option.name == value:
            entry = {**place.entry, "selected_metadata": option.metadata}
            template = {**place.node["template"], place.parameter: entry}
            place.node = {**place.node, "template": template}


def _locate(flow: Flow, key: str) -> _Place:
    """Return the place of a choice, with the component's code from the stored flow."""
    component, parameter = flow.locate(key)
    node = node_definition(flow, component.id) if component else {}
    if component is None or parameter not in as_dict(node.get("template")):
        raise InvalidRequest(f"This flow has no parameter “{key}”.", field=key)
    stored = flow.stored
    own = as_dict(node_definition(stored, component.id).get("template"))
    node = {**node, "template": {**node["template"], "code": own.get("code")}}
    return _Place(flow, key, component, parameter, node)


def _update(
    context: ApiContext, place: _Place, value: Json, *, is_refresh: bool
) -> Steps[JsonObject]:
    """Return the component as the server changes it for a value.

    Servers that forbid custom code also reject component code from other Langflow versions. In that
    case, send the server's own definition of the component and store it in `place`.
    """
    is_own = context.catalogue is not None  # the server has refused before
    if not is_own:
        response = yield from _send(place, value, is_refresh)
        is_own = forbids_code(response)
    if is_own:
        if context.catalogue is None:
            context.catalogue = yield from get_catalogue({})
        place.node = from_catalogue(context.catalogue, place.component, place.node)
        if place.parameter not in as_dict(place.node.get("template")):
            raise InvalidRequest(
                f"{place.flow.component_label(place.component.id)} is not a component of this "
                "server, which allows no others.",
                field=place.key,
                hint="Enter the value, or set LANGFLOW_ALLOW_CUSTOM_COMPONENTS=true on the server.",
                response=response.for_error(),
            )
        response = yield from _send(place, value, is_refresh)
    if not response.is_success:
        raise _refused(response, place)
    return as_dict(response.json("changed component", is_sent_back=True))


def forbids_code(response: Response) -> bool:
    """Return whether the server refuses custom code, not the API key."""
    return response.status == 403 and _RESTRICTED in response.message.lower()


def _send(place: _Place, value: Json, is_refresh: bool) -> Steps[Response]:
    body = refreshing.update_body(
        place.flow, place.node, place.parameter, value, is_refresh=is_refresh
    )
    spec = RequestSpec(
        "POST", _UPDATE, json=body, idempotent=True, limit=LIST, min_timeout=_LOOKUP_SECONDS
    )
    return (yield from send(spec))


def _refused(response: Response, place: _Place) -> LangflowError:
    error = error_from_response(response)
    label = place.entry.get("display_name") or place.parameter
    if not isinstance(error, InvalidRequest | ServerFault):
        return error
    cause = explain_error(error.message)
    hint = refreshing.MODEL_HINT if place.entry.get("type") == "model" else _HINT
    reason, hint = (cause.message, cause.hint) if cause else (error.message, hint)
    component = place.flow.component_label(place.component.id)
    return InvalidRequest(
        f"Langflow could not apply {label} to {component}. {reason}",
        field=place.key,
        hint=hint,
        response=error.response,
        code=error.code,
    )

"""Flows of the API key's user."""

from dataclasses import replace

from lfclient.api.error_mapping import error_from_response
from lfclient.api.operations.context import ApiContext
from lfclient.api.requests import RequestSpec, id_segment, is_uuid, list_request
from lfclient.api.steps import Steps, fetch, send
from lfclient.common.json_types import JsonObject
from lfclient.errors import FlowNotFound
from lfclient.flows.model import Flow, FlowSummary
from lfclient.wire.bodies import LIST
from lfclient.wire.schemas import FlowItem

_FLOWS = "/api/v1/flows/"
_LIST_SECONDS = 60.0  # 2,000 flows take an idle server a second, and a busy one more than ten


def list_flows() -> Steps[list[FlowSummary]]:
    """Return all flows except the starter projects, by name."""
    # without the graphs this is 25 kB instead of 5 MB
    spec = list_request(_FLOWS, get_all="true", header_flows="true", remove_example_flows="true")
    spec = replace(spec, min_timeout=_LIST_SECONDS)
    items = yield from fetch(spec, list[FlowItem], "list of flows")
    flows = [_summary(item) for item in items if not item.is_component]
    return sorted(flows, key=lambda flow: flow.name.casefold())


def get_flow(context: ApiContext, id_or_name: str) -> Steps[Flow]:
    """Return a flow by its id, endpoint name or unique name. Raises `FlowNotFound`."""
    flow_id = id_or_name
    if not is_uuid(id_or_name):
        flows = yield from list_flows()
        ids = [flow.id for flow in flows if flow.endpoint_name == id_or_name]
        ids = ids or [flow.id for flow in flows if flow.name == id_or_name]
        if not ids:
            raise FlowNotFound(f"The server has no flow “{id_or_name}”.")
        if len(ids) > 1:
            raise FlowNotFound(
                f"The server has {len(ids)} flows named “{id_or_name}”.",
                hint="Use the flow's id or endpoint name.",
            )
        flow_id = ids[0]
    body = yield from fetch(list_request(_flow_path(flow_id)), object, "flow", subject=flow_id)
    flow = context.flows[flow_id] = Flow.from_json(body)
    return flow


def get_flow_id(context: ApiContext, flow: Flow | str) -> Steps[str]:
    """Return a flow's id, also for a name. Raises `FlowNotFound`."""
    if isinstance(flow, Flow):
        return flow.id
    return flow if is_uuid(flow) else (yield from get_flow(context, flow)).id


def create_flow(
    name: str, data: JsonObject, description: str, endpoint_name: str | None
) -> Steps[FlowSummary]:
    """Create a flow; the server may change the name to keep it unique."""
    flow = {"name": name, "data": data, "description": description}
    if endpoint_name:
        flow["endpoint_name"] = endpoint_name
    spec = RequestSpec("POST", _FLOWS, json=flow, limit=LIST)
    item = yield from fetch(spec, FlowItem, "new flow")
    return _summary(item)


def delete_flow(flow_id: str) -> Steps[None]:
    """Delete a flow. Raises `FlowNotFound`, also if it is deleted already."""
    response = yield from send(RequestSpec("DELETE", _flow_path(flow_id)))
    if not response.is_success:
        raise error_from_response(response, subject=flow_id)


def _summary(item: FlowItem) -> FlowSummary:
    return FlowSummary(item.id, item.name, item.description or "", item.endpoint_name)


def _flow_path(flow_id: str) -> str:
    return _FLOWS + id_segment(flow_id, FlowNotFound(f"“{flow_id}” is not a flow id."))

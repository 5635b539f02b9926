"""Flows of the API key's user, and the server's templates of flows."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from io import BytesIO

from lfclient.api.error_mapping import error_from_response
from lfclient.api.http import Response
from lfclient.api.operations.base import ApiContext
from lfclient.api.operations.files import list_paths
from lfclient.api.operations.server import get_server_without_limits
from lfclient.api.requests import FilePart, RequestSpec, id_segment, is_uuid, list_request
from lfclient.api.steps import Pause, Steps, fetch, or_default, send
from lfclient.common.backoff import Backoff
from lfclient.common.coerce import as_dict
from lfclient.common.formatting import unique_names
from lfclient.common.json_types import Json, JsonObject
from lfclient.common.redaction import REDACTED, is_redacted
from lfclient.errors import (
    BadResponse,
    FlowNotFound,
    InvalidRequest,
    Unreachable,
)
from lfclient.flows.flow_file import (
    export_content,
    newer_release,
    parse_flow,
    read_flows,
    upload_content,
)
from lfclient.flows.model import Flow, FlowSummary
from lfclient.flows.stored_files import remove_files
from lfclient.wire.bodies import LIST, RUN
from lfclient.wire.schemas import CustomComponentResponse, FlowItem, Items, parse

_FLOWS = "/api/v1/flows/"
_TEMPLATES = "/api/v1/flows/basic_examples/"
_LIST_SECONDS = 60.0  # 2,000 flows take an idle server a second, and a busy one more than ten
_NAME_TAKEN = Backoff(0.2, 1.0, attempts=5, jitter=0.5)
COMMIT = Backoff(0.1, 1.0, attempts=14)  # of a busy server, about ten seconds
_NUMBERED = re.compile(r"(.+) \(([0-9]{1,3})\)", re.DOTALL)  # not a year
_IMPORT_SECONDS = 300.0  # how long a server may take to store 50 MB
_CUSTOM_CATEGORY = "own code"


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
    request = list_request(flow_path(flow_id))
    body = yield from fetch(request, object, "flow", subject=flow_id, is_sent_back=True)
    flow = context.flows[flow_id] = context.fetched[flow_id] = Flow.from_json(body)
    return flow


def get_flow_id(context: ApiContext, flow: Flow | str) -> Steps[str]:
    """Return a flow's id, also for a name. Raises `FlowNotFound`."""
    if isinstance(flow, Flow):
        return flow.id
    return flow if is_uuid(flow) else (yield from get_flow(context, flow)).id


def create_flow(
    name: str, data: JsonObject, description: str, endpoint_name: str | None
) -> Steps[FlowSummary]:
    flow = {"name": name, "data": data, "description": description}
    if endpoint_name:
        flow["endpoint_name"] = endpoint_name
    spec = RequestSpec("POST", _FLOWS, json=flow, limit=LIST)
    item = yield from fetch(spec, FlowItem, "new flow")
    yield from _until_committed(item)
    return _summary(item)


def import_flow(context: ApiContext, data: Flow | Json | bytes | str) -> Steps[list[FlowSummary]]:
    """Create the flows of a file, or a copy of a flow, and return the new flows.

    Stored paths of files that the server lacks are removed. The request is never resent once a byte
    was sent. Raises `FileRefused`, and `InvalidRequest` for a `Flow` that was read without the
    client's own key.
    """
    if isinstance(data, Flow):
        refuse_redacted(data.name, data.raw)
    read = [data] if isinstance(data, Flow) else read_flows(data)
    new = yield from _with_free_names((yield from _with_own_files(read)))
    part = FilePart("flows.json", BytesIO(upload_content(new)), "application/json")
    spec = RequestSpec(
        "POST",
        f"{_FLOWS}upload/",
        files=(part,),
        new_connection=True,
        limit=RUN,
        min_timeout=_IMPORT_SECONDS,
    )
    try:
        response = yield from _send_import(spec)
    except Unreachable as lost:
        if lost.sent:
            lost.hint = "Check whether the flows are there before you try again."
        raise
    if not response.is_success:
        error = error_from_response(response)
        server = yield from get_server_without_limits(context)
        newer = next(filter(None, (newer_release(flow, server.version) for flow in new)), "")
        if newer:
            error.hint = (
                f"The file was made with Langflow {newer}, and the server runs {server.version}. "
                "Upgrade the server, or export the flow from an older one."
            )
        raise error
    items = parse(Items[FlowItem], response.json("new flows"), "new flows")
    if not items:
        raise BadResponse("The server created no flow.")
    yield from _until_committed(items[-1])
    return [_summary(item) for item in items]


def refuse_redacted(name: str, content: JsonObject) -> None:
    """Raise `InvalidRequest` if a flow's content may lack the client's own key."""
    if is_redacted(content):
        raise InvalidRequest(
            f"“{name}” contains {REDACTED}, perhaps in place of your API key.",
            hint="Replace the text in Langflow's editor.",
        )


def _with_own_files(flows: Sequence[Flow]) -> Steps[list[Flow]]:
    """Return the flows without the paths of files that the server lacks.

    Background runs check each stored path, even if the run brings another file.
    """
    if all(remove_files(flow.raw, ()) == flow.raw for flow in flows):
        return list(flows)
    files = yield from list_paths()
    if files is None:
        return list(flows)
    return [replace(flow, raw=as_dict(remove_files(flow.raw, files))) for flow in flows]


def _with_free_names(flows: Sequence[Flow]) -> Steps[list[Flow]]:
    """Return the flows with a free number at each taken name, if a name ends in a number.

    The server would make "Echo (1) (1)" of a taken "Echo (1)"; all other names it numbers well. A
    name that is free stays with its flow, also if an earlier flow needs a number.
    """
    listed = None
    if any(_NUMBERED.fullmatch(flow.name) for flow in flows):
        listed = yield from or_default(list_flows(), None)
    if listed is None:
        return list(flows)
    names = unique_names((flow.name for flow in flows), {flow.name for flow in listed}, free_name)
    return [replace(flow, name=name) for flow, name in zip(flows, names, strict=True)]


def free_name(name: str, taken: Collection[str]) -> str:
    """Return `name`, with the next free number if it is taken: "Name (2)" becomes "Name (3)"."""
    numbered = _NUMBERED.fullmatch(name)
    base, number = (numbered[1], int(numbered[2])) if numbered else (name, 0)
    free = name
    while free in taken:
        number += 1
        free = f"{base} ({number})"
    return free


def _until_committed(flow: FlowItem) -> Steps[None]:
    """Wait until a new flow can be read: a busy server responds before it has committed it."""
    spec = list_request(flow_path(flow.id))
    for seconds in COMMIT.waits():
        response = yield from or_default(send(spec), None)
        if response is None or response.status != 404:
            return
        yield Pause(seconds)


def _send_import(spec: RequestSpec) -> Steps[Response]:
    waits = _NAME_TAKEN.waits()
    while True:
        response = yield from send(spec)
        seconds = next(waits, None) if _was_name_taken(response) else None
        if seconds is None:
            return response
        yield Pause(seconds)


def _was_name_taken(response: Response) -> bool:
    """Return whether another import took the name that the server had chosen for a new flow.

    It then creates none of the flows.
    """
    message = response.message.lower()
    return response.status in (400, 500) and ("unique" in message or "creating the flow" in message)


def list_templates() -> Steps[list[Flow]]:
    """Return the flows that the server offers as templates, by name; about 5 MB."""
    spec = replace(list_request(_TEMPLATES), min_timeout=_LIST_SECONDS)
    items = yield from fetch(spec, Items[JsonObject], "list of templates", is_sent_back=True)
    return sorted(filter(None, map(parse_flow, items)), key=lambda flow: flow.name.casefold())


def export_flow(context: ApiContext, flow: Flow | str) -> Steps[JsonObject]:
    if not isinstance(flow, Flow):
        flow = yield from get_flow(context, flow)
    server = yield from get_server_without_limits(context)
    return export_content(flow, server.version)


def delete_flow(flow_id: str) -> Steps[None]:
    response = yield from send(RequestSpec("DELETE", flow_path(flow_id)))
    if not response.is_success:
        raise error_from_response(response, subject=flow_id)


def get_catalogue(custom_code: Mapping[str, str]) -> Steps[JsonObject]:
    """Return all components by category and type; about 2 MB.

    `custom_code` is the code of custom components by type; they get their own category.
    """
    catalogue = yield from fetch(
        list_request("/api/v1/all"), JsonObject, "component catalogue", is_sent_back=True
    )
    built = {}
    for component_type, code in custom_code.items():
        component = yield from _build_component(code)
        if component is not None:
            built[component_type] = component
    return {**catalogue, _CUSTOM_CATEGORY: built} if built else catalogue


def _build_component(code: str) -> Steps[JsonObject | None]:
    """Return the component that the server builds from code; it stores nothing.

    None if the code does not fit this release, or its administrator allows no custom code.
    """
    spec = RequestSpec(
        "POST",
        "/api/v1/custom_component",
        json={"code": code},
        idempotent=True,
        limit=LIST,
    )
    response = yield from send(spec)
    if response.status in (400, 403):
        return None
    if response.status != 200:
        raise error_from_response(response)
    body = response.json("built component", is_sent_back=True)
    return parse(CustomComponentResponse, body, "built component").data


def _summary(item: FlowItem) -> FlowSummary:
    return FlowSummary(item.id, item.name, item.description or "", item.endpoint_name)


def flow_path(flow_id: str) -> str:
    return _FLOWS + id_segment(flow_id, FlowNotFound(f"“{flow_id}” is not a flow id."))

"""Updates a flow's components to the server's own code, as Langflow's editor does."""

import json

from lfclient.api.error_mapping import error_from_response
from lfclient.api.operations.base import ApiContext
from lfclient.api.operations.files import list_paths
from lfclient.api.operations.flows import (
    COMMIT,
    flow_path,
    get_catalogue,
    get_flow,
    import_flow,
    refuse_redacted,
)
from lfclient.api.operations.refreshing import forbids_code
from lfclient.api.operations.resources import get_resources
from lfclient.api.requests import RequestSpec
from lfclient.api.steps import Pause, Steps, fetch, or_default, send
from lfclient.common.formatting import list_names
from lfclient.common.json_types import JsonObject
from lfclient.common.redaction import is_redacted
from lfclient.errors import (
    BadResponse,
    FlowChanged,
    InvalidRequest,
    LangflowError,
    ServerFault,
    Unreachable,
    Unsupported,
    UpdateFailed,
)
from lfclient.flows.definitions import graph_data, node_definition, node_definitions
from lfclient.flows.model import Flow, FlowSummary
from lfclient.flows.outdated import (
    Definitions,
    FlowUpdate,
    OutdatedComponent,
    apply_update,
    find_outdated,
    merge_definition,
    moved_models,
    successor_of,
)
from lfclient.flows.stored_files import dropped_files, restore_files
from lfclient.resources.catalogue import iterate_definitions, parse_catalogue
from lfclient.resources.component_code import definition_code
from lfclient.resources.models import ModelKind, offered_value
from lfclient.resources.server_resources import ServerResources
from lfclient.wire.bodies import LIST, RUN
from lfclient.wire.schemas import CustomComponentResponse, parse

_MAX_NAMED = 5  # components in an error
_BUILD_SECONDS = 30.0  # a component may list what its provider has


def list_outdated(context: ApiContext, flow: Flow | str) -> Steps[list[OutdatedComponent]]:
    """Return the components of a flow that differ from the server's."""
    stored = yield from _stored_flow(context, flow)
    return find_outdated(stored, parse_catalogue((yield from get_catalogue({}))))


def prepare_update(context: ApiContext, flow: Flow | str) -> Steps[FlowUpdate]:
    """Return the flow's graph with the server's code. Nothing is stored.

    A component that the server can't build keeps its code. Raises the error of a server that builds
    no component, and of a second build that takes too long.
    """
    stored = yield from _stored_flow(context, flow)
    raw = yield from get_catalogue({})
    entries = dict(iterate_definitions(raw))
    built_definitions: dict[str, tuple[str, JsonObject]] = {}
    stored_definitions = node_definitions(stored)
    failures: dict[str, str] = {}
    known: dict[str, JsonObject | LangflowError] = {}  # large flows repeat components
    for component in find_outdated(stored, parse_catalogue(raw)):
        if not component.can_update:
            continue
        old, entry = stored_definitions[component.id], entries[component.type]
        former = successor_of(stored, component.id, component.type, old)
        model = former.model(old) if former else None
        old = former.definition(old) if former else old
        same = json.dumps([component.type, old], sort_keys=True)
        if same not in known:
            try:
                known[same] = yield from _build(definition_code(entry), old)
            except LangflowError as error:
                is_slow = any(isinstance(each, Unreachable) for each in known.values())
                if is_slow or not _is_of_component(error):
                    raise
                known[same] = error
        built = known[same]
        if isinstance(built, LangflowError):
            failures[component.name] = built.message
            continue
        definition = merge_definition(old, built, entry, model)
        built_definitions[component.id] = component.type, definition
    definitions = yield from _with_offered_models(stored, built_definitions)
    definitions = yield from _with_own_files(stored, definitions)
    return apply_update(stored, definitions, failures)


def _is_of_component(error: LangflowError) -> bool:
    """Return whether a build's error may be due to the component, and other builds may succeed."""
    if isinstance(error, Unreachable):
        return error.sent and error.timed_out
    if isinstance(error, ServerFault):
        return error.status_code == 500
    return isinstance(error, InvalidRequest | BadResponse)


def update_copy(context: ApiContext, flow: Flow | str) -> Steps[FlowSummary]:
    """Create an updated copy of a flow, and return it.

    Raises `UpdateFailed` if the server can't build a component.
    """
    update = yield from prepare_update(context, flow)
    if update.failures:
        reasons = [f"{name} ({why.rstrip('.')})" for name, why in update.failures.items()]
        message = f"The server can't build {list_names(reasons, _MAX_NAMED)}."
        raise UpdateFailed(message, failures=update.failures)
    return (yield from import_flow(context, update.copy))[0]


def save_graph(context: ApiContext, flow: Flow, data: JsonObject) -> Steps[Flow]:
    """Store another graph in a flow, and return the flow as it is then.

    A busy server responds before it has committed the graph (1.8). Raises `FlowChanged` if the
    server has another graph than `flow`, and `ServerFault` if it doesn't commit the new graph.
    Raises `InvalidRequest` for a locked flow, and for a graph that was read without the client's
    own key.
    """
    refuse_redacted(flow.name, data)
    current = yield from get_flow(context, flow.id)
    if graph_data(current) != graph_data(flow):
        raise FlowChanged(f"“{current.name}” has changed on the server.")
    if current.raw.get("locked") is True:
        raise InvalidRequest(
            f"“{current.name}” is locked.", hint="Unlock it in Langflow's editor, then try again."
        )
    spec = RequestSpec("PATCH", flow_path(flow.id), json={"data": data}, limit=RUN)
    yield from fetch(spec, JsonObject, "changed flow")
    for seconds in (0.0, *COMMIT.waits()):
        yield Pause(seconds)
        changed = yield from get_flow(context, flow.id)
        if graph_data(changed) != graph_data(current) or graph_data(current) == data:
            return changed
    raise ServerFault(f"The server has not stored the change of “{current.name}”.")


def _stored_flow(context: ApiContext, flow: Flow | str) -> Steps[Flow]:
    if isinstance(flow, str):
        return (yield from get_flow(context, flow))
    return flow.stored


def _build(code: str, node: JsonObject) -> Steps[JsonObject]:
    """Return the definition that the server builds from its own code with a component's values.

    It keeps the values of parameters with the same name and type, and no path outside its cache.
    A server that allows no custom code takes its own (measured on 1.13.0). Raises `Unsupported` if
    only administrators may build, and `InvalidRequest` for code that was read without the client's
    own key.
    """
    if is_redacted(code):
        raise InvalidRequest("The component's code contains a text that equals the API key.")
    spec = RequestSpec(
        "POST",
        "/api/v1/custom_component",
        json={"code": code, "frontend_node": node},
        idempotent=True,
        limit=LIST,
        min_timeout=_BUILD_SECONDS,
    )
    response = yield from send(spec)
    if forbids_code(response):
        hint = "Use an administrator's API key."
        raise Unsupported(response.message, hint=hint, response=response.for_error())
    if not response.is_success:
        raise error_from_response(response)
    body = response.json("component", is_sent_back=True)
    return parse(CustomComponentResponse, body, "component").data


def _with_offered_models(flow: Flow, definitions: Definitions) -> Steps[Definitions]:
    """Return definitions with the attributes that the server gives the models of older versions.

    Langflow 1.8 to 1.11 need them.
    """
    moved = {
        (id, name): _model_kind(definition["template"][name])
        for id, (_, definition) in definitions.items()
        for name in moved_models(node_definition(flow, id), definition)
    }
    if not moved:
        return definitions
    resources = yield from or_default(get_resources(tuple(set(moved.values()))), ServerResources())
    for (id, name), kind in moved.items():
        type, definition = definitions[id]
        entry = definition["template"][name]
        value = offered_value(entry["value"], (), resources.models.get(kind, ()))
        template = {**definition["template"], name: {**entry, "value": value}}
        definitions = {**definitions, id: (type, {**definition, "template": template})}
    return definitions


def _with_own_files(flow: Flow, definitions: Definitions) -> Steps[Definitions]:
    """Return definitions with the stored files that belong to the server.

    The server drops the paths of all files when it builds a component, as the editor's update does.
    """
    dropped = {
        id: paths
        for id, (_, definition) in definitions.items()
        if (paths := dropped_files(node_definition(flow, id), definition))
    }
    if not dropped:
        return definitions
    files = yield from list_paths()
    kept = dict(definitions)
    for id, paths in dropped.items():
        type, definition = definitions[id]
        kept[id] = type, restore_files(flow, definition, paths, files)
    return kept


def _model_kind(entry: JsonObject) -> ModelKind:
    return "embedding" if entry.get("model_type") == "embedding" else "language"

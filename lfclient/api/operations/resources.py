"""What a server has for flows, and what a flow needs of it."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from lfclient.api.operations.catalogue import component_types, get_catalogue
from lfclient.api.operations.context import ApiContext
from lfclient.api.operations.flows import get_flow
from lfclient.api.operations.knowledge import (
    list_knowledge_bases,
    list_mcp_servers,
    list_memory_bases,
)
from lfclient.api.operations.server import get_server_without_limits
from lfclient.api.operations.variables import list_variables
from lfclient.api.requests import list_request
from lfclient.api.steps import Steps, fetch, or_default
from lfclient.common.json_types import Json, JsonObject
from lfclient.flows.model import Flow
from lfclient.flows.need import Need
from lfclient.flows.needs import find_needs
from lfclient.resources.models import ModelKind, ModelOption, merge_options, parse_provider
from lfclient.resources.server_resources import ResourceKind, ServerResources
from lfclient.wire.schemas import Items

# the server asks each provider that it knows; for an Ollama that hangs, it waits 20 s
_PROVIDERS_SECONDS = 60.0
_MODEL_KINDS: tuple[ModelKind, ...] = ("language", "embedding")


def get_resources(kinds: Collection[ResourceKind]) -> Steps[ServerResources]:
    """Return the providers, those ready first, the variables, and what there is of these kinds."""
    variables = yield from or_default(list_variables(), None)
    values = {each.name: each.value for each in variables or () if each.is_set}
    items = yield from _fetch_list("/api/v1/models", "list of providers")
    parsed = filter(None, (parse_provider(item, values) for item in items))
    providers = tuple(sorted(parsed, key=lambda provider: not provider.is_ready))
    models: dict[ModelKind, tuple[ModelOption, ...]] = {}
    for kind in _MODEL_KINDS:
        if kind in kinds:
            path = f"/api/v1/model_options/{kind}"
            options = yield from _fetch_list(path, "list of models")
            models[kind] = tuple(merge_options(options, providers, kind))
    knowledge = memory = None
    if "knowledge_base" in kinds:
        knowledge = yield from or_default(list_knowledge_bases(), None)
    if "memory_base" in kinds:
        memory = yield from or_default(list_memory_bases(), None)
    servers = catalogue = None
    if "mcp_server" in kinds:
        servers = yield from or_default(list_mcp_servers(False), None)
    if "component" in kinds:
        catalogue = yield from or_default(get_catalogue({}), None)
    return ServerResources(
        providers,
        models,
        None if variables is None else frozenset(values),
        None if knowledge is None else tuple(knowledge),
        None if memory is None else tuple(memory),
        None if servers is None else frozenset(server.name for server in servers),
        None if catalogue is None else component_types(catalogue),
    )


def find_flow_needs(
    context: ApiContext, flow: Flow | str, overrides: Mapping[str, Json], mode: str | None
) -> Steps[list[Need]]:
    """Return what a run of a flow with these overrides needs."""
    if isinstance(flow, str):
        flow = yield from get_flow(context, flow)
    server = (yield from get_server_without_limits(context)) if mode else None
    resources = yield from get_resources(flow.resources)
    return find_needs(flow, overrides, resources, mode, server)


def _fetch_list(path: str, what: str) -> Steps[list[JsonObject]]:
    spec = replace(list_request(path), min_timeout=_PROVIDERS_SECONDS)
    return (yield from fetch(spec, Items[JsonObject], what))

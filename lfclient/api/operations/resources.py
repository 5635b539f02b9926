"""What a server has for flows, and what a flow needs of it."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from lfclient.api.operations.base import ApiContext, AsyncResource, Resource, awaitable
from lfclient.api.operations.files import list_file_items
from lfclient.api.operations.flows import get_catalogue, get_flow
from lfclient.api.operations.knowledge import (
    list_knowledge_bases,
    list_memory_bases,
)
from lfclient.api.operations.server import (
    get_server,
    get_server_without_limits,
    get_version,
    is_healthy,
)
from lfclient.api.operations.settings import list_mcp_servers, list_variables
from lfclient.api.requests import list_request
from lfclient.api.steps import Steps, fetch, or_default
from lfclient.common.json_types import Json, JsonObject
from lfclient.errors import InvalidRequest
from lfclient.flows.model import Flow
from lfclient.flows.need import Need
from lfclient.flows.needs import find_needs
from lfclient.resources.catalogue import parse_catalogue
from lfclient.resources.models import (
    ModelKind,
    ModelOption,
    Provider,
    merge_options,
    parse_provider,
)
from lfclient.resources.server_resources import ResourceKind, ServerResources
from lfclient.wire.modes import MODES
from lfclient.wire.schemas import Items
from lfclient.wire.server_info import ServerInfo

# the server asks each provider that it knows; for an Ollama that hangs, it waits 20 s
_PROVIDERS_SECONDS = 60.0
_MODEL_KINDS: tuple[ModelKind, ...] = ("language", "embedding")


class Server(Resource):
    """`client.server`: the server's version, its health, and what it has for flows."""

    def info(self) -> ServerInfo:
        """Return the release, dialect, capabilities, limits and warnings; fetched once."""
        return self._drive(get_server(self._context))

    def version(self) -> str:
        """Return the release alone. Needs no API key; fetched once."""
        return self._drive(get_version(self._context))

    def is_healthy(self) -> bool:
        """Return whether the server responds and is healthy; never raises if it does not."""
        return self._drive(is_healthy())

    def resources(self, *kinds: ResourceKind) -> ServerResources:
        """Return the server's providers, the names of its variables, and its lists of these kinds.

        The lists of other kinds stay None or empty.
        """
        return self._drive(get_resources(kinds))


class AsyncServer(AsyncResource):
    """The async counterpart of `Server`."""

    info = awaitable(Server.info)
    version = awaitable(Server.version)
    is_healthy = awaitable(Server.is_healthy)
    resources = awaitable(Server.resources)


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
    files = None
    if "file" in kinds:
        files = yield from or_default(list_file_items(), None)
    return ServerResources(
        providers,
        models,
        None if variables is None else frozenset(values),
        None if knowledge is None else tuple(knowledge),
        None if memory is None else tuple(memory),
        None if servers is None else frozenset(server.name for server in servers),
        None if catalogue is None else parse_catalogue(catalogue),
        files=None if files is None else frozenset(item.path for item in files),
    )


def find_flow_needs(
    context: ApiContext, flow: Flow | str, overrides: Mapping[str, Json], mode: str | None
) -> Steps[list[Need]]:
    """Return what a run of a flow with these overrides needs.

    Raises `InvalidRequest` for an unknown mode.
    """
    if mode is not None and mode not in MODES:
        raise InvalidRequest(
            f"There is no run mode “{mode}”.", hint=f"Use one of these: {', '.join(MODES)}."
        )
    if isinstance(flow, str):
        flow = yield from get_flow(context, flow)
    server = (yield from get_server_without_limits(context)) if mode else None
    resources = yield from get_resources(flow.resources)
    return find_needs(flow, overrides, resources, mode, server)


def _fetch_list(path: str, what: str) -> Steps[list[JsonObject]]:
    spec = replace(list_request(path), min_timeout=_PROVIDERS_SECONDS)
    return (yield from fetch(spec, Items[JsonObject], what))


def list_providers() -> Steps[list[Provider]]:
    """Return the providers with what is set, those ready first; never a secret."""
    resources = yield from get_resources(())
    return list(resources.providers)


def list_models(kind: ModelKind) -> Steps[list[ModelOption]]:
    """Return the models that the server offers, those of providers that are ready first."""
    resources = yield from get_resources((kind,))
    return list(resources.models[kind])

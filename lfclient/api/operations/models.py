"""What a server has for flows: models, their providers, knowledge bases, memory bases."""

from collections.abc import Collection, Mapping

from lfclient.api.operations.context import ApiContext
from lfclient.api.operations.flows import get_flow
from lfclient.api.operations.knowledge import list_knowledge_bases, list_memory_bases
from lfclient.api.operations.variables import list_variables
from lfclient.api.requests import RequestSpec, list_request
from lfclient.api.steps import Steps, fetch, or_default
from lfclient.common.json_types import Json, JsonObject
from lfclient.common.redaction import is_secret_name
from lfclient.errors import InvalidRequest
from lfclient.flows.model import Flow
from lfclient.flows.needs import Need, find_needs
from lfclient.resources.models import (
    ModelKind,
    ModelOption,
    Provider,
    merge_options,
    parse_provider,
)
from lfclient.resources.server_resources import ResourceKind, ServerResources
from lfclient.wire.schemas import Items

_MODELS = "/api/v1/models"
_MODEL_KINDS: tuple[ModelKind, ...] = ("language", "embedding")
_CHECK_SECONDS = 30.0  # the server asks the provider, which may not respond


def get_resources(kinds: Collection[ResourceKind]) -> Steps[ServerResources]:
    """Return the providers, those ready first, the variables, and what there is of these kinds."""
    variables = yield from or_default(list_variables(), None)
    names = None
    if variables is not None:
        names = frozenset(variable.name for variable in variables if variable.is_set)
    items = yield from fetch(list_request(_MODELS), Items[JsonObject], "list of providers")
    parsed = filter(None, (parse_provider(item, names or ()) for item in items))
    providers = tuple(sorted(parsed, key=lambda provider: not provider.is_ready))
    models: dict[ModelKind, tuple[ModelOption, ...]] = {}
    for kind in _MODEL_KINDS:
        if kind in kinds:
            path = f"/api/v1/model_options/{kind}"
            options = yield from fetch(list_request(path), Items[JsonObject], "list of models")
            models[kind] = tuple(merge_options(options, providers, kind))
    knowledge = memory = None
    if "knowledge_base" in kinds:
        knowledge = yield from or_default(list_knowledge_bases(), None)
    if "memory_base" in kinds:
        memory = yield from or_default(list_memory_bases(), None)
    return ServerResources(
        providers,
        models,
        names,
        None if knowledge is None else tuple(knowledge),
        None if memory is None else tuple(memory),
    )


def list_providers() -> Steps[list[Provider]]:
    """Return the providers with what is set, those ready first; never a value."""
    resources = yield from get_resources(())
    return list(resources.providers)


def list_models(kind: ModelKind) -> Steps[list[ModelOption]]:
    """Return the models that the server offers, those of providers that are ready first."""
    resources = yield from get_resources((kind,))
    return list(resources.models[kind])


def find_flow_needs(
    context: ApiContext, flow: Flow | str, overrides: Mapping[str, Json]
) -> Steps[list[Need]]:
    """Return what a run of a flow with these overrides needs."""
    if isinstance(flow, str):
        flow = yield from get_flow(context, flow)
    resources = yield from get_resources(flow.resources)
    return find_needs(flow, overrides, resources)


def check_provider(context: ApiContext, provider: str, settings: Mapping[str, str]) -> Steps[None]:
    """Let the server try a provider's settings. Raises `InvalidRequest` if it refuses them.

    Those that it has and does not keep secret, such as the address of a private gateway, are tried
    with them: a key must not go to another address.
    """
    context.redactor.add(*(value for name, value in settings.items() if is_secret_name(name)))
    variables = yield from list_variables()
    stored = {variable.name: variable.value for variable in variables if variable.value}
    spec = RequestSpec(
        "POST",
        f"{_MODELS}/validate-provider",
        json={"provider": provider, "variables": stored | dict(settings)},
        idempotent=True,
        min_timeout=_CHECK_SECONDS,
    )
    body = yield from fetch(spec, JsonObject, "check of the provider")
    if body.get("valid") is False:
        raise InvalidRequest(
            str(body.get("error") or f"{provider} refused these settings."),
            hint="Check the key and the address, then try again.",
        )

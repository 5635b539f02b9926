"""The server's models, their providers, and the variables that hold the providers' settings."""

from collections.abc import Iterable, Mapping

from lfclient.api.error_mapping import error_from_response
from lfclient.api.operations.context import ApiContext
from lfclient.api.operations.flows import get_flow
from lfclient.api.requests import RequestSpec, id_segment, list_request
from lfclient.api.steps import Steps, fetch, or_default, send
from lfclient.common.coerce import as_dict
from lfclient.common.json_types import Json, JsonObject
from lfclient.common.redaction import is_secret_name
from lfclient.errors import InvalidRequest, LangflowError
from lfclient.flows.model import Flow
from lfclient.flows.needs import Need, find_needs
from lfclient.resources.models import (
    ModelKind,
    ModelOption,
    Provider,
    merge_options,
    parse_provider,
)
from lfclient.resources.server_resources import ServerResources
from lfclient.resources.variables import ServerVariable, parse_variable
from lfclient.wire.schemas import Items

_VARIABLES = "/api/v1/variables/"
_MODELS = "/api/v1/models"
# the server asks the provider, which may not respond
_CHECK_SECONDS = 30.0


def list_variables() -> Steps[list[ServerVariable]]:
    """Return the server's variables by name; their values stay there."""
    items = yield from fetch(list_request(_VARIABLES), Items[JsonObject], "list of variables")
    parsed = filter(None, map(parse_variable, items))
    return sorted(parsed, key=lambda variable: variable.name)


def get_resources(kinds: Iterable[ModelKind]) -> Steps[ServerResources]:
    """Return the providers, those ready first, the models of these kinds, and the variables."""
    variables = yield from or_default(list_variables(), [])
    names = frozenset(variable.name for variable in variables if variable.is_set)
    items = yield from fetch(list_request(_MODELS), Items[JsonObject], "list of providers")
    parsed = filter(None, (parse_provider(item, names) for item in items))
    providers = tuple(sorted(parsed, key=lambda provider: not provider.is_ready))
    models: dict[ModelKind, tuple[ModelOption, ...]] = {}
    for kind in kinds:
        path = f"/api/v1/model_options/{kind}"
        options = yield from fetch(list_request(path), Items[JsonObject], "list of models")
        models[kind] = tuple(merge_options(options, providers, kind))
    return ServerResources(providers, models, names)


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
    resources = yield from get_resources(flow.model_kinds)
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


def save_variable(
    context: ApiContext, name: str, value: str, is_secret: bool
) -> Steps[ServerVariable]:
    """Create a variable, or give it another value.

    The server tries a provider's key. Raises `InvalidRequest` for one that the provider refuses.
    """
    if is_secret:
        context.redactor.add(value)
    variables = yield from list_variables()
    existing = next((one for one in variables if one.name == name), None)
    if existing:
        error = LangflowError(f"The server's variable {name} has no valid id.")
        body: JsonObject = {"id": existing.id, "name": name, "value": value}
        method, path = "PATCH", _VARIABLES + id_segment(existing.id, error)
    else:
        kind = "Credential" if is_secret else "Generic"
        body = {"name": name, "value": value, "type": kind, "default_fields": []}
        method, path = "POST", _VARIABLES
    spec = RequestSpec(method, path, json=body, min_timeout=_CHECK_SECONDS)
    response = yield from send(spec)
    if response.status == 400:
        hint = "Check the value, then try again."
        raise InvalidRequest(response.message or f"{name} was refused.", hint=hint, status=400)
    if not response.is_success:
        raise error_from_response(response)
    saved = parse_variable(as_dict(response.body))
    return saved or ServerVariable(existing.id if existing else "", name, is_secret)


def delete_variable(variable: ServerVariable) -> Steps[None]:
    """Delete a variable; components that name it then fail."""
    error = LangflowError(f"The server's variable {variable.name} has no valid id.")
    response = yield from send(
        RequestSpec("DELETE", _VARIABLES + id_segment(variable.id, error), idempotent=True)
    )
    if not response.is_success and response.status != 404:
        raise error_from_response(response)

"""The models that a server offers, and their providers."""

from collections.abc import Mapping

from lfclient.api.operations.context import ApiContext
from lfclient.api.operations.resources import get_resources
from lfclient.api.operations.variables import CHECK_ENTERED, list_variables
from lfclient.api.requests import RequestSpec
from lfclient.api.steps import Steps, fetch
from lfclient.common.json_types import JsonObject
from lfclient.common.redaction import is_secret_name
from lfclient.errors import InvalidRequest
from lfclient.resources.models import ModelKind, ModelOption, Provider
from lfclient.runs.error_causes import CHECK_ADDRESS

_CHECK_SECONDS = 30.0  # the server asks the provider, which may not respond


def list_providers() -> Steps[list[Provider]]:
    """Return the providers with what is set, those ready first; never a secret."""
    resources = yield from get_resources(())
    return list(resources.providers)


def list_models(kind: ModelKind) -> Steps[list[ModelOption]]:
    """Return the models that the server offers, those of providers that are ready first."""
    resources = yield from get_resources((kind,))
    return list(resources.models[kind])


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
        "/api/v1/models/validate-provider",
        json={"provider": provider, "variables": stored | dict(settings)},
        idempotent=True,
        min_timeout=_CHECK_SECONDS,
    )
    body = yield from fetch(spec, JsonObject, "check of the provider")
    if body.get("valid") is False:
        has_key = any(is_secret_name(name) for name in settings)
        raise InvalidRequest(
            str(body.get("error") or f"{provider} refused these settings."),
            # 1.13 calls an Ollama that does not respond "Invalid Ollama base URL"
            hint=CHECK_ENTERED if has_key else CHECK_ADDRESS,
        )

"""The server's settings: variables, providers of models and MCP servers."""

from collections.abc import Mapping
from dataclasses import replace

from lfclient.api.error_mapping import error_from_response
from lfclient.api.operations.base import ApiContext, AsyncResource, Resource, awaitable
from lfclient.api.operations.flows import COMMIT
from lfclient.api.requests import RequestSpec, id_segment, list_request
from lfclient.api.steps import Pause, Steps, fetch, or_default, send
from lfclient.common.coerce import as_dict
from lfclient.common.json_types import JsonObject
from lfclient.common.redaction import is_secret_name
from lfclient.errors import InvalidRequest, LangflowError
from lfclient.resources.server_resources import (
    McpServer,
    ServerVariable,
    parse_mcp_server,
    parse_variable,
)
from lfclient.runs.error_causes import CHECK_ADDRESS
from lfclient.wire.schemas import Items

CHECK_ENTERED = "Check what you entered, then try again."  # a hint

_VARIABLES = "/api/v1/variables/"
_SECRET = "Credential"  # the type of a variable that the server encrypts and never returns
_CHECK_SECONDS = 30.0  # the server asks the provider, which may not respond
_CONNECT_SECONDS = 30.0  # the server connects to its MCP servers, one to three seconds each


class Settings(Resource):
    """`client.settings`: what Langflow's settings page changes."""

    def save_variable(self, name: str, value: str, is_secret: bool = True) -> ServerVariable:
        """Create a variable of the API key's user, or give it another value.

        A secret value is never readable again. The server tries a provider's key, and
        `InvalidRequest` is raised if the provider refuses it.
        """
        return self._drive(_save_variable(self._context, name, value, is_secret))

    def delete_variable(self, variable: ServerVariable) -> None:
        """Delete a variable; components that name it then fail."""
        return self._drive(_delete_variable(variable))

    def check_provider(self, provider: str, settings: Mapping[str, str]) -> None:
        """Let the server try a provider's settings. Raises `InvalidRequest` if it refuses them.

        `settings` are values by the name of the `ProviderSetting`. They pass as well if the server
        can't reach the provider, or lacks the package that it needs for that.
        """
        return self._drive(_check_provider(self._context, provider, settings))

    def mcp_servers(self, count_tools: bool = False) -> list[McpServer]:
        """Return the MCP servers of the API key's user by name.

        `count_tools` lets Langflow connect to each, which takes seconds.
        """
        return self._drive(list_mcp_servers(count_tools))


class AsyncSettings(AsyncResource):
    """The async counterpart of `Settings`."""

    save_variable = awaitable(Settings.save_variable)
    delete_variable = awaitable(Settings.delete_variable)
    check_provider = awaitable(Settings.check_provider)
    mcp_servers = awaitable(Settings.mcp_servers)


def list_variables() -> Steps[list[ServerVariable]]:
    """Return the server's variables by name, without the values of those that are secret."""
    items = yield from fetch(list_request(_VARIABLES), Items[JsonObject], "list of variables")
    parsed = filter(None, map(parse_variable, items))
    return sorted(parsed, key=lambda variable: variable.name)


def _save_variable(
    context: ApiContext, name: str, value: str, is_secret: bool
) -> Steps[ServerVariable]:
    if is_secret:
        context.redactor.add(value)
    variables = yield from list_variables()
    existing = next((one for one in variables if one.name == name), None)
    if existing:
        error = LangflowError(f"The server's variable {name} has no valid id.")
        body: JsonObject = {"id": existing.id, "name": name, "value": value}
        if is_secret:  # else one that was readable stays so
            body["type"] = _SECRET
        method, path = "PATCH", _VARIABLES + id_segment(existing.id, error)
    else:
        kind = _SECRET if is_secret else "Generic"
        body = {"name": name, "value": value, "type": kind, "default_fields": []}
        method, path = "POST", _VARIABLES
    spec = RequestSpec(method, path, json=body, min_timeout=_CHECK_SECONDS)
    response = yield from send(spec)
    if response.status == 400:
        message = response.message or f"{name} was refused."
        raise InvalidRequest(message, hint=CHECK_ENTERED, response=response.for_error())
    if not response.is_success:
        raise error_from_response(response)
    saved = parse_variable(as_dict(response.body))
    saved = saved or ServerVariable(existing.id if existing else "", name, is_secret)
    yield from _until_committed(saved)
    return saved


def _until_committed(saved: ServerVariable) -> Steps[None]:
    """Wait until a saved variable is listed: a busy server responds before it has committed it."""
    for seconds in COMMIT.waits():
        variables: list[ServerVariable] = yield from or_default(list_variables(), [saved])
        if any((one.name, one.is_secret) == (saved.name, saved.is_secret) for one in variables):
            return
        yield Pause(seconds)


def _delete_variable(variable: ServerVariable) -> Steps[None]:
    error = LangflowError(f"The server's variable {variable.name} has no valid id.")
    response = yield from send(
        RequestSpec("DELETE", _VARIABLES + id_segment(variable.id, error), idempotent=True)
    )
    if not response.is_success and response.status != 404:
        raise error_from_response(response)


def _check_provider(context: ApiContext, provider: str, settings: Mapping[str, str]) -> Steps[None]:
    context.redactor.add(*(value for name, value in settings.items() if is_secret_name(name)))
    variables = yield from list_variables()
    # with a private gateway's address, because the key must not go to another address
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


def list_mcp_servers(count_tools: bool) -> Steps[list[McpServer]]:
    """Return the MCP servers of the API key's user by name."""
    parameters = {"action_count": "true"} if count_tools else {}
    spec = list_request("/api/v2/mcp/servers", **parameters)
    if count_tools:
        spec = replace(spec, min_timeout=_CONNECT_SECONDS)
    items = yield from fetch(spec, Items[JsonObject], "list of MCP servers")
    parsed = filter(None, map(parse_mcp_server, items))
    return sorted(parsed, key=lambda server: server.name.casefold())

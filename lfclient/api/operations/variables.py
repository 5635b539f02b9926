"""The server's variables, which hold the settings of providers, among others."""

from lfclient.api.error_mapping import error_from_response
from lfclient.api.operations.context import ApiContext
from lfclient.api.requests import RequestSpec, id_segment, list_request
from lfclient.api.steps import Steps, fetch, send
from lfclient.common.coerce import as_dict
from lfclient.common.json_types import JsonObject
from lfclient.errors import InvalidRequest, LangflowError
from lfclient.resources.variables import ServerVariable, parse_variable
from lfclient.wire.schemas import Items

CHECK_ENTERED = "Check what you entered, then try again."  # a hint

_VARIABLES = "/api/v1/variables/"
_SECRET = "Credential"  # the type of a variable that the server encrypts and never returns
_CHECK_SECONDS = 30.0  # the server asks the provider, which may not respond


def list_variables() -> Steps[list[ServerVariable]]:
    """Return the server's variables by name, without the values of those that are secret."""
    items = yield from fetch(list_request(_VARIABLES), Items[JsonObject], "list of variables")
    parsed = filter(None, map(parse_variable, items))
    return sorted(parsed, key=lambda variable: variable.name)


def save_variable(
    context: ApiContext, name: str, value: str, is_secret: bool
) -> Steps[ServerVariable]:
    """Create a variable, or give it another value. A secret one is never readable again.

    The server tries a provider's key. Raises `InvalidRequest` for one that the provider refuses.
    """
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
        raise InvalidRequest(message, hint=CHECK_ENTERED, status=400)
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

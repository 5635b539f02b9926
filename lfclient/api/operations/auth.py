"""Logging in, and API keys."""

from lfclient.api.error_mapping import error_from_response
from lfclient.api.http import Response
from lfclient.api.operations.base import ApiContext, AsyncResource, Resource, awaitable
from lfclient.api.requests import RequestSpec, get_request
from lfclient.api.steps import Steps, fetch, send
from lfclient.common.coerce import as_dict
from lfclient.common.json_types import Json
from lfclient.errors import BadResponse, InvalidKey
from lfclient.wire.schemas import UserResponse


class Auth(Resource):
    """`client.auth`: logging in, and API keys."""

    def auto_login(self) -> str | None:
        """Return a token if the server needs no password, else None."""
        return self._drive(_auto_login(self._context))

    def login(self, user: str, password: str) -> str:
        """Return a token for a user. The server allows 5 attempts a minute.

        Raises `InvalidKey` for a wrong password.
        """
        return self._drive(_login(self._context, user, password))

    def sign_in(self, user: str, password: str) -> dict[str, str]:
        """Return the cookies, by name, with which a browser is signed in to Langflow's editor.

        Raises `InvalidKey` for a wrong password.
        """
        return self._drive(_sign_in(self._context, user, password))

    def create_key(self, name: str, token: str) -> str:
        """Return a new API key of the token's user, which the server shows only this once."""
        return self._drive(_create_key(self._context, name, token))

    def user_id(self) -> str:
        """Return the id of the API key's user, which all keys of that user share."""
        return self._drive(_get_user_id())


class AsyncAuth(AsyncResource):
    """The async counterpart of `Auth`."""

    auto_login = awaitable(Auth.auto_login)
    login = awaitable(Auth.login)
    sign_in = awaitable(Auth.sign_in)
    create_key = awaitable(Auth.create_key)
    user_id = awaitable(Auth.user_id)


def _auto_login(context: ApiContext) -> Steps[str | None]:
    response = yield from send(get_request("/api/v1/auto_login"))
    if response.status in (400, 401, 403):
        return None
    return _read_secret(context, _read_login(response), "access_token")


def _login(context: ApiContext, user: str, password: str) -> Steps[str]:
    body = yield from _log_in(context, user, password)
    return _read_secret(context, body, "access_token")


def _sign_in(context: ApiContext, user: str, password: str) -> Steps[dict[str, str]]:
    body = yield from _log_in(context, user, password)
    return {
        f"{name}_lf": _read_secret(context, body, name)
        for name in ("access_token", "refresh_token")
    }


def _log_in(context: ApiContext, user: str, password: str) -> Steps[Json]:
    context.redactor.add(password)
    form = {"username": user, "password": password}
    response = yield from send(RequestSpec("POST", "/api/v1/login", form=form))
    if response.status in (400, 401, 403):
        raise InvalidKey(
            "The server rejected the user name and password.",
            hint="Check both, then try again.",
            response=response.for_error(),
        )
    return _read_login(response)


def _create_key(context: ApiContext, name: str, token: str) -> Steps[str]:
    context.redactor.add(token)
    headers = {"authorization": f"Bearer {token}"}
    spec = RequestSpec("POST", "/api/v1/api_key/", json={"name": name}, headers=headers)
    body = yield from fetch(spec, object, "new API key")
    return _read_secret(context, body, "api_key")


def _get_user_id() -> Steps[str]:
    user = yield from fetch(get_request("/api/v1/users/whoami"), UserResponse, "user")
    return user.id


def _read_login(response: Response) -> Json:
    if response.status != 200:
        raise error_from_response(response)
    return response.json("login response")


def _read_secret(context: ApiContext, body: Json, name: str) -> str:
    """Return a secret of a response, and redact it from now on."""
    secret = as_dict(body).get(name)
    if not isinstance(secret, str):
        raise BadResponse(f"The server's response has no “{name}”.")
    context.redactor.add(secret)
    return secret

"""The server's release, dialect and limits."""

from dataclasses import replace
from uuid import UUID

from lfclient.api.error_mapping import error_from_response
from lfclient.api.http import Response
from lfclient.api.operations.base import ApiContext
from lfclient.api.requests import get_request, status_request
from lfclient.api.steps import Steps, send
from lfclient.common.coerce import as_dict
from lfclient.errors import (
    BadResponse,
    DeveloperApiDisabled,
    LangflowError,
    NotLangflow,
    ServerFault,
)
from lfclient.wire.schemas import ConfigResponse, VersionResponse, parse
from lfclient.wire.server_info import ServerInfo, build_server_info, read_limits

_MAX_VERSION_LENGTH = 100


def get_server_without_limits(context: ApiContext) -> Steps[ServerInfo]:
    """Return the server's release and dialect without its limits; fetched once."""
    if context.server_without_limits is None:
        context.server_without_limits = yield from _fetch_server()
    return context.server_without_limits


def get_version(context: ApiContext) -> Steps[str]:
    """Return the server's release, which needs no key."""
    return (yield from get_server_without_limits(context)).version


def get_server(context: ApiContext) -> Steps[ServerInfo]:
    """Return the server with its limits and warnings; fetched once."""
    if context.server is None:
        server = yield from get_server_without_limits(context)
        config = yield from _fetch_config()
        server = replace(server, limits=read_limits(config, server.dialect))
        if server.dialect == "inputs":
            server = yield from _check_workflow_api(server)
        context.server_without_limits = context.server = server
    return context.server


def get_server_or_default_limits(context: ApiContext) -> Steps[ServerInfo]:
    """Return `get_server`'s result, with the default limits if the server doesn't tell them."""
    try:
        return (yield from get_server(context))
    except LangflowError:
        return (yield from get_server_without_limits(context))


def is_healthy() -> Steps[bool]:
    """Return whether the server reports itself healthy, in one attempt; never raises."""
    try:
        response: Response = yield get_request("/health")
    except LangflowError:
        return False
    return response.status == 200 and as_dict(response.body).get("status") == "ok"


def _check_workflow_api(server: ServerInfo) -> Steps[ServerInfo]:
    """Add a warning if the Workflow API is disabled, which before 1.11 only a request shows."""
    response = yield from send(status_request(str(UUID(int=0))))
    error = error_from_response(response, is_workflow=True)
    if not isinstance(error, DeveloperApiDisabled):
        return server
    capabilities = replace(server.capabilities, background=False, stop=False)
    warning = f"{error.message} {error.hint}"
    return replace(server, capabilities=capabilities, warnings=(*server.warnings, warning))


def _fetch_config() -> Steps[ConfigResponse]:
    response = yield from send(get_request("/api/v1/config"))
    body = response.body if response.status == 200 else None
    try:
        return parse(ConfigResponse, body, "server's configuration")
    except BadResponse:
        return ConfigResponse()


def _fetch_server() -> Steps[ServerInfo]:
    response = yield from send(get_request("/api/v1/version"))
    status = response.status
    if status in (401, 403):  # of a gateway: Langflow needs no key here
        raise ServerFault(
            f"The request was refused before it reached Langflow (HTTP {status}).",
            hint="Check the address. If it is right, a proxy or a login page in front of Langflow "
            "refuses the console: ask the server's administrator.",
        )
    if status >= 500 or 300 <= status < 400 or status in (408, 429):
        raise error_from_response(response)
    try:
        version = parse(VersionResponse, response.body, "server's version")
    except BadResponse as error:
        raise NotLangflow(
            f"The server at this address is not Langflow (HTTP {status}, {response.content_type}).",
            response=response.for_error(),
        ) from error
    if len(version.version) > _MAX_VERSION_LENGTH:
        raise NotLangflow(
            f"The server reports a version of {len(version.version):,} characters, which no "
            "release of Langflow has."
        )
    if "langflow" not in version.package.lower():
        raise NotLangflow(f"The server at this address is “{version.package}”, not Langflow.")
    return build_server_info(version)

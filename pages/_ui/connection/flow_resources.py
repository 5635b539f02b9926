"""The requests for what a flow's form needs from its server."""

import hashlib
import json
from collections.abc import Mapping

from lfclient.client import LangflowClient
from lfclient.common.json_types import Json
from lfclient.console.config.connection import Connection
from lfclient.errors import LangflowError, Unsupported
from lfclient.flows.model import Flow
from lfclient.resources.catalogue import Catalogue, parse_catalogue
from pages._ui.connection.app_context import app_context


def request(flow: Flow) -> tuple[str, ...]:
    """Return the client's method and its arguments for the resources of a flow's parameters.

    The catalogue and the list of files have requests of their own.
    """
    kinds = tuple(kind for kind in flow.resources if kind not in ("component", "file"))
    return ("server.resources", *kinds) if kinds else ("variables",)


def request_name(kind: str, flow: Flow, choices: Mapping[str, Json]) -> str:
    """Return the name of a request whose response depends on a flow and its choices."""
    digest = hashlib.sha256(json.dumps(dict(choices), sort_keys=True).encode()).hexdigest()
    return f"{kind} {flow.id} {flow.updated_at} {flow.locks_urls} {digest}"


def installed_packages(connection: Connection, flow: Flow) -> frozenset[str] | None:
    """Return the optional packages that the server has, None if that is unknown or not needed."""
    is_local = connection.source == "local" and flow.optional_packages
    return app_context().local.installation.available if is_local else None


def _load_catalogue(api: LangflowClient) -> Catalogue | None:
    """Return the server's catalogue, None if the server does not list its components."""
    try:
        return parse_catalogue(api.editor.catalogue())
    except LangflowError as error:
        if isinstance(error, Unsupported) or error.status_code == 403:
            return None
        raise


# 0.2 s and 0.4 MB on Langflow 1.13.0; it changes when the server restarts
CATALOGUE = ("catalogue", 300.0, _load_catalogue)  # name, seconds until it is requested again

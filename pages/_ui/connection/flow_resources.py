"""The requests for what a flow's form needs from its server."""

from lfclient.client import LangflowClient
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from lfclient.resources.catalogue import Catalogue, parse_catalogue


def request(flow: Flow) -> tuple[str, ...]:
    """Return the client's method and its arguments for the resources of a flow's parameters."""
    kinds = tuple(kind for kind in flow.resources if kind != "component")
    return ("server.resources", *kinds) if kinds else ("variables",)


def _load_catalogue(api: LangflowClient) -> Catalogue | None:
    """Return the server's catalogue, None if the server does not list its components."""
    try:
        return parse_catalogue(api.editor.catalogue())
    except LangflowError:
        return None


# 0.2 s and 0.4 MB on Langflow 1.13.0; it changes when the server restarts
CATALOGUE = ("catalogue", 300.0, _load_catalogue)  # name, seconds until it is requested again

"""The server's components."""

from collections.abc import Mapping
from itertools import chain

from lfclient.api.error_mapping import error_from_response
from lfclient.api.requests import RequestSpec, list_request
from lfclient.api.steps import Steps, fetch, send
from lfclient.common.coerce import as_dict
from lfclient.common.json_types import JsonObject
from lfclient.wire.bodies import LIST
from lfclient.wire.schemas import CustomComponentResponse, parse

_CUSTOM_CATEGORY = "own code"


def get_catalogue(custom_code: Mapping[str, str]) -> Steps[JsonObject]:
    """Return all components by category and type; about 2 MB.

    `custom_code` is the code of custom components by type; they get their own category.
    """
    catalogue = yield from fetch(list_request("/api/v1/all"), JsonObject, "component catalogue")
    built = {}
    for component_type, code in custom_code.items():
        component = yield from _build_component(code)
        if component is not None:
            built[component_type] = component
    return {**catalogue, _CUSTOM_CATEGORY: built} if built else catalogue


def component_types(catalogue: JsonObject) -> frozenset[str]:
    """Return the types of a catalogue's components."""
    return frozenset(chain.from_iterable(map(as_dict, catalogue.values())))


def _build_component(code: str) -> Steps[JsonObject | None]:
    """Return the component that the server builds from code; it stores nothing.

    None if the code does not fit this release, or its administrator allows no custom code.
    """
    spec = RequestSpec(
        "POST",
        "/api/v1/custom_component",
        json={"code": code},
        idempotent=True,
        limit=LIST,
    )
    response = yield from send(spec)
    if response.status in (400, 403):
        return None
    if response.status != 200:
        raise error_from_response(response)
    body = response.json("built component")
    return parse(CustomComponentResponse, body, "built component").data

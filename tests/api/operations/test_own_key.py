"""A flow that stores the client's own key: it is never shown, and sent back as it is stored."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import httpx
import pytest

from lfclient import Flow
from lfclient.common.redaction import REDACTED
from tests.support.flows import entry, graph, node, text
from tests.support.scripted import Server, call_client

KEY = "sk-key-123"
UPDATE = "/base/api/v1/custom_component/update"
OPERATION = entry("DropdownInput", "str", "", options=["Filter", "Sort"], real_time_refresh=True)
HEADERS = [{"key": "x-api-key", "value": KEY}, {"key": "authorization", "value": f"Bearer {KEY}"}]
RAW = graph(
    node(
        "Op-a",
        code=entry("CodeInput", "code", "class Op: ..."),
        operation=OPERATION,
        headers=entry("TableInput", "table", HEADERS),
        example=text(f"curl -H 'x-api-key: {KEY}'"),
        password={**entry("SecretStrInput", "str", "another-secret"), "password": True},
    )
)
FLOW = f"/base/api/v1/flows/{RAW['id']}"
JOB = {"job_id": "00000000-0000-4000-8000-000000000001", "status": "queued"}


def applied(request: httpx.Request) -> httpx.Response:
    """Return the template with another parameter for the choice, as a server does."""
    template = deepcopy(json.loads(request.content)["template"])
    return httpx.Response(200, json={"template": {**template, "more": text("m")}, "outputs": []})


def created(request: httpx.Request) -> httpx.Response:
    flow = json.loads(request.content)
    return httpx.Response(201, json={**flow, "id": request.url.path.rpartition("/")[2]})


class FlowServer(Server):
    """A server of 1.10, which needs a temporary flow for a parameter that a choice adds."""

    def __init__(self) -> None:
        super().__init__({"version": "1.10.3", "main_version": "1.10.3", "package": "Langflow"})
        self.on("GET", FLOW, (200, RAW)).on("POST", UPDATE, applied)
        self.on("POST", "/base/api/v2/workflows", (200, JOB))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            self.on("PUT", request.url.path, created).on("GET", request.url.path, (200, {}))
        return super().__call__(request)

    def sent(self, method: str, path: str) -> Any:
        (request,) = (
            each
            for each in self.requests
            if each.method == method and each.url.path.removeprefix("/base").startswith(path)
        )
        return json.loads(request.content)


def template(flow: Flow) -> dict[str, Any]:
    return flow.component("Op-a").template


def values(template: dict[str, Any]) -> list[Any]:
    return [template[name]["value"] for name in ("headers", "example", "password")]


STORED = values(RAW["data"]["nodes"][0]["data"]["node"]["template"])


def check_redacted(flow: Flow) -> None:
    assert KEY not in json.dumps(flow.raw)
    assert template(flow)["headers"]["value"][0]["value"] == REDACTED
    assert flow.fields_by_key["Op-a.example"].default == f"curl -H 'x-api-key: {REDACTED}'"
    assert template(flow)["password"]["value"] == "another-secret"


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_flow_is_shown_without_the_own_key(kind: str):
    transport = httpx.MockTransport(FlowServer())
    check_redacted(call_client(kind, lambda client: client.flow(RAW["id"]), transport=transport))


def test_a_choice_and_its_run_send_what_the_flow_stores():
    server = FlowServer()
    with server.client() as client:
        client.submit(RAW["id"])
        flow = client.refresh(RAW["id"], {"Op-a.operation": "Filter"})
        check_redacted(flow)
        server.requests.clear()
        job = client.submit(client.refresh(flow, {"Op-a.operation": "Sort"}))
        check_redacted(client._context.flows[job.flow_id])
    assert job.has_temporary_flow
    assert values(server.sent("POST", "/api/v1/custom_component")["template"])[:2] == STORED[:2]
    (node,) = server.sent("PUT", "/api/v1/flows/")["data"]["nodes"]
    assert values(node["data"]["node"]["template"]) == STORED
    assert node["data"]["node"]["template"]["operation"]["value"] == "Sort"


def test_a_flow_of_another_client_is_sent_as_it_is_stored():
    server = FlowServer()
    with server.client() as client:
        flow = client.refresh(RAW["id"], {"Op-a.operation": "Filter"})
    with server.client() as client:
        client.create_temporary_flow(flow, "00000000-0000-4000-8000-000000000002")
    (node,) = server.sent("PUT", "/api/v1/flows/")["data"]["nodes"]
    assert values(node["data"]["node"]["template"]) == STORED


def test_dots_that_a_flow_stores_do_not_become_the_key():
    raw = deepcopy(RAW)
    stored = [{"key": "x-api-key", "value": REDACTED}]
    raw["data"]["nodes"][0]["data"]["node"]["template"]["headers"]["value"] = stored
    server = FlowServer().on("GET", FLOW, (200, raw))
    with server.client() as client:
        client.submit(client.refresh(RAW["id"], {"Op-a.operation": "Filter"}))
    (node,) = server.sent("PUT", "/api/v1/flows/")["data"]["nodes"]
    assert values(node["data"]["node"]["template"]) == [stored, *STORED[1:]]

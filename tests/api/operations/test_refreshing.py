"""Refreshing a flow: which requests are sent, and what servers answer."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import httpx
import pytest

from lfclient import FieldOption, Flow, InvalidKey, InvalidRequest, Unreachable
from lfclient.errors import BadResponse
from tests.support.clients import call_client
from tests.support.flows import entry, graph, group, node, text
from tests.support.http_stand_in import StandIn

UPDATE = "/api/v1/custom_component/update"
CODE = entry("CodeInput", "code", "class Op: ...")
OPERATION = entry("DropdownInput", "str", "", options=["Filter", "Sort"], real_time_refresh=True)
RAW = graph(
    node("Op-a", code=CODE, operation=OPERATION, column={**text(), "show": False}, size=text("s")),
    node("Op-b", code=CODE, operation=OPERATION),
)
FLOW = f"/api/v1/flows/{RAW['id']}"
RESTRICTED = (403, {"detail": "Custom component creation is disabled"})


def applied(request: httpx.Request) -> httpx.Response:
    """Show the column for Filter, as a server does; it returns no value."""
    template = deepcopy(json.loads(request.content)["template"])
    template["operation"]["value"] = ""
    if "column" in template:
        template["column"]["show"] = json.loads(request.content)["field_value"] == "Filter"
    return httpx.Response(200, json={"template": template, "outputs": []})


def a_server(*answers: Any) -> StandIn:
    return StandIn().on("GET", FLOW, (200, RAW)).on("POST", UPDATE, *(answers or (applied,)))


def columns(flow: Flow) -> list[str]:
    return [field.key for field in flow.fields if field.parameter == "column"]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_choice_shows_the_fields_that_it_needs(kind: str):
    server = a_server()

    def call(client: Any) -> Any:
        return client.refresh(RAW["id"], {"Op-a.operation": "Filter"})

    flow = call_client(kind, call, handler=server)
    assert columns(flow) == ["Op-a.column"]
    assert flow.fields_by_key["Op-a.operation"].default == "Filter"
    assert flow.refreshed.errors == {}
    assert server.lines == [
        f"GET /api/v1/flows/{RAW['id']}",
        "POST /api/v1/custom_component/update",
    ]


def test_a_lookup_may_take_longer_than_the_clients_timeout():
    """Langflow asks an MCP server, or a provider for its models."""
    server = a_server()
    server.client(timeout=5).refresh(RAW["id"], {"Op-a.operation": "Filter"})
    get, update = (one.extensions["timeout"]["read"] for one in server.requests)
    assert (get, update) == (5, 30)


def test_choices_are_applied_in_order_each_on_what_the_others_changed():
    server = a_server()
    with server.client() as client:
        flow = client.flow(RAW["id"])
        flow = client.refresh(flow, {"Op-a.operation": "Filter", "Op-b.operation": "Sort"})
        flow = client.refresh(flow, {"Op-a.operation": "Sort"})
    assert columns(flow) == []
    assert flow.refreshed.choices == {"Op-a.operation": "Sort", "Op-b.operation": "Sort"}
    assert [one.method for one in server.requests] == ["GET", "POST", "POST", "POST"]


def test_a_choice_that_changes_nothing_else_needs_no_request():
    server = a_server()
    with server.client() as client:
        flow = client.flow(RAW["id"])
        flow = client.refresh(flow, {"Op-a.size": "t"})
    assert flow.fields_by_key["Op-a.size"].default == "t"
    assert len(server.requests) == 1


def test_only_code_that_this_server_returned_is_sent_to_it():
    """A flow from elsewhere, or with other code, is fetched first."""
    foreign = deepcopy(RAW)
    foreign["data"]["nodes"][0]["data"]["node"]["template"]["code"]["value"] = "import os"
    server = a_server()
    with server.client() as client:
        flow = client.refresh(Flow.from_json(foreign), {"Op-a.operation": "Filter"})
        assert flow.refreshed
        forged = Flow(flow.id, "", Flow.from_json(foreign).components, raw=foreign)
        object.__setattr__(forged, "refreshed", flow.refreshed)
        client.refresh(forged, {"Op-a.operation": "Sort"})
    codes = [json.loads(one.content)["code"] for one in server.requests if one.method == "POST"]
    assert codes == [CODE["value"]] * 2


@pytest.mark.parametrize("has_changed", [False, True])
def test_the_choices_of_a_flow_of_another_client_are_made_again_if_it_has_changed(
    has_changed: bool,
):
    server = a_server()
    flow = server.client().refresh(RAW["id"], {"Op-a.operation": "Filter"})
    own = {**CODE, "value": "class Newer: ..."}
    newer = graph(*(node(f"Op-{id}", code=own, operation=OPERATION, column=text()) for id in "ab"))
    if has_changed:
        server.on("GET", FLOW, (200, newer))
    flow = server.client().refresh(flow, {"Op-b.operation": "Sort"})
    assert list(flow.refreshed.choices) == ["Op-a.operation", "Op-b.operation"]
    assert columns(flow) == ["Op-a.column"]
    sent = [json.loads(one.content) for one in server.requests if one.method == "POST"]
    assert len(sent) == (3 if has_changed else 2)
    assert sent[-1]["code"] == (own if has_changed else CODE)["value"]


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ((400, {"detail": "Error building graph"}), InvalidRequest, "Error building graph"),
        ((500, {"detail": "x"}), InvalidRequest, "could not apply"),
        ((200, {"template": {}}), BadResponse, "not a component"),
        ((200, b"<html>"), BadResponse, ""),
        (httpx.ReadTimeout("slow"), Unreachable, "in time"),
    ],
)
def test_a_choice_that_fails_leaves_its_component_and_the_other_choices_apply(
    answer: Any, error: type[Exception], words: str
):
    server = a_server(answer, applied)
    flow = server.client().refresh(
        RAW["id"], {"Op-b.operation": "Sort", "Op-a.operation": "Filter"}
    )
    failure = flow.refreshed.errors["Op-b.operation"]
    assert isinstance(failure, error)
    assert words in failure.message
    assert failure.hint
    assert flow.fields_by_key["Op-b.operation"].default == ""
    assert columns(flow) == ["Op-a.column"]
    assert flow.refreshed.choices == {"Op-a.operation": "Filter"}


def test_another_value_than_the_chosen_one_is_an_error_of_its_field():
    other = deepcopy(RAW["data"]["nodes"][0]["data"]["node"])
    other["template"]["operation"]["value"] = "Sort"
    flow = a_server((200, other)).client().refresh(RAW["id"], {"Op-a.operation": "Filter"})
    failure = flow.refreshed.errors["Op-a.operation"]
    assert failure.field == "Op-a.operation"
    assert "“Sort” instead" in failure.message


@pytest.mark.parametrize(
    ("answer", "error"),
    [((403, {"detail": "Invalid API key"}), InvalidKey), (httpx.ConnectError("x"), Unreachable)],
)
def test_a_server_that_takes_no_request_ends_the_refresh(
    answer: Any, error: type[Exception], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("lfclient.api.driver.time.sleep", lambda seconds: None)
    with pytest.raises(error):
        a_server(answer).client().refresh(
            RAW["id"], {"Op-a.operation": "Filter", "Op-b.operation": "Sort"}
        )


@pytest.mark.parametrize("key", ["Op-x.operation", "Op-a.nothing", "operation"])
def test_an_unknown_field_is_an_error_without_a_request(key: str):
    server = a_server()
    with server.client() as client:
        flow = client.refresh(RAW["id"], {key: "Filter"})
        assert "no parameter" in flow.refreshed.errors[key].message
        with pytest.raises(InvalidRequest):
            client.options(flow, key)
    assert len(server.requests) == 1


def test_a_server_that_allows_no_custom_code_gets_its_own():
    """It refuses the code of another release in a flow; the catalogue is requested once."""
    own = {**CODE, "value": "class Own: ..."}
    kind = {"template": {"_type": "Component", "code": own, "operation": OPERATION}}

    def restricted(request: httpx.Request) -> httpx.Response:
        if json.loads(request.content)["code"] == own["value"]:
            return applied(request)
        return httpx.Response(RESTRICTED[0], json=RESTRICTED[1])

    server = a_server(restricted).on("GET", "/api/v1/all", (200, {"ops": {"Op": kind}}))
    flow = server.client().refresh(
        RAW["id"], {"Op-a.operation": "Filter", "Op-b.operation": "Sort"}
    )
    assert flow.refreshed.errors == {}
    assert flow.component("Op-a").template["code"] == own
    assert [one.method for one in server.requests] == ["GET", "POST", "GET", "POST", "POST"]


def test_a_component_that_a_restricted_server_lacks_stays_as_it_is():
    server = a_server(RESTRICTED).on("GET", "/api/v1/all", (200, {"ops": {}}))
    flow = server.client().refresh(RAW["id"], {"Op-a.operation": "Filter"})
    failure = flow.refreshed.errors["Op-a.operation"]
    assert "LANGFLOW_ALLOW_CUSTOM_COMPONENTS" in failure.hint
    assert columns(flow) == []


def test_options_are_those_of_now():
    answer = deepcopy(RAW["data"]["nodes"][0]["data"]["node"])
    answer["template"]["operation"]["options"] = ["New"]
    server = a_server((200, answer))
    assert server.client().options(RAW["id"], "Op-a.operation") == [FieldOption("New", {})]
    sent = json.loads(server.requests[-1].content)
    assert (sent["field_value"], sent["template"]["is_refresh"]) == ("", True)


def test_an_option_that_the_stored_flow_lacks_can_be_chosen():
    flow = a_server().client().refresh(RAW["id"], {"Op-a.operation": "Group"})
    assert (flow.refreshed.errors, flow.refreshed.choices) == ({}, {"Op-a.operation": "Group"})


@pytest.mark.parametrize(
    ("name", "parameter", "message"),
    [
        ("code", CODE, "protected"),
        ("tool_code", entry("MultilineInput", "str", "", real_time_refresh=True), "protected"),
        ("url", {**text("", real_time_refresh=True), "show": False}, "hidden"),
    ],
)
def test_a_locked_parameter_is_no_choice(name: str, parameter: dict[str, Any], message: str):
    raw = graph(node("Op-a", **{"code": CODE, name: parameter}))
    flow = (
        (server := StandIn().on("GET", FLOW, (200, raw)))
        .client()
        .refresh(raw["id"], {f"Op-a.{name}": "import os"})
    )
    assert message in flow.refreshed.errors[f"Op-a.{name}"].message
    assert len(server.requests) == 1


@pytest.fixture
def runs() -> StandIn:
    """A server that runs the flow."""
    job = {"job_id": "00000000-0000-4000-8000-000000000001", "status": "queued"}
    return a_server().on("POST", "/api/v2/workflows", (200, job))


@pytest.mark.parametrize(
    "overrides", [{"Op-a.operation": "Filter", "Op-a.size": "t"}, {"Op-b.operation": "Sort"}, {}]
)
def test_a_run_that_needs_no_refresh_sends_no_other_request(
    runs: StandIn, overrides: dict[str, Any]
):
    runs.client().submit(RAW["id"], overrides)
    assert [path for path in runs.lines if "update" in path] == []


def test_a_run_whose_choice_fails_is_not_sent(runs: StandIn):
    runs.on("POST", UPDATE, (400, {"detail": "No such operation"}))
    overrides = {"Op-a.column": "text", "Op-a.operation": "Filter"}
    with pytest.raises(InvalidRequest, match="No such operation"):
        runs.client().submit(RAW["id"], overrides, check=False)
    assert "POST /api/v2/workflows" not in runs.lines


def test_a_flow_that_is_refreshed_already_is_run_without_another_request(runs: StandIn):
    with runs.client() as client:
        flow = client.refresh(RAW["id"], {"Op-a.operation": "Filter"})
        client.submit(flow, {"Op-a.operation": "Filter", "Op-a.column": "text"})
    assert len([path for path in runs.lines if "update" in path]) == 1


@pytest.mark.parametrize("secret", ["sk-stored-123456", "Bearer sk-stored-123456"])
def test_a_flow_that_has_run_is_refreshed_with_what_it_stores(secret: str):
    """Results are read without its secrets; what is sent back to the server is not."""
    stored = {**entry("SecretStrInput", "str", secret), "password": True}
    raw = graph(node("Op-a", code=CODE, operation=OPERATION, api_key=stored))
    job = {"job_id": "00000000-0000-4000-8000-000000000001", "status": "queued"}
    server = StandIn().on("GET", FLOW, (200, raw)).on("POST", UPDATE, applied)
    server.on("POST", "/api/v2/workflows", (200, job))
    with server.client() as client:
        client.submit(raw["id"])
        flow = client.refresh(raw["id"], {"Op-a.operation": "Filter"})
    for each in (flow.refreshed.stored, flow):
        assert each.component("Op-a").template["api_key"]["value"] == secret


def test_a_flow_that_stores_the_clients_own_key_is_read_without_it():
    """It may be in a header and in a plain field, which a form shows."""
    headers = entry("TableInput", "table", [{"key": "x-api-key", "value": "sk-key-123"}])
    raw = graph(node("Op-a", headers=headers, example=text("curl -H 'x-api-key: sk-key-123'")))
    assert "sk-key-123" not in json.dumps(
        StandIn().on("GET", FLOW, (200, raw)).client().flow(raw["id"]).raw
    )


GROUPED = graph(
    group(
        "Group-g",
        [node("Op-a", code=CODE, operation=OPERATION, column={**text(), "show": False})],
        operation_a=("Op-a", "operation"),
        column_a=("Op-a", "column"),
    )
)


def test_a_choice_inside_a_group_is_that_of_the_component_inside():
    server = StandIn().on("GET", FLOW, (200, GROUPED)).on("POST", UPDATE, applied)
    flow = server.client().refresh(GROUPED["id"], {"Group-g.operation_a": "Filter"})
    sent = json.loads(server.requests[-1].content)
    assert (sent["code"], sent["field"], sent["field_value"]) == (
        CODE["value"],
        "operation",
        "Filter",
    )
    assert flow.refreshed.errors == {}
    assert flow.fields_by_key["Group-g.operation_a"].default == "Filter"
    assert flow.fields_by_key["Group-g.column_a"].target == ("Op-a", "column")


def test_a_choice_inside_a_group_that_fails_is_an_error_of_the_groups_field():
    server = StandIn().on("GET", FLOW, (200, GROUPED)).on("POST", UPDATE, (400, {"detail": "No."}))
    flow = server.client().refresh(GROUPED["id"], {"Group-g.operation_a": "Filter"})
    assert flow.refreshed.errors["Group-g.operation_a"].field == "Group-g.operation_a"


def test_a_run_makes_the_choices_that_its_choices_show():
    more = {**OPERATION, "display_name": "More"}

    def nested(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        template = deepcopy(body["template"])
        added = {"operation": {"more": more}, "more": {"last": text(advanced=True)}}
        return httpx.Response(200, json={"template": template | added[body["field"]]})

    job = {"job_id": "00000000-0000-4000-8000-000000000001", "status": "queued"}
    server = a_server(nested).on("POST", "/api/v2/workflows", (200, job))
    values = {"operation": "Filter", "more": "Sort", "last": "x"}
    server.client().submit(RAW["id"], {f"Op-a.{name}": value for name, value in values.items()})
    assert sum("update" in path for path in server.lines) == 2


def test_the_choice_of_a_model_adds_no_parameter_of_the_servers_own_component():
    model = entry("ModelInput", "model", "", real_time_refresh=True)
    raw = graph(node("Agent-a", code=CODE, model=model))
    newer = {"template": {"code": CODE, "model": model, "newer": text("n")}}
    server = StandIn().on("GET", FLOW, (200, raw)).on("POST", UPDATE, (200, newer))
    chosen = {"Agent-a.model": [{"name": "m", "provider": "P"}]}
    flow = server.client().refresh(raw["id"], chosen)
    assert flow.refreshed.errors == {}
    assert [field.parameter for field in flow.fields] == ["model"]

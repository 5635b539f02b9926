"""The options of the clients' constructors."""

from __future__ import annotations

import ssl
from typing import Any

import httpx
import pytest
import trustme

from lfclient import InvalidRequest, LangflowError, NotLangflow, Unreachable
from tests.support.clients import call_client, mock_client
from tests.support.http_stand_in import StandIn
from tests.support.recorded import FLOW, WORKFLOWS

FLOWS = "/api/v1/flows/"
VERSION = "/api/v1/version"


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    """Both clients behave the same."""
    return request.param


def list_flows(client: Any) -> Any:
    return client.flows()


def test_extra_headers_are_sent_with_every_request(kind: str):
    server = StandIn().on("GET", FLOWS, (200, []))
    headers = {"X-Tenant": "blue", "User-Agent": "mine/1.0"}
    call_client(kind, list_flows, handler=server, headers=headers)
    for request in server.requests:
        assert request.headers["x-tenant"] == "blue"
        assert request.headers["user-agent"] == "mine/1.0"
        assert request.headers["x-api-key"] == "sk-key-123"


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("Authorization", "Bearer gateway-secret", "gateway-secret"),
        ("Cookie", "session=gateway-secret", "session=gateway-secret"),
        ("X-Auth-Token", "gateway-secret", "gateway-secret"),
        ("CF-Access-Client-Secret", "gateway-secret", "gateway-secret"),
    ],
)
@pytest.mark.parametrize("place", ["headers", "http_client"])
def test_credentials_in_headers_are_redacted(
    kind: str, name: str, value: str, secret: str, place: str
):
    server = StandIn().on("POST", WORKFLOWS, (422, {"detail": f"refused: {value} for blue-team"}))
    headers, http_client = {name: value, "X-Tenant": "blue-team"}, mock_client(kind, server)
    options: dict[str, Any] = {"http_client": http_client}
    if place == "headers":
        options["headers"] = headers
    else:
        http_client.headers.update(headers)
    with pytest.raises(LangflowError) as caught:
        call_client(kind, lambda client: client.run(FLOW), **options)
    assert server.requests[-1].headers[name] == value
    shown = str(caught.value) + caught.value.response.text
    assert secret not in shown
    assert "blue-team" in shown


def test_a_header_with_a_line_break_is_refused_without_repeating_it(kind: str):
    with pytest.raises(InvalidRequest, match="X-Auth-Token") as caught:
        call_client(kind, list_flows, headers={"X-Auth-Token": "gateway-secret\n"})
    assert "gateway-secret" not in str(caught.value)


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("max_retries", [0, 1, 4])
def test_connection_errors_are_retried_up_to_max_retries(kind: str, max_retries: int):
    server = StandIn().on("GET", VERSION, httpx.ConnectError("refused"))
    with pytest.raises(Unreachable):
        call_client(
            kind, lambda client: client.server.info(), handler=server, max_retries=max_retries
        )
    assert len(server.requests) == 1 + max_retries


def test_the_callers_http_client_stays_open(kind: str):
    http_client = mock_client(kind, StandIn().on("GET", FLOWS, (200, [])))
    call_client(kind, list_flows, http_client=http_client)
    assert not http_client.is_closed


def test_no_redirect_is_followed_even_if_the_http_client_follows_redirects(kind: str):
    """The other server would receive the API key."""
    moved = httpx.Response(307, headers={"location": "https://evil.test/"})
    server = StandIn().on("GET", FLOWS, lambda request: moved)
    http_client = mock_client(kind, server)
    http_client.follow_redirects = True
    with pytest.raises(NotLangflow, match="redirects"):
        call_client(kind, list_flows, http_client=http_client)
    assert {request.url.host for request in server.requests} == {"langflow.test"}


def test_the_http_clients_own_headers_and_authentication_are_used(kind: str):
    server = StandIn().on("GET", FLOWS, (200, []))
    http_client = mock_client(kind, server)
    http_client.headers["x-proxy"] = "1"
    http_client.auth = ("user", "password")
    call_client(kind, list_flows, http_client=http_client)
    headers = server.requests[-1].headers
    assert headers["x-proxy"] == "1"
    assert headers["authorization"].startswith("Basic ")


def test_verify_takes_a_ssl_context(kind: str):
    ca = trustme.CA()
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(server_context)
    context = ssl.create_default_context()
    ca.configure_trust(context)

    with StandIn({"GET /health": (200, {"status": "ok"})}, tls=server_context) as server:
        assert [
            call_client(kind, lambda client: client.server.is_healthy(), server.url, verify=verify)
            for verify in (context, True)
        ] == [True, False]

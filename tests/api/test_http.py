"""The client over real sockets: what a mock transport can't show."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from lfclient import LangflowClient, ServerInfo, Unreachable
from lfclient.api.http import translate_httpx_errors
from lfclient.common.redaction import Redactor
from tests.support.clients import call_client
from tests.support.http_stand_in import BodyStream, StandIn
from tests.support.recorded import FLOW, WORKFLOWS, recorded

MODES = ServerInfo("1.13.0", "modes")
RUN = f"POST /base{WORKFLOWS}"
ANSWERS = {"GET /base/api/v1/flows/": (200, []), RUN: recorded("1.13.0", "sync_ok")}


@pytest.fixture
def server() -> Iterator[StandIn]:
    """A server below the path /base that closes idle connections, as Langflow does."""
    with StandIn(ANSWERS, keeps_alive=True) as server:
        yield server


def peers(server: StandIn) -> list[tuple[str, int]]:
    """Return the client's address of each request."""
    return [request.extensions["client"] for request in server.requests]


def test_a_run_never_uses_a_pooled_connection(server: StandIn):
    """The server may be closing it."""
    with LangflowClient(f"{server.url}/base/", server=MODES) as client:
        client.flows()
        client.flows()
        client.run(FLOW)
        client.run(FLOW)
    ports = [port for _, port in peers(server)]
    assert ports[0] == ports[1]
    assert len(set(ports[1:])) == 3


def test_an_idle_connection_is_not_reused(server: StandIn):
    """The server closes it after 2 s."""
    with LangflowClient(f"{server.url}/base/", server=MODES) as client:
        client.flows()
        time.sleep(1.7)
        client.flows()
    first, second = peers(server)
    assert first != second


def test_a_response_that_is_cut_off_may_have_been_sent(server: StandIn):
    body = json.dumps(recorded("1.13.0", "sync_ok")[1]).encode()
    headers = {"content-type": "application/json", "content-length": str(len(body))}
    server.answers[RUN] = lambda _: httpx.Response(
        200, headers=headers, stream=BodyStream(body, len(body) - 10)
    )
    with LangflowClient(f"{server.url}/base/", server=MODES) as client:
        with pytest.raises(Unreachable, match="before its response was complete") as caught:
            client.run(FLOW)
        assert caught.value.sent


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_refused_connection_is_not_sent_and_says_so_without_an_error_code(kind: str):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # without `listen`: the port stays closed
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        with pytest.raises(Unreachable) as caught:
            call_client(kind, lambda client: client.run(FLOW), url, server=MODES)
    assert caught.value.message == f"Nothing responds at {url}."
    assert not caught.value.sent


def test_a_server_without_https_is_explained(server: StandIn):
    url = server.url.replace("http:", "https:")
    with LangflowClient(url, server=MODES) as client, pytest.raises(Unreachable) as caught:
        client.run(FLOW)
    assert caught.value.message == f"{url} does not use HTTPS."


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_an_unknown_host_is_explained(kind: str, monkeypatch: pytest.MonkeyPatch):
    def resolve(*args: object, **options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(Unreachable) as caught:
        call_client(kind, lambda client: client.run(FLOW), "http://nohost.invalid", server=MODES)
    assert caught.value.message == "There is no host named nohost.invalid."


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            httpx.RemoteProtocolError("Server disconnected without sending a response."),
            "Lost the connection to http://a: Server disconnected without sending a response.",
        ),
        (httpx.ReadError(""), "Lost the connection to http://a."),
        (httpx.LocalProtocolError("Illegal header"), "Couldn't reach http://a: Illegal header."),
        (
            httpx.ConnectError("[Errno 113] No route to host"),
            "Couldn't reach http://a: No route to host.",
        ),
    ],
)
def test_a_broken_connection_is_explained_in_a_sentence(error: httpx.TransportError, message: str):
    with pytest.raises(Unreachable) as caught, translate_httpx_errors("http://a", Redactor()):
        raise error
    assert caught.value.message == message


def test_loopback_bypasses_the_proxy_of_the_environment(
    server: StandIn, monkeypatch: pytest.MonkeyPatch
):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with LangflowClient(f"{server.url}/base/", server=MODES) as client:
        assert client.flows() == []

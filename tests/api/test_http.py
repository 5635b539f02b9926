"""The client over real sockets: what a mock transport can't show."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
import trustme

from lfclient import LangflowClient, RunStatus, ServerInfo, Unreachable
from lfclient.api.http import translate_httpx_errors
from lfclient.common.redaction import Redactor
from tests.support.recorded import recorded
from tests.support.scripted import FLOW, call_client

MODES = ServerInfo("1.13.0", "modes")
ANSWER = json.dumps(recorded("1.13.0", "sync_ok")[1]).encode()


class Handler(BaseHTTPRequestHandler):
    """Responds under the base path /base; closes idle connections as Langflow does."""

    protocol_version = "HTTP/1.1"
    timeout = 2

    def do_GET(self) -> None:
        self.server.peers.append(self.client_address)
        self.reply(b"[]" if self.path.startswith("/base/api/v1/flows/") else b"{}")

    def do_POST(self) -> None:
        self.server.peers.append(self.client_address)
        self.rfile.read(int(self.headers["content-length"]))
        self.reply(ANSWER, cut=self.server.cut)

    def reply(self, body: bytes, cut: int = 0) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) - cut])
        self.close_connection = self.close_connection or bool(cut)

    def log_message(self, *args: object) -> None:
        """Keep the tests' output clean."""


class Server(ThreadingHTTPServer):
    """Records the client's address of each request; `cut` removes bytes from a run's response."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.peers: list[tuple[str, int]] = []
        self.cut = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/base/"


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on loopback."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_run_never_uses_a_pooled_connection(server: Server):
    """The server may be closing it."""
    with LangflowClient(server.url, server=MODES) as client:
        client.flows()
        client.flows()
        client.run(FLOW)
        client.run(FLOW)
    ports = [port for _, port in server.peers]
    assert ports[0] == ports[1]
    assert len(set(ports[1:])) == 3


def test_an_idle_connection_is_not_reused(server: Server):
    """The server closes it after 2 s."""
    with LangflowClient(server.url, server=MODES) as client:
        client.flows()
        time.sleep(1.7)
        client.flows()
    assert server.peers[0] != server.peers[1]


def test_a_response_that_is_cut_off_may_have_been_sent(server: Server):
    server.cut = 10
    with LangflowClient(server.url, server=MODES) as client:
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


def test_a_server_without_https_is_explained(server: Server):
    url = server.url.replace("http:", "https:")
    with LangflowClient(url, server=MODES) as client, pytest.raises(Unreachable) as caught:
        client.run(FLOW)
    assert caught.value.message == f"{url.removesuffix('/base/')} does not use HTTPS."


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
    server: Server, monkeypatch: pytest.MonkeyPatch
):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with LangflowClient(server.url, server=MODES) as client:
        assert client.flows() == []


def test_a_private_certificate_is_trusted_only_by_its_path(server: Server, tmp_path: Path):
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    url = server.url.replace("http:", "https:")
    with LangflowClient(url, server=MODES, verify=str(tmp_path / "ca.pem")) as client:
        assert client.run(FLOW).status is RunStatus.COMPLETED
    stranger = LangflowClient(url, server=MODES)
    with stranger, pytest.raises(Unreachable, match="certificate"):
        stranger.flows()

"""The clients connect only to checked addresses, and never to a forbidden one."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any

import httpx
import pytest
import trustme

from lfclient import AsyncLangflowClient, BadResponse, LangflowClient, Unreachable
from lfclient.api import transports
from lfclient.api.transports import proxy_of
from lfclient.errors import AddressRefused, LangflowError
from tests.support.clients import call_client
from tests.support.http_stand_in import StandIn
from tests.support.waiting import serve, wait_for

METADATA = "169.254.169.254"


@pytest.fixture
def server() -> Iterator[StandIn]:
    """A server on 127.0.0.1, which is also a proxy."""
    with StandIn(keeps_alive=True) as server:
        yield server


def port_of(server: StandIn) -> int:
    return httpx.URL(server.url).port


def hosts(server: StandIn) -> list[str]:
    """Return the Host header of each request."""
    return [request.headers["host"] for request in server.requests]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """A name server with successive responses for each name; the last one repeats."""
    known: dict[str, list[list[str]]] = {}
    real = socket.getaddrinfo

    def answer(host: Any, port: Any, *args: Any, **options: Any) -> list[Any]:
        name = host.decode() if isinstance(host, bytes) else host
        answers = known.get(name)
        if answers is None:
            return real(host, port, *args, **options)
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [entry for one in addresses for entry in real(one, port, *args, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return known


def ask(url: str, kind: str, **options: Any) -> Any:
    """Return the server's release."""
    return call_client(kind, lambda client: client.server.info(), url, timeout=2, **options)


both = pytest.mark.parametrize("kind", ["sync", "async"])


@both
@pytest.mark.parametrize("answer", [[METADATA], ["127.0.0.1", METADATA]])
def test_a_name_with_a_metadata_address_is_refused(kind, answer, names, server):
    names["rebind.test"] = [answer]
    with pytest.raises(AddressRefused, match="metadata"):
        ask(f"http://rebind.test:{port_of(server)}", kind)
    assert server.requests == []


@both
def test_a_literal_metadata_address_is_refused(kind):
    with pytest.raises(AddressRefused, match="metadata"):
        ask(f"http://{METADATA}", kind)


@both
def test_a_name_is_resolved_once_and_sent_as_host(kind, names, server):
    names["rebind.test"] = [["127.0.0.1"], [METADATA]]
    url = f"http://rebind.test:{port_of(server)}"
    assert ask(url, kind).version == "1.13.0"
    assert set(hosts(server)) == {f"rebind.test:{port_of(server)}"}
    with pytest.raises(AddressRefused):
        ask(url, kind)


@both
def test_the_certificate_must_match_the_name(kind, names, tmp_path):
    names["right.test"] = names["wrong.test"] = [["127.0.0.1"]]
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("right.test").configure_cert(context)
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    verify = str(tmp_path / "ca.pem")
    with StandIn(tls=context) as server:
        port = port_of(server)
        assert ask(f"https://right.test:{port}", kind, verify=verify).version == "1.13.0"
        with pytest.raises(Unreachable, match="certificate"):
            ask(f"https://wrong.test:{port}", kind, verify=verify)


@both
def test_the_next_address_is_tried_if_the_first_refuses(kind, names, server):
    names["two.test"] = [["::1", "127.0.0.1"]]
    assert ask(f"http://two.test:{port_of(server)}", kind).version == "1.13.0"


@both
def test_a_proxy_is_used_except_for_a_metadata_address(kind, names, server, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    names["far.test"] = [["127.0.0.1"]]
    names["rebind.test"] = [[METADATA]]
    assert ask("http://far.test", kind).version == "1.13.0"
    assert set(hosts(server)) == {"far.test"}
    with pytest.raises(AddressRefused):
        ask("http://rebind.test", kind)


def test_the_proxy_depends_on_the_scheme_and_exempt_hosts(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "proxy.test:3128")
    monkeypatch.setenv("https_proxy", "http://secure.test:3128")
    monkeypatch.setenv("no_proxy", "inside.test")
    assert proxy_of("http://a.test") == "http://proxy.test:3128"
    assert proxy_of("https://a.test/x") == "http://secure.test:3128"
    for exempt in ("http://127.0.0.1:7860", "http://localhost/x", "http://a.inside.test:80"):
        assert proxy_of(exempt) is None


def test_a_call_that_is_cancelled_as_its_host_is_resolved_is_not_sent(server, monkeypatch):
    """A stop of a synchronous run was ignored then."""

    async def call() -> None:
        async with AsyncLangflowClient(server.url) as client:
            asking = asyncio.ensure_future(client.flows())

            async def cancel_and_resolve(resolve: Any, *arguments: Any) -> Any:
                asking.cancel()
                return resolve(*arguments)

            monkeypatch.setattr(asyncio, "to_thread", cancel_and_resolve)
            await asking

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(call())
    assert server.requests == []


@both
def test_an_idle_connection_is_probed(server: StandIn, kind: str):
    url = server.url

    def options(response: Any) -> list[int]:
        sock = response.extensions["network_stream"].get_extra_info("socket")
        tcp = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        on = bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))
        return [on, *(sock.getsockopt(socket.IPPROTO_TCP, one) for one in tcp)]

    async def walk() -> list[int]:
        async with (
            AsyncLangflowClient(url) as client,
            client._driver._unpooled.stream("GET", url) as response,
        ):
            return options(response)

    if kind == "async":
        found = asyncio.run(walk())
    else:
        with LangflowClient(url) as client, client._driver._unpooled.stream("GET", url) as response:
            found = options(response)
    assert found == [True, 30, 10, 3]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("none.pem", "No such file or directory"),
        ("folder.pem", "Is a directory"),
        ("empty.pem", "it has no valid certificate"),
    ],
)
def test_certificates_that_cannot_be_read_are_named_with_the_reason_in_words(
    tmp_path, name, problem
):
    (tmp_path / "folder.pem").mkdir()
    (tmp_path / "empty.pem").write_text("")
    path = str(tmp_path / name)
    with pytest.raises(LangflowError) as caught:
        LangflowClient("https://langflow.test", verify=path)
    assert caught.value.message == f"Couldn't read the certificates in {path}: {problem}."


EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
Send = Callable[[bytes, float], str]


class EndlessHandler(BaseRequestHandler):
    """Sends the same bytes again and again, until the client has gone."""

    def handle(self) -> None:
        self.request.recv(65_536)
        try:
            while True:
                self.request.sendall(self.server.data)  # type: ignore[attr-defined]
                time.sleep(self.server.pause)  # type: ignore[attr-defined]
        except OSError:
            self.server.gone += 1  # type: ignore[attr-defined]


@pytest.fixture
def send() -> Iterator[Send]:
    """Start a server that sends some bytes for ever, with a pause between; return its address."""
    servers = []

    def start(data: bytes, pause: float) -> str:
        server = ThreadingTCPServer(("127.0.0.1", 0), EndlessHandler)
        server.daemon_threads = True
        server.data, server.pause, server.gone = data, pause, 0  # type: ignore[attr-defined]
        servers.append(server)
        serve(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        wait_for(lambda server=server: server.gone)  # type: ignore[attr-defined]
        server.shutdown()
        server.server_close()


@both
def test_interim_responses_without_end_are_given_up(send: Send, kind: str):
    url = send(EARLY_HINTS * 100, 0.0)
    with pytest.raises(BadResponse, match="headers without end"):
        call_client(kind, lambda client: client.flows(), url)


@both
def test_interim_responses_that_drip_are_given_up(
    send: Send, kind: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(transports, "MAX_HEADER_SECONDS", 0.3)
    url = send(EARLY_HINTS, 0.05)
    with pytest.raises(BadResponse, match="headers without end"):
        call_client(kind, lambda client: client.flows(), url)

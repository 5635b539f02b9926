"""A response whose headers never end is given up, by both clients."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from socketserver import BaseRequestHandler, ThreadingTCPServer

import pytest

from lfclient import BadResponse
from lfclient.api import transports
from tests.support.scripted import call_client
from tests.support.waiting import serve, wait_for

EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
Send = Callable[[bytes, float], str]


class Handler(BaseRequestHandler):
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
        server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
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


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_interim_responses_without_end_are_given_up(send: Send, kind: str):
    url = send(EARLY_HINTS * 100, 0.0)
    with pytest.raises(BadResponse, match="headers without end"):
        call_client(kind, lambda client: client.flows(), url)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_interim_responses_that_drip_are_given_up(
    send: Send, kind: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(transports, "MAX_HEADER_SECONDS", 0.3)
    url = send(EARLY_HINTS, 0.05)
    with pytest.raises(BadResponse, match="headers without end"):
        call_client(kind, lambda client: client.flows(), url)

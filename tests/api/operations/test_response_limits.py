"""Responses of a server, or of whoever answers at its address, are bounded in memory."""

from __future__ import annotations

import functools
import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from lfclient import FileRef, ResponseTooLarge
from lfclient.api.requests import STATUS
from lfclient.wire import sse as wire_sse
from tests.support.clients import call_client
from tests.support.http_stand_in import Answer, BodyStream, StandIn
from tests.support.recorded import DONE, FLOW, JOB, WORKFLOWS

pytestmark = pytest.mark.usefixtures("no_pauses")
FLOWS = "/api/v1/flows/"
EVENTS = f"{WORKFLOWS}/{JOB}/events"
MB = 1_000_000


@functools.cache
def bomb() -> bytes:
    """Return 200 kB of gzip that expand to 200 MB, without the trailer."""
    packer = zlib.compressobj(9, wbits=31)
    head = packer.compress(b"[") + packer.flush(zlib.Z_FULL_FLUSH)
    megabyte = packer.compress(b" " * MB) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + megabyte * 200


def reply(body: bytes, kind: str = "application/json", **headers: str) -> Answer:
    """Return a response whose body has not been read."""
    headers["content-type"] = kind
    return lambda _: httpx.Response(200, headers=headers, stream=BodyStream(body))


def ask(server: StandIn, call: Callable[[Any], Any], kind: str = "sync") -> Any:
    return call_client(kind, call, handler=server)


def follow(client: Any) -> Any:
    return list(client.events(JOB))


@pytest.mark.parametrize(
    ("kind", "path", "call", "limit", "max_peak"),
    [
        ("sync", "GET /api/v1/version", lambda client: client.server.info(), "1.0 MB", 5 * MB),
        ("sync", f"GET {FLOWS}", lambda client: client.flows(), "50 MB", 120 * MB),
        ("async", f"GET {FLOWS}", lambda client: client.flows(), "50 MB", 120 * MB),
        ("sync", f"POST {WORKFLOWS}", lambda client: client.run(FLOW), "100 MB", 230 * MB),
    ],
)
def test_a_decompression_bomb_is_refused_with_its_limit(
    kind: str, path: str, call: Callable[[Any], Any], limit: str, max_peak: int
):
    server = StandIn().on(*path.split(), reply(bomb(), **{"content-encoding": "gzip"}))
    tracemalloc.start()
    with pytest.raises(ResponseTooLarge, match=f"The response is larger than {limit}") as caught:
        ask(server, call, kind)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < max_peak
    assert "let the flow return less" in caught.value.hint


def test_small_responses_and_streams_are_requested_uncompressed():
    server = StandIn().on("GET", FLOWS, (200, [])).on("GET", STATUS, DONE)
    server.on("GET", "/health", (200, {"status": "ok"}))
    server.on("GET", EVENTS, reply(b"", "text/event-stream"))
    file = FileRef("a", JOB)
    server.on("GET", f"/api/v2/files/{JOB}", (200, b"abc"))
    ask(server, lambda client: client.server.is_healthy())
    ask(server, lambda client: client.flows())
    ask(server, lambda client: client.files.download(file))
    ask(server, follow)
    encodings = {
        request.url.path.removeprefix("/base"): request.headers["accept-encoding"]
        for request in server.requests
    }
    assert encodings["/health"] == encodings["/api/v1/version"] == "identity"
    assert encodings[f"/api/v2/files/{JOB}"] == encodings[EVENTS] == "identity"
    assert encodings["/api/v1/flows/"] == "gzip"


def test_compression_that_was_not_requested_is_read():
    """Some releases compress lists, and some proxies everything."""
    body = gzip.compress(b'{"status": "ok"}')
    server = StandIn().on("GET", "/health", reply(body, **{"content-encoding": "gzip"}))
    assert ask(server, lambda client: client.server.is_healthy())


@pytest.mark.parametrize("encoding", ["", "gzip"])
@pytest.mark.parametrize(
    "body", [b"data: " + b"x" * 300_000, b"data:\n" * 50_000, b": comment" * 40_000]
)
def test_an_event_without_end_is_refused(
    monkeypatch: pytest.MonkeyPatch, body: bytes, encoding: str
):
    monkeypatch.setattr(wire_sse, "_MAX_FRAME_BYTES", 200_000)
    if encoding:
        body = gzip.compress(body)
    headers = {"content-encoding": encoding}
    server = StandIn().on("GET", EVENTS, reply(body, "text/event-stream", **headers))
    with pytest.raises(ResponseTooLarge, match=r"An event is larger than 200 kB"):
        ask(server, follow)


def test_a_stream_of_events_without_end_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(wire_sse, "_MAX_STREAM_BYTES", 2_000_000)
    body = b'data: {"event": "token", "data": {"chunk": "a", "id": "1"}}\n\n' * 50_000
    server = StandIn().on("GET", EVENTS, reply(body, "text/event-stream"))
    with pytest.raises(ResponseTooLarge, match=r"The stream of events is larger than 2\.0 MB"):
        ask(server, follow)

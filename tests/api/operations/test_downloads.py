"""Downloads into memory or into a file, with a size limit."""

from __future__ import annotations

import gzip
import io
import tempfile
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from typing import IO, Any

import httpx
import pytest

from lfclient import FileRef, LangflowError
from tests.support.clients import call_client
from tests.support.http_stand_in import Answer, BodyStream, StandIn

pytestmark = pytest.mark.usefixtures("no_pauses")
FILE = "00000000-0000-4000-8000-00000000000f"
BIG = FileRef("big.bin", FILE)
PIECE = 65_536


class Endless(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A file of unknown size, in chunks of 64 kB that are counted as they are read."""

    def __init__(self, pieces: int) -> None:
        self.left, self.read, self.closed = pieces, 0, False

    def __iter__(self) -> Iterator[bytes]:
        while self.left:
            self.left, self.read = self.left - 1, self.read + 1
            yield bytes(PIECE)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


def server(*replies: Answer) -> StandIn:
    return StandIn().on("GET", f"/api/v2/files/{FILE}", *replies)


def streamed(body: Any, **headers: str) -> Answer:
    """Return a response whose body has not been read."""
    return lambda _: httpx.Response(200, headers=headers, stream=body)


def ask(at: StandIn, call: Callable[[Any], Any], kind: str = "sync") -> Any:
    return call_client(kind, call, handler=at)


def save(at: StandIn, target: IO[bytes]) -> int:
    return ask(at, lambda client: client.files.save(BIG, target))


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(("pieces", "read"), [(1_000, 4), (3, 3)])
@pytest.mark.parametrize("way", ["download", "save"])
def test_a_file_is_read_only_up_to_the_size_limit(kind: str, way: str, pieces: int, read: int):
    body, max_bytes, target = Endless(pieces), 3 * PIECE, io.BytesIO()

    def fetch(client: Any) -> Any:
        return (
            client.files.download(BIG, max_bytes)
            if way == "download"
            else client.files.save(BIG, target, max_bytes)
        )

    if pieces > 3:
        with pytest.raises(LangflowError, match=r"“big.bin” is too large: more than 197 kB\."):
            ask(server(streamed(body)), fetch, kind)
    else:
        found = ask(server(streamed(body)), fetch, kind)
        assert len(found if way == "download" else target.getvalue()) == max_bytes
    assert (body.read, body.closed) == (read, True)


def test_a_file_is_saved_in_chunks():
    with tempfile.TemporaryFile() as target:
        tracemalloc.start()
        size = save(server(streamed(Endless(300))), target)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert size == target.seek(0, io.SEEK_END) == 300 * PIECE
    assert peak < 5_000_000


def test_a_retry_overwrites_what_a_broken_download_left():
    target = io.BytesIO()
    at = server(streamed(BodyStream(b"a long beginning", cut=10)), (200, b"whole"))
    assert save(at, target) == 5
    assert target.getvalue() == b"whole"


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ((404, {"detail": "File not found"}), "no longer on the server"),
        ((500, {"detail": "broken"}), "broken"),
    ],
)
def test_an_error_response_is_not_written_to_the_file(reply: Answer, error: str):
    target = io.BytesIO()
    with pytest.raises(LangflowError, match=error):
        save(server(reply), target)
    assert target.getvalue() == b""


def test_a_compressed_file_is_decompressed_in_pieces():
    """Compression was not requested, and 1 kB of gzip may expand to 1 MB."""
    body = gzip.compress(bytes(20_000_000), 9)
    at = server(streamed(BodyStream(body), **{"content-encoding": "gzip"}))
    tracemalloc.start()
    with pytest.raises(LangflowError, match="too large"):
        ask(at, lambda client: client.files.download(BIG, 1_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000
    assert at.requests[-1].headers["accept-encoding"] == "identity"

"""Size limits of response bodies and of their JSON."""

import functools
import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from lfclient.errors import BadResponse, ResponseTooLarge, Unreachable
from lfclient.wire import bodies
from lfclient.wire.bodies import LIST, RUN, BodyLimit, BodyReader, parse_json
from lfclient.wire.schemas import BuildList, FileItem, FlowItem, parse


@functools.cache
def bomb() -> bytes:
    """Return 100 kB of gzip that expand to 100 MB, without the trailer."""
    packer = zlib.compressobj(9, wbits=31)
    head = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    megabyte = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + megabyte * 100


def read(body: bytes, encoding: str = "", max_bytes: int = 0, size: int = 65_536) -> bytes:
    reader = BodyReader(encoding, BodyLimit(max_bytes, 0) if max_bytes else None)
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(piece for chunk in chunks for piece in reader.feed(chunk))


def peak_bytes(call: Callable[[], Any]) -> int:
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", " GZIP "])
def test_gzip_is_decompressed_from_chunks_of_any_size(encoding: str, size: int):
    text = b"".join(b"%d," % number for number in range(20_000))
    assert read(gzip.compress(text), encoding, size=size) == text


def test_data_after_the_compressed_data_is_ignored():
    assert read(gzip.compress(b"abc") + bytes(200_000), "gzip") == b"abc"


def test_a_body_of_exactly_the_limit_is_read():
    assert read(b"abc", max_bytes=3) == b"abc"
    assert read(gzip.compress(b"abc"), "gzip", max_bytes=3) == b"abc"


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_a_larger_body_is_refused_with_the_limit(encoding: str):
    body = gzip.compress(b"abcd") if encoding else b"abcd"
    with pytest.raises(ResponseTooLarge, match="The response is larger than 3 B"):
        read(body, encoding, max_bytes=3)


def test_a_decompression_bomb_is_never_held_in_memory():
    bomb()  # not within the measured part

    def explode() -> None:
        with pytest.raises(ResponseTooLarge):
            read(bomb(), "gzip", max_bytes=5_000_000)

    assert peak_bytes(explode) < 10_000_000


def test_a_bomb_without_a_limit_is_read_in_pieces():
    reader = BodyReader("gzip")
    assert max(len(piece) for piece in reader.feed(bomb()[:65_536])) <= 1_000_000


@pytest.mark.parametrize(
    ("limit", "seconds", "is_refused"), [(RUN, 29, False), (RUN, 31, True), (None, 31, False)]
)
def test_a_slow_body_is_given_up_after_half_a_minute(
    limit: BodyLimit | None, seconds: int, is_refused: bool, monkeypatch: pytest.MonkeyPatch
):
    """A stream without a limit may be slow."""
    now = iter([100.0, 100.0 + seconds]).__next__
    monkeypatch.setattr(bodies, "time", SimpleNamespace(monotonic=now))
    reader = BodyReader("", limit)
    assert list(reader.feed(b"a")) == [b"a"]  # however long after the headers
    with pytest.raises(Unreachable, match="too slowly") if is_refused else nullcontext():
        assert list(reader.feed(bytes(10_000))) == [bytes(10_000)]


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip"])
def test_an_encoding_that_was_not_requested_is_refused(encoding: str):
    with pytest.raises(BadResponse, match="compressed as"):
        BodyReader(encoding)


@pytest.mark.parametrize("body", [b"no gzip", zlib.compress(b"abc")])
def test_damaged_gzip_is_a_bad_response(body: bytes):
    with pytest.raises(BadResponse, match="decompressed"):
        read(body, "gzip")


@pytest.mark.parametrize("item", [b"[]", b"{}", b'{"":0}'])
def test_json_of_too_many_lists_and_objects_is_refused_before_it_is_parsed(item: bytes):
    """Lists and objects take up to 27 times as much memory as their text."""
    body = b"[" + b",".join([item] * (LIST.max_containers + 1)) + b"]"

    def refused() -> None:
        with pytest.raises(ResponseTooLarge, match="more than 1,000,000 lists and objects"):
            parse_json(body, LIST)

    assert peak_bytes(refused) < 2 * len(body)


@pytest.mark.parametrize("schema", [list[FlowItem], list[FileItem], list[str]])
def test_only_the_first_wrong_item_of_a_list_is_reported(schema: Any):
    """Pydantic takes 600 bytes for each error."""
    value = [0] * 1_000_000

    def validate() -> None:
        with pytest.raises(BadResponse, match="doesn't match Langflow's API at `0`"):
            parse(schema, value, "list")

    assert peak_bytes(validate) < 1_000_000


def test_the_builds_of_too_many_components_are_refused():
    builds = {"vertex_builds": {f"{number}": 0 for number in range(100_001)}}
    with pytest.raises(BadResponse, match="more than 100,000 components"):
        parse(BuildList, builds, "list of builds")

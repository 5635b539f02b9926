"""Response bodies with a size limit, because a server may send anything.

64 kB of gzip expand to 64 MB, and 1 MB of JSON to objects of 27 MB.
"""

import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic_core import from_json

from lfclient.common.formatting import format_size
from lfclient.common.json_types import Json
from lfclient.errors import BadResponse, ResponseTooLarge, Unreachable

# A timeout limits only each wait for bytes. So a body that is slower than any usable connection is
# given up. Otherwise one byte at a time could hold a request for days.
GRACE_SECONDS = 30.0
MIN_BYTES_PER_SECOND = 1_000

_PIECE_BYTES = 1_000_000


@dataclass(frozen=True)
class BodyLimit:
    """The maximum bytes of a decompressed response, and the maximum of lists and objects in it.

    An object may be written in 7 bytes and takes at least 184 bytes of memory. Brackets in texts
    count as lists and objects.
    """

    max_bytes: int
    max_containers: int


# Real sizes: a version, configuration, login or upload up to 10 kB; 2,000 flows 1 MB; the catalogue
# or a large flow 2 MB; a run with a million rows 50 MB.
SMALL = BodyLimit(1_000_000, 50_000)
LIST = BodyLimit(50_000_000, 1_000_000)
RUN = BodyLimit(100_000_000, 6_000_000)


class BodyReader:
    """Decompresses a body in pieces and counts its bytes.

    `encoding` is the body's Content-Encoding. Gzip is read even if it was not requested, because
    some Langflow versions always compress lists. Raise `BadResponse` for other encodings. A body
    without a limit, such as an event stream, may be slow.
    """

    def __init__(self, encoding: str, limit: BodyLimit | None = None) -> None:
        encoding = encoding.strip().lower()
        self._max_bytes = limit.max_bytes if limit else None
        self._size = self._received = 0
        # time of the first bytes: some proxies send the headers earlier
        self._began: float | None = None
        self._decompressor = None
        if encoding in ("gzip", "x-gzip"):
            self._decompressor = zlib.decompressobj(zlib.MAX_WBITS | 16)
        elif encoding not in ("", "identity"):
            raise BadResponse(
                f"The response is compressed as “{encoding[:20]}”, which was not requested.",
                hint="Check the proxy in front of Langflow.",
            )

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the decompressed pieces of a chunk, each at most a megabyte or the chunk itself.

        Raise `ResponseTooLarge` beyond the limit, `Unreachable` if the body arrives too slowly,
        and `BadResponse` for damaged data.
        """
        self._check_rate(len(chunk))
        if self._decompressor is None:
            yield self._count(chunk)
            return
        while chunk and not self._decompressor.eof:
            try:
                piece = self._decompressor.decompress(chunk, _PIECE_BYTES)
            except zlib.error as error:
                raise BadResponse("The response could not be decompressed.") from error
            chunk = self._decompressor.unconsumed_tail
            if piece:
                yield self._count(piece)

    def _check_rate(self, received: int) -> None:
        self._received += received
        now = time.monotonic()
        self._began = now if self._began is None else self._began
        seconds = now - self._began
        is_slow = seconds > GRACE_SECONDS and self._received < seconds * MIN_BYTES_PER_SECOND
        if self._max_bytes is not None and is_slow:
            raise Unreachable(
                f"The response is arriving too slowly: {format_size(self._received)} in "
                f"{seconds:.0f} seconds.",
                hint="Check the network, or the proxy in front of Langflow.",
                timed_out=True,
            )

    def _count(self, piece: bytes) -> bytes:
        self._size += len(piece)
        if self._max_bytes is not None and self._size > self._max_bytes:
            raise ResponseTooLarge(
                f"The response is larger than {format_size(self._max_bytes)}, the most that is "
                "read of its kind."
            )
        return piece


def parse_json(
    content: bytes, limit: BodyLimit, *, cache_strings: Literal["all", "keys"] = "all"
) -> Json:
    """Return the value of JSON in bytes.

    Raise `ValueError` for invalid JSON, and `ResponseTooLarge` for too many lists and objects.
    """
    is_long = len(content) > limit.max_containers  # events are short and frequent
    if is_long and content.count(b"[") + content.count(b"{") > limit.max_containers:
        raise ResponseTooLarge(
            f"The response contains more than {limit.max_containers:,} lists and objects, the most "
            "that is read of its kind."
        )
    # from bytes: json.loads would hold the whole text a second time
    value: Json = from_json(content, cache_strings=cache_strings)
    return value

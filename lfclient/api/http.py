"""Translation between `RequestSpec`, `Response` and httpx, shared by both clients."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, BinaryIO

import httpx
from pydantic_core import from_json

from lfclient.api.requests import FilePart, RequestSpec
from lfclient.common.json_types import Json
from lfclient.common.redaction import Redactor
from lfclient.errors import BadAnswer, InvalidKey, LangflowError, Unreachable
from lfclient.version import VERSION

# Langflow closes idle connections after about 2 s. A request sent on one that is being closed
# would fail.
KEEP_ALIVE_SECONDS = 1.5

_NOT_SENT_ERRORS = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


@dataclass(frozen=True)
class Response:
    """A response. `content` is the part of its body that is in memory.

    `location` and `date` are the headers of these names.
    """

    status: int
    content: bytes
    content_type: str = ""
    location: str = ""
    date: str = ""

    @classmethod
    def from_httpx(cls, response: httpx.Response, content: bytes = b"") -> Response:
        """Return the response with this content; httpx's own may not have been read."""
        headers = response.headers
        return cls(
            response.status_code,
            content,
            headers.get("content-type", ""),
            headers.get("location", ""),
            headers.get("date", ""),
        )

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def json(self, redactor: Redactor, description: str) -> Json:
        """Return the redacted JSON. Raises `BadAnswer`, with the description, for anything else."""
        value = self.json_or_none(redactor)
        if value is None and self.content.strip() != b"null":
            start = redactor.redact_text(self.content[:60].decode("utf-8", "replace"))
            raise BadAnswer(
                f"The {description} is not valid JSON: {len(self.content):,} bytes of "
                f"“{self.content_type or 'no type'}”, starting with “{start}”.",
                status=self.status,
            )
        return value

    def json_or_none(self, redactor: Redactor) -> Json:
        """Return the redacted JSON, or None for anything else."""
        try:
            # from bytes: json.loads would hold the whole text a second time
            value = from_json(self.content)
        except ValueError:
            return None
        return redactor.redact_value(value) if redactor.may_contain_secret(self.content) else value


class BodyReader:
    """Reads a body up to a size or into a file, chunk by chunk.

    Raises `BadAnswer` if the body is compressed: a chunk of 64 kB may expand to 64 MB.
    """

    def __init__(self, spec: RequestSpec, response: httpx.Response) -> None:
        if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise BadAnswer(
                "The response is compressed, although an uncompressed one was requested.",
                hint="Check the proxy in front of Langflow.",
                status=response.status_code,
            )
        self._max_bytes, self._size, self._buffer = spec.max_bytes, 0, bytearray()
        self._target = spec.target if response.status_code == 200 else None
        if self._target:
            self._target.seek(0)
            self._target.truncate()  # a failed attempt may have left a part

    def feed(self, chunk: bytes) -> bool:
        """Take in a chunk and return whether to read on."""
        self._size += len(chunk)
        if self._target:
            self._target.write(chunk)
        else:
            self._buffer += chunk
        return self._max_bytes is None or self._size <= self._max_bytes

    @property
    def content(self) -> bytes:
        """The bytes that did not go to the target."""
        return bytes(self._buffer)


@lru_cache(maxsize=16)
def _cached_ssl_context(verify: bool | str) -> ssl.SSLContext:
    """Return a shared context, because reading the certificates is slow."""
    if isinstance(verify, bool):
        return httpx.create_ssl_context(verify=verify)
    return ssl.create_default_context(cafile=verify)


def ssl_context_for(url: str, verify: bool | str) -> ssl.SSLContext | bool:
    """Return the `verify` argument for httpx: False for plain HTTP, which has no certificates.

    Raises `LangflowError` if the certificates at the path `verify` cannot be read.
    """
    try:
        return _cached_ssl_context(verify) if url.startswith("https:") else False
    except (OSError, ssl.SSLError) as error:
        raise LangflowError(
            f"Couldn't read the certificates in {verify}: {error}.",
            hint="Enter the path of a readable PEM file with the CA's certificate.",
        ) from error


def default_headers(api_key: str | None) -> dict[str, str]:
    """Return the headers of every request. Raises `InvalidKey` if a header can't hold the key."""
    headers = {"accept": "application/json", "user-agent": f"lfclient/{VERSION}"}
    if not api_key:
        return headers
    if not (api_key.isascii() and api_key.isprintable()):
        raise InvalidKey(
            "The API key contains a character that no API key has, such as an accented letter, "
            "a typographic dash or a line break.",
            hint="Copy the key again from Langflow, Settings, Langflow API Keys.",
        )
    return {**headers, "x-api-key": api_key}


def connection_limits(*, keep_alive: bool) -> httpx.Limits:
    """Return the limits of a pool that keeps idle connections for a while, or none."""
    if keep_alive:
        return httpx.Limits(keepalive_expiry=KEEP_ALIVE_SECONDS)
    return httpx.Limits(max_keepalive_connections=0)


def is_streamed(spec: RequestSpec) -> bool:
    """Return whether a `BodyReader` reads the response."""
    return spec.max_bytes is not None or spec.target is not None


def read_timeout(
    spec: RequestSpec, timeout: float | None, run_timeout: float | None
) -> float | None:
    """Return the seconds to wait for a response, None for no limit."""
    seconds = run_timeout if spec.waits_for_run else timeout
    return seconds if seconds is None or not spec.min_timeout else max(seconds, spec.min_timeout)


def request_arguments(
    spec: RequestSpec, base_url: str, timeout: float | None, read: float | None
) -> dict[str, Any]:
    """Return the arguments of `httpx.Client.build_request`.

    `timeout` limits connecting and sending, `read` the response; in seconds.
    """
    encoding = {"accept-encoding": "identity"} if is_streamed(spec) else {}
    if spec.max_timeout:
        limit = spec.max_timeout
        timeout, read = min(timeout or limit, limit), min(read or limit, limit)
    return {
        "method": spec.method,
        "url": base_url + spec.path,
        "params": spec.params,
        "json": spec.json,
        "data": spec.form,
        "files": {"file": _multipart_file(spec.file)} if spec.file else None,
        "headers": {**(spec.headers or {}), **encoding},
        "timeout": httpx.Timeout(timeout, read=read),
    }


def _multipart_file(part: FilePart) -> tuple[str, Any, str]:
    content = _ProgressFile(part.content, part.on_progress) if part.on_progress else part.content
    return part.name, content, part.media_type


class _ProgressFile:
    """A file that reports its position after each read; httpx reads it in chunks as it sends."""

    def __init__(self, content: BinaryIO, on_progress: Callable[[int], object]) -> None:
        self.tell, self.seek = content.tell, content.seek
        self._content, self._on_progress = content, on_progress

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        chunk = self._content.read(size)
        if chunk:
            self._on_progress(self._content.tell())
        return chunk


@contextmanager
def translate_httpx_errors(base_url: str, redactor: Redactor) -> Iterator[None]:
    """Raise `Unreachable` or `BadAnswer` for httpx's errors."""
    try:
        yield
    except httpx.DecodingError as error:
        raise BadAnswer("The response could not be decompressed.") from error
    except httpx.TransportError as error:
        raise Unreachable(
            redactor.redact_text(_error_message(error, base_url)),
            sent=not isinstance(error, _NOT_SENT_ERRORS),
            timed_out=isinstance(error, httpx.TimeoutException),
        ) from error


def _error_message(error: httpx.TransportError, base_url: str) -> str:
    url = httpx.URL(base_url)
    server = f"{url.scheme}://{url.netloc.decode().rpartition('@')[2]}"
    reason = str(error).strip() or type(error).__name__
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return f"Couldn't reach {server} in time."
    if isinstance(error, httpx.TimeoutException):
        return f"{server} did not respond in time."
    if isinstance(error, httpx.ProxyError):
        return f"The proxy in front of {server} refused the connection: {reason}."
    if isinstance(error, httpx.ConnectError):
        if "certificate" in reason.lower() or "ssl" in reason.lower():
            return f"Couldn't verify the certificate of {server}: {reason}."
        return f"Couldn't reach {server}: {reason}."
    if isinstance(error, httpx.RemoteProtocolError) and "complete message body" in reason:
        return f"{server} cut off its response."
    return f"The connection to {server} broke: {reason}."

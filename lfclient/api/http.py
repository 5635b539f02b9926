"""What httpx is told and what it says, for both clients."""

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
from lfclient.common.redaction import Redactor
from lfclient.errors import BadAnswer, InvalidKey, LangflowError, Unreachable
from lfclient.version import VERSION

# Langflow's server closes idle connections after about 2 s; one that it is just closing would
# fail the request that is sent on it.
KEEP_ALIVE_SECONDS = 1.5

_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
_CUT_OFF = "The answer was cut off before its end"


@dataclass(frozen=True)
class Response:
    """An answer. `content` is its body as far as it was wanted: empty while it is still to come, or
    where it went elsewhere. `date` is the server's time, as its header has it.
    """

    status: int
    content: bytes
    content_type: str = ""
    location: str = ""
    date: str = ""

    @classmethod
    def of(cls, response: httpx.Response) -> Response:
        """From a response that has been read."""
        return cls.begun(response, response.content)

    @classmethod
    def begun(cls, response: httpx.Response, content: bytes = b"") -> Response:
        """From a response whose body is not in it; `content` is what has been read of that."""
        headers = response.headers
        return cls(
            response.status_code,
            content,
            headers.get("content-type", ""),
            headers.get("location", ""),
            headers.get("date", ""),
        )

    def json(self, redactor: Redactor, what: str) -> Any:
        """The redacted JSON; raises `BadAnswer` for anything else. `what` names the answer."""
        value = self.json_or_none(redactor)
        if value is None and self.content.strip() != b"null":
            begins = redactor.redact_text(self.content[:60].decode("utf-8", "replace"))
            raise BadAnswer(
                f"The {what} is not JSON, or was cut off: {len(self.content):,} bytes of "
                f"“{self.content_type or 'no type'}”, beginning “{begins}”.",
                status=self.status,
            )
        return value

    def json_or_none(self, redactor: Redactor) -> Any:
        """The redacted JSON, or None if it is none."""
        try:
            # straight from bytes: json.loads would hold the whole text a second time
            value = from_json(self.content)
        except ValueError:
            return None
        return redactor.redact_value(value) if redactor.may_contain_secret(self.content) else value


class BodyReader:
    """Takes in the body of an answer that is wanted in part or elsewhere, piece by piece.

    Raises `BadAnswer` if it is compressed: a piece of 64 kB may unfold into 64 MB.
    """

    def __init__(self, spec: RequestSpec, response: httpx.Response) -> None:
        if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise BadAnswer(
                "The answer came compressed, though it was asked for as it is.",
                hint="Look at the proxy before Langflow.",
                status=response.status_code,
            )
        self._most, self._size, self._kept = spec.most, 0, bytearray()
        self._into = spec.into if response.status_code == 200 else None
        if self._into:
            self._into.seek(0)
            self._into.truncate()  # what a try that broke off has left

    def take(self, piece: bytes) -> bool:
        """Whether more is wanted."""
        self._size += len(piece)
        if self._into:
            self._into.write(piece)
        else:
            self._kept += piece
        return self._most is None or self._size <= self._most

    @property
    def content(self) -> bytes:
        """What is in memory of it."""
        return bytes(self._kept)


@lru_cache(maxsize=16)
def _tls(verify: bool | str) -> ssl.SSLContext:
    """A context for each way to verify, made once: reading the certificates takes long."""
    if isinstance(verify, bool):
        return httpx.create_ssl_context(verify=verify)
    return ssl.create_default_context(cafile=verify)


def ssl_context_for(url: str, verify: bool | str) -> ssl.SSLContext | bool:
    """What httpx's `verify` takes; False for plain HTTP, which needs no certificates.

    Raises LangflowError if the certificates at the path `verify` can't be read.
    """
    try:
        return _tls(verify) if url.startswith("https:") else False
    except (OSError, ssl.SSLError) as error:
        raise LangflowError(
            f"The certificates of {verify} can't be read: {error}.",
            hint="Give the path of a readable PEM file with the CA's certificate.",
        ) from error


def default_headers(api_key: str | None) -> dict[str, str]:
    """The headers of every request; raises `InvalidKey` for a key that no header can carry."""
    always = {"accept": "application/json", "user-agent": f"lfclient/{VERSION}"}
    if not api_key:
        return always
    if not (api_key.isascii() and api_key.isprintable()):
        raise InvalidKey(
            "The API key holds a character that no API key has, such as an accented letter, "
            "a typographic dash or a line break.",
            hint="Copy the key again from Langflow, Settings, Langflow API Keys; paste only it.",
        )
    return {**always, "x-api-key": api_key}


def connection_limits(*, keep: bool) -> httpx.Limits:
    """Connections that are kept for a while, or closed after each request."""
    if keep:
        return httpx.Limits(keepalive_expiry=KEEP_ALIVE_SECONDS)
    return httpx.Limits(max_keepalive_connections=0)


def is_streamed(spec: RequestSpec) -> bool:
    """Whether its answer is to be taken in by a `Body`."""
    return spec.most is not None or spec.into is not None


def read_timeout(
    spec: RequestSpec, timeout: float | None, run_timeout: float | None
) -> float | None:
    """For how many seconds an answer is waited for."""
    read = run_timeout if spec.patient else timeout
    return read if read is None or not spec.seconds else max(read, spec.seconds)


def request_arguments(
    spec: RequestSpec, base: str, timeout: float | None, read: float | None
) -> dict[str, Any]:
    """Arguments of `httpx.Client.build_request`; timeouts, `read` for its answer, in seconds."""
    as_it_is = {"accept-encoding": "identity"} if is_streamed(spec) else {}
    if spec.at_most:
        timeout, read = (min(one or spec.at_most, spec.at_most) for one in (timeout, read))
    return {
        "method": spec.method,
        "url": base + spec.path,
        "params": spec.params,
        "json": spec.json,
        "data": spec.form,
        "files": {"file": _part(spec.file)} if spec.file else None,
        "headers": {**(spec.headers or {}), **as_it_is},
        "timeout": httpx.Timeout(timeout, read=read),
    }


def _part(part: FilePart) -> tuple[str, Any, str]:
    content = _Watched(part.content, part.on_progress) if part.on_progress else part.content
    return part.name, content, part.media_type


class _Watched:
    """A file that tells how far it has been read; httpx reads it piece by piece as it sends."""

    def __init__(self, content: BinaryIO, told: Callable[[int], object]) -> None:
        self.tell, self.seek = content.tell, content.seek
        self._content, self._told = content, told

    def read(self, size: int = -1) -> bytes:
        """As a file's."""
        piece = self._content.read(size)
        if piece:
            self._told(self._content.tell())
        return piece


@contextmanager
def translate_httpx_errors(base: str, redactor: Redactor) -> Iterator[None]:
    """Turns httpx's faults into `Unreachable` or `BadAnswer`."""
    try:
        yield
    except httpx.DecodingError as error:
        raise BadAnswer("The answer's compression is broken.") from error
    except httpx.TransportError as error:
        raise Unreachable(
            redactor.redact_text(_in_words(error, base)),
            sent=not isinstance(error, _NOT_SENT),
            timed_out=isinstance(error, httpx.TimeoutException),
        ) from error


def _in_words(error: httpx.TransportError, base: str) -> str:
    host = httpx.URL(base)
    where = f"{host.scheme}://{host.netloc.decode().rpartition('@')[2]}"
    reason = str(error).strip() or type(error).__name__
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return f"{where} could not be reached in time."
    if isinstance(error, httpx.TimeoutException):
        return f"{where} did not answer in time."
    if isinstance(error, httpx.ProxyError):
        return f"The proxy before {where} refused the connection: {reason}."
    if isinstance(error, httpx.ConnectError):
        if "certificate" in reason.lower() or "ssl" in reason.lower():
            return f"The certificate of {where} was not accepted: {reason}."
        return f"{where} could not be reached: {reason}."
    if isinstance(error, httpx.RemoteProtocolError) and "complete message body" in reason:
        return f"{_CUT_OFF} by {where}."
    return f"The connection to {where} broke: {reason}."

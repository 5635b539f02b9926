"""Translation between `RequestSpec`, `Response` and httpx, shared by both clients."""

import json
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, BinaryIO

import httpx

from lfclient.api.requests import FilePart, RequestSpec
from lfclient.common.formatting import end_sentence
from lfclient.common.json_text import LONE_SURROGATE
from lfclient.common.json_types import Json, JsonObject
from lfclient.common.redaction import Redactor
from lfclient.errors import BadResponse, InvalidKey, InvalidRequest, Unreachable
from lfclient.version import VERSION
from lfclient.wire.bodies import RUN, SMALL, BodyLimit, parse_json

# Langflow closes idle connections after about 2 s. A request sent on one that is being closed
# would fail.
POOLED = httpx.Limits(keepalive_expiry=1.5)
UNPOOLED = httpx.Limits(max_keepalive_connections=0)

MAX_RETRY_AFTER = 3600.0

# headers that errors leave out: those that may contain secrets, or describe the body as it was sent
_UNSAFE_HEADERS = frozenset(
    ("set-cookie", "location", "content-encoding", "content-length", "transfer-encoding")
)

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
    """A response. `content` is its body, or empty if the driver reads it from `pieces`.

    `has_key`: whether its request had an API key or a token.
    """

    status: int
    content: bytes
    redactor: Redactor
    headers: httpx.Headers = field(default_factory=httpx.Headers)
    limit: BodyLimit = RUN
    pieces: Any = None  # an iterator of the sync or the async client
    has_key: bool = True

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def content_type(self) -> str:
        """The Content-Type header, or "no type" if there is none."""
        return self.headers.get("content-type") or "no type"

    @property
    def date(self) -> datetime | None:
        """The time of the response by the server's clock, in UTC."""
        return _parse_http_date(self.headers.get("date", ""))

    @property
    def retry_after(self) -> float:
        """The seconds that the server asks to wait (Retry-After, RFC 9110), at most an hour."""
        value = self.headers.get("retry-after", "")
        if value.isascii() and value.isdigit():
            return min(float(value), MAX_RETRY_AFTER)
        at = _parse_http_date(value)
        seconds = (at - (self.date or datetime.now(UTC))).total_seconds() if at else 0.0
        return min(max(seconds, 0.0), MAX_RETRY_AFTER)

    def json(self, description: str, *, is_sent_back: bool = False) -> Json:
        """Return the redacted JSON. Raises `BadResponse` with the description for anything else.

        Flows and components are sent back to the server (`is_sent_back`). Only the client's own key
        is redacted in them: a plain word that was entered as a key would break their code.
        """
        if self.body is None and self.content.strip() != b"null":
            start = self.redactor.redact_text(self.content[:60].decode("utf-8", "replace"))
            raise BadResponse(
                f"The {description} is not valid JSON: {len(self.content):,} bytes of "
                f"“{self.content_type}”, starting with “{start}”.",
                response=self.for_error(),
            )
        if is_sent_back and self.body is not self._whole:
            return self.redactor.own.redact_value(self._whole)
        return self.body

    @cached_property
    def body(self) -> Json:
        """The redacted JSON; None for anything else. Raises `ResponseTooLarge`."""
        is_clean = not self.redactor.may_contain_secret(self.content)
        return self._whole if is_clean else self.redactor.redact_value(self._whole)

    @cached_property
    def _whole(self) -> Json:
        try:
            return parse_json(self.content, self.limit)
        except ValueError:
            return None

    def for_error(self) -> httpx.Response:
        """Return the response for an error: redacted, and without its request and cookies.

        Its body is JSON, or text for anything else. Raises `ResponseTooLarge`.
        """
        redact = self.redactor.redact_text
        if self.body is None:
            content = redact(self.content.decode("utf-8", "replace"))
        else:
            content = json.dumps(self.body)
        kept = (item for item in self.headers.items() if item[0] not in _UNSAFE_HEADERS)
        headers = [(name.encode(), redact(value).encode()) for name, value in kept]
        return httpx.Response(self.status, headers=headers, content=content.encode())

    @property
    def detail(self) -> Json:
        """Langflow's `detail`: text, an object with `code` and `message`, or pydantic's list.

        A server with its editor sends the object of a 404 as the body itself.
        """
        if not isinstance(self.body, dict):
            return None
        is_bare = self.status == 404 and "detail" not in self.body and "code" in self.body
        return self.body if is_bare else self.body.get("detail")

    @property
    def code(self) -> str | None:
        """Langflow's error code."""
        code = self.detail.get("code") if isinstance(self.detail, dict) else None
        return code if isinstance(code, str) else None

    @property
    def message(self) -> str:
        """The server's error message, which may have several lines; "" if there is none."""
        detail = self.detail
        if isinstance(detail, str):
            return detail
        if isinstance(detail, dict):
            texts = (detail.get("message"), detail.get("error"))
            return next((text for text in texts if isinstance(text, str) and text), "")
        if isinstance(detail, list):
            entries = [entry for entry in detail[:5] if isinstance(entry, dict)]
            return "; ".join(map(_entry_message, entries))
        return ""


def _parse_http_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _entry_message(entry: JsonObject) -> str:
    """Return an entry of pydantic's list as `place: message`."""
    loc = entry.get("loc")
    place = ".".join(str(part) for part in loc[1:]) if isinstance(loc, list) else ""
    message = str(entry.get("msg", "")).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


@dataclass(frozen=True)
class ClientOptions:
    """A client's options for its requests, which `LangflowClient` explains."""

    url: str
    headers: Mapping[str, str]
    timeout: float | None
    run_timeout: float | None
    max_retries: int


def default_headers(api_key: str | None, extra: Mapping[str, str] | None) -> httpx.Headers:
    """Return the headers of every request, of which `extra` replaces any.

    Raises `InvalidKey` or `InvalidRequest` for a value that a header can't hold.
    """
    if not _is_header_text(api_key or ""):
        raise InvalidKey(
            "The API key contains a character that no API key has, such as an accented letter, "
            "a typographic dash or a line break.",
            hint="Copy the key again from Langflow, Settings, Langflow API Keys.",
        )
    for name, value in (extra or {}).items():
        if not _is_header_text(value):
            raise InvalidRequest(
                f"The header {name} contains a character that no header has, such as an accented "
                "letter or a line break."
            )
    headers = httpx.Headers({"accept": "application/json", "user-agent": f"lfclient/{VERSION}"})
    if api_key:
        headers["x-api-key"] = api_key
    headers.update(extra)
    return headers


def _is_header_text(text: str) -> bool:
    return text.isascii() and text.isprintable()


def request_arguments(spec: RequestSpec, options: ClientOptions) -> dict[str, Any]:
    """Return the arguments of `httpx.Client.build_request`, with the client's options."""
    timeout = options.timeout
    read = options.run_timeout if spec.waits_for_run else timeout
    if spec.min_timeout and read is not None:
        read = max(read, spec.min_timeout)
    if spec.max_timeout:
        limit = spec.max_timeout
        timeout, read = min(timeout or limit, limit), min(read or limit, limit)
    if spec.read_timeout is not None:
        read = spec.read_timeout
    headers = httpx.Headers(options.headers)
    headers.update({"accept-encoding": _accepted_encoding(spec), **(spec.headers or {})})
    return {
        "method": spec.method,
        "url": options.url + spec.path,
        "params": spec.params,
        "json": spec.json,
        "data": spec.form,
        "files": [(part.field, _multipart_file(part)) for part in spec.files] or None,
        "headers": headers,
        "timeout": httpx.Timeout(timeout, read=read),
    }


def _accepted_encoding(spec: RequestSpec) -> str:
    return "identity" if spec.streamed or spec.limit is SMALL else "gzip"


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
    """Raise `Unreachable` or `InvalidRequest` for the errors of httpx."""
    try:
        yield
    except UnicodeEncodeError as error:  # before anything is sent
        raise InvalidRequest(f"Couldn't send the request. {LONE_SURROGATE}") from error
    except httpx.TransportError as error:
        raise Unreachable(
            redactor.redact_text(_error_message(error, base_url)),
            sent=not isinstance(error, _NOT_SENT_ERRORS),
            timed_out=isinstance(error, httpx.TimeoutException),
        ) from error


_ERRNO = re.compile(r"^\[Errno -?\d+\] ")


def _root_cause(error: BaseException) -> BaseException:
    while cause := error.__cause__ or error.__context__:
        error = cause
    return error


def _error_message(error: httpx.TransportError, base_url: str) -> str:
    url = httpx.URL(base_url)
    server = f"{url.scheme}://{url.netloc.decode()}"
    reason = _ERRNO.sub("", str(error).strip())
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return f"Couldn't reach {server} in time."
    if isinstance(error, httpx.TimeoutException):
        return f"{server} did not respond in time."
    if isinstance(error, httpx.ProxyError):
        return _with_reason(f"The proxy in front of {server} refused the connection", reason)
    if isinstance(error, httpx.ConnectError):
        if "refused" in reason.lower() or "All connection attempts failed" in reason:
            return f"Nothing responds at {server}."
        if isinstance(_root_cause(error), socket.gaierror):
            return f"There is no host named {url.host}."
        if "WRONG_VERSION_NUMBER" in reason:
            return f"{server} does not use HTTPS."
        if "certificate" in reason.lower() or "ssl" in reason.lower():
            return _with_reason(f"Couldn't verify the certificate of {server}", reason)
    if isinstance(error, _NOT_SENT_ERRORS):
        return _with_reason(f"Couldn't reach {server}", reason)
    if isinstance(error, httpx.RemoteProtocolError) and "complete message body" in reason:
        return f"{server} closed the connection before its response was complete."
    return _with_reason(f"Lost the connection to {server}", reason)


def _with_reason(failure: str, reason: str) -> str:
    return end_sentence(f"{failure}: {reason}" if reason else failure)

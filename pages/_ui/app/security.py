"""Security headers, and checks of websockets: their origin and their messages."""

import asyncio
import base64
import hashlib
import logging
import re
import time
from contextlib import suppress
from functools import cached_property, lru_cache
from pathlib import Path

import streamlit as st
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # has no stubs
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lfclient.console.config.settings import Settings
from lfclient.errors import LangflowError
from pages._ui.app import page_assets
from pages._ui.app.browser_cookie import BrowserCookie, is_secure
from pages._ui.app.navigation import VIEWS
from pages._ui.app.streamlit_patches import BackMsg, parse_query_string

log = logging.getLogger("langflow_console")
_METRICS_PATH = "/_stcore/metrics"
# `server.enableAgentApi` would serve every page there over HTTP and MCP
_AGENT_API_PATH = "/_stcore/agent/"
# what the pages' scripts send
_ALLOWED_MESSAGES = ("rerun_script", "stop_script", "file_urls_request", "app_heartbeat")
_ALLOWED_OPERATIONS = ("deferred_file", "dataframe_chunk")
_MAX_FILE_ADDRESSES = 1_000  # whose addresses a browser may ask for at once; a million take 14 s
# A browser that sends more waits. Typing and sliders send up to 20 messages a second, fragments
# two; each may draw a page, which takes 40 ms of the one interpreter lock.
_MESSAGES_AT_ONCE = 100.0
_MESSAGES_PER_SECOND = 8.0
_ADDRESSES_PER_MESSAGE = 20  # that cost as much as a message
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.S)


def content_security_policy(frame_ancestors: str = "'none'") -> str:
    """Return the policy, which allows inline scripts by hash: those of Streamlit's page and ours.

    Streamlit's components need `blob:`. Remote images, frames, fonts and styles are blocked, so
    that a flow's output can neither load nor leak anything.
    """
    page = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    hashes = [
        "'sha256-" + base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() + "'"
        for body in [*_INLINE_SCRIPT.findall(page), page_assets.inline_script()]
    ]
    return "; ".join(
        [
            "default-src 'self'",
            " ".join(["script-src 'self' blob: 'wasm-unsafe-eval'", *hashes]),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "media-src 'self' data: blob:",
            "connect-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "frame-src 'none'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            f"frame-ancestors {frame_ancestors}",
        ]
    )


class SecurityHeaders:
    """Adds the headers to every response.

    Blocks Streamlit's metrics endpoint, which shows the number of sessions to anyone.

    Pages of the origins in `LFCONSOLE_FRAME_ANCESTORS` may embed views. The headers depend on the
    document's address, so page.js empties a framed document whose address leaves the view.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.headers = {
            "content-security-policy": content_security_policy(),
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        is_embedded = bool(self._frame_ancestors) and _is_view(scope)
        is_media = scope["path"].startswith(f"{_root()}/media/")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self.headers)
                if is_media:
                    headers["cache-control"] = "no-store"  # what somebody's run returned
                if is_embedded:
                    headers["content-security-policy"] = self._view_policy
                    del headers["x-frame-options"]  # knows no origins
            await send(message)

        path = scope["path"]
        is_blocked = path.endswith(_METRICS_PATH) or _AGENT_API_PATH in path
        app = PlainTextResponse("Not found", 404) if is_blocked else self.app
        await app(scope, receive, send_with_headers)

    @cached_property
    def _frame_ancestors(self) -> tuple[str, ...]:
        try:
            return Settings.load().frame_ancestors
        except LangflowError:  # the pages show it
            return ()

    @cached_property
    def _view_policy(self) -> str:
        return content_security_policy(" ".join(self._frame_ancestors))


def _root() -> str:
    """Return the path of the console, without a slash at its end."""
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"/{base}" if base else ""


def _is_view(scope: Scope) -> bool:
    """Return whether a request is for the document of a view, and of no other page.

    Streamlit chooses the page by the same parser.
    """
    views = parse_query_string(scope["query_string"].decode("latin-1")).get("view", [])
    return scope["path"].rstrip("/") == _root() and len(views) == 1 and views[0] in VIEWS


class OriginCheck:
    """Refuses websockets that a page of another origin opens, with 403.

    Streamlit accepts every port of this host, so a page served beside the console could open one
    with the visitor's cookie. This does not protect against the service itself, which receives the
    cookie with each request.

    Origins in `server.corsAllowedOrigins` are accepted, and all with `server.enableCORS` off.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and not _is_own_origin(HTTPConnection(scope)):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        await self.app(scope, receive, send)


def _is_own_origin(request: HTTPConnection) -> bool:
    origin = request.headers.get("origin")
    if origin is None or not st.get_option("server.enableCORS"):  # None: not a browser
        return True
    own = f"{'https' if is_secure(request) else 'http'}://{request.headers.get('host')}"
    allowed = [each.strip(" /") for each in st.get_option("server.corsAllowedOrigins")]
    if origin in (own, *allowed):
        return True
    _log_refusal(origin, own)
    return False


@lru_cache(maxsize=100)  # once for each origin
def _log_refusal(origin: str, own: str) -> None:
    log.warning("Websocket from %s refused; expected %s.", origin, own)


class MessageFilter:
    """Drops messages that no page of the console sends, and slows down a browser that sends many.

    Streamlit lets every browser clear the caches of all sessions, and with them the keys that
    people typed, and tells it the names of changed files beside the console. It makes an address
    for each of any number of files, and meanwhile responds to nobody.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        pace = _Pace()

        async def receive_expected() -> Message:
            while True:
                message = await receive()
                parsed = _parse(message.get("bytes"))
                unexpected = _unexpected_kind(parsed)
                if unexpected is None:
                    await pace.wait(1 + _address_count(parsed) / _ADDRESSES_PER_MESSAGE)
                    return message
                _log_dropped(unexpected)
                await pace.wait(1)

        is_websocket = scope["type"] == "websocket"
        await self.app(scope, receive_expected if is_websocket else receive, send)


class _Pace:
    """Lets a browser send some messages at once, and then so many a second."""

    def __init__(self) -> None:
        self._left, self._at = _MESSAGES_AT_ONCE, time.monotonic()

    async def wait(self, cost: float) -> None:
        """Wait until a message of this cost, in ordinary messages, is due."""
        now = time.monotonic()
        gained = (now - self._at) * _MESSAGES_PER_SECOND
        self._left = min(self._left + gained, _MESSAGES_AT_ONCE) - cost
        self._at = now
        if self._left < 0:
            await asyncio.sleep(-self._left / _MESSAGES_PER_SECOND)


def _parse(data: bytes | None) -> BackMsg:
    message = BackMsg()
    with suppress(DecodeError):  # Streamlit closes the websocket
        message.ParseFromString(data or b"")
    return message


def _address_count(message: BackMsg) -> int:
    return len(message.file_urls_request.file_names)


def _unexpected_kind(message: BackMsg) -> str | None:
    """Return the kind of a message that no page sends, else None."""
    kind: str | None = message.WhichOneof("type")
    if kind == "backend_operation_request":
        operation = message.backend_operation_request.WhichOneof("payload")
        return None if operation in _ALLOWED_OPERATIONS else f"{kind} {operation}"
    if _address_count(message) > _MAX_FILE_ADDRESSES:
        return f"{kind} for more than {_MAX_FILE_ADDRESSES:,} files"
    return None if kind in (None, *_ALLOWED_MESSAGES) else kind


@lru_cache(maxsize=100)  # once for each kind
def _log_dropped(kind: str) -> None:
    log.warning("A message that no page sends was dropped: %s.", kind)


class ExceptionTextFilter(logging.Filter):
    """Removes exception texts, which may contain user input, from Streamlit's log.

    `alerts.show_internal_error` logs where the exception was raised.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[0]:
            record.msg = f"{record.getMessage()}: {record.exc_info[0].__name__}"
            record.args = ()
            record.exc_info = None
            record.exc_text = None
        return True


MIDDLEWARE = [
    Middleware(each) for each in (SecurityHeaders, OriginCheck, MessageFilter, BrowserCookie)
]
logging.getLogger("streamlit.error_util").addFilter(ExceptionTextFilter())

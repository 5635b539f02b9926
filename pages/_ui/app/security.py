"""Security headers, and the cookie that identifies a browser."""

import base64
import hashlib
import logging
import re
import secrets
from pathlib import Path
from typing import TypeGuard

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lfclient.console.store.drafts import MAX_AGE_DAYS
from pages._ui.app import page_assets

COOKIE = "langflow_console"
COOKIE_SECONDS = int(MAX_AGE_DAYS * 24 * 3600)  # drafts last as long
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
# fetched by every page before it opens its websocket, so that the socket carries the cookie
_COOKIE_PATH = "/_stcore/health"
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.S)


def is_valid_token(token: object) -> TypeGuard[str]:
    """Return whether `token` has the form of the console's cookie."""
    return isinstance(token, str) and bool(_TOKEN.fullmatch(token))


def content_security_policy() -> str:
    """Return the policy, which allows inline scripts by hash: those of Streamlit's page and ours.

    Streamlit's components need `blob:`. Remote images, frames, fonts and styles are blocked, so
    that a flow's output can neither load nor leak anything.
    """
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
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
            "frame-ancestors 'none'",
        ]
    )


class SecurityHeaders:
    """Adds the headers to every response, and sets or renews the browser's cookie for 30 days.

    The cookie is SameSite=Strict, so a browser withholds it when a link on another site opens the
    page. Setting it with the page would replace a withheld cookie. It is set on a later same-origin
    request of the page instead, which carries the cookie if there is one.
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
        cookie = _fresh_cookie(HTTPConnection(scope))

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self.headers)
                if cookie:
                    headers.append("set-cookie", cookie)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _fresh_cookie(request: HTTPConnection) -> str | None:
    headers = request.headers
    if not request.scope["path"].endswith(_COOKIE_PATH) or not _same_origin_fetch(headers):
        return None
    token, response = request.cookies.get(COOKIE), Response()
    response.set_cookie(
        COOKIE,
        token if is_valid_token(token) else secrets.token_urlsafe(32),
        COOKIE_SECONDS,
        secure="https" in (request.scope.get("scheme"), headers.get("x-forwarded-proto")),
        httponly=True,
        samesite="strict",
    )
    return response.headers["set-cookie"]


def _same_origin_fetch(headers: Headers) -> bool:
    """Return whether a page of this console sent the request.

    Browsers send `Sec-Fetch-Site` on loopback and over HTTPS only. Elsewhere a fetch is recognized
    by not accepting HTML, unlike a navigation.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return "text/html" not in headers.get("accept", "")


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


MIDDLEWARE = [Middleware(SecurityHeaders)]
logging.getLogger("streamlit.error_util").addFilter(ExceptionTextFilter())

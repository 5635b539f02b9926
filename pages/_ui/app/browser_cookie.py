"""The signed cookie that identifies a browser."""

import hmac
import re
import secrets
from functools import cached_property
from typing import TypeGuard

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lfclient.console.config.ownership import cookie_signature
from lfclient.console.config.settings import Settings
from lfclient.console.store.drafts import MAX_AGE_DAYS
from lfclient.errors import LangflowError

NAME = "langflow_console"
MAX_AGE_SECONDS = int(MAX_AGE_DAYS * 24 * 3600)  # drafts last as long
_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}\.[0-9a-f]{64}")
# fetched by every page before it opens its websocket, so that the socket carries the cookie
_SETTING_PATH = "/_stcore/health"


def is_cookie(value: object) -> TypeGuard[str]:
    """Return whether a value has the form of the console's cookie. Requests have no other."""
    return isinstance(value, str) and bool(_COOKIE.fullmatch(value))


class BrowserCookie:
    """Sets and renews the cookie, and hides cookies that the console did not sign.

    The cookie is SameSite=Strict, so a browser withholds it when a link on another site opens the
    page. Setting it with the page would replace a withheld cookie. It is set on a later same-origin
    request of the page instead, which carries the cookie if there is one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.app(self._without_forged_cookie(scope), receive, send)
            return
        cookie = self._fresh_cookie(HTTPConnection(scope)) if scope["type"] == "http" else None

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and cookie:
                MutableHeaders(scope=message).append("set-cookie", cookie)
            await send(message)

        await self.app(scope, receive, send_with_cookie)

    def _fresh_cookie(self, request: HTTPConnection) -> str | None:
        """Return the header that sets the cookie, or None where it must not be set."""
        if not request.scope["path"].endswith(_SETTING_PATH) or not _is_own_fetch(request.headers):
            return None
        value = request.cookies.get(NAME, "")
        try:
            if not self._is_own(value):
                token = secrets.token_urlsafe(32)
                value = f"{token}.{self._signature(token)}"
        except LangflowError:  # the pages show it
            return None
        response = Response()
        response.set_cookie(
            NAME,
            value,
            MAX_AGE_SECONDS,
            secure=is_secure(request),
            httponly=True,
            samesite="strict",
        )
        return response.headers["set-cookie"]

    def _without_forged_cookie(self, scope: Scope) -> Scope:
        headers = MutableHeaders(scope={**scope, "headers": list(scope["headers"])})
        cookies = [cookie.strip() for cookie in headers.get("cookie", "").split(";")]
        parts = [cookie.partition("=") for cookie in cookies]
        headers["cookie"] = "; ".join(
            cookie
            for cookie, (name, _, value) in zip(cookies, parts, strict=True)
            if name.strip() != NAME or self._is_own(value.strip())
        )
        return {**scope, "headers": headers.raw}

    def _is_own(self, value: str) -> bool:
        token, _, signature = value.partition(".")
        try:
            return is_cookie(value) and hmac.compare_digest(signature, self._signature(token))
        except LangflowError:
            return False

    def _signature(self, token: str) -> str:
        return cookie_signature(token, self._settings.data_dir, self._settings.secret)

    @cached_property
    def _settings(self) -> Settings:
        return Settings.load()


def is_secure(request: HTTPConnection) -> bool:
    """Return whether the browser sent a request or opened a websocket over TLS."""
    return request.headers.get("x-forwarded-proto", request.scope.get("scheme")) in ("https", "wss")


def _is_own_fetch(headers: Headers) -> bool:
    """Return whether a page of this console sent the request.

    Browsers send `Sec-Fetch-Site` on loopback and over HTTPS only. Elsewhere a fetch is recognized
    by not accepting HTML, unlike a navigation.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return "text/html" not in headers.get("accept", "")

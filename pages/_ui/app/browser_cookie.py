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

NAME = "langflow_console"  # in the browser with the key's digits; the pages see the token under it
MAX_AGE_SECONDS = int(MAX_AGE_DAYS * 24 * 3600)  # drafts last as long
HEADER = b"langflow-console-browser"  # Streamlit resumes a session only with the same value of it
_HOST_PREFIX = "__Host-"  # only the host itself can set such a cookie, and over HTTPS only
_NAME_DIGITS = 8
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
# fetched by every page before it opens its websocket, so that the socket carries the cookie
_HEALTH_PATH = "/_stcore/health"


def is_token(value: object) -> TypeGuard[str]:
    """Return whether a value has the form of the random half of a cookie."""
    return isinstance(value, str) and bool(_TOKEN.fullmatch(value))


class BrowserCookie:
    """Sets and renews the cookie, a token with its signature, and passes on the token alone.

    Made-up values are ignored. A service at another port of the host can get a signed cookie and
    plant it, so if there are two, neither counts.

    The cookie is SameSite=Strict, so a browser withholds it when a link on another site opens the
    page. Setting it with the page would replace a withheld cookie. It is set on a later same-origin
    request of the page instead, which carries the cookie if there is one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        header = None
        if scope["type"] == "http":
            header = self._set_cookie_header(HTTPConnection(scope))

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and header:
                MutableHeaders(scope=message).append("set-cookie", header)
            await send(message)

        await self.app(self._with_token(scope), receive, send_with_cookie)

    def _set_cookie_header(self, request: HTTPConnection) -> str | None:
        """Return the header that sets or renews the cookie, or None where it must not be set."""
        if not request.scope["path"].endswith(_HEALTH_PATH) or not is_own_fetch(request.headers):
            return None
        try:
            tokens = self._tokens(request) or {secrets.token_urlsafe(32)}
            if len(tokens) > 1:
                return None
            token = tokens.pop()
            name, value = self._name(request), f"{token}.{self._signature(token)}"
        except LangflowError:  # the pages show it
            return None
        response = Response()
        response.set_cookie(
            name,
            value,
            MAX_AGE_SECONDS,
            secure=is_secure(request),
            httponly=True,
            samesite="strict",
        )
        return response.headers["set-cookie"]

    def _with_token(self, scope: Scope) -> Scope:
        """Return the scope with the token as the only cookie of a console, and in a header."""
        request = HTTPConnection(scope)
        try:
            tokens = self._tokens(request)
        except LangflowError:  # the pages show it
            tokens = set()
        cookies = [
            cookie
            for cookie, name, _ in _cookies(request)
            if not name.removeprefix(_HOST_PREFIX).startswith(NAME)
        ]
        headers = [header for header in scope["headers"] if header[0] not in (b"cookie", HEADER)]
        token = tokens.pop() if len(tokens) == 1 else ""
        if token:
            cookies.append(f"{NAME}={token}")
        # without one, a session can't be resumed: any browser without a cookie could
        headers.append((HEADER, (token or secrets.token_urlsafe(32)).encode()))
        if cookies:
            headers.append((b"cookie", "; ".join(cookies).encode("latin-1")))
        return {**scope, "headers": headers}

    def _tokens(self, request: HTTPConnection) -> set[str]:
        """Return the tokens that this console has signed."""
        own_name = self._name(request)
        values = {value for _, name, value in _cookies(request) if name == own_name}
        parts = [value.partition(".") for value in values]
        return {token for token, _, signature in parts if self._is_signed(token, signature)}

    def _is_signed(self, token: str, signature: str) -> bool:
        own = self._signature(token).encode()
        return is_token(token) and hmac.compare_digest(signature.encode(), own)

    def _name(self, request: HTTPConnection) -> str:
        """Return the cookie's name, which differs for consoles that differ in their keys."""
        prefix = _HOST_PREFIX if is_secure(request) else ""
        return f"{prefix}{NAME}_{self._signature('')[:_NAME_DIGITS]}"

    def _signature(self, token: str) -> str:
        return cookie_signature(token, self._settings.data_dir, self._settings.secret)

    @cached_property
    def _settings(self) -> Settings:
        return Settings.load()


def _cookies(request: HTTPConnection) -> list[tuple[str, str, str]]:
    """Return the cookies of all headers: as it is written, name and value."""
    cookies = "; ".join(request.headers.getlist("cookie")).split(";")
    parts = [(cookie.strip(), *cookie.partition("=")[::2]) for cookie in cookies if cookie.strip()]
    return [(cookie, name.strip(), value.strip()) for cookie, name, value in parts]


def is_secure(request: HTTPConnection) -> bool:
    """Return whether the browser sent a request or opened a websocket over TLS."""
    scheme = request.headers.get("x-forwarded-proto") or request.scope.get("scheme", "")
    return scheme.partition(",")[0].strip().lower() in ("https", "wss")


def is_own_fetch(headers: Headers) -> bool:
    """Return whether a page of this console sent the request.

    Browsers send `Sec-Fetch-Site` on loopback and over HTTPS only. Elsewhere a fetch is recognized
    by not accepting HTML, unlike a navigation.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return "text/html" not in headers.get("accept", "")

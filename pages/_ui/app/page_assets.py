"""The console's own styles and script, as a part of the page that Streamlit serves.

`st.html` would send the styles with each drawing of a page, and the browser would then work out how
all of it looks anew; it runs no script.
"""

from __future__ import annotations

from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STYLES = Path(__file__).parent / "assets" / "page.css"
SCRIPT = Path(__file__).parent / "assets" / "page.js"
_HEAD_END = b"</head>"
# which would have the page sent packed, or not again although the styles have changed
_DROPPED_REQUEST_HEADERS = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")
_DROPPED_RESPONSE_HEADERS = ("etag", "last-modified", "accept-ranges")


def inline_script() -> str:
    """The console's own script; the security policy has to allow it by its hash."""
    return f"\n{SCRIPT.read_text(encoding='utf-8')}"


class PageAssets:
    """Puts styles and script at the end of the head of each HTML page that a browser opens."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        styles = STYLES.read_text(encoding="utf-8")
        self._own = f"<style>\n{styles}</style><script>{inline_script()}</script>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asks = scope["type"] == "http" and scope["method"] == "GET"
        if not asks or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self.app(scope, receive, send)
            return
        headers = [
            pair for pair in scope["headers"] if pair[0].lower() not in _DROPPED_REQUEST_HEADERS
        ]
        await self.app({**scope, "headers": headers}, receive, _PageSender(self._own, send))


class _PageSender:
    """Sends an answer on; that of a page once it is whole, with what is the console's own."""

    def __init__(self, own: bytes, send: Send) -> None:
        self._own, self._send = own, send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = Headers(raw=message["headers"]).get("content-type", "")
            if kind.startswith("text/html"):
                self._start = message
                return
        elif self._start and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._send_page(self._start)
            return
        await self._send(message)

    async def _send_page(self, start: Message) -> None:
        body = self._body.replace(_HEAD_END, self._own + _HEAD_END, 1)
        headers = MutableHeaders(scope=start)
        for name in _DROPPED_RESPONSE_HEADERS:
            del headers[name]
        headers["content-length"] = str(len(body))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


MIDDLEWARE = [Middleware(PageAssets)]

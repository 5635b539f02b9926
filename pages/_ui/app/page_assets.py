"""Middleware that adds the console's styles and script to Streamlit's HTML page.

`st.html` would send the styles with every script run, and the browser would recalculate the style
of the whole page each time; it runs no scripts.
"""

from __future__ import annotations

from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STYLES = Path(__file__).parent / "assets" / "page.css"
SCRIPT = Path(__file__).parent / "assets" / "page.js"
_HEAD_END = b"</head>"
# these would get a compressed page, or none although the styles have changed
_DROPPED_REQUEST_HEADERS = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")
_DROPPED_RESPONSE_HEADERS = ("etag", "last-modified", "accept-ranges")


def inline_script() -> str:
    """Return the console's script; the content security policy allows it by its hash."""
    return f"\n{SCRIPT.read_text(encoding='utf-8')}"


class PageAssets:
    """Adds styles and script to the end of the head of every HTML page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        styles = STYLES.read_text(encoding="utf-8")
        self._assets = f"<style>\n{styles}</style><script>{inline_script()}</script>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_get = scope["type"] == "http" and scope["method"] == "GET"
        if not is_get or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self.app(scope, receive, send)
            return
        headers = [
            pair for pair in scope["headers"] if pair[0].lower() not in _DROPPED_REQUEST_HEADERS
        ]
        await self.app({**scope, "headers": headers}, receive, _PageSender(self._assets, send))


class _PageSender:
    """Passes a response on; buffers an HTML page and adds the console's assets."""

    def __init__(self, assets: bytes, send: Send) -> None:
        self._assets, self._send = assets, send
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
        body = self._body.replace(_HEAD_END, self._assets + _HEAD_END, 1)
        headers = MutableHeaders(scope=start)
        for name in _DROPPED_RESPONSE_HEADERS:
            del headers[name]
        headers["content-length"] = str(len(body))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


MIDDLEWARE = [Middleware(PageAssets)]

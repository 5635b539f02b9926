"""Middleware that adds the console's styles and scripts to Streamlit's HTML page.

`st.html` would send the styles with every script run, and the browser would recalculate the style
of the whole page each time; it runs no scripts.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages._ui.app.navigation import ASSETS

# a later file's rules override those of an earlier one
STYLES = [
    ASSETS / f"{name}.css" for name in ("page", "run", "chat", "history", "outputs", "present")
]
SCRIPTS = [ASSETS / name for name in ("page.js", "chat_box.js", "keyboard.js")]
_HEAD_END = b"</head>"
# these would get a compressed page, or none although the styles have changed
_DROPPED_REQUEST_HEADERS = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")
_DROPPED_RESPONSE_HEADERS = ("etag", "last-modified", "accept-ranges")


def inline_styles() -> str:
    """Return the console's styles."""
    return "\n".join(["", *(styles.read_text(encoding="utf-8") for styles in STYLES)])


def inline_script() -> str:
    """Return the console's scripts; the content security policy allows them by their hash."""
    return "\n".join(["", *(script.read_text(encoding="utf-8") for script in SCRIPTS)])


class PageAssets:
    """Adds styles and scripts to the end of the head of every HTML page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._assets = (
            f"<style>{inline_styles()}</style><script>{inline_script()}</script>".encode()
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_get = scope["type"] == "http" and scope["method"] == "GET"
        if not is_get or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self.app(scope, receive, send)
            return
        headers = [
            pair for pair in scope["headers"] if pair[0].lower() not in _DROPPED_REQUEST_HEADERS
        ]
        start: Message | None = None
        body = b""

        async def send_page(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_html(message):
                start = message
            elif start and message["type"] == "http.response.body":
                body += message.get("body", b"")
                if not message.get("more_body"):
                    await _send_html(
                        start, body.replace(_HEAD_END, self._assets + _HEAD_END, 1), send
                    )
            else:
                await send(message)

        await self.app({**scope, "headers": headers}, receive, send_page)


def _is_html(start: Message) -> bool:
    return Headers(raw=start["headers"]).get("content-type", "").startswith("text/html")


async def _send_html(start: Message, body: bytes, send: Send) -> None:
    headers = MutableHeaders(scope=start)
    for name in _DROPPED_RESPONSE_HEADERS:
        del headers[name]
    headers["content-length"] = str(len(body))
    await send(start)
    await send({"type": "http.response.body", "body": body})


MIDDLEWARE = [Middleware(PageAssets)]

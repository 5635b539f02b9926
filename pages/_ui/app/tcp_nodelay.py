"""What is drawn is sent at once, not held back until the browser has confirmed what came before."""

from __future__ import annotations

import socket

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send


class NoDelay:
    """Sets TCP_NODELAY on each page's connection.

    asyncio does so for sockets that are made as TCP's; `streamlit run` makes its own without
    saying so. The second of two small messages then waits for up to 40 ms. ASGI has no word for
    this, so the connection is taken from uvicorn, whose method `send` is; another server's stays
    as it is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            transport = getattr(getattr(send, "__self__", None), "transport", None)
            connection = transport.get_extra_info("socket") if transport else None
            if connection and connection.family in (socket.AF_INET, socket.AF_INET6):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await self.app(scope, receive, send)


MIDDLEWARE = [Middleware(NoDelay)]

"""Send each response and message at once, not when the browser has confirmed the one before."""

import socket

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send


class NoDelay:
    """Sets TCP_NODELAY on each connection.

    asyncio does so for sockets whose protocol is TCP; `streamlit run` makes its own without naming
    one. The second of two small packets then waits for up to 40 ms. ASGI doesn't tell a connection,
    so it is taken from uvicorn, whose method `receive` is; another server's stays as it is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = getattr(getattr(receive, "__self__", None), "transport", None)
        connection = transport.get_extra_info("socket") if transport else None
        if connection and connection.family in (socket.AF_INET, socket.AF_INET6):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await self.app(scope, receive, send)


MIDDLEWARE = [Middleware(NoDelay)]

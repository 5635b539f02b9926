"""Responses and messages are sent at once."""

import socket
import threading
import urllib.request

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from streamlit.web.server.starlette import starlette_server
from websockets.sync.client import connect

from pages._ui.app import tcp_nodelay


@pytest.mark.parametrize(("middleware", "expected"), [(tcp_nodelay.MIDDLEWARE, 1), ([], 0)])
def test_small_packets_are_sent_at_once(middleware, expected):
    """On a socket as `streamlit run` makes it, which delays them by default."""
    found = []

    def look():
        for connection in server.server_state.connections:
            accepted = connection.transport.get_extra_info("socket")
            found.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    async def respond(request):
        look()
        return PlainTextResponse("", headers={"connection": "close"})

    async def accept(websocket):
        await websocket.accept()
        look()
        await websocket.close()

    routes = [Route("/file", respond), WebSocketRoute("/page", accept)]
    app = Starlette(routes=routes, middleware=middleware)
    protocol = starlette_server._get_websocket_protocol()
    server = uvicorn.Server(uvicorn.Config(app, ws=protocol, log_level="error"))
    listening = starlette_server._bind_socket("127.0.0.1", 0, 8)
    serving = threading.Thread(target=server.run, args=([listening],))
    serving.start()
    address = f"127.0.0.1:{listening.getsockname()[1]}"
    urllib.request.urlopen(f"http://{address}/file").read()
    with connect(f"ws://{address}/page"):
        pass
    server.should_exit = True
    serving.join(10)
    assert set(found) == {expected}
    assert len(found) >= 2

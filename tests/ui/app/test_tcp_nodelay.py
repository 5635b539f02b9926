"""A page's connection holds nothing back."""

import socket
import threading

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from streamlit.web.server.starlette import starlette_server
from websockets.sync.client import connect

from pages._ui.app import tcp_nodelay


@pytest.mark.parametrize(("middleware", "set_to"), [(tcp_nodelay.MIDDLEWARE, 1), ([], 0)])
def test_small_messages_are_sent_at_once(middleware, set_to):
    """On a socket as `streamlit run` makes it, where that would not be so by itself."""
    seen = []

    async def page(websocket):
        await websocket.accept()
        (connection,) = server.server_state.connections
        at = connection.transport.get_extra_info("socket")
        seen.append(at.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        await websocket.close()

    app = Starlette(routes=[WebSocketRoute("/", page)], middleware=middleware)
    protocol = starlette_server._get_websocket_protocol()
    server = uvicorn.Server(uvicorn.Config(app, ws=protocol, log_level="error"))
    listening = starlette_server._bind_socket("127.0.0.1", 0, 8)
    serving = threading.Thread(target=server.run, args=([listening],))
    serving.start()
    with connect(f"ws://127.0.0.1:{listening.getsockname()[1]}/") as client:
        client.close()
    server.should_exit = True
    serving.join(10)
    assert seen == [set_to]

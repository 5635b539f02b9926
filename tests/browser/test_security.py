"""What a page of another origin can reach."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.browser.screen import Screen
from tests.support.console_process import Console

OPEN_WEBSOCKET = """
(url) => new Promise((resolve) => {
  const socket = new WebSocket(url, ["streamlit"]);
  socket.onopen = () => resolve("open");
  socket.onerror = () => resolve("refused");
})
"""


class EmptyPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def other_port() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_a_page_at_another_port_of_the_host_opens_no_websocket(
    screen: Screen, console: Console
) -> None:
    """A browser sends its cookies to every port of a host."""
    stream = f"{console.url.rstrip('/')}/_stcore/stream".replace("http", "ws", 1)
    assert screen.page.evaluate(OPEN_WEBSOCKET, stream) == "open"
    with other_port() as page:
        screen.page.goto(page)
        assert screen.page.evaluate(OPEN_WEBSOCKET, stream) == "refused"

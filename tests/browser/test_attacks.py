"""Attacks on a running console, as seen from outside."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import seeded
from tests.browser.screen import Screen
from tests.support.console_process import Console
from tests.support.hostile_markdown import EXTENSIONS, HTML, IMAGES, LINKS, TRACE

OPEN_WEBSOCKET = """
(url) => new Promise((resolve) => {
  const socket = new WebSocket(url, ["streamlit"]);
  socket.onopen = () => resolve("open");
  socket.onerror = () => resolve("refused");
})
"""

# each attribute of the page in which a text occurs
FIND_ATTRIBUTES = """
(text) => [...document.querySelectorAll("*")]
  .flatMap((each) => [...each.attributes].map((one) => [each, one]))
  .filter(([each, one]) => one.value.includes(text))
  .map(([each, one]) => [each.tagName, one.name, each.closest("[class*=output-Text]")?.className])
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


def test_no_address_of_a_hostile_message_is_in_the_page(
    tmp_path: Path, window: Callable[..., Page]
) -> None:
    """Neither loaded nor in a link or title: images and links in every style."""
    samples = [*IMAGES.values(), *EXTENSIONS.values(), *LINKS.values(), *HTML.values()]
    kinds = {f"Text-{number}": ("message", text) for number, text in enumerate(samples)}
    with (
        seeded.server(kinds) as server,
        Console(tmp_path, {"LANGFLOW_SERVER_URL": server.url}) as console,
    ):
        page, requested = window(), []
        page.on("request", lambda request: requested.append(request.url))
        screen = Screen(page)
        screen.open(f"{console.url}/?flow={seeded.FLOW}")
        screen.mode("Synchronous")
        screen.run()
        screen.wait("completed")
        expect(screen.part(f"output-Text-{len(samples) - 1}")).to_be_visible()
        assert page.evaluate(FIND_ATTRIBUTES, TRACE) == []
        assert not [url for url in requested if TRACE in url]
        assert page.evaluate("window.hit") is None

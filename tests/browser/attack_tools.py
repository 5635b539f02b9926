"""An attacker's tools, and measurements of what an attack did."""

from __future__ import annotations

import socket
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from lfclient import LangflowClient
from lfclient.console.samples import graph_builder
from lfclient.console.samples.graph_builder import Link, Node, Sample
from tests.browser.visitor import Visitor
from tests.support.console_process import Console
from tests.support.http_stand_in import StandIn
from tests.support.servers import LiveServer, delete_flow

# reports each execution to a file, and repeats what it was given
COUNTS = """
from lfx.custom import Component
from lfx.io import MessageTextInput, Output
from lfx.schema.message import Message


class Counts(Component):
    display_name = "Counts"
    inputs = [
        MessageTextInput(name="after", display_name="After"),
        MessageTextInput(name="file", display_name="File"),
        MessageTextInput(name="api_key", display_name="API key"),
    ]
    outputs = [Output(name="said", display_name="Said", method="say")]

    async def say(self) -> Message:
        with open(self.file, "a") as file:
            file.write("executed\\n")
        self.log(f"with {self.api_key}")
        return Message(text=f"{self.after} with {self.api_key}")
"""


@contextmanager
def uploads(console: Console) -> Iterator[Callable[..., int]]:
    """Yield a function that uploads a file of a size to a session, and returns the HTTP status.

    Its third argument replaces the headers of a browser.
    """
    with httpx.Client(trust_env=False, timeout=60) as client:
        client.get(f"{console.url}/_stcore/health")
        token = {"X-Xsrftoken": client.cookies["_streamlit_xsrf"]}

        def upload(session_id: str, size: int, headers: Mapping[str, str] = token) -> int:
            url = f"{console.url}/_stcore/upload_file/{session_id}/{uuid.uuid4()}"
            files = {"file": ("../../x.txt", b"x" * size)}
            return client.put(url, files=files, headers=headers).status_code

        yield upload


@dataclass
class CountedFlow:
    """A flow that repeats its input. Its executions are the lines of a file."""

    id: str
    file: Path

    def executions(self) -> int:
        return len(self.file.read_text().splitlines()) if self.file.exists() else 0


@contextmanager
def counted_flow(server: LiveServer, folder: Path) -> Iterator[CountedFlow]:
    """Create a flow that counts its executions in a folder, and delete it at the end."""
    file = folder / "executions"
    nodes = (
        Node("a", "ChatInput"),
        Node("c", "Counts", {"file": str(file)}, editable=("api_key",)),
        Node("b", "ChatOutput"),
    )
    links = (Link("a", "message", "c", "after"), Link("c", "said", "b"))
    with LangflowClient(server.url, server.api_key, timeout=120) as api:
        catalogue = api.editor.catalogue({"Counts": COUNTS})
        graph = graph_builder.build_graph(Sample("counted", "", nodes, links), catalogue)
        # the first of the list, which a session chooses and then keeps
        flow = api.editor.create_flow(f"(Counted) {uuid.uuid4().hex[:8]}", graph)
        yield CountedFlow(flow.id, file)
        delete_flow(api, flow.id)


@dataclass
class StolenSession:
    """A person with a key, a preset, and a run in an open tab."""

    cookie: str
    tab: Visitor
    words: str
    run_id: str
    preset_id: str
    session_id: str


def site(body: bytes = b"", status: int = 200, **headers: str) -> StandIn:
    """Return an attacker's site at another port of the console's host.

    It sends the same response to each request. Underscores in names of headers are dashes.
    """
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    site = StandIn(default=(status, body, named))
    site.answers.clear()
    return site


@dataclass
class Load:
    """How a console fared.

    `longest_wait` is the most processor time, in seconds, that the console took while another
    visitor waited for a response: other processes do not lengthen it. `added_bytes` is its memory.
    """

    longest_wait: float = 0.0
    added_bytes: int = 0


def used_cpu_seconds(console: Console) -> float:
    """Return the processor time of a console's process so far."""
    times = psutil.Process(console.process.pid).cpu_times()
    return times.user + times.system


@contextmanager
def load_on(console: Console) -> Iterator[Load]:
    """Measure a console while something happens to it: as another visitor, and in its process."""
    load, over = Load(), threading.Event()
    process = psutil.Process(console.process.pid)
    before = process.memory_info().rss

    def visit() -> None:
        with httpx.Client(trust_env=False, timeout=60) as client:
            while not over.wait(0.01):
                began = used_cpu_seconds(console)
                with suppress(httpx.NetworkError):  # a console that is held up resets connections
                    client.get(f"{console.url}/_stcore/health")
                load.longest_wait = max(load.longest_wait, used_cpu_seconds(console) - began)
                load.added_bytes = max(load.added_bytes, process.memory_info().rss - before)

    with ThreadPoolExecutor(1) as pool:
        visitor = pool.submit(visit)
        try:
            yield load
        finally:
            over.set()
    visitor.result()  # raises if the console has died
    httpx.get(f"{console.url}/_stcore/health", trust_env=False, timeout=60).raise_for_status()


def traces_on_disk(folder: Path, text: str) -> list[str]:
    """Return the files in which a text occurs, as it is or in one of the usual encodings."""
    forms = {text.encode(), text.encode("utf-16-le")}
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(form in path.read_bytes() for form in forms)
    ]


def sign_in(visitor: Visitor, url: str, key: str) -> str:
    """Enter a server and key; return what is then shown."""
    visitor.open("connection")
    visitor.type("connection-url", url)
    return enter_key(visitor, key)


def enter_key(visitor: Visitor, key: str) -> str:
    """Enter a key on the Connection page; return what is then shown."""
    visitor.type("connection-key", key)
    return visitor.press("test-connection-button")


def handshake(console: Console, **headers: str) -> int:
    """The status of a websocket's handshake: 101 if it is accepted."""
    upgrade = {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    url = f"{console.url}/_stcore/stream"
    with httpx.stream("GET", url, headers={**upgrade, **headers}, timeout=60) as response:
        return response.status_code


def raw_get(console: Console, path: str) -> bytes:
    """Send a path as it is written."""
    with socket.create_connection(("127.0.0.1", console.port), timeout=60) as connection:
        request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{console.port}\r\nConnection: close\r\n\r\n"
        )
        connection.sendall(request.encode())
        return b"".join(iter(lambda: connection.recv(65_536), b""))

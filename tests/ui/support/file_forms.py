"""Forms with file fields under AppTest, and a server that takes their files."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

from lfclient import FileRef
from pages._ui.connection.request_cache import CachedResponse
from tests.support.flows import entry
from tests.ui.support.forms import Form, editable_node, form

FILE = entry("FileInput", "file", fileTypes=["txt", "csv"])


FILES = entry("FileInput", "file", [], list=True, fileTypes=["txt", "csv"])


class Server:
    """A fake server session that records uploads and can fail them."""

    def __init__(self, *there: FileRef) -> None:
        self.there = list(there)
        self.arrived: list[tuple[str, bytes, str | None]] = []
        self.fault: Exception | None = None
        self.refreshed: list[str] = []
        self.open = threading.Event()
        self.open.set()
        self.connection = SimpleNamespace(name="Test")
        self.is_stopped = False

    def files(self) -> CachedResponse:
        if self.fault:
            raise self.fault
        return CachedResponse(self.there, 0.0)

    def upload(self, name: str, content: Any, *, server_info: Any, flow_id: Any, on_progress: Any):
        on_progress(1)
        self.open.wait(10)
        on_progress(2)
        if self.fault:
            raise self.fault
        self.arrived.append((name, content.read(), flow_id))
        return FileRef(name, str(len(self.arrived)), f"u/{len(self.arrived)}-{name}", 3)

    def refresh(self, what: str) -> None:
        self.refreshed.append(what)

    def seconds_waiting(self, *questions: str, max_wait: float = 0.0) -> float:
        return 1.0


def open_file_form(server: Server, **parameters: Any) -> Form:
    return form(editable_node(**parameters), **{"server-of-files": server})


def choose(form: Form, key: str, *files: tuple[str, bytes]) -> Form:
    found = [(name, content, "text/plain") for name, content in files]
    (uploader,) = (one for one in form.at.file_uploader if one.key.endswith(f"-{key}"))
    uploader.set_value(found if uploader.accept_multiple_files else found[0])
    return form.run()

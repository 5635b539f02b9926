"""Secrets of a run leave no trace on pages, in files, URLs, logs or on disk."""

import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.attack_tools import (
    CountedFlow,
    counted_flow,
    sign_in,
    traces_on_disk,
)
from tests.browser.screen import Screen
from tests.browser.visitor import Visitor, new_cookie, session_of
from tests.support.console_process import Console
from tests.support.servers import LiveServer
from tests.support.waiting import wait_for


@pytest.fixture(scope="module")
def counting_langflow(live_server: Callable[[str], LiveServer]) -> LiveServer:
    """The version that repeats most: secrets in responses, outputs and build records."""
    return live_server("1.8.4")


@pytest.fixture(scope="module")
def counted(
    counting_langflow: LiveServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CountedFlow]:
    with counted_flow(counting_langflow, tmp_path_factory.mktemp("counted")) as flow:
        yield flow


# the page but for what its reader typed
WITHOUT_FIELDS = """
() => {
  const page = document.documentElement.cloneNode(true);
  page.querySelectorAll("input, textarea").forEach((field) => field.remove());
  return page.outerHTML;
}
"""
SECRET = f"sk-secret-of-a-run-{uuid.uuid4().hex}"


@dataclass
class RunTraces:
    """Everything that a console sent or stored about a run: to the browser, in files, on disk."""

    executions: int
    text: str
    folder: Path

    def traces(self, text: str) -> set[str]:
        """Return where a text occurs."""
        return {*(["browser"] if text in self.text else []), *traces_on_disk(self.folder, text)}


@pytest.fixture(scope="module")
def run_traces(
    open_as: Callable[[str], Screen],
    personal: Console,
    counted: CountedFlow,
    counting_langflow: LiveServer,
) -> RunTraces:
    """The traces of a run with a secret, whose message contains the connection's own key.

    The flow repeats both in its log and its output. A browser opens each tab of the run and exports
    it; a visitor without a browser then reads the other pages.
    """
    before, parts, cookie = counted.executions(), [], new_cookie(personal)
    with Visitor(personal, cookie) as visitor:
        sign_in(visitor, counting_langflow.url, counting_langflow.api_key)
    screen = open_as(cookie)
    page = screen.page
    page.on("request", lambda request: parts.append(request.url))
    page.on("console", lambda message: parts.append(message.text))
    page.on("websocket", lambda socket: socket.on("framereceived", receive))

    def receive(frame: str | bytes) -> None:
        parts.append(frame if isinstance(frame, str) else frame.decode("latin-1"))

    screen.open(f"{personal.url}/?flow={counted.id}")
    page.locator("textarea").first.fill(f"my key is {counting_langflow.api_key}")
    screen.part("param-Counts-c-api_key").locator("input").fill(SECRET)
    screen.run()
    screen.wait("completed")
    expect(screen.part("outputs")).to_contain_text("my key is •••• with ••••")
    for tab in ("Inputs", "Code"):
        page.get_by_role("tab", name=tab).click()
        screen.drawn()
        parts.append(page.evaluate(WITHOUT_FIELDS))
    for view in ("Messages", "Events", "Raw response", "Details"):
        screen.trace(view)
        screen.drawn()
        parts.append(page.evaluate(WITHOUT_FIELDS))
    screen.part("export-run").get_by_role("button").first.click()
    for label in ("Report (HTML)", "Outputs (ZIP)"):
        with page.expect_download() as saved:
            page.get_by_role("button", name=label).click()
        parts += [saved.value.url, *_texts(saved.value.path())]
    run = screen.address().partition("run=")[2][:32]
    with Visitor(personal, cookie) as again:

        def read(page: str = "", **query: str) -> None:
            # a busy server: a page is first drawn without what the server sends
            wait_for(lambda: "my key is" in again.open(page, **query))

        read(run=run)
        read("chat", flow=counted.id, session=session_of(again, run))
        read("history")
        read(flow=counted.id)
        again.open("connection")
        parts.append(again.seen.decode("latin-1"))
    return RunTraces(counted.executions() - before, "\n".join(parts), personal.folder)


def _texts(path: Path) -> list[str]:
    data = path.read_bytes()
    if not zipfile.is_zipfile(path):
        return [data.decode("latin-1")]
    with zipfile.ZipFile(path) as archive:
        return [name + archive.read(name).decode("latin-1") for name in archive.namelist()]


def test_a_secret_of_a_run_leaves_no_trace(run_traces: RunTraces) -> None:
    assert run_traces.executions == 1
    assert run_traces.traces("my key is ") >= {"browser", "runs.db-wal"}
    assert run_traces.traces(SECRET) == set()


def test_the_connections_key_in_a_message_leaves_no_trace(
    run_traces: RunTraces, counting_langflow: LiveServer
) -> None:
    assert run_traces.executions == 1
    assert run_traces.traces(counting_langflow.api_key) == set()

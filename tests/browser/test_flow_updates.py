"""Outdated components updated in Chromium, on a server whose responses a test holds."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen
from tests.support.console_process import Console
from tests.support.flows import entry, node
from tests.support.http_stand_in import StandIn, flow
from tests.support.waiting import wait_for
from tests.ui.support.whole_pages import ONE, TWO

BUILD, UPLOAD = "POST /api/v1/custom_component", "POST /api/v1/flows/upload/"
OLD, NEW = (entry("CodeInput", "code", f"class {name}: ...") for name in ("Old", "New"))
DEFINITION = node("Op-x", code=NEW)["data"]["node"]


@pytest.fixture
def server() -> Iterator[StandIn]:
    """A server with other code for the only component of its flow."""
    old = flow(ONE, "Echo", [node("Op-a", code=OLD)])
    answers = {
        "GET /api/v1/models": (200, []),
        "GET /api/v1/all": (200, {"tools": {"Op": DEFINITION}}),
        BUILD: (200, {"data": DEFINITION, "type": "Op"}),
        UPLOAD: (201, [{"id": TWO, "name": "New"}]),
    }
    with StandIn(answers) as server:
        server.set_flows(old, flow(TWO, "New"))
        yield server


@pytest.fixture
def console(server: StandIn, tmp_path: Any) -> Iterator[Console]:
    environ = {
        "LANGFLOW_SERVER_URL": server.url,
        "LANGFLOW_API_KEY": "sk-configured-key",
        "LFCONSOLE_ALLOW_INSTALL": "true",
    }
    with Console(tmp_path, environ) as console:
        yield console


def test_a_second_click_on_update_makes_no_second_copy(
    console: Console, server: StandIn, window: Any
):
    """The first click is at work: the server has not created its copy yet."""
    screen = Screen(window())
    screen.open(f"{console.url}/?flow={ONE}")
    button = screen.page.get_by_role("button", name="Update a copy")
    button.wait_for()
    screen.drawn()
    server.hold(UPLOAD)
    button.click()
    wait_for(lambda: server.sent(UPLOAD))
    button.click()
    screen.page.wait_for_timeout(200)  # the second click reaches the console
    server.release()
    expect(screen.page.get_by_text("Updated 1 component. This is a copy.")).to_be_visible()
    expect(screen.page.get_by_role("button", name="Undo")).to_be_visible()
    assert len(server.sent(UPLOAD)) == 1

"""Outdated components in Setup: updated in place or as a copy, and undone."""

from __future__ import annotations

import json
import time
from copy import deepcopy
from typing import Any

import httpx
import pytest

from pages._ui.connection import request_cache
from tests.support.flows import entry, node, text
from tests.support.http_stand_in import flow
from tests.ui.support.flow_pages import added_flows, offer, shown_flow, uploaded, was_added
from tests.ui.support.whole_pages import (
    ONE,
    TWO,
    button_labels,
    lacks,
    open_app,
    page_text,
    press,
)

ALL = "GET /api/v1/all"
BUILD = "POST /api/v1/custom_component"
PATCH = f"PATCH /api/v1/flows/{ONE}"
DIFFERS = "1 component differs from the server's: Op. Until it is updated, the flow may fail."
OLD, NEW = (entry("CodeInput", "code", f"class {name}: ...") for name in ("Old", "New"))
NODE = node("Op-a", code=OLD, size=text("s", display_name="Size"))
DEFINITION = node("Op-x", code=NEW, size=text("s"))["data"]["node"]


@pytest.fixture
def server(langflow_stand_in: Any) -> Any:
    """A server with other code for the only component of its flow."""
    langflow_stand_in.set_flows(flow(ONE, "Echo", [NODE]))
    offer(langflow_stand_in)
    langflow_stand_in.answers[ALL] = (200, {"tools": {"Op": DEFINITION}})
    langflow_stand_in.answers[BUILD] = (200, {"data": DEFINITION, "type": "Op"})

    def store(request: httpx.Request) -> httpx.Response:
        nodes = json.loads(request.content)["data"]["nodes"]
        langflow_stand_in.set_flows(flow(ONE, "Echo", nodes))
        return httpx.Response(200, json=flow(ONE, "Echo", nodes))

    langflow_stand_in.answers[PATCH] = store
    return langflow_stand_in


def add_here() -> None:
    store, owner = added_flows()
    store.add(owner, [ONE])


def stored_code(server: Any) -> list[str]:
    """Return the code of the component in each change of the flow."""
    bodies = [json.loads(request.content) for request in server.sent(PATCH)]
    nodes = [body["data"]["nodes"][0] for body in bodies]
    return [each["data"]["node"]["template"]["code"]["value"] for each in nodes]


def test_a_flow_that_was_added_here_is_updated_in_place_and_restored(server: Any):
    add_here()
    app = open_app()
    assert DIFFERS in page_text(app)
    app = press(app, "Update")
    assert lacks(app, DIFFERS, shows="Updated 1 component.")
    app = press(app, "Undo")
    assert lacks(app, "Updated 1 component.", shows=DIFFERS)
    assert stored_code(server) == [NEW["value"], OLD["value"]]


def test_an_undo_keeps_what_somebody_changed_since_the_update(server: Any):
    add_here()
    app = press(open_app(), "Update")
    server.set_flows(flow(ONE, "Echo", [node("Other-b")]))
    app = press(app, "Undo")
    assert "has changed on the server" in page_text(app)
    assert "The update can no longer be undone." in page_text(app)
    assert "Undo" not in button_labels(app)
    assert stored_code(server) == [NEW["value"]]


@pytest.mark.parametrize("is_stored", [True, False])
def test_an_update_can_be_undone_if_it_was_stored_and_its_response_is_lost(
    server: Any, is_stored: bool
):
    add_here()
    app = open_app()
    store = server.answers[PATCH]

    def lose(request: httpx.Request) -> httpx.ReadError:
        if is_stored:
            store(request)
        return httpx.ReadError("lost")

    server.answers[PATCH] = lose
    app = press(app, "Update")
    assert "Can't reach the server" in page_text(app)
    assert ("Undo" in button_labels(app), DIFFERS in page_text(app)) == (is_stored, not is_stored)


def test_an_update_shows_the_updated_flow_however_long_it_loads(server: Any, monkeypatch):
    add_here()
    app = open_app()
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0)
    updated = flow(ONE, "Echo", [node("Op-a", code=NEW)])

    def load_slowly(request: httpx.Request) -> tuple[int, Any]:
        if server.sent(PATCH):
            time.sleep(0.5)
            return 200, updated
        return 200, flow(ONE, "Echo", [NODE])

    server.answers[f"GET /api/v1/flows/{ONE}"] = load_slowly
    app = press(app, "Update")
    assert lacks(app, DIFFERS, shows="Updated 1 component.")


def test_another_flow_stays_unchanged_and_gets_an_updated_copy(server: Any):
    app = open_app()
    server.set_flows(flow(ONE, "Echo", [NODE]), flow(TWO, "New"))
    app = press(app, "Update a copy")
    assert shown_flow(app) == TWO
    assert "Updated 1 component. This is a copy." in page_text(app)
    assert (was_added(), server.sent(PATCH)) == (True, [])
    [[copy]] = uploaded(server)
    assert copy["name"] == "Echo (updated)"
    server.answers[f"DELETE /api/v1/flows/{TWO}"] = (200, {})
    app = press(app, "Undo")
    assert (shown_flow(app), was_added()) == (ONE, False)
    assert server.sent(f"DELETE /api/v1/flows/{TWO}")


def test_an_undo_keeps_a_copy_that_somebody_has_changed(server: Any):
    app = open_app()
    server.set_flows(flow(ONE, "Echo", [NODE]), flow(TWO, "New"))
    app = press(app, "Update a copy")
    server.set_flows(flow(ONE, "Echo", [NODE]), flow(TWO, "New", [node("Other-b")]))
    app = press(app, "Undo")
    assert "The update can no longer be undone." in page_text(app)
    assert "Undo" not in button_labels(app)
    assert not server.sent(f"DELETE /api/v1/flows/{TWO}")
    assert was_added()


def test_a_locked_flow_is_copied(server: Any):
    server.set_flows({**flow(ONE, "Echo", [NODE]), "locked": True})
    add_here()
    assert "Update a copy" in button_labels(open_app())


def test_what_an_update_loses_is_shown_before(server: Any):
    changed = deepcopy(DEFINITION)
    del changed["template"]["size"]
    server.answers[BUILD] = (200, {"data": changed, "type": "Op"})
    add_here()
    app = press(open_app(), "Update")
    assert "The value of Op: Size" in page_text(app)
    app = press(app, "Cancel")
    assert lacks(app, "The value of Op", shows=DIFFERS)
    assert stored_code(server) == []
    app = press(press(app, "Update"), "Update anyway")
    assert stored_code(server) == [NEW["value"]]


def test_a_component_that_cannot_be_updated_is_named_with_the_reason(server: Any):
    server.answers[BUILD] = (400, {"detail": "No module named x"})
    add_here()
    app = press(open_app(), "Update")
    assert "Op can't be updated: No module named x." in page_text(app)
    assert "Update anyway" not in button_labels(app)


def test_a_flow_that_somebody_else_changed_is_not_overwritten(server: Any):
    changed = deepcopy(DEFINITION)
    del changed["template"]["size"]
    server.answers[BUILD] = (200, {"data": changed, "type": "Op"})
    add_here()
    app = press(open_app(), "Update")
    server.set_flows(flow(ONE, "Echo", [node("Other-b")]))
    app = press(app, "Update anyway")
    assert "has changed on the server" in page_text(app)
    assert stored_code(server) == []


def test_a_flow_that_somebody_else_updated_is_shown_as_it_is_now(server: Any):
    add_here()
    app = open_app()
    server.set_flows(flow(ONE, "Echo", [node("Op-a", code=NEW)]))
    app = press(app, "Update")
    assert lacks(app, DIFFERS, shows="Echo")
    assert "Undo" not in button_labels(app)
    assert stored_code(server) == []


def test_visitors_see_that_components_are_outdated_and_no_button(server: Any, monkeypatch):
    monkeypatch.setenv("LFCONSOLE_ALLOW_INSTALL", "false")
    app = open_app()
    assert DIFFERS in page_text(app)
    assert not {"Update", "Update a copy"} & set(button_labels(app))

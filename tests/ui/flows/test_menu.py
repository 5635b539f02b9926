"""The menu of the chosen flow."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from lfclient.console.local_langflow.manager import LocalLangflow
from lfclient.console.store.errors import StoreError
from lfclient.console.store.flow_settings import AddedFlowStore
from pages._ui.connection import servers
from pages._ui.flows import menu
from tests.support.flows import entry, node
from tests.support.http_stand_in import flow
from tests.ui.support.flow_pages import (
    added_flows,
    create_on_upload,
    offer,
    open_dialog,
    shown_flow,
    uploaded,
    was_added,
)
from tests.ui.support.whole_pages import ONE, TWO, button_labels, open_app, page_text, press

DELETE = f"DELETE /api/v1/flows/{ONE}"


def open_menu(**query_params):
    return open_app(session_state={"flow-menu": True}, **query_params)


def draw_menu():
    """Draw the open menu of a flow without the page around it."""

    def page(flow_id):
        from pages._ui.connection import servers
        from pages._ui.flows import menu

        server = servers.current()
        menu.draw(server, server.flow(flow_id).value)

    app = AppTest.from_function(page, args=(ONE,))
    app.session_state["flow-menu"] = True
    return app.run()


def remember(flow_id=ONE):
    store, owner = added_flows()
    store.add(owner, [flow_id])


def test_a_closed_menu_forgets_the_question_whether_to_delete(langflow_stand_in):
    remember()
    app = press(draw_menu(), "Delete…")
    assert "Delete" in button_labels(app)
    for is_open in (False, True):
        app.session_state["flow-menu"] = is_open
        app.run()
    assert "Delete" not in button_labels(app)
    assert "Delete…" in button_labels(app)


def duplicate(server, key):
    """Duplicate a flow that got this key after the page was drawn, and return the page's text."""
    headers = entry("TableInput", "table", [{"key": "x-api-key", "value": key}])
    app = draw_menu()
    server.set_flows(flow(ONE, "Echo", [node("A-a", headers=headers)]), flow(TWO, "New"))
    offer(server)
    return page_text(press(app, "Duplicate"))


@pytest.mark.parametrize("key", ["sk-configured-key", "Keys look like ••••"])
def test_a_duplicate_that_may_lack_the_connections_key_is_refused(langflow_stand_in, key):
    assert "contains ••••, perhaps in place of your API key" in duplicate(langflow_stand_in, key)
    assert uploaded(langflow_stand_in) == []


def test_a_duplicate_with_its_own_key_is_complete(langflow_stand_in):
    assert "••••" not in duplicate(langflow_stand_in, "sk-other-key")
    assert "sk-other-key" in json.dumps(uploaded(langflow_stand_in))


def test_a_flow_that_is_deleted_already_is_forgotten(langflow_stand_in):
    langflow_stand_in.answers[DELETE] = (404, {"detail": "Flow not found"})
    remember()
    press(press(draw_menu(), "Delete…"), "Delete")
    assert not was_added(ONE)


def test_a_flow_that_the_server_does_not_delete_stays(langflow_stand_in):
    langflow_stand_in.answers[DELETE] = (500, {"detail": "Locked."})
    remember()
    app = press(press(open_menu(), "Delete…"), "Delete")
    assert "Locked." in page_text(app)
    assert was_added(ONE)
    assert shown_flow(app) == ONE


def test_a_sample_of_the_local_langflow_can_be_deleted(langflow_stand_in, monkeypatch):
    monkeypatch.delenv("LANGFLOW_SERVER_URL")
    monkeypatch.setattr(LocalLangflow, "connection", lambda _: (langflow_stand_in.url, "sk-local"))
    monkeypatch.setattr(LocalLangflow, "has_sample", lambda _, flow_id: flow_id == ONE)
    langflow_stand_in.set_flows(flow(ONE, "Sample"), flow(TWO, "Other"))
    langflow_stand_in.answers[DELETE] = (204, b"")
    app = press(open_menu(flow=ONE), "Delete…")
    langflow_stand_in.set_flows(flow(TWO, "Other"))
    app = press(app, "Delete")
    assert DELETE in langflow_stand_in.lines
    assert shown_flow(app) == TWO
    assert "This flow wasn't added here" in page_text(open_menu(flow=TWO))


def test_only_an_added_flow_is_deleted_whatever_the_browser_sends(langflow_stand_in):
    open_app()
    server = servers.current()
    menu._delete(server, server.flow(ONE).value)
    assert not [line for line in langflow_stand_in.lines if line.startswith("DELETE")]


def test_an_added_flow_that_is_not_remembered_is_chosen_all_the_same(
    langflow_stand_in, monkeypatch
):
    """A full disk; the page says so."""

    def fail(*_):
        raise StoreError("The disk is full.")

    offer(langflow_stand_in, flow(ONE, "Template"))
    app = open_dialog()
    monkeypatch.setattr(AddedFlowStore, "add", fail)
    create_on_upload(langflow_stand_in)
    app = press(app, "Add")
    assert shown_flow(app) == TWO
    assert "The disk is full." in page_text(app)


def test_the_menu_is_beside_the_flow_picker_of_a_chat(langflow_stand_in):
    app = open_app("pages/chat.py", session_state={"flow-menu": True})
    assert "Duplicate" in button_labels(app)


def test_the_menu_works_while_the_release_is_unknown(langflow_stand_in):
    langflow_stand_in.answers["GET /api/v1/version"] = (500, {"detail": "Broken."})
    langflow_stand_in.answers["GET /api/v1/config"] = (500, {"detail": "Broken."})
    assert "Duplicate" in button_labels(draw_menu())

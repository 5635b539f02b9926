"""The Chat page opens again where it was left."""

import json

from pages._ui.connection import servers
from tests.ui.support.chat_langflow import chat_flow
from tests.ui.support.chat_page import PAGE, conversation, open_chat, press, session_in_url
from tests.ui.support.whole_pages import ONE, TWO


def open_stored(chat_langflow):
    """Open a session whose message the server has."""
    chat_langflow.store_message("s", "hello")
    return open_chat(flow=ONE, session="s")


def visit(app, page, **address):
    """Go to a page by the navigation, which drops the query, or by a link with a query."""
    app.query_params.clear()
    for name, value in address.items():
        app.query_params[name] = value
    return app.switch_page(page).run()


def test_a_link_to_a_session_of_another_flow_opens_it(chat_langflow):
    chat_langflow.server.set_flows(chat_flow(), chat_flow(TWO, "Zebra"))
    app = open_stored(chat_langflow)
    visit(app, "pages/run.py").selectbox[0].set_value(TWO).run()
    visit(app, PAGE, flow=TWO, session="of Zebra")
    assert session_in_url(app) == "of Zebra"
    assert app.chat_input[0].placeholder == "Message Zebra"


def is_box_focused(app):
    parts = [json.loads(each.proto.json) for each in app.get("bidi_component") if each.proto.json]
    return any(isinstance(part, dict) and part.get("isBox") for part in parts)


def test_the_box_has_the_cursor_only_where_its_session_was_just_chosen(chat_langflow):
    """A session of a flow that could not be loaded doesn't get the cursor after another page."""
    server = chat_langflow.server
    accepting = dict(server.answers)
    app = open_stored(chat_langflow)
    press(app, "New session")
    assert is_box_focused(app)
    server.answers["GET /api/v1/flows/"] = (400, {"detail": "broken"})
    servers.current().refresh()
    press(app, "New session")
    assert not app.chat_input
    visit(app, "pages/connection.py")
    server.answers |= accepting
    servers.current().refresh()
    assert not is_box_focused(visit(app, PAGE))
    assert app.chat_input
    assert (session_in_url(app), conversation(app)) == (None, [])


def test_the_conversation_is_open_again_although_its_flow_is_loaded_late(chat_langflow):
    app = open_stored(chat_langflow)
    visit(app, "pages/connection.py")
    accepting = dict(chat_langflow.server.answers)
    chat_langflow.server.answers["GET /api/v1/flows/"] = (400, {"detail": "broken"})
    servers.current().refresh()
    visit(app, PAGE)
    assert not app.chat_input
    chat_langflow.server.answers |= accepting
    servers.current().refresh()
    app.run()
    assert session_in_url(app) == "s"

"""The dialog that adds flows, and the menu of the chosen flow, under AppTest."""

import json

from streamlit.testing.v1 import AppTest

from pages._ui.connection import servers
from pages._ui.connection.app_context import app_context
from pages._ui.state.flow_choice import ADDING, Addition
from tests.support.flows import chat_input, edge, entry, graph, node
from tests.support.http_stand_in import flow
from tests.ui.support.whole_pages import ONE, TWO, open_app, press

UPLOAD = "POST /api/v1/flows/upload/"
TEMPLATES = "GET /api/v1/flows/basic_examples/"
THREE = "00000000-0000-0000-0000-000000000003"

AGENT = {
    **graph(
        chat_input(),
        node(
            "Agent-a",
            model=entry("ModelInput", "model", [], model_type="language", required=True),
            input_value=entry("MessageInput", "str", ""),
        ),
        edges=[edge("ChatInput-a", "Agent-a")],
    ),
    "id": THREE,
    "name": "Simple Agent",
    "description": "An agent with tools",
    "tags": ["agents"],
}


def offer(server, *templates):
    """Let the server offer templates, and create the flow `TWO`, named New, from any file."""
    server.answers[TEMPLATES] = (200, list(templates))
    server.answers[UPLOAD] = (201, [{"id": TWO, "name": "New"}])


def create_on_upload(server):
    """List the flow `TWO` from now on, as after an upload."""
    server.set_flows(flow(ONE, "Echo"), flow(TWO, "New"))


def open_dialog(server_or_page="pages/run.py"):
    """Open the dialog on a page."""
    app = open_app(server_or_page)
    return press(app, "Add a flow")


def open_upload(page="pages/run.py"):
    """Open the dialog with the tab for files."""
    app = open_app(page)
    app.session_state["add-flow-tabs"] = "Upload"
    return press(app, "Add a flow")


def choose_file(app, content, name="flow.json"):
    """Choose a file in the dialog."""
    content = content if isinstance(content, bytes) else json.dumps(content).encode()
    app.file_uploader(key="flow-file").upload(name, content, "application/json")
    return app.run()


def uploaded(server):
    """Return the flows of the uploads to the server."""
    bodies = [request.content for request in server.sent(UPLOAD)]
    return [json.loads(body[body.index(b"{") : body.rindex(b"}") + 1])["flows"] for body in bodies]


def added_flows():
    """Return the store of the added flows, and the owner of the configured server's."""
    server = servers.current()
    return app_context().runner.store.added_flows, server.owner


def was_added(flow_id=TWO):
    """Return whether the console remembers that it added a flow."""
    store, owner = added_flows()
    return store.contains(owner, flow_id)


def shown_flow(app):
    """Return the id of the chosen flow."""
    return app.selectbox(key=f"flow-choice-{added_flows()[1][:12]}").value


def draw_dialog(tab="Templates"):
    """Draw the dialog without a page, for the configured server, open at a tab."""

    def page():
        from pages._ui.connection import servers
        from pages._ui.flows import add_dialog

        add_dialog.draw(servers.current())

    app = AppTest.from_function(page)
    app.session_state[ADDING.key] = Addition()
    app.session_state["add-flow-tabs"] = tab
    return app.run()

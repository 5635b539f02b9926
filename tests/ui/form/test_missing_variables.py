"""A variable that the server lacks is saved in the line of Setup that needs it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.support.flows import entry, node
from tests.support.http_stand_in import StandIn, flow
from tests.ui.support.forms import RESOURCES, Form, setup
from tests.ui.support.whole_pages import ONE, button_labels, open_app, page_text, press

LIST, SAVE = "GET /api/v1/variables/", "POST /api/v1/variables/"
NAME = "TAVILY"
BOX = f"-{NAME}"


def tool(id: str = "T-a", *, secret: bool = True) -> dict:
    """Return a component with a parameter that names a variable."""
    kind = "SecretStrInput" if secret else "MessageTextInput"
    return node(id, token=entry(kind, "str", NAME, load_from_db=True, password=secret))


@pytest.fixture
def server(langflow_stand_in: StandIn) -> StandIn:
    """A server with a flow that names a variable, which it lacks until it is saved."""
    langflow_stand_in.set_flows(flow(ONE, "Echo", [tool()]))

    def save(request):
        body = json.loads(request.content)
        listed = [{"id": "1", "name": body["name"], "type": body["type"]}]
        langflow_stand_in.answers[LIST] = (200, listed)
        return 201, listed[0]

    langflow_stand_in.answers |= {LIST: (200, []), SAVE: save}
    return langflow_stand_in


def enter(app, text: str):
    """Enter the variable's value, and return the page."""
    next(box for box in app.text_input if box.key.endswith(BOX)).set_value(text)
    return app.run()


def test_a_variable_is_saved_where_it_is_missing_and_its_need_is_met(server):
    app = open_app(flow=ONE)
    assert f"stores `{NAME}` in Langflow, for all flows of the connected account" in page_text(app)
    app = press(enter(app, "tvly-1"), "Save on the server")
    (body,) = server.bodies(SAVE)
    assert (body["name"], body["value"], body["type"]) == (NAME, "tvly-1", "Credential")
    assert [toast.value for toast in app.toast] == [f"Saved `{NAME}` on the server."]
    assert "1 to do" not in page_text(app)
    assert "Save on the server" not in button_labels(app)


def test_a_variable_of_several_parameters_has_one_box_and_is_no_secret_if_none_is(server):
    server.set_flows(flow(ONE, "Echo", [tool("T-a", secret=False), tool("T-b", secret=False)]))
    app = open_app(flow=ONE)
    assert button_labels(app).count("Save on the server") == 1
    press(enter(app, "tvly-1"), "Save on the server")
    assert server.bodies(SAVE)[0]["type"] == "Generic"


def test_a_value_that_the_server_refuses_stays_in_its_box_with_the_reason_until_it_changes(server):
    server.answers[SAVE] = (400, {"detail": "Invalid API key for Tavily"})
    app = press(enter(open_app(flow=ONE), "tvly-wrong"), "Save on the server")
    assert "Invalid API key for Tavily. Check what you entered, then try again." in page_text(app)
    assert next(box for box in app.text_input if box.key.endswith(BOX)).value == "tvly-wrong"
    assert "1 to do" in page_text(app)
    app = press(app, "Run")
    assert "The run was not started. Invalid API key for Tavily." in page_text(app)
    assert f"Correct the value of {NAME}, or clear the box." in page_text(app)
    assert "Invalid API key for Tavily. Check" not in page_text(enter(app, "tvly-other"))


def test_an_empty_value_is_not_saved_and_holds_up_no_run(server):
    app = press(open_app(flow=ONE), "Save on the server")
    assert "Enter the value first." in page_text(app)
    assert server.bodies(SAVE) == []
    assert "not saved yet" not in page_text(press(enter(app, "  "), "Run"))


def test_a_value_that_is_not_saved_yet_holds_up_the_run(server):
    """Said beside the result and below the box, to which the page scrolls, until that changes."""
    app = press(enter(open_app(flow=ONE), "tvly-1"), "Run")
    assert page_text(app).count(f"The value of {NAME} is entered but not saved yet.") == 2
    scrolled = [json.loads(one.proto.json).get("first") for one in app.get("bidi_component")]
    assert "param-T-a-token" in scrolled
    assert "not saved yet" not in page_text(enter(app, "tvly-2"))


def lacking(**more) -> Form:
    """Draw the form of a flow that names a variable which the server lacks."""
    return setup(tool(), resources=replace(RESOURCES, variables=frozenset()), **more)


def test_only_those_who_may_change_the_server_can_save_a_variable():
    found = lacking(may_change=False)
    assert "Only the operator of this console can save variables on the server." in found.text()
    assert not [one for one in found.at.button if one.label == "Save on the server"]
    assert [one for one in lacking().at.button if one.label == "Save on the server"]


def test_the_address_of_a_provider_is_checked_where_it_is_missing(api):
    name = "OLLAMA_BASE_URL"
    url = entry("MessageTextInput", "str", name, load_from_db=True)
    found = setup(node("T-a", url=url), resources=replace(RESOURCES, variables=frozenset()))
    found.set("text_input", name, "http://169.254.169.254").press("Save on the server")
    assert "link-local or cloud metadata address" in found.text()
    assert api.saved == []

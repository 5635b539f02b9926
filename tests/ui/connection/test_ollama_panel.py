"""The offer to use this machine's Ollama."""

import json
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from lfclient.console.local_langflow.ollama import Ollama
from pages._ui.connection import ollama_panel
from pages._ui.connection.app_context import app_context
from tests.ui.support.http_stand_in import StandIn
from tests.ui.support.whole_pages import lacks, page_text

URL = "http://127.0.0.1:11434"
SAVED = {"id": "v", "name": "OLLAMA_BASE_URL", "type": "Generic", "value": URL}


@pytest.fixture
def local():
    """The local Langflow."""
    with StandIn() as server:
        app_context().local = SimpleNamespace(connection=lambda: (server.url, "sk-local"))
        yield server


def page():
    """Draw the offer. AppTest runs the source of this function, so its imports are inside."""
    import streamlit as st

    from pages._ui.connection import ollama_panel

    ollama_panel.draw()
    st.write("below the offer")


def open_panel(monkeypatch, models):
    found = None if models is None else Ollama(URL, models)
    monkeypatch.setattr(ollama_panel, "find_ollama", lambda: found)
    return AppTest.from_function(page).run()


def test_a_running_ollama_is_offered_and_its_address_saved(monkeypatch, local):
    app = open_panel(monkeypatch, ("llama3.2", "mistral"))
    assert "Ollama is running here with 2 models." in page_text(app)

    local.answers["POST /api/v1/variables/"] = (201, SAVED)
    local.answers["GET /api/v1/variables/"] = (200, [])
    app.button(key="use-ollama").click()
    local_before = len(local.requests)
    app.run()

    posted = local.requests.index("POST /api/v1/variables/", local_before)
    body = json.loads(local.bodies[posted])
    assert (body["name"], body["value"], body["type"]) == ("OLLAMA_BASE_URL", URL, "Generic")
    assert "can be chosen" in page_text(app)


def test_an_ollama_that_the_server_uses_is_not_offered(monkeypatch, local):
    local.answers["GET /api/v1/variables/"] = (200, [SAVED])
    app = open_panel(monkeypatch, ("llama3.2",))
    assert lacks(app, "Ollama", "Use", shows="below the offer")


def test_without_an_ollama_nothing_is_offered(monkeypatch, local):
    assert lacks(open_panel(monkeypatch, None), "Ollama", "Use", shows="below the offer")


def test_an_ollama_without_models_shows_how_to_get_a_model(monkeypatch, local):
    assert "ollama pull" in page_text(open_panel(monkeypatch, ()))


def test_a_refused_variable_is_reported_and_the_offer_stays(monkeypatch, local):
    local.answers["POST /api/v1/variables/"] = (400, {"detail": "No."})
    app = open_panel(monkeypatch, ("llama3.2",))
    app.button(key="use-ollama").click().run()
    assert app.button(key="use-ollama")
    assert "can be chosen" not in page_text(app)
    assert "local-problem" in app.session_state

"""The key of a model's provider, entered in the form of a run."""

import threading

import pytest

from lfclient.client import LangflowClient
from tests.support.flows import entry, node
from tests.ui.support.ended_runs import ANSWER, POST, sent, store_ended_run
from tests.ui.support.http_stand_in import flow
from tests.ui.support.whole_pages import ONE, open_app, page_text, press, press_during

TRY = "POST /api/v1/models/validate-provider"
GPT = [{"name": "gpt", "provider": "OpenAI"}]


@pytest.fixture
def agent_server(langflow_stand_in):
    """A server with a flow of one agent, which has a model, and without a key for it."""
    agent = node(
        "Agent-a",
        model=entry("ModelInput", "model", GPT, required=True),
        api_key=entry("SecretStrInput", "str", "", password=True),
    )
    key = {
        "variable_key": "OPENAI_API_KEY",
        "required": True,
        "is_secret": True,
        "component_metadata": {"mapping_field": "api_key"},
    }
    langflow_stand_in.set_flows(flow(ONE, "Echo", [agent]))
    langflow_stand_in.answers |= {
        "GET /api/v1/models": (200, [{"provider": "OpenAI", "variables": [key]}]),
        "GET /api/v1/model_options/language": (200, GPT),
        POST: (200, ANSWER),
    }
    return langflow_stand_in


def test_a_providers_key_of_this_tab_is_used_for_an_opened_run(agent_server):
    """The key itself is not stored with the run."""
    record = store_ended_run(agent_server, {"Agent-a.api_key": "was set"})
    app = open_app(flow=ONE)
    app.session_state["given-settings"] = {record.owner: {"OPENAI_API_KEY": "sk-given-key"}}
    app.query_params["run"] = record.id
    app.run()
    assert "secrets are not saved" not in page_text(app)
    assert "sk-given-key" not in page_text(app)
    press(app, "Run")
    (body,) = sent(agent_server)
    assert body["tweaks"]["Agent-a"]["api_key"] == "sk-given-key"
    assert not app.exception


def test_a_key_that_is_entered_and_not_used_yet_keeps_a_run_from_starting(agent_server):
    app = open_app(flow=ONE)
    next(box for box in app.text_input if "OPENAI_API_KEY" in box.key).set_value("sk-typed")
    press(app.run(), "Run")
    assert "A setting is not used yet" in page_text(app)
    assert "is entered but not used yet" in page_text(app)
    assert "Press Use for my runs or Save on the server, or clear the box." in page_text(app)
    assert sent(agent_server) == []


def enter_key(app, text: str):
    """Enter OpenAI's key, and return the page."""
    next(box for box in app.text_input if "OPENAI_API_KEY" in box.key).set_value(text)
    return app.run()


def test_a_key_is_in_use_for_a_run_that_is_started_while_the_server_tries_it(agent_server):
    """The browser sends what is in the box once more, and the box is empty all the same."""
    agent_server.answers[TRY] = (200, {"valid": True})
    app = enter_key(open_app(flow=ONE), "sk-typed")
    app = press_during(app, "Use for my runs", LangflowClient, "check_provider")
    (body,) = sent(agent_server)
    assert body["tweaks"]["Agent-a"]["api_key"] == "sk-typed"
    assert "not used yet" not in page_text(app)
    assert "Used for your runs in this tab" in page_text(app)
    app = press(app, "Forget")
    assert next(box for box in app.text_input if "OPENAI_API_KEY" in box.key).value == ""
    assert not app.exception


def test_a_run_that_is_started_while_the_server_refuses_a_key_says_why(agent_server):
    agent_server.answers[TRY] = (200, {"valid": False, "error": "Invalid API key for OpenAI"})
    app = enter_key(open_app(flow=ONE), "sk-typed")
    app = press_during(app, "Use for my runs", LangflowClient, "check_provider")
    assert "The run was not started. Invalid API key for OpenAI." in page_text(app)
    assert sent(agent_server) == []
    assert not app.exception


def test_a_run_waits_for_what_the_server_says_of_a_key(agent_server):
    app = enter_key(open_app(flow=ONE), "sk-typed")
    attempts = app.session_state["setup-attempts"]

    def end_attempt():
        attempts.counts["OPENAI_API_KEY"] += 1
        attempts.lock.release()

    attempts.lock.acquire()
    threading.Timer(0.3, end_attempt).start()
    assert "not used yet" not in page_text(press(app, "Run"))
    assert len(sent(agent_server)) == 1
    assert not app.exception

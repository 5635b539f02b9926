"""The key of a model's provider, entered in the form of a run."""

import pytest

from lfclient.runs.components import RunError
from lfclient.runs.model import Run, RunStatus
from tests.support.flows import entry, node
from tests.support.http_stand_in import flow
from tests.ui.support.model_pages import MODELS, PROVIDERS, provider
from tests.ui.support.runs import POST, RESPONSE, store_ended_run
from tests.ui.support.whole_pages import (
    ONE,
    add_ended_run,
    button_labels,
    open_app,
    page_text,
    press,
)

GPT = [{"name": "gpt", "provider": "OpenAI"}]


@pytest.fixture
def agent_server(langflow_stand_in):
    """A server with a flow of one agent, which has a model, and without a key for it."""
    agent = node(
        "Agent-a",
        model=entry("ModelInput", "model", GPT, required=True),
        api_key=entry("SecretStrInput", "str", "", password=True),
    )
    langflow_stand_in.set_flows(flow(ONE, "Echo", [agent]))
    langflow_stand_in.answers |= {
        PROVIDERS: (200, [provider("OpenAI", "OPENAI_API_KEY", "api_key")]),
        MODELS: (200, GPT),
        POST: (200, RESPONSE),
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
    (body,) = agent_server.bodies(POST)
    assert body["tweaks"]["Agent-a"]["api_key"] == "sk-given-key"


def test_a_key_that_is_entered_and_not_used_yet_keeps_a_run_from_starting(agent_server):
    app = open_app(flow=ONE)
    next(box for box in app.text_input if "OPENAI_API_KEY" in box.key).set_value("sk-typed")
    press(app.run(), "Run")
    assert "A setting is not used yet" in page_text(app)
    assert "is entered but not used yet" in page_text(app)
    assert "Click Use for my runs or Save on the server, or clear the box." in page_text(app)
    assert agent_server.bodies(POST) == []


@pytest.mark.parametrize(
    ("name", "reason", "button"),
    [
        ("OpenAI", "OpenAI has no key.", "Enter the key"),
        ("LM Studio", "The server offers no models of LM Studio.", "Choose a model"),
    ],
)
def test_a_missing_key_is_asked_for_only_if_the_server_has_the_provider(
    agent_server, name: str, reason: str, button: str
):
    text = (
        f"{name} API key is required when using {name} provider. Please provide it in the "
        "component or configure it globally as ITS_API_KEY."
    )
    run = Run(ONE, "sync", RunStatus.FAILED, errors=(RunError(text, "Agent-a", "Agent"),))
    record = add_ended_run(agent_server.url, status=RunStatus.FAILED, run=run)
    app = open_app(run=record.id)
    assert reason in page_text(app)
    assert button in button_labels(app)

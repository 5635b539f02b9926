"""Where a run mode keeps a value from being sent, or a need from being met: another at a click."""

from __future__ import annotations

import pytest

from pages._ui.connection import server_session
from pages._ui.state import browser, flow_choice
from tests.support.flows import chat_input, edge, entry, node, text
from tests.support.http_stand_in import VERSION, StandIn, flow
from tests.support.waiting import wait_for
from tests.ui.form.test_choices import UPDATE, after_the_choice
from tests.ui.support.model_pages import MODELS, PROVIDERS, provider
from tests.ui.support.whole_pages import ONE, TWO, button_labels, open_app, page_text, press

SYNC, BACKGROUND = "Use synchronous mode", "Use background mode"
PROVIDER = provider("OpenAI", "OPENAI_API_KEY", "api_key") | {"is_configured": True}
PROVIDER["variables"][0]["is_secret"] = True


@pytest.fixture
def server(langflow_stand_in: StandIn) -> StandIn:
    langflow_stand_in.answers[UPDATE] = after_the_choice
    langflow_stand_in.answers[PROVIDERS] = (200, [PROVIDER])
    langflow_stand_in.answers[MODELS] = (200, [])
    return langflow_stand_in


def agent(key: str) -> dict:
    model = [{"name": "OpenAI-1", "provider": "OpenAI"}]
    stored = entry("SecretStrInput", "str", key, load_from_db=True, password=True)
    return node("Agent-a", model=entry("ModelInput", "model", model, required=True), api_key=stored)


def mode(app) -> str:
    return next(each for each in app.radio if each.label == "Run mode").value


def choose_mode(app, name: str):
    next(each for each in app.radio if each.label == "Run mode").set_value(name)
    return app.run()


def test_synchronous_mode_is_offered_where_it_does_without_a_variable(server):
    server.set_flows(flow(ONE, "Echo", [agent("NAMED_BY_THE_AUTHOR")]))
    app = open_app(flow=ONE)
    assert "the server has no variable “NAMED_BY_THE_AUTHOR”" in page_text(app)
    assert button_labels(app).count(SYNC) == 1
    app = press(app, SYNC)
    assert mode(app) == "sync"
    assert "Ready" in page_text(app)
    assert "The run uses OpenAI's key, saved on the server as OPENAI_API_KEY." in page_text(app)
    assert not {SYNC, BACKGROUND} & {*button_labels(app)}


def go_to(app, flow_id: str):
    """Choose another flow in the same tab."""
    app.session_state[flow_choice.REQUESTED.key] = flow_id
    app.query_params.pop("run", None)
    return app.run()


def test_a_mode_that_one_flow_needs_is_not_that_of_other_flows(server, monkeypatch):
    """It stays that flow's after a reload."""
    monkeypatch.setattr(browser, "browser_id", lambda: "one")
    other = flow(TWO, "Other", [chat_input()])
    server.set_flows(flow(ONE, "Echo", [agent("NAMED_BY_THE_AUTHOR")]), other)
    app = press(open_app(flow=ONE), SYNC)
    assert mode(app) == "sync"
    assert mode(go_to(app, TWO)) == "background"
    assert mode(go_to(app, ONE)) == "sync"
    assert mode(open_app(flow=ONE)) == "sync"
    assert mode(open_app(flow=TWO)) == "background"


def test_a_mode_chosen_for_a_flow_with_its_own_is_not_that_of_other_flows(server):
    """It ends once the one of all flows is chosen."""
    other = flow(TWO, "Other", [chat_input()])
    server.set_flows(flow(ONE, "Echo", [agent("NAMED_BY_THE_AUTHOR")]), other)
    app = press(open_app(flow=ONE), SYNC)
    assert "For this flow only" in page_text(app)
    app = choose_mode(go_to(app, TWO), "sync")
    assert "For this flow only" not in page_text(app)
    app = choose_mode(go_to(app, ONE), "background")
    assert mode(app) == "background"
    assert SYNC in button_labels(app)
    assert mode(go_to(app, TWO)) == "sync"
    choose_mode(go_to(app, ONE), "sync")
    choose_mode(go_to(app, TWO), "background")
    assert mode(go_to(app, ONE)) == "background"


def test_a_flow_with_several_chat_inputs_runs_synchronously_and_says_so_under_options(server):
    """From Langflow 1.11 on, its other runs fail. The mode of other flows stays as it was."""
    server.set_flows(
        flow(ONE, "Echo", [chat_input(), chat_input("ChatInput-b")]),
        flow(TWO, "Other", [chat_input()]),
    )
    app = open_app(flow=ONE)
    assert not [each for each in app.radio if each.label == "Run mode"]
    assert "several chat inputs, so it runs synchronously" in page_text(app)
    assert "fail. Use synchronous mode" not in page_text(app)
    assert SYNC not in button_labels(app)
    app = press(app, "Run")
    assert sent_mode(server) == "sync"
    assert mode(go_to(app, TWO)) == "background"


def test_a_synchronous_run_that_starts_at_a_webhook_ignores_the_message(server):
    """The form then doesn't say that the webhook doesn't run, and offers background mode."""
    server.set_flows(flow(ONE, "Echo", [chat_input(), node("Webhook-w")]))
    app = open_app(flow=ONE)
    idle = "Will not run, not connected to the chat input: Webhook"
    assert idle in page_text(app)
    app = choose_mode(app, "sync")
    assert "starts at the webhook and ignores the message" in page_text(app)
    assert idle not in page_text(app)
    app = press(app, "Run")
    assert sent_mode(server) == "sync"
    app.text_area[0].set_value("hi").run()
    assert "starts at the webhook and ignores the message" in page_text(app)
    app = press(app, BACKGROUND)
    assert "ignores the message" not in page_text(app)
    press(app, "Run")
    assert sent_mode(server) == "background"


def test_synchronous_mode_is_offered_at_the_box_of_a_key_that_1_11_takes_for_a_variable(server):
    older = {"version": "1.11.6", "main_version": "1.11.6"}
    server.answers["GET /api/v1/version"] = (200, VERSION | older)
    server.answers[PROVIDERS] = (200, [PROVIDER | {"is_configured": False}])
    server.set_flows(flow(ONE, "Echo", [agent("")]))
    app = open_app(flow=ONE)
    assert "Use for my runs" not in button_labels(app)
    assert "typed values work only in synchronous mode" in page_text(app)
    app = press(app, SYNC)
    assert "Use for my runs" in button_labels(app)


def test_no_mode_is_offered_where_a_problem_is_the_same_in_each(server):
    lacking = entry("MessageTextInput", "str", "NOPE", load_from_db=True)
    server.set_flows(flow(ONE, "Echo", [node("T-t", language=lacking)]))
    app = open_app(flow=ONE)
    assert "the server has no variable “NOPE”" in page_text(app)
    assert not {SYNC, BACKGROUND} & {*button_labels(app)}


def sent_mode(server) -> str:
    """Return the mode of the latest run."""
    return server.bodies("POST /api/v2/workflows")[-1]["mode"]


def test_a_chat_has_the_mode_that_does_without_a_variable_until_that_is_there(server, monkeypatch):
    nodes = [chat_input(), agent("NAMED_BY_THE_AUTHOR"), node("ChatOutput-b", sender=text("AI"))]
    edges = [edge("ChatInput-a", "Agent-a"), edge("Agent-a", "ChatOutput-b")]
    server.set_flows(flow(ONE, "Echo", nodes, edges))
    app = open_app("pages/chat.py", flow=ONE)
    assert "has no variable “NAMED_BY_THE_AUTHOR”" in page_text(app)
    app = press(app, SYNC)
    assert "Ready" in page_text(app)
    app.chat_input[0].set_value("Hello").run()
    assert sent_mode(server) == "sync"
    server.answers["GET /api/v1/variables/"] = (200, [{"id": "1", "name": "NAMED_BY_THE_AUTHOR"}])
    monkeypatch.setitem(server_session._TTL_SECONDS, "server.resources", 0)
    wait_for(lambda: "Send again" in button_labels(app.run()))
    app.chat_input[0].set_value("Again").run()
    assert sent_mode(server) == "background"

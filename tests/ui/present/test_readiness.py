"""What a presented flow needs and its view does not take."""

from pages._ui.state.present import ENTERED, Entered
from tests.support.flows import chat_input, edge, entry, node
from tests.ui.present.support import inputs, present, present_as_presenter
from tests.ui.support.http_stand_in import flow
from tests.ui.support.model_pages import MODELS, PROVIDERS, provider
from tests.ui.support.preset_pages import SECRET
from tests.ui.support.whole_pages import ONE, page_text, press

GPT = [{"name": "gpt-4o", "provider": "OpenAI"}]
USE_ENTERED = "Use the values of the Run page"


def model(value: object = "") -> dict:
    """Return a required model."""
    return entry("ModelInput", "model", value, required=True)


def test_a_missing_value_that_is_not_shown_is_named(fields_server):
    required = {**SECRET, "required": True}
    fields_server.set_flows(flow(ONE, "Trip", nodes=[node("T-a", s=required)]))
    app = present()
    assert "Not filled in: s (T). Tell the person who sent you this link." in page_text(app)
    assert "Press Run" not in page_text(app)
    press(app, "Run")
    assert "The flow is not ready to run" in page_text(app)
    assert "A value was rejected" not in page_text(app)
    words = page_text(press(present_as_presenter(), "Run"))
    assert "Not filled in: s (T). Set it in the flow or as a variable of the server." in words
    assert not app.exception


def test_the_values_of_the_run_page_are_named_where_they_are_what_is_missing(fields_server):
    agents = [node("Agent-a", model=model()), node("Agent-b", model=model())]
    fields_server.set_flows(flow(ONE, "Trip", nodes=agents))
    app = present_as_presenter()
    assert "Not filled in: model (Agent 1), model (Agent 2). On the Run page" in page_text(app)
    entered = {"Agent-a.model": GPT}
    app.session_state[ENTERED.key] = Entered(ONE, "the flow's values", entered)
    assert "On the Run page, fill in" in page_text(app.run())
    entered |= {"Agent-b.model": GPT}
    assert f"Agent 2). Press “{USE_ENTERED}”." in page_text(app.run())
    app = press(app, USE_ENTERED)
    assert "Not filled in" not in page_text(app)
    assert not app.exception


def test_a_presenter_reads_that_a_model_has_no_key(fields_server):
    """An audience can do nothing about it, and the run may work."""
    nodes = [chat_input(), node("Agent-a", model=model(GPT)), node("ChatOutput-b")]
    talk = flow(ONE, "Talk", nodes=nodes)
    talk["data"]["edges"] = [edge("ChatInput-a", "Agent-a"), edge("Agent-a", "ChatOutput-b")]
    fields_server.set_flows(talk)
    fields_server.answers |= {
        PROVIDERS: (200, [provider("OpenAI", "OPENAI_API_KEY", "api_key")]),
        MODELS: (200, []),
    }
    app = present_as_presenter()
    assert inputs(app) == ["Message"]
    assert "OpenAI: no OpenAI setting yet. Save it on the server, in Setup" in page_text(app)
    assert "OpenAI" not in page_text(present())
    assert not app.exception

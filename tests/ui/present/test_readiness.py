"""What a presented flow needs and its view does not take."""

import pytest

from lfclient.flows.validation import SECRET_MASK
from pages._ui.state.present import ENTERED, Entered
from tests.support.flows import entry, node, text
from tests.support.http_stand_in import VERSION, flow
from tests.ui.present.support import present, present_as_presenter
from tests.ui.support.model_pages import MODELS, PROVIDERS, provider
from tests.ui.support.preset_pages import SECRET, owner, store_preset
from tests.ui.support.whole_pages import ONE, page_text, press

GPT = [{"name": "gpt-4o", "provider": "OpenAI"}]


def model(value: object = "") -> dict:
    """Return a required model."""
    return entry("ModelInput", "model", value, required=True)


NOT_SHOWN = "A value that can't be entered here is missing or not valid. Tell the person who"
SET_SECRETS = "Set secrets in the flow or as variables of the server."
SAVE_SETTINGS = "Save the provider's settings on the server, in Setup on the Run page."


def test_a_missing_value_that_is_not_shown_is_named_for_a_presenter_alone(fields_server):
    """An audience reads no names of parameters or components."""
    required = {**SECRET, "required": True}
    fields_server.set_flows(flow(ONE, "Trip", nodes=[node("Token-a", s=required)]))
    app = present()
    assert NOT_SHOWN in page_text(app)
    assert "Click Run" not in page_text(app)
    press(app, "Run")
    assert "The flow is not ready to run" in page_text(app)
    assert "A value was rejected" not in page_text(app)
    assert "Token" not in page_text(app)
    words = page_text(press(present_as_presenter(), "Run"))
    assert f"Not filled in: s (Token). {SET_SECRETS}" in words


def test_each_kind_of_missing_value_has_its_own_hint(fields_server):
    secret = {**SECRET, "required": True}
    nodes = [node("Agent-a", model=model(GPT)), node("File-b", s=secret, model=model())]
    fields_server.set_flows(flow(ONE, "Trip", nodes=nodes))
    fields_server.answers |= {
        PROVIDERS: (200, [provider("OpenAI", "OPENAI_API_KEY", "api_key")]),
        MODELS: (200, []),
    }
    app = present_as_presenter()
    fill_in = "On the Run page, fill in what is missing, then click Present."
    assert f"{SET_SECRETS} {fill_in} {SAVE_SETTINGS}" in page_text(app)


def test_a_wrong_value_is_to_be_corrected(fields_server):
    older = {"version": "1.11.6", "main_version": "1.11.6"}  # takes a variable there, no text
    fields_server.answers["GET /api/v1/version"] = (200, VERSION | older)
    place = text("PLACE") | {"load_from_db": True}
    fields_server.set_flows(flow(ONE, "Trip", nodes=[node("T-a", place=place)]))
    store_preset(default=True, place="Rome")
    words = page_text(present_as_presenter())
    assert "Not valid: place (T). On the Run page, correct what is not valid, then" in words


ONLY_TAB = "Only your tab has"


def serve_agent(server, *, is_configured: bool = False) -> None:
    """Give the server a flow that needs a key, which the server has or not."""
    key = entry("SecretStrInput", "str", "", password=True)
    server.set_flows(flow(ONE, "Ask", nodes=[node("Agent-a", model=model(GPT), api_key=key)]))
    openai = provider("OpenAI", "OPENAI_API_KEY", "api_key") | {"is_configured": is_configured}
    server.answers |= {PROVIDERS: (200, [openai]), MODELS: (200, [])}


def edit_with_given_key():
    """Open the editor in a tab that has the key."""
    given = {owner(): {"OPENAI_API_KEY": "sk-given"}}
    return press(present_as_presenter(session_state={"given-settings": given}), "Edit")


@pytest.mark.parametrize(
    ("may_change", "way"),
    [
        ("true", "Save it on the server, in Setup on the Run page."),
        ("false", "Ask the operator of this console to save it on the server."),
    ],
)
def test_the_editor_warns_of_a_key_that_only_the_presenters_tab_has(
    fields_server, monkeypatch, may_change, way
):
    monkeypatch.setenv("LFCONSOLE_ALLOW_INSTALL", may_change)
    serve_agent(fields_server)
    app = edit_with_given_key()
    warning = f"{ONLY_TAB} the OpenAI setting. The audience's runs fail without it. {way}"
    assert warning in page_text(app)
    assert "no OpenAI setting yet" not in page_text(app)
    del app.session_state["given-settings"]
    words = page_text(app.run())
    assert ONLY_TAB not in words
    assert "OpenAI: no OpenAI setting yet." in words


def test_the_editor_does_not_warn_of_a_key_that_the_server_has(fields_server):
    serve_agent(fields_server, is_configured=True)
    assert ONLY_TAB not in page_text(edit_with_given_key())


def test_a_key_typed_for_a_run_is_not_presented_and_the_operator_is_named(
    fields_server, monkeypatch
):
    """The values of the Run page come without secrets."""
    monkeypatch.setenv("LFCONSOLE_ALLOW_INSTALL", "false")
    serve_agent(fields_server)
    entered = Entered(ONE, {"Agent-a.api_key": SECRET_MASK})
    app = press(present_as_presenter(session_state={ENTERED.key: entered}), "Edit")
    ask = "Ask the operator of this console to save the provider's settings on the server."
    assert f"OpenAI: no OpenAI setting yet. {ask}" in page_text(app)


def test_an_outdated_component_is_no_missing_value(fields_server):
    old, new = (entry("CodeInput", "code", f"class {name}: ...") for name in ("Old", "New"))
    fields_server.set_flows(flow(ONE, "Trip", nodes=[node("Op-a", code=old, size=text("s"))]))
    catalogue = {"tools": {"Op": node("Op-x", code=new)["data"]["node"]}}
    fields_server.answers["GET /api/v1/all"] = (200, catalogue)
    words = page_text(present_as_presenter())
    assert "Results appear here." in words
    assert "from the server's" not in words

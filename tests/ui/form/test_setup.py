"""Setup: the models, keys, files and values that a flow needs, filled in above its form."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest

from lfclient.errors import InvalidRequest, ServerFault
from lfclient.resources.models import ModelOption, Provider, ProviderSetting
from lfclient.resources.server_resources import ServerResources
from pages._ui.form import provider_settings
from tests.support.flows import entry, node, text
from tests.ui.support.forms import clear_drafts, form, form_server

KEY = ProviderSetting("OPENAI_API_KEY", "OpenAI API Key", True, True, False, parameter="api_key")
ADDRESS = ProviderSetting("OLLAMA_BASE_URL", "Ollama Base URL", True, False, False)


def option(name: str, provider: str, *, is_ready: bool = False, tools: bool = True) -> ModelOption:
    value = {"name": name, "provider": provider, "metadata": {"model_class": "C"}}
    return ModelOption(name, provider, is_ready, tools, value)


MODELS = (
    option("llama", "Ollama", is_ready=True),
    option("gpt-4o", "OpenAI"),
    option("no-tools", "OpenAI", tools=False),
)
RESOURCES = ServerResources(
    (Provider("OpenAI", False, (KEY,)), Provider("Ollama", False, (ADDRESS,))),
    {"language": MODELS},
)


def agent(id: str = "Agent-a", model: object = None, *, loads: bool = False) -> dict:
    return node(
        id,
        model=entry("ModelInput", "model", model or [], required=True),
        api_key=entry("SecretStrInput", "str", "", load_from_db=loads, password=True),
    )


@pytest.fixture(autouse=True)
def _no_drafts():
    clear_drafts()


@pytest.fixture
def api(monkeypatch):
    """The client that the page's callbacks use, and what they sent."""
    sent = SimpleNamespace(checked=[], saved=[], error=None, refreshed=0)

    class Client:
        def check_provider(self, provider, settings):
            sent.checked.append((provider, settings))
            if sent.error:
                raise sent.error

        def save_variable(self, name, value, is_secret):
            sent.saved.append((name, value, is_secret))
            if sent.error:
                raise sent.error

    @contextmanager
    def open_client(connection, server=None):
        yield Client()

    monkeypatch.setattr(provider_settings, "open_client", open_client)
    return sent


def setup(*nodes, resources=RESOURCES, may_change=True, **session):
    server = form_server(may_change=may_change)
    return form(*nodes, resources=resources, **{"server-of-files": server, **session})


def type_model(found, words: str):
    """Type a model; AppTest itself can only choose what a box offers."""
    box = chosen(found)
    box.options.append(words)
    box.set_value(words)
    return found.run()


def chosen(found, component: str = "Agent-a"):
    return found.find("selectbox", f"{component}.model")


def test_a_model_is_chosen_among_those_that_the_server_offers():
    found = setup(agent())
    assert "1 to do" in found.text()
    assert chosen(found).options == ["Ollama: llama", "OpenAI: gpt-4o (not set up)"]
    found.set("selectbox", "Agent-a.model", "Ollama: llama")
    assert found.overrides == {"Agent-a.model": [MODELS[0].value]}


def test_another_model_of_a_provider_can_be_typed():
    found = type_model(setup(agent()), "openai: mine")
    assert found.overrides == {"Agent-a.model": [{**MODELS[1].value, "name": "mine"}]}
    type_model(found, "mine")
    assert "such as “Ollama: mine”" in found.text()
    assert not found.result.ready


def test_a_model_of_the_author_that_the_server_lacks_is_marked_and_kept():
    found = setup(agent(model=[{"name": "old", "provider": "Gone"}]))
    assert chosen(found).options[-1] == "Gone: old (not on this server)"
    assert "not in this server's list" in found.text()
    assert found.overrides == {}
    found.set("selectbox", "Agent-a.model", "Ollama: llama")
    assert "not in this server's list" not in found.text()
    assert found.set("selectbox", "Agent-a.model", "Gone: old").overrides == {}


def test_one_model_can_be_used_for_all_components():
    found = setup(agent(), agent("Agent-b"), agent("Agent-c"))
    found.set("selectbox", "Agent-a.model", "Ollama: llama").press("Use for all 3 components")
    assert [chosen(found, f"Agent-{one}").value for one in "abc"] == ["Ollama: llama"] * 3
    assert not [button for button in found.at.button if button.label.startswith("Use for all")]


def test_components_of_one_name_are_told_apart_by_their_texts_or_else_their_ids():
    agents = []
    for letter, words in zip("abcd", ("Translate. " * 9, "Sum up", "Same", "Same"), strict=True):
        agents.append(agent(f"Agent-{letter}"))
        agents[-1]["data"]["node"]["display_name"] = "Agent"
        prompt = entry("MultilineInput", "str", words, multiline=True)
        agents[-1]["data"]["node"]["template"]["system_prompt"] = prompt
    found = setup(*agents).text()
    assert "Agent · Translate. Translate. Tran" in found
    for name in ("Agent · Sum up", "Agent, Agent-c", "Agent, Agent-d"):
        assert f"**model** :gray[· {name}]" in found


def test_a_model_that_calls_no_tools_is_not_used_for_agents():
    summary = node("Model-m", model=entry("ModelInput", "model", [], required=True))
    found = setup(summary, agent("Agent-a"), agent("Agent-b"))
    found.set("selectbox", "Model-m.model", "OpenAI: no-tools")
    assert not [button for button in found.at.button if button.label.startswith("Use for all")]
    found.set("selectbox", "Model-m.model", "Ollama: llama").press("Use for all 3 components")
    assert chosen(found, "Agent-b").value == "Ollama: llama"


def test_a_key_is_tried_and_then_sent_with_all_components_of_its_provider(api):
    found = setup(agent(model=[MODELS[1].value]), agent("Agent-b", [MODELS[1].value]))
    assert "No OpenAI API Key yet" in found.text()
    found.set("text_input", "OPENAI_API_KEY", "sk-good-key").press("Use for my runs")
    assert api.checked == [("OpenAI", {"OPENAI_API_KEY": "sk-good-key"})]
    assert found.overrides == {"Agent-a.api_key": "sk-good-key", "Agent-b.api_key": "sk-good-key"}
    assert "Used for your runs in this tab" in found.text()
    found.press("Forget")
    assert found.overrides == {}


def test_a_refused_key_stays_in_its_box_with_the_reason(api):
    api.error = InvalidRequest("Invalid API key for OpenAI", hint="Check the key.")
    found = setup(agent(model=[MODELS[1].value]))
    for button in ("Use for my runs", "Save on the server"):
        found.set("text_input", "OPENAI_API_KEY", "sk-wrong").press(button)
        assert "Invalid API key for OpenAI. Check the key." in found.text()
        assert found.find("text_input", "OPENAI_API_KEY").value == "sk-wrong"
    assert found.overrides == {}


def test_an_empty_box_is_not_sent(api):
    found = setup(agent(model=[MODELS[1].value])).press("Use for my runs")
    assert "Enter the OpenAI API Key first." in found.text()
    assert api.checked == []


COMPATIBLE = ProviderSetting("OPENAI_BASE_URL", "OpenAI Base URL", False, False, False)


def agent_with_optional_address(**more):
    """Set up an agent whose provider has no key, and may be given an address."""
    resources = ServerResources((Provider("OpenAI", False, (KEY, COMPATIBLE)),), {})
    return setup(agent(model=[MODELS[1].value]), resources=resources, **more)


def test_the_address_of_a_compatible_server_is_saved_before_its_key_in_one_press(api):
    found = agent_with_optional_address()
    address = found.find("text_input", "OPENAI_BASE_URL")
    assert address.label == "OpenAI Base URL (optional)"
    found.set("text_input", "OPENAI_API_KEY", "lm-studio")
    found.set("text_input", "OPENAI_BASE_URL", "http://localhost:1234/v1")
    found.press("Save on the server")
    saved = {"OPENAI_API_KEY": "lm-studio", "OPENAI_BASE_URL": "http://localhost:1234/v1"}
    assert api.checked == [("OpenAI", saved)]
    assert [name for name, _, _ in api.saved] == ["OPENAI_BASE_URL", "OPENAI_API_KEY"]


def test_a_key_refused_at_its_address_leaves_no_address_on_the_server(api):
    api.error = InvalidRequest("Invalid API key for OpenAI")
    found = agent_with_optional_address().set("text_input", "OPENAI_API_KEY", "sk-wrong")
    found.set("text_input", "OPENAI_BASE_URL", "http://gateway/v1").press("Save on the server")
    assert api.saved == []
    assert found.find("text_input", "OPENAI_BASE_URL").value == "http://gateway/v1"


def test_a_key_is_used_for_runs_unless_an_address_goes_with_it(api):
    found = agent_with_optional_address()
    found.press("Use for my runs")
    assert "Enter the OpenAI API Key first." in found.text()
    found.set("text_input", "OPENAI_BASE_URL", "http://localhost:1234/v1")
    assert "The OpenAI Base URL can't be sent with a run. Save it on the server." in found.text()
    assert not [one for one in found.at.button if one.label == "Use for my runs"]
    found.set("text_input", "OPENAI_BASE_URL", "").set("text_input", "OPENAI_API_KEY", "sk-1")
    assert found.press("Use for my runs").overrides == {"Agent-a.api_key": "sk-1"}


def test_a_visitor_who_may_not_change_the_server_is_offered_no_address():
    found = agent_with_optional_address(may_change=False)
    assert has_box(found)
    assert found.find("text_input", "OPENAI_BASE_URL") is None


def ready_agent(**more):
    """Set up an agent whose provider is ready."""
    provider = Provider("OpenAI", True, (replace(KEY, is_set=True), COMPATIBLE))
    resources = ServerResources((provider,), {"language": MODELS})
    return setup(agent(model=[MODELS[1].value]), resources=resources, **more)


def has_box(found) -> bool:
    return found.find("text_input", "OPENAI_API_KEY") is not None


def test_a_button_that_leads_to_a_key_shows_it_though_the_provider_is_set_up(api):
    found = ready_agent(may_change=False)
    assert ":green-badge[Set up]" in found.text()
    assert not has_box(found)
    found.at.session_state["shown-field"] = "Agent-a.api_key"
    found.run().set("text_input", "OPENAI_API_KEY", "sk-new").press("Use for my runs")
    assert found.overrides == {"Agent-a.api_key": "sk-new"}
    assert not has_box(found)
    found.at.session_state["shown-field"] = "Agent-a.api_key"
    assert has_box(found.run())


@pytest.mark.parametrize(
    ("key", "part"),
    [("Agent-a.api_key", "provider-OpenAI"), ("Agent-a.model", "param-Agent-a-model")],
)
def test_a_button_that_leads_to_a_need_scrolls_to_it_and_focuses_it(key, part):
    found = ready_agent(**{"shown-field": key})
    scroll, keyboard = (json.loads(one.proto.json) for one in found.at.get("bidi_component"))
    assert scroll == {"first": part, "seen": part}
    assert keyboard == {"part": part}


def test_a_button_that_leads_to_a_key_typed_in_its_component_opens_the_component():
    found = ready_agent().open("Agent-a")
    found.set("text_input", "Agent-a.api_key", "sk-own").toggle("Agent-a", False)
    found.at.session_state["shown-field"] = "Agent-a.api_key"
    found.run()
    assert found.find("text_input", "Agent-a.api_key")
    assert not has_box(found)


def test_a_key_saved_for_a_provider_that_is_set_up_leaves_its_box_and_is_told(api):
    found = ready_agent().press("Change")
    found.set("text_input", "OPENAI_API_KEY", "sk-new").press("Save on the server")
    assert api.saved == [("OPENAI_API_KEY", "sk-new", True)]
    assert [toast.value for toast in found.at.toast] == ["Saved the settings of OpenAI."]
    assert not has_box(found)
    assert found.press("Change").find("text_input", "OPENAI_API_KEY").value == ""
    assert not has_box(found.press("Cancel"))


def test_a_key_saved_on_the_server_replaces_the_one_of_the_tab(api):
    found = setup(agent(model=[MODELS[1].value]))
    found.set("text_input", "OPENAI_API_KEY", "sk-tab").press("Use for my runs").press("Change")
    found.set("text_input", "OPENAI_API_KEY", "sk-saved").press("Save on the server")
    assert found.overrides == {}


def test_a_setting_without_a_parameter_is_saved_on_the_server(api):
    found = setup(agent(model=[MODELS[0].value]))
    assert "The Ollama Base URL can't be sent with a run. Save it on the server." in found.text()
    assert not [one for one in found.at.button if one.label == "Use for my runs"]
    assert found.find("text_input", "OLLAMA_BASE_URL").placeholder == "http://localhost:11434"
    found.set("text_input", "OLLAMA_BASE_URL", "http://127.0.0.1:11434").press("Save on the server")
    assert api.checked == [("Ollama", {"OLLAMA_BASE_URL": "http://127.0.0.1:11434"})]
    assert api.saved == [("OLLAMA_BASE_URL", "http://127.0.0.1:11434", False)]
    assert found.find("text_input", "OLLAMA_BASE_URL").value == ""


def test_an_address_that_does_not_answer_is_not_saved(api):
    api.error = InvalidRequest("Could not connect to http://127.0.0.1:9.")
    found = setup(agent(model=[MODELS[0].value]))
    found.set("text_input", "OLLAMA_BASE_URL", "http://127.0.0.1:9").press("Save on the server")
    assert "Could not connect to" in found.text()
    assert api.saved == []
    assert found.find("text_input", "OLLAMA_BASE_URL").value == "http://127.0.0.1:9"


def test_a_visitor_who_may_not_change_the_server_can_only_use_a_key_for_runs():
    found = setup(agent(model=[MODELS[1].value]), may_change=False)
    labels = [button.label for button in found.at.button]
    assert "Use for my runs" in labels
    assert "Save on the server" not in labels
    assert "Save on the server" not in found.text()


def test_it_is_said_who_can_use_what_is_saved_on_the_server():
    found = setup(agent(model=[MODELS[1].value])).text()
    saved = "stores `OPENAI_API_KEY` for all flows of the API key's Langflow user."
    assert f"*Save on the server* {saved}" in found


def test_background_runs_of_1_11_are_led_around_a_typed_key(api):
    model = [MODELS[1].value]
    found = setup(agent(model=model, loads=True), version="1.11.6")
    assert "read an entered value as a variable's name" in found.text()
    assert not [one for one in found.at.button if one.label == "Use for my runs"]
    found = setup(agent(model=model, loads=True), version="1.11.6", mode="sync")
    assert [one for one in found.at.button if one.label == "Use for my runs"]


def test_what_is_missing_is_shown_and_counted_below_many_needs_that_are_met():
    llama = [{"name": "llama", "provider": "Ollama"}]
    agents = [agent(f"Agent-{number}", llama) for number in range(40)]
    value = node("Needy-z", wanted=text(required=True))
    found = setup(*agents, value)
    assert "2 to do" in found.text()
    assert found.find("text_input", "OLLAMA_BASE_URL")
    assert found.find("text_input", "Needy-z.wanted")


def test_what_is_needed_stands_above_and_what_has_a_value_in_its_component():
    file = entry("FileInput", "file", "", file_path=[], list=True)
    found = setup(
        node("File-a", path=file),
        node("T-a", empty=text(required=True), full=text("x", required=True)),
    )
    assert "2 to do" in found.text()
    assert found.find("text_input", "T-a.empty")
    assert found.find("text_input", "T-a.full") is None
    assert found.set("text_input", "T-a.empty", "y").find("text_input", "T-a.empty").value == "y"
    assert "1 to do" in found.text()


def test_a_file_that_is_not_required_is_marked_as_required_until_it_is_chosen():
    file = entry("FileInput", "file", "", file_path=[], list=True)
    found = setup(node("File-a", path=file))
    assert ":orange-badge[Required]" in found.text()
    prefilled = setup(node("File-a", path=file), load={"File-a.path": ["a.txt"]})
    assert "Ready" in prefilled.text()
    assert "Required" not in prefilled.text()


def test_without_the_servers_list_a_model_can_still_be_typed():
    more = {"resources-error": ServerFault("Busy.", status=500)}
    found = setup(agent(), resources=ServerResources(), **more)
    assert "Busy." in found.text()
    assert "Ready" not in found.text()
    found.set("text_input", "Agent-a.model", "gpt")
    assert found.overrides == {"Agent-a.model": [{"name": "gpt"}]}


def test_a_flow_that_needs_nothing_has_no_setup():
    assert "Setup" not in setup(node("T-a", p=text("x"))).text()


def test_a_component_that_names_no_mcp_server_or_flow_asks_for_it():
    tools = node("MCPTools-m", mcp_server=entry("McpInput", "mcp", {}))
    other = node("RunFlow-r", flow_name_selected=entry("DropdownInput", "str", "", options=["Sum"]))
    found = setup(tools, other, resources=replace(RESOURCES, mcp_servers=frozenset({"adding"})))
    assert "2 to do" in found.text()
    found.set("text_input", "MCPTools-m.mcp_server", "adding")
    found.set("selectbox", "RunFlow-r.flow_name_selected", "Sum")
    assert "Ready" in found.text()


def test_a_server_without_mcp_servers_says_where_to_add_one():
    tools = node("MCPTools-m", mcp_server=entry("McpInput", "mcp", {}))
    found = setup(tools, resources=replace(RESOURCES, mcp_servers=frozenset()))
    assert "Add one in Langflow under Settings, MCP Servers." in found.text()
    found = setup(tools, resources=replace(RESOURCES, mcp_servers=None))
    assert "Add one in Langflow" not in found.text()


def test_a_variable_of_an_optional_text_is_named_in_setup():
    text = node("TextInput-t", value=entry("StrInput", "str", "NOPE", load_from_db=True))
    found = setup(text, resources=replace(RESOURCES, variables=frozenset()))
    assert "1 to do" in found.text()
    assert "the server lacks the variable NOPE" in found.text().replace("\\", "")


def test_an_mcp_server_that_the_server_lacks_is_chosen_in_setup():
    tools = node("MCPTools-m", mcp_server=entry("McpInput", "mcp", {"name": "demo"}))
    found = setup(tools, resources=replace(RESOURCES, mcp_servers=frozenset({"other"})))
    assert "1 to do" in found.text()
    assert "the server has no MCP server “demo”" in found.text()
    found.set("text_input", "MCPTools-m.mcp_server", "other")
    assert "Ready" in found.text()
    assert found.overrides == {"MCPTools-m.mcp_server": "other"}


def test_a_variable_that_the_server_lacks_is_named_until_a_value_takes_its_place():
    token = entry(
        "SecretStrInput", "str", "TAVILY", load_from_db=True, required=True, password=True
    )
    found = setup(node("T-a", token=token), resources=replace(RESOURCES, variables=frozenset()))
    assert "1 to do" in found.text()
    assert "the server lacks the variable TAVILY. Choose another value" in found.text()
    found.set("text_input", "T-a.token", "tvly-1")
    assert "Ready" in found.text()
    assert "TAVILY" not in found.text()
    assert found.find("text_input", "T-a.token").value == "tvly-1"
    resources = replace(RESOURCES, variables=frozenset({"TAVILY"}))
    assert "Ready" in setup(node("T-a", token=token), resources=resources).text()


def test_a_package_that_the_server_lacks_is_named_in_setup():
    stocks = node("Stocks-s", code={"type": "code", "value": "import yfinance"})
    found = setup(agent(), stocks, resources=replace(RESOURCES, packages=frozenset()))
    assert "2 to do" in found.text()
    assert "Stocks: the server lacks the package yfinance." in found.text().replace("\\", "")
    assert not [button for button in found.at.button if "Install" in button.label]
    has_it = setup(agent(), stocks, resources=replace(RESOURCES, packages=frozenset({"yfinance"})))
    assert "yfinance" not in has_it.text()

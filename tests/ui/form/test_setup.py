"""Setup: the models, files and values that a flow needs, filled in above its form."""

from __future__ import annotations

from dataclasses import replace

import httpx

from lfclient.errors import ServerFault
from lfclient.resources.models import Provider, ProviderSetting
from lfclient.resources.server_resources import ServerResources
from tests.support.flows import entry, node, prompt, text
from tests.ui.support.forms import KEY, MODELS, OWNER, RESOURCES, agent, option, setup
from tests.ui.support.whole_pages import lacks


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


def test_a_prompt_whose_text_names_a_variable_that_it_lacks_is_mended_in_setup():
    found = setup(prompt("On {topic}, {tone}", "topic"))
    assert "1 to do" in found.text()
    assert "The prompt has no variable “tone”" in found.text()
    found.set("text_area", "Prompt-a.template", "On {topic}")
    assert "no variable" not in found.text()
    assert "Ready" in found.text()
    assert found.overrides == {"Prompt-a.template": "On {topic}"}


def test_components_that_were_not_compared_may_be_outdated():
    code = entry("CodeInput", "code", "class A: ...")
    found = setup(node("T-a", code=code, words=text("", required=True)))
    found.set("text_input", "T-a.words", "hi")
    assert "to do" not in found.text()
    assert "Ready" not in found.text()


def test_a_model_of_the_author_that_the_server_lacks_is_marked_and_kept():
    found = setup(agent(model=[{"name": "old", "provider": "Gone"}]))
    assert chosen(found).options[-1] == "Gone: old (not on this server)"
    assert "not in this server's list" in found.text()
    assert found.overrides == {}
    found.set("selectbox", "Agent-a.model", "Ollama: llama")
    assert "not in this server's list" not in found.text()
    assert found.set("selectbox", "Agent-a.model", "Gone: old").overrides == {}


def test_a_chosen_model_that_its_provider_does_not_list_is_shown():
    """The saved address of OpenAI decides what its list has: it may be another server."""
    found = type_model(setup(agent()), "OpenAI: mine")
    assert "Langflow does not list this model of OpenAI. A run may fail." in found.text()
    address = ProviderSetting("OPENAI_BASE_URL", "OpenAI Base URL", False, False, is_set=True)
    openai = Provider("OpenAI", True, (KEY, address))
    resources = replace(RESOURCES, providers=(openai,))
    found = type_model(setup(agent(), resources=resources), "OpenAI: mine")
    assert "The saved address of OpenAI does not list this model." in found.text()
    assert "May fail" in found.text()
    assert "Ready" not in found.text()
    assert "to do" not in found.text()
    assert found.result.ready  # the run may start
    found.set("selectbox", "Agent-a.model", "OpenAI: gpt-4o")
    assert "does not list" not in found.text()
    assert "May fail" not in found.text()
    assert "Ready" in found.text()


def test_no_model_is_called_unlisted_while_its_providers_address_gives_no_list():
    address = ProviderSetting("OPENAI_BASE_URL", "OpenAI Base URL", False, False, is_set=True)
    openai = Provider("OpenAI", True, (KEY, address), has_silent_address=True)
    found = type_model(
        setup(agent(), resources=replace(RESOURCES, providers=(openai,))), "OpenAI: mine"
    )
    assert "Langflow got no list of models" in found.text()
    assert "does not list" not in found.text()


def test_no_model_is_called_unlisted_while_the_server_lacks_the_key_to_ask_the_address():
    """A key of this tab reaches the address only with a run: the list is Langflow's own."""
    address = ProviderSetting("OPENAI_BASE_URL", "OpenAI Base URL", False, False, is_set=True)
    resources = replace(RESOURCES, providers=(Provider("OpenAI", False, (KEY, address)),))
    given = {OWNER: {"OPENAI_API_KEY": "sk-given"}}
    found = setup(agent(), resources=resources, **{"given-settings": given})
    assert "does not list" not in type_model(found, "OpenAI: mine").text()
    model = [{"name": "mine", "provider": "OpenAI"}]
    found = setup(agent(model=model), resources=resources, **{"given-settings": given})
    assert chosen(found).value == "OpenAI: mine"
    assert "OpenAI: mine" in chosen(found).options
    assert "not in this server's list" not in found.text()
    found = setup(agent(model=model), resources=resources)
    assert "OpenAI: mine (not set up)" in chosen(found).options


def test_one_model_can_be_used_for_all_components():
    """A component that already has the model counts among them."""
    found = setup(agent(), agent("Agent-b", [MODELS[1].value]), agent("Agent-c", [MODELS[0].value]))
    found.set("selectbox", "Agent-a.model", "Ollama: llama").press("Use for all 3 components")
    assert [chosen(found, f"Agent-{one}").value for one in "abc"] == ["Ollama: llama"] * 3
    assert not [button for button in found.at.button if button.label.startswith("Use for all")]


def test_the_model_of_the_last_run_is_offered_to_the_next_flow():
    last = {OWNER: {"language": [MODELS[0].value]}}
    found = setup(agent(), **{"last-models": last}).press(r"Use Ollama\: llama again")
    assert found.overrides == {"Agent-a.model": [MODELS[0].value]}
    found = setup(agent("Agent-b"), agent("Agent-c"), **{"last-models": last})
    found.press(r"Use Ollama\: llama for all 2 components")
    assert [chosen(found, f"Agent-{one}").value for one in "bc"] == ["Ollama: llama"] * 2
    assert not [button for button in found.at.button if button.label.startswith("Use")]


def test_the_name_of_the_last_model_is_no_markdown():
    named = option("*x* " * 40, "Ollama", is_ready=True)
    found = setup(agent(), **{"last-models": {OWNER: {"language": [named.value]}}})
    (label,) = [button.label for button in found.at.button if button.label.startswith("Use")]
    assert label.startswith(r"Use Ollama\: \*x\*")
    assert len(label) < 110


def test_no_model_is_offered_again_to_components_that_have_one_or_can_not_use_it():
    without_tools = {OWNER: {"language": [MODELS[2].value]}}
    assert lacks(setup(agent(), **{"last-models": without_tools}).at, "Use", shows="Ollama: llama")
    llama = {OWNER: {"language": [MODELS[0].value]}}
    found = setup(agent(model=[MODELS[1].value]), agent("Agent-b"), **{"last-models": llama})
    assert lacks(found.at, "Use Ollama", shows="Ollama: llama")


def test_components_of_one_name_are_told_apart_by_numbers_and_their_texts():
    agents = []
    for letter, words in zip("abcd", ("Translate. " * 9, "Sum up", "Same", "Same"), strict=True):
        agents.append(agent(f"Agent-{letter}"))
        agents[-1]["data"]["node"]["display_name"] = "Agent"
        prompt = entry("MultilineInput", "str", words, multiline=True)
        agents[-1]["data"]["node"]["template"]["system_prompt"] = prompt
    found = setup(*agents).text()
    assert "Agent 1 · Translate. Translate. Tran" in found
    for name in ("Agent 2 · Sum up", "Agent 3", "Agent 4"):
        assert f"**model** :gray[· {name}]" in found


def test_a_model_that_calls_no_tools_is_not_used_for_agents():
    summary = node("Model-m", model=entry("ModelInput", "model", [], required=True))
    found = setup(summary, agent("Agent-a"), agent("Agent-b"))
    found.set("selectbox", "Model-m.model", "OpenAI: no-tools")
    assert not [button for button in found.at.button if button.label.startswith("Use for all")]
    found.set("selectbox", "Model-m.model", "Ollama: llama").press("Use for all 3 components")
    assert chosen(found, "Agent-b").value == "Ollama: llama"


def test_what_is_missing_is_shown_and_counted_below_many_needs_that_are_met():
    llama = [{"name": "llama", "provider": "Ollama"}]
    agents = [agent(f"Agent-{number}", llama) for number in range(40)]
    found = setup(*agents, node("Needy-z", wanted=text(required=True)))
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
    assert ":orange-badge[Required]" in setup(node("File-a", path=file)).text()
    prefilled = setup(node("File-a", path=file), load={"File-a.path": ["a.txt"]})
    assert "Ready" in prefilled.text()
    assert "Required" not in prefilled.text()


def test_a_file_with_an_alternative_is_not_marked_as_required():
    file = entry("FileInput", "file", "", file_path=[])
    found = setup(node("JSON-a", json_file=file, json_string=text(api_editable=True)))
    assert "1 to do" in found.text()
    assert "Fill in just one of json_file and json_string." in found.text()
    assert "Required" not in found.text()
    found.set("text_input", "JSON-a.json_string", "{}")
    assert "Fill in just one" not in found.text()


def test_without_the_servers_list_a_model_can_still_be_typed():
    more = {"resources-error": ServerFault("Busy.", response=httpx.Response(500))}
    found = setup(agent(), resources=ServerResources(), **more)
    assert "Busy." in found.text()
    assert "Ready" not in found.text()
    found.set("text_input", "Agent-a.model", "gpt")
    assert found.overrides == {"Agent-a.model": [{"name": "gpt"}]}


def test_a_flow_that_needs_nothing_has_no_setup():
    assert lacks(setup(node("T-a", p=text("x"))).at, "Setup", shows="All parameters")


def test_a_variable_that_the_server_lacks_is_named_until_a_value_takes_its_place():
    token = entry(
        "SecretStrInput", "str", "TAVILY", load_from_db=True, required=True, password=True
    )
    found = setup(node("T-a", token=token), resources=replace(RESOURCES, variables=frozenset()))
    assert "1 to do" in found.text()
    advice = "Enter a value, or save the variable in Setup."
    assert f"the server has no variable “TAVILY”. {advice}" in found.text()
    assert "synchronous mode" not in found.text()
    found.set("text_input", "T-a.token", "tvly-1")
    assert "synchronous mode" not in found.text()
    assert "Ready" in found.text()
    assert "TAVILY" not in found.text()
    assert found.find("text_input", "T-a.token").value == "tvly-1"
    resources = replace(RESOURCES, variables=frozenset({"TAVILY"}))
    assert "Ready" in setup(node("T-b", token=token), resources=resources).text()

"""A provider's key and address, entered in Setup: for the runs of the tab, or on the server."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from lfclient.errors import InvalidRequest
from lfclient.resources.models import Provider
from lfclient.resources.server_resources import ServerResources
from pages._ui.form.provider_actions import check_provider_address
from tests.support.flows import entry, node
from tests.ui.support.forms import (
    ADDRESS,
    KEY,
    MODELS,
    OPENAI_ADDRESS,
    RESOURCES,
    SAVED_ADDRESS,
    SAVED_KEY,
    agent,
    form_server,
    openai_agent,
    openai_resources,
    option,
    setup,
)

COMPATIBLE = "OpenAI-compatible (LM Studio, vLLM, llama.cpp)"


def test_a_key_is_tried_and_then_sent_with_all_components_of_its_provider(api):
    found = setup(agent(model=[MODELS[1].value]), agent("Agent-b", [MODELS[1].value]))
    assert "No OpenAI API Key yet" in found.text()
    assert "keeps `OPENAI_API_KEY` in this tab until you reload or close it" in found.text()
    saved = "stores `OPENAI_API_KEY` in Langflow, for all flows of the connected account."
    assert f"*Save on the server* {saved}" in found.text()
    found.set("text_input", "OPENAI_API_KEY", "sk-good-key").press("Use for my runs")
    assert api.checked == [("OpenAI", {"OPENAI_API_KEY": "sk-good-key"})]
    assert found.overrides == {"Agent-a.api_key": "sk-good-key", "Agent-b.api_key": "sk-good-key"}
    assert "Used for your runs in this tab" in found.text()
    found.press("Forget")
    assert found.overrides == {}


def test_the_models_of_a_provider_whose_key_the_tab_has_are_not_marked(api):
    found = setup(agent(model=[MODELS[1].value]))
    models = found.find("selectbox", "Agent-a.model")
    assert models.options == ["Ollama: llama", "OpenAI: gpt-4o (not set up)"]
    found.set("text_input", "OPENAI_API_KEY", "sk-good-key").press("Use for my runs")
    for words in ("OpenAI: gpt-4o", "Ollama: llama"):
        models = found.set("selectbox", "Agent-a.model", words).find("selectbox", "Agent-a.model")
        assert models.value == words
        assert models.options == ["Ollama: llama", "OpenAI: gpt-4o"]


def test_a_model_is_not_marked_in_the_component_that_has_a_key_of_its_own():
    two = [agent(id, [MODELS[1].value]) for id in ("Agent-a", "Agent-b")]
    found = setup(*two).open("Agent-a")
    found.set("text_input", "Agent-a.api_key", "sk-own")
    own, other = (found.find("selectbox", f"Agent-{letter}.model") for letter in "ab")
    assert own.options == ["Ollama: llama", "OpenAI: gpt-4o"]
    assert other.options == ["Ollama: llama", "OpenAI: gpt-4o (not set up)"]


def test_the_reason_goes_when_another_key_is_typed(api):
    api.error = InvalidRequest("Invalid API key for OpenAI")
    found = openai_agent(SAVED_KEY, OPENAI_ADDRESS).press("Change")
    assert "Ready" in found.text()
    found.set("text_input", "OPENAI_API_KEY", "sk-wrong").press("Use for my runs")
    assert found.text().count("Change not used yet") == 2  # above as well, in place of Ready
    assert "Set up" in found.text()
    assert "Ready" not in found.text()
    assert "to do" not in found.text()
    found.set("text_input", "OPENAI_API_KEY", "sk-other")
    assert "Invalid API key" not in found.text()
    found.set("text_input", "OPENAI_API_KEY", "")
    assert "Change not used yet" not in found.text()
    assert "Ready" in found.text()


def test_a_refused_key_stays_in_its_box_with_the_reason_and_leaves_the_saved_one(api):
    api.error = InvalidRequest("Invalid API key for OpenAI", hint="Check the key.")
    found = setup(agent(model=[MODELS[1].value]))  # the server has no key
    found.set("text_input", "OPENAI_API_KEY", "sk-wrong").press("Use for my runs")
    assert "Invalid API key for OpenAI. Check the key." in found.text()
    assert "stays" not in found.text()
    assert found.find("text_input", "OPENAI_API_KEY").value == "sk-wrong"
    assert found.overrides == {}
    found = openai_agent(SAVED_KEY, OPENAI_ADDRESS).press("Change")
    found.set("text_input", "OPENAI_API_KEY", "sk-wrong").press("Save on the server")
    assert "The saved OpenAI API Key stays." in found.text()


def test_the_address_of_a_compatible_server_is_saved_before_its_key_in_one_press(api):
    found = openai_agent(KEY, OPENAI_ADDRESS)
    address = found.find("text_input", "OPENAI_BASE_URL")
    assert address.label == "OpenAI Base URL (optional, must be saved)"
    found.set("text_input", "OPENAI_API_KEY", "lm-studio")
    found.set("text_input", "OPENAI_BASE_URL", "http://localhost:1234/v1")
    found.press("Save on the server")
    saved = {"OPENAI_API_KEY": "lm-studio", "OPENAI_BASE_URL": "http://localhost:1234/v1"}
    assert api.checked == [("OpenAI", saved)]
    assert [name for name, _, _ in api.saved] == ["OPENAI_BASE_URL", "OPENAI_API_KEY"]


def test_a_key_refused_at_its_address_leaves_no_address_on_the_server(api):
    api.error = InvalidRequest("Invalid API key for OpenAI")
    found = openai_agent(KEY, OPENAI_ADDRESS).set("text_input", "OPENAI_API_KEY", "sk-wrong")
    found.set("text_input", "OPENAI_BASE_URL", "http://gateway/v1").press("Save on the server")
    assert api.saved == []
    assert found.find("text_input", "OPENAI_BASE_URL").value == "http://gateway/v1"


def test_a_key_is_used_for_runs_unless_an_address_goes_with_it(api):
    found = openai_agent(KEY, OPENAI_ADDRESS)
    found.press("Use for my runs")
    assert "Enter the OpenAI API Key first." in found.text()
    assert api.checked == []
    found.set("text_input", "OPENAI_BASE_URL", "http://localhost:1234/v1")
    words = "The OpenAI Base URL can't be sent with a run. Save it on the server, or clear it."
    assert words in found.text()
    (button,) = [one for one in found.at.button if one.label == "Use for my runs"]
    assert button.disabled  # if it were gone, Save on the server would come under the finger
    assert "keeps `OPENAI_API_KEY` in this tab" in found.text()  # not the address
    found.set("text_input", "OPENAI_BASE_URL", "").set("text_input", "OPENAI_API_KEY", "sk-1")
    assert found.press("Use for my runs").overrides == {"Agent-a.api_key": "sk-1"}


def test_a_key_is_not_used_for_runs_with_an_address_entered_just_before_the_press(api):
    """The browser sends the address and the press together, before the button is disabled."""
    key = "sk-for-the-gateway"
    found = openai_agent(KEY, OPENAI_ADDRESS)
    found.find("text_input", "OPENAI_API_KEY").set_value(key)
    found.find("text_input", "OPENAI_BASE_URL").set_value("http://gateway/v1")
    found.press("Use for my runs")
    assert api.checked == []
    assert found.overrides == {}
    words = "The OpenAI Base URL can't be sent with a run. Save it on the server, or clear it."
    assert found.text().count(words) == 1
    assert found.find("text_input", "OPENAI_API_KEY").value == key
    assert found.find("text_input", "OPENAI_BASE_URL").value == "http://gateway/v1"


def has_box(found) -> bool:
    return found.find("text_input", "OPENAI_API_KEY") is not None


def test_a_button_that_leads_to_a_key_shows_it_though_the_provider_is_set_up(api):
    found = openai_agent(SAVED_KEY, OPENAI_ADDRESS, may_change=False)
    assert ":green-badge[:material/check: Set up]" in found.text()
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
    found = openai_agent(SAVED_KEY, OPENAI_ADDRESS, **{"shown-field": key})
    scroll, keyboard = (json.loads(one.proto.json) for one in found.at.get("bidi_component"))
    assert scroll == {"first": part, "seen": part}
    assert keyboard == {"part": part}


def test_a_button_that_leads_to_a_key_with_a_missing_variable_leads_to_its_own_line():
    key = entry("SecretStrInput", "str", "NOPE", load_from_db=True, password=True)
    model = entry("ModelInput", "model", [MODELS[1].value], required=True)
    provider = Provider("OpenAI", True, (replace(KEY, is_set=True),))
    resources = ServerResources((provider,), {"language": MODELS}, variables=frozenset())
    shown = {"shown-field": "Agent-a.api_key"}
    found = setup(node("Agent-a", model=model, api_key=key), resources=resources, **shown)
    assert found.find("text_input", "Agent-a.api_key")
    assert not has_box(found)


def test_a_button_that_leads_to_a_key_typed_in_its_component_opens_the_component():
    found = openai_agent(SAVED_KEY, OPENAI_ADDRESS).open("Agent-a")
    found.set("text_input", "Agent-a.api_key", "sk-own").toggle("Agent-a", False)
    found.at.session_state["shown-field"] = "Agent-a.api_key"
    found.run()
    assert found.find("text_input", "Agent-a.api_key")
    assert not has_box(found)


def test_a_key_saved_for_a_provider_that_is_set_up_leaves_its_box_with_a_notice(api):
    found = openai_agent(SAVED_KEY, OPENAI_ADDRESS).press("Change")
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


def test_a_saved_provider_replaces_models_that_cant_be_used(api):
    """The settings of their provider, in which nothing was entered, are hidden."""
    openai, ollama = RESOURCES.providers
    saved = replace(RESOURCES, providers=(replace(openai, is_ready=True), ollama))
    server = form_server(reload_resources=lambda flow: saved)
    found = setup(agent(model=[MODELS[0].value]), **{"server-of-files": server})
    found.at.menu_button[0].click("OpenAI")
    found.run().set("text_input", KEY.name, "sk-entered")
    assert "No Ollama Base URL yet" in found.text()
    assert found.find("text_input", ADDRESS.name) is None
    found.find("button", "save-OpenAI").click()
    found.at.session_state["resources"] = saved
    found.run()
    assert found.overrides == {"Agent-a.model": [MODELS[1].value]}
    assert "OpenAI" in found.text()
    assert "Ollama" not in found.text()


def test_a_key_for_runs_replaces_models_that_cant_be_used(api):
    found = setup(agent(model=[MODELS[0].value]))
    found.at.menu_button[0].click("OpenAI")
    found.run().set("text_input", KEY.name, "sk-entered")
    found.find("button", "use-OpenAI").click()
    assert found.run().overrides == {
        "Agent-a.model": [MODELS[1].value],
        "Agent-a.api_key": "sk-entered",
    }


def test_a_key_is_only_saved_if_no_component_can_use_it():
    ready = (RESOURCES.providers[0], replace(RESOURCES.providers[1], is_ready=True))
    resources = replace(RESOURCES, providers=ready)
    found = setup(agent(model=[MODELS[0].value]), resources=resources)
    found.at.menu_button[0].click("OpenAI")
    assert "can't be sent with a run, because no component uses OpenAI." in found.run().text()
    assert found.find("button", "use-OpenAI") is None


def test_a_key_for_a_used_provider_is_no_reason_to_replace_models_of_others(api):
    nodes = [agent(f"Agent-{number}", [each.value]) for number, each in enumerate(MODELS[:2])]
    found = setup(*nodes, agent("Agent-2")).set("text_input", KEY.name, "sk-entered")
    found.press("Use for my runs")
    assert found.overrides["Agent-2.model"] == [MODELS[1].value]
    assert "Agent-0.model" not in found.overrides


def test_a_model_that_the_saved_address_lacks_is_replaced(api):
    local = option("local", "OpenAI", is_ready=True)
    now = replace(openai_resources(SAVED_KEY, SAVED_ADDRESS), models={"language": [local]})
    lists = [replace(now, providers=openai_resources(KEY, SAVED_ADDRESS).providers), now]
    server = form_server(reload_resources=lambda flow: lists.pop(0))
    found = openai_agent(KEY, OPENAI_ADDRESS, **{"server-of-files": server})
    found.set("text_input", OPENAI_ADDRESS.name, "http://gateway/v1").press("Save on the server")
    assert found.overrides == {}  # it has no key yet
    found.set("text_input", KEY.name, "sk-entered").press("Save on the server")
    assert found.overrides["Agent-a.model"] == [local.value]


@pytest.mark.parametrize(
    ("settings", "entries"),
    [
        ((KEY,), ["OpenAI"]),
        ((SAVED_KEY, OPENAI_ADDRESS), ["OpenAI · set up", COMPATIBLE]),
        ((SAVED_KEY, SAVED_ADDRESS), ["OpenAI · set up", f"{COMPATIBLE} · set up"]),
    ],
)
def test_servers_with_the_api_of_openai_have_an_entry_in_the_menu(settings, entries):
    (menu,) = openai_agent(*settings).at.menu_button
    assert [entry.replace("\\", "") for entry in menu.options] == entries


def test_the_entry_for_servers_with_the_api_of_openai_leads_to_the_address():
    found = openai_agent(KEY, OPENAI_ADDRESS, model=None)
    found.at.menu_button[0].click(COMPATIBLE)
    keyboard = json.loads(found.run().at.get("bidi_component")[-1].proto.json)
    assert keyboard["part"].endswith(OPENAI_ADDRESS.name)
    assert "If it needs no key, enter any text as the key." in found.text()


def test_only_one_provider_is_open_unless_something_was_entered(api):
    found = setup(agent())
    for name in ("Ollama", "OpenAI"):
        found.at.menu_button[0].click(name)
        found.run()
    assert found.find("text_input", KEY.name)
    assert found.find("text_input", ADDRESS.name) is None


def test_an_address_that_a_server_could_not_have_is_refused_before_it_is_sent(api):
    found = setup(agent(model=[MODELS[0].value]))
    address = "http://169.254.169.254/latest"
    found.set("text_input", "OLLAMA_BASE_URL", address).press("Save on the server")
    assert "Ollama Base URL: " in found.text()
    assert "is a link-local or cloud metadata address" in found.text()
    assert (api.checked, api.saved) == ([], [])
    assert found.find("text_input", "OLLAMA_BASE_URL").value == address


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://[::ffff:a9fe:a9fe]/v1", "is a link-local or cloud metadata address"),
        ("metadata.google.internal", "is a link-local or cloud metadata address"),
        ("file:///etc/passwd", "Addresses start with"),
        ("http://", "The address has no host"),
    ],
)
def test_an_address_that_langflow_must_not_connect_to_is_refused(address, reason):
    with pytest.raises(InvalidRequest, match=f"Base URL: .*{reason}"):
        check_provider_address("Base URL", address)


def test_an_address_may_have_a_password():
    check_provider_address("Base URL", "http://user:pw@127.0.0.1:9/v1")


def test_a_visitor_who_may_not_change_the_server_can_only_use_a_key_for_runs():
    found = openai_agent(KEY, OPENAI_ADDRESS, may_change=False)
    assert has_box(found)
    assert found.find("text_input", "OPENAI_BASE_URL") is None
    labels = [button.label for button in found.at.button]
    assert "Use for my runs" in labels
    assert "Save on the server" not in labels
    assert "Save on the server" not in found.text()

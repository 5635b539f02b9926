"""The settings that models need of their providers."""

from __future__ import annotations

import pytest

from lfclient.flows.field import Variable
from lfclient.flows.need import NeedKind
from tests.support.flow_needs import GPT, LLAMA, agent, needs, server
from tests.support.flows import entry, node, text


def test_a_chosen_model_needs_its_providers_key():
    model, provider = needs(agent(), Agent_a__model=GPT)
    assert (model.is_met, model.message) == (True, "Agent uses OpenAI: gpt-4o.")
    assert (provider.kind, provider.is_met) == (NeedKind.PROVIDER, False)
    assert (provider.keys, provider.message) == (("Agent-a.api_key",), "OpenAI: no API Key yet.")
    assert [setting.name for setting in provider.missing] == ["OPENAI_API_KEY"]


@pytest.mark.parametrize(
    ("stored", "overrides", "variables", "is_met"),
    [
        (text(""), {}, (), False),
        (text(""), {}, ("OPENAI_API_KEY",), True),
        (text(""), {"Agent_a__api_key": "sk-1"}, (), True),
        (text(""), {"Agent_a__api_key": Variable("MINE")}, (), False),
        (text(""), {"Agent_a__api_key": Variable("MINE")}, ("MINE",), True),
        (entry("SecretStrInput", "str", "sk-stored", password=True), {}, (), True),
        (entry("SecretStrInput", "str", "MINE", load_from_db=True), {}, ("MINE",), True),
        (entry("SecretStrInput", "str", "MINE", load_from_db=True), {}, (), False),
    ],
)
def test_a_key_may_come_from_the_run_the_flow_or_the_server(stored, overrides, variables, is_met):
    found = needs(agent(model=GPT, api_key=stored), resources=server(*variables), **overrides)
    assert found[1].is_met is is_met


def test_one_key_serves_all_components_of_a_provider():
    agents = (agent(model=GPT), agent("Agent-b", GPT))
    *_, provider = needs(*agents, Agent_a__api_key="sk-1")
    assert (provider.keys, provider.is_met) == (("Agent-a.api_key", "Agent-b.api_key"), False)
    *_, provider = needs(*agents, Agent_a__api_key="sk-1", Agent_b__api_key="sk-1")
    assert provider.is_met


@pytest.mark.parametrize(
    ("type", "parameter", "choice", "is_needed"),
    [
        ("LanguageModelComponent", "api_key", {"provider": text("Anthropic")}, True),
        ("LanguageModelComponent", "api_key", {"provider": text("Ollama")}, False),
        ("Agent", "api_key", {"agent_llm": text("OpenAI")}, True),
        ("Agent", "api_key", {"agent_llm": text("OpenAI"), "model": text("")}, False),
        ("ext:openai:OpenAIModel@official", "api_key", {}, True),
        ("SearchComponent", "api_key", {}, False),
    ],
)
def test_an_old_model_needs_the_key_that_it_does_not_require(type, parameter, choice, is_needed):
    key = entry("SecretStrInput", "str", "", password=True)
    component = node("Old-a", type=type, **{parameter: key}, **choice)
    unmet = [need.keys for need in needs(component)]
    assert unmet == ([("Old-a.api_key",)] if is_needed else [])
    assert all(need.is_met for need in needs(component, Old_a__api_key="sk-1"))


def test_missing_variables_with_different_names_are_separate_needs():
    def model(id: str, variable: str) -> dict:
        key = entry("SecretStrInput", "str", variable, load_from_db=True, password=True)
        return node(id, type="OpenAIModel", api_key=key)

    models = [model("Old-a", "WORK_KEY"), model("Old-b", "HOME_KEY"), model("Old-c", "WORK_KEY")]
    work, home = needs(*models)
    assert (work.keys, work.missing_variable) == (("Old-a.api_key", "Old-c.api_key"), "WORK_KEY")
    assert (home.keys, home.missing_variable) == (("Old-b.api_key",), "HOME_KEY")


def test_a_setting_without_a_parameter_can_only_be_saved_on_the_server():
    provider = needs(agent(model=LLAMA))[1]
    assert (provider.keys, provider.message) == ((), "Ollama: no Base URL yet.")


def test_a_model_of_an_unknown_provider_needs_nothing_that_could_be_named():
    (need,) = needs(agent(model=[{"name": "m", "provider": "Mine"}]))
    assert need.is_met

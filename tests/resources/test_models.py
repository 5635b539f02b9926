"""Models and providers are read from the server's lists."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lfclient.resources.models import (
    ModelKind,
    ModelOption,
    Provider,
    find_model,
    merge_options,
    offered_value,
    parse_provider,
)
from lfclient.resources.server_resources import parse_variable


def setting(key: str, **more: Any) -> dict[str, Any]:
    return {"variable_key": key, "variable_name": key.title(), "is_secret": True, **more}


def model(name: str, kind: str = "llm", **metadata: Any) -> dict[str, Any]:
    return {"model_name": name, "metadata": {"model_type": kind, "tool_calling": True, **metadata}}


OPENAI = {
    "provider": "OpenAI",
    "is_configured": True,
    "api_docs_url": "https://platform.openai.com/docs",
    "mapping": {"model_class": "ChatOpenAI", "model_param": "model"},
    "variables": [
        setting("OPENAI_API_KEY", required=True, component_metadata={"mapping_field": "api_key"}),
        setting("OPENAI_BASE_URL", is_secret=False, options=["https://a.example"]),
    ],
    "models": [
        model("gpt-4o", tool_calling=False),
        model("o3", reasoning=True),
        model("gpt-3", deprecated=True),
        model("gpt-x", not_supported=True),
        model("text-embedding-3-small", "embeddings"),
    ],
}
ANTHROPIC = {
    "provider": "Anthropic",
    "is_configured": False,
    "mapping": {"model_class": "ChatAnthropic", "model_param": "model"},
    "variables": [setting("ANTHROPIC_API_KEY", required=True)],
    "models": [model("claude-sonnet-4-6")],
}
OPTION = {"name": "gpt-4o", "provider": "OpenAI", "metadata": {"model_class": "ChatOpenAI"}}
PLACEHOLDER = {  # of Langflow 1.8
    "name": "__enable_provider_Anthropic__",
    "provider": "Anthropic",
    "metadata": {"is_disabled_provider": True, "variable_name": None},
}


def test_a_provider_has_its_settings_and_what_is_set():
    provider = parse_provider(OPENAI, {"OPENAI_API_KEY": "sk-readable"})
    assert provider
    assert (provider.name, provider.is_ready) == ("OpenAI", True)
    key, address = provider.settings
    assert (key.is_required, key.is_secret, key.is_set) == (True, True, True)
    assert key.value == ""
    assert (key.label, key.parameter) == ("Openai_Api_Key", "api_key")
    assert (address.is_required, address.is_secret, address.is_set) == (False, False, False)
    assert (address.options, address.parameter) == (("https://a.example",), "")


def test_a_setting_that_is_no_secret_has_the_value_of_its_variable():
    provider = parse_provider(OPENAI, {"OPENAI_BASE_URL": "https://b.example"})
    assert provider
    assert [each.value for each in provider.settings] == ["", "https://b.example"]


@pytest.mark.parametrize(
    ("changes", "variables", "is_silent"),
    [
        ({}, {"OPENAI_BASE_URL": "https://b.example"}, True),
        ({"models": [model("mine")]}, {"OPENAI_BASE_URL": "https://b.example"}, False),
        ({"models": []}, {"OPENAI_BASE_URL": "https://b.example"}, False),
        ({}, {}, False),
        ({"is_configured": False}, {"OPENAI_BASE_URL": "https://b.example"}, False),
    ],
)
def test_an_address_is_silent_if_the_server_lists_its_own_models_in_place_of_those_there(
    changes: dict[str, Any], variables: dict[str, str], is_silent: bool
):
    """A provider that is not ready isn't asked for its models."""
    provider = parse_provider(OPENAI | changes, variables)
    assert provider
    assert provider.has_silent_address is is_silent


def test_models_that_the_server_no_longer_supports_are_omitted():
    provider = parse_provider(OPENAI, {})
    assert provider
    assert [one.name for one in provider.models("language")] == ["gpt-4o", "o3"]
    assert [one.name for one in provider.models("embedding")] == ["text-embedding-3-small"]


def test_the_models_that_are_ready_come_first_and_as_the_server_has_them():
    providers = [parse_provider(one, {}) for one in (ANTHROPIC, OPENAI)]
    ready, _, other = merge_options([OPTION, PLACEHOLDER], filter(None, providers), "language")
    assert ready == ModelOption("gpt-4o", "OpenAI", True, False, OPTION)
    assert (other.name, other.provider, other.is_ready) == ("claude-sonnet-4-6", "Anthropic", False)
    assert other.calls_tools is True


def test_the_models_that_a_provider_has_follow_those_that_are_enabled():
    """The server enables the first five. Runs take the others with the provider's attributes."""
    openai = parse_provider(OPENAI, {})
    assert openai
    url = {"model_class": "ChatOpenAI", "url_param": "base_url"}
    option = {**OPTION, "icon": "OpenAI", "metadata": {**url, "reasoning_models": ["gpt-4o"]}}
    enabled, other = merge_options([option], [openai], "language")
    assert (enabled.name, other.name, other.is_ready) == ("gpt-4o", "o3", True)
    assert other.value["icon"] == "OpenAI"
    assert other.value["metadata"] == {
        **url,
        "model_name_param": "model",
        "api_key_param": "api_key",
        "reasoning": True,
        "reasoning_models": ["o3"],
    }


def test_the_models_of_a_provider_stand_together_in_the_servers_order():
    def offer(name: str, provider: str) -> dict[str, Any]:
        return {"name": name, "provider": provider}

    offered = [offer("b", "Two"), offer("x", "One"), offer("a", "Two"), offer("y", "Anthropic")]
    anthropic = parse_provider(ANTHROPIC, {})
    assert anthropic
    merged = merge_options(offered, [anthropic], "language")
    assert [one.label for one in merged] == [
        "Two: b",
        "Two: a",
        "One: x",
        "Anthropic: y",
        "Anthropic: claude-sonnet-4-6",
    ]


@pytest.mark.parametrize(
    ("kind", "names"),
    [("language", ["chat"]), ("embedding", ["e-embed", "all-minilm", "bge-m3", "chat"])],
)
def test_embedding_models_that_a_gateway_lists_as_both_kinds_are_no_language_models(
    kind: ModelKind, names: list[str]
):
    listed = ("e-embed", "chat", "all-minilm", "bge-m3")
    both = [model(name, each) for each in ("llm", "embeddings") for name in listed]
    gateway = parse_provider({**OPENAI, "models": both}, {})
    assert gateway
    enabled = [{"name": "e-embed", "provider": "OpenAI"}]
    assert [one.name for one in merge_options(enabled, [gateway], kind)] == names


def test_providers_that_resell_the_models_of_others_follow_those_not_set_up():
    names = ("Azure AI Foundry", "OpenAI", "OpenRouter", "Z")
    providers = [parse_provider({**ANTHROPIC, "provider": name}, {}) for name in names]
    merged = merge_options([], filter(None, providers), "language")
    assert [one.provider for one in merged] == ["OpenAI", "Z", "Azure AI Foundry", "OpenRouter"]


def test_a_model_of_a_provider_without_a_key_can_be_run_by_langflow_1_8():
    """It needs the class of the model, which only a list of all providers tells."""
    provider = parse_provider(ANTHROPIC, {})
    assert provider
    (one,) = provider.models("language")
    assert one.value["metadata"]["model_class"] == "ChatAnthropic"


def test_models_that_a_server_without_any_provider_offers_are_not_ready():
    anthropic = parse_provider(ANTHROPIC, {})
    assert anthropic
    option = {"name": "claude-sonnet-4-6", "provider": "Anthropic", "metadata": {}}
    (one,) = merge_options([option], [anthropic], "language")
    assert (one.is_ready, one.value) == (False, option)


GPT = ModelOption("gpt-4o", "OpenAI", True, True, OPTION)
MINI = ModelOption("mini", "OpenAI", True, True, {"name": "mini", "provider": "OpenAI"})
SHARED = ModelOption("mini", "Azure", True, True, {"name": "mini", "provider": "Azure"})


@pytest.mark.parametrize("text", ["OpenAI: gpt-4o", "gpt-4o"])
def test_a_model_is_found_by_its_label_or_a_name_that_one_provider_has(text: str):
    assert find_model(text, [MINI, GPT, SHARED], []) is GPT


@pytest.mark.parametrize("text", ["OpenAI: my-model:latest", "openai:my-model:latest"])
def test_a_typed_model_of_a_provider_gets_the_attributes_of_its_others(text: str):
    assert find_model(text, [GPT, SHARED], []).value == {**OPTION, "name": "my-model:latest"}


def test_a_typed_model_is_no_reasoning_model_because_another_of_its_provider_is():
    attributes = {"reasoning": True, "reasoning_models": ["o3"], "model_class": "ChatOpenAI"}
    o3 = ModelOption("o3", "OpenAI", True, True, {**OPTION, "name": "o3", "metadata": attributes})
    assert find_model("OpenAI: mine", [o3], []).value == {**OPTION, "name": "mine"}


def test_a_model_of_a_provider_whose_models_are_unknown_can_be_typed():
    found = find_model("local: mine", [GPT], [Provider("Local", True)])
    value = {"name": "mine", "provider": "Local"}
    assert found == ModelOption("mine", "Local", True, None, value)


def test_a_model_of_any_provider_can_be_typed_while_none_is_known():
    value = {"name": "mine", "provider": "Local"}
    assert find_model("Local: mine", [], []) == ModelOption("mine", "Local", False, None, value)


@pytest.mark.parametrize("is_ready", [True, False])
def test_a_name_of_several_providers_means_the_one_that_is_set_up_else_the_first(is_ready: bool):
    others = [replace(each, is_ready=False) for each in (SHARED, MINI)]
    mini = replace(MINI, provider="Third", is_ready=is_ready)
    assert find_model("mini", [*others, mini], []) is (mini if is_ready else others[0])


def test_a_name_that_several_ready_providers_have_is_refused_with_their_labels():
    with pytest.raises(ValueError, match="Choose “OpenAI: mini” or “Azure: mini”"):
        find_model("mini", [GPT, MINI, SHARED], [])


def test_a_part_of_one_name_means_its_model():
    other = replace(GPT, name="gpt-4o-tiny", is_ready=False)
    assert find_model("4O", [MINI, GPT, other], []) is GPT  # the ready one
    assert find_model("tiny", [MINI, GPT, other], []) is other
    resold = replace(other, name="openai/gpt-4o-tiny", provider="OpenRouter")
    longer = replace(other, name="gpt-4o-tiny-search")
    assert find_model("4o-tiny", [longer, other, resold], []) is other


def test_a_part_of_several_names_is_refused_with_their_labels():
    larger = replace(GPT, name="gpt-4o-large")
    with pytest.raises(ValueError, match=f"match “gpt”: “{GPT.label}”, “{larger.label}”."):
        find_model("gpt", [MINI, GPT, larger], [])


@pytest.mark.parametrize("text", ["my-model", "Nobody: x", " "])
def test_a_model_whose_provider_is_not_known_is_refused(text: str):
    with pytest.raises(ValueError, match=r"such as “OpenAI: .*providers are OpenAI, Azure"):
        find_model(text, [GPT, MINI, SHARED], [])


def test_a_provider_alone_is_no_model():
    with pytest.raises(ValueError, match="Enter the name of the model after “OpenAI:”"):
        find_model("openai: ", [GPT], [])


def test_no_providers_are_listed_if_none_is_known():
    with pytest.raises(ValueError, match=r"“OpenAI: x”\.$"):
        find_model("x", [], [])


def test_a_variable_without_a_value_is_not_set():
    assert [parse_variable(item) for item in ({}, {"name": "A"}, {"id": "1", "name": 5})] == [
        None
    ] * 3
    item = {"id": "1", "name": "A", "type": "Credential", "value": None}
    for has_value, is_set in ((True, True), (False, False), (None, True)):
        more = {} if has_value is None else {"has_value": has_value}
        variable = parse_variable({**item, **more})
        assert variable
        assert (variable.is_set, variable.is_secret) == (is_set, True)
    generic = parse_variable({**item, "type": "Generic"})
    assert generic
    assert not generic.is_secret


EVIL = {"model_class": "ChatOpenAI", "model_name_param": "base_url", "api_key_param": "api_key"}


@pytest.mark.parametrize(
    ("name", "provider", "metadata"),
    [
        ("gpt-4o", "OpenAI", {"model_class": "ChatOpenAI"}),  # the server's option
        ("own", "OpenAI", {"model_class": "Own"}),  # the flow's
        ("any", "OpenAI", {"model_class": "ChatOpenAI"}),  # as the provider's others
        ("any", "Elsewhere", {}),
        ("any", None, {}),
    ],
)
def test_a_model_has_the_attributes_that_the_server_or_the_flow_gives_it(
    name: str, provider: str | None, metadata: dict[str, Any]
):
    given = {"name": name, "provider": provider, "base_url": "http://evil", "metadata": EVIL}
    own = {"name": "own", "provider": "OpenAI", "metadata": {"model_class": "Own"}}
    given = own if name == "own" else given
    (found,) = offered_value([given], [own], [ModelOption("gpt-4o", "OpenAI", True, True, OPTION)])
    assert (found["name"], found["provider"]) == (name, provider)
    assert found.get("metadata", {}) == metadata
    assert "base_url" not in found


@pytest.mark.parametrize("value", ["gpt-4o", "", None])
def test_a_model_that_is_only_named_stays_so(value: str | None):
    assert offered_value(value, [], [ModelOption("gpt-4o", "OpenAI", True, True, OPTION)]) == value

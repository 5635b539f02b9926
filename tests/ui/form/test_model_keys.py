"""Keys of old components that take a provider's key themselves."""

from __future__ import annotations

from dataclasses import replace

from lfclient.flows.field import Variable
from lfclient.resources.models import Provider, ProviderSetting
from lfclient.resources.server_resources import ServerResources
from tests.support.flows import entry, node, text
from tests.ui.support.forms import setup

KEYS = [f"LanguageModelComponent-{id}.api_key" for id in "abcde"]


def old_models() -> list[dict]:
    key = entry("SecretStrInput", "str", "", password=True)
    return [node(each.split(".")[0], provider=text("OpenAI"), api_key=key) for each in KEYS]


def test_a_key_that_was_entered_once_serves_all_components_of_its_provider():
    found = setup(*old_models(), resources=ServerResources(variables=frozenset()))
    assert "1 to do" in found.text()
    found.set("text_input", KEYS[0], "sk-1")
    assert found.overrides == dict.fromkeys(KEYS, "sk-1")
    assert "Ready" in found.text()


def test_a_saved_key_serves_all_components_of_its_provider():
    key = ProviderSetting("OPENAI_API_KEY", "API Key", True, True, True, parameter="api_key")
    resources = ServerResources(variables=frozenset({key.name}))
    resources = replace(resources, providers=(Provider("OpenAI", True, (key,)),))
    found = setup(*old_models(), resources=resources)
    found.press("Use the saved OpenAI key for all 5")
    assert found.overrides == dict.fromkeys(KEYS, Variable("OPENAI_API_KEY"))
    assert "Ready" in found.text()

"""Flows and servers, and what the flows need there."""

from __future__ import annotations

from lfclient.flows.model import Flow
from lfclient.flows.need import Need
from lfclient.flows.needs import find_needs
from lfclient.resources.models import Provider, ProviderSetting
from lfclient.resources.server_resources import ServerResources
from tests.support.flows import entry, graph, node

GPT = [{"name": "gpt-4o", "provider": "OpenAI"}]


LLAMA = [{"name": "llama", "provider": "Ollama"}]


def key_setting(*, is_set: bool = False) -> ProviderSetting:
    return ProviderSetting("OPENAI_API_KEY", "API Key", True, True, is_set, parameter="api_key")


def server(*variables: str) -> ServerResources:
    address = ProviderSetting("OLLAMA_BASE_URL", "Base URL", True, False, False)
    key = key_setting(is_set="OPENAI_API_KEY" in variables)
    providers = (Provider("OpenAI", key.is_set, (key,)), Provider("Ollama", False, (address,)))
    return ServerResources(providers, variables=frozenset(variables))


def agent(id: str = "Agent-a", model: object = None, **more: object) -> dict:
    parameters = {
        "model": entry("ModelInput", "model", model or [], required=True, model_type="language"),
        "api_key": entry("SecretStrInput", "str", "", load_from_db=True),
    }
    return node(id, **{**parameters, **more})


def needs(
    *nodes: dict, resources: ServerResources | None = None, edges: tuple = (), **overrides: object
) -> list[Need]:
    flow = Flow.from_json(graph(*nodes, edges=list(edges)))
    values = {key.replace("__", "."): value for key, value in overrides.items()}
    values = {key.replace("_a.", "-a.").replace("_b.", "-b."): v for key, v in values.items()}
    return find_needs(flow, values, resources or server())

"""Forms of flows with agents, and the models and providers of their server."""

from __future__ import annotations

from dataclasses import replace

from lfclient.resources.models import ModelOption, Provider, ProviderSetting
from lfclient.resources.server_resources import ServerResources
from tests.support.flows import entry, node
from tests.ui.support.forms import Form, form, form_server

KEY = ProviderSetting("OPENAI_API_KEY", "OpenAI API Key", True, True, False, parameter="api_key")
SAVED_KEY = replace(KEY, is_set=True)
OPENAI_ADDRESS = ProviderSetting("OPENAI_BASE_URL", "OpenAI Base URL", False, False, False)
SAVED_ADDRESS = replace(OPENAI_ADDRESS, is_set=True, value="http://gateway/v1")
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


def setup(*nodes, resources=RESOURCES, may_change=True, **session) -> Form:
    """Draw the form of these nodes for a person who may change the server, or may not."""
    server = form_server(may_change=may_change)
    return form(*nodes, resources=resources, **{"server-of-files": server, **session})


def openai_resources(*settings: ProviderSetting, is_silent: bool = False) -> ServerResources:
    """Return the lists of a server whose only provider has these settings."""
    is_ready = all(each.is_set for each in settings if each.is_required)
    provider = Provider("OpenAI", is_ready, settings, has_silent_address=is_silent)
    return ServerResources((provider,), {"language": MODELS})


def openai_agent(
    *settings: ProviderSetting,
    model: ModelOption | None = MODELS[1],
    is_silent: bool = False,
    **more,
) -> Form:
    """Draw the form of an agent whose provider has these settings."""
    node = agent(model=[model.value] if model else None)
    return setup(node, resources=openai_resources(*settings, is_silent=is_silent), **more)

"""The asynchronous client on real servers: it returns what the synchronous one does."""

from __future__ import annotations

import asyncio

from lfclient import AsyncLangflowClient, LangflowClient
from tests.live.flows import AGENT
from tests.live.releases import Make
from tests.support.model_server import ModelServer
from tests.support.servers import LiveServer


def test_what_a_form_asks_for_is_the_same(
    langflow: LiveServer, client: LangflowClient, make: Make, ollama: ModelServer
):
    """Models, providers, options, choices, needs and the other lists, then the run."""
    flow = make(AGENT)
    model = next(option for option in client.models() if option.provider == "Ollama")
    chosen = {"Agent-g.model": [model.value]}
    refreshed = client.refresh(flow, chosen)
    said = {**chosen, "ChatInput-a.input_value": "Hi"}

    async def ask() -> None:
        async with AsyncLangflowClient(langflow.url, langflow.api_key, timeout=120) as api:
            for kind in ("language", "embedding"):
                assert await api.models(kind) == client.models(kind)
            assert await api.providers() == client.providers()
            assert await api.variables() == client.variables()
            assert await api.knowledge_bases() == client.knowledge_bases()
            assert await api.templates() == client.templates()
            assert await api.options(flow, "Agent-g.model") == client.options(flow, "Agent-g.model")
            assert await api.needs(flow) == client.needs(flow)
            assert await api.needs(flow, chosen) == client.needs(flow, chosen)
            own = await api.refresh(flow, chosen)
            assert own.fields == refreshed.fields
            ended = await api.run(own, said)
            assert ended.outputs["ChatOutput-b"].value == f"{model.name} says: Hi"

    asyncio.run(ask())


def test_a_flow_is_imported_and_a_knowledge_base_filled(
    langflow: LiveServer, client: LangflowClient, ollama: ModelServer
):
    model = next(option for option in client.models("embedding") if option.provider == "Ollama")

    async def bring() -> tuple[str, bool]:
        async with AsyncLangflowClient(langflow.url, langflow.api_key, timeout=120) as api:
            template = next(one for one in await api.templates() if one.name == "Simple Agent")
            (flow,) = await api.import_flow(template)
            await api.delete_flow(flow.id)
            base = await api.create_knowledge_base("Asynchronous", model)
            filled = await api.ingest(base, {"a.txt": b"Lisbon lies on the Tagus."}, timeout=60)
            await api.delete_knowledge_base(base)
            return flow.name, filled.is_ready

    name, is_ready = asyncio.run(bring())
    assert name.startswith("Simple Agent")
    assert is_ready
    assert "Asynchronous" not in [base.name for base in client.knowledge_bases()]

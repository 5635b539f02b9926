"""The asynchronous client on real servers: it returns what the synchronous one does."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from lfclient import AsyncLangflowClient, LangflowClient
from tests.live.flows import AGENT
from tests.live.releases import Make, oldest_and_newest
from tests.support.model_server import ModelServer
from tests.support.servers import LiveServer

pytestmark = oldest_and_newest  # both clients drive the same operations


def test_the_lists_needs_and_choices_of_a_form_are_those_of_the_synchronous_client(
    langflow: LiveServer, client: LangflowClient, make: Make, ollama: ModelServer
):
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


def test_a_template_is_imported_and_a_knowledge_base_is_filled_and_deleted(
    langflow: LiveServer, client: LangflowClient, ollama: ModelServer
):
    """Langflow 1.8 fails to fill it."""
    model = next(option for option in client.models("embedding") if option.provider == "Ollama")
    template = next(one for one in client.templates() if one.name == "Simple Agent")
    files = {"a.txt": b"Lisbon lies on the Tagus."}

    async def bring() -> str:
        async with AsyncLangflowClient(langflow.url, langflow.api_key, timeout=120) as api:
            (flow,) = await api.import_flow(template)
            assert flow.name.startswith(template.name)
            await api.editor.delete_flow(flow.id)
            base = await api.knowledge.create(f"Asynchronous {uuid4().hex[:8]}", model)
            try:
                return (await api.knowledge.ingest(base, files, timeout=60)).status
            finally:
                await api.knowledge.delete(base)
                left = [each.name for each in await api.knowledge_bases()]
                assert base.name not in left

    assert asyncio.run(bring()) == ("failed" if langflow.version == "1.8.4" else "ready")

"""Langflow's own starter projects, run by what the form offers and nothing else.

Each is imported, filled in where Setup says that something is missing, and run in both modes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from lfclient import (
    ComponentRun,
    Field,
    Flow,
    LangflowClient,
    LangflowError,
    ModelOption,
    Need,
    NeedKind,
    RunStatus,
    ServerResources,
)
from lfclient.flows.needs import find_needs
from lfclient.flows.provider_needs import key_provider
from lfclient.outputs.model import OutputKind
from lfclient.runs.error_causes import explain_error
from tests.live.releases import newest_by_default
from tests.live.starter_projects import expected, reason_of
from tests.support import servers
from tests.support.model_server import OLLAMA_MODELS, ModelServer
from tests.support.servers import LiveServer, delete_flow

SETUP = "Setup: "
NOTHING = "nothing returned"
KEY = "sk-of-the-starters"
MODES = ("sync", "background")
KINDS = ("language", "embedding", "knowledge_base", "memory_base")


@dataclass(frozen=True)
class Server:
    """A server with a provider of models, and what its form offers."""

    client: LangflowClient
    resources: ServerResources
    knowledge_base: str
    file: str
    openai_url: str

    def model(self, field: Field) -> ModelOption:
        """Return the first model that is set up."""
        assert field.resource in ("language", "embedding")
        return next(each for each in self.resources.models[field.resource] if each.is_ready)


@contextmanager
def open_server(client: LangflowClient, provider: ModelServer) -> Iterator[Server]:
    """Give a server an Ollama, an OpenAI, a knowledge base and a file."""
    saved = [
        client.settings.save_variable("OLLAMA_BASE_URL", provider.url, is_secret=False),
        client.settings.save_variable("OPENAI_BASE_URL", f"{provider.url}/v1", is_secret=False),
        client.settings.save_variable("OPENAI_API_KEY", KEY),
    ]
    ollama = next(model for model in client.models("embedding") if model.provider == "Ollama")
    base = client.knowledge.create("Starter notes", ollama)
    client.knowledge.ingest(base, {"notes.txt": b"Lisbon is the capital of Portugal."}, timeout=60)
    file = client.files.upload("day.txt", b"What a lovely day.").path
    assert file
    yield Server(client, client.server.resources(*KINDS), base.dir_name, file, f"{provider.url}/v1")
    client.knowledge.delete(base)
    for variable in saved:
        client.settings.delete_variable(variable)


@pytest.fixture
def server(langflow: LiveServer, client: LangflowClient) -> Iterator[Server]:
    port = int(os.environ[servers.MODELS_PORT]) if langflow.version == "1.8.4" else 0
    with ModelServer(port) as provider, open_server(client, provider) as server:
        yield server


def fill_in(server: Server, flow: Flow, needs: Iterable[Need]) -> dict[str, object]:
    """Return the overrides that a person would enter in Setup."""
    overrides: dict[str, object] = {}
    for need in needs:
        if need.kind is NeedKind.PROVIDER:
            continue  # of the author's model, which is replaced
        for field in (flow.fields_by_key[key] for key in need.keys):
            if need.kind is NeedKind.MODEL:
                overrides[field.key] = [server.model(field).value]
            elif need.kind is NeedKind.FILE:
                overrides[field.key] = [server.file] if field.is_list else server.file
            elif need.kind is NeedKind.KNOWLEDGE_BASE:
                overrides[field.key] = server.knowledge_base
            elif field.parameter == "model_name":  # of a component for Ollama only
                overrides[field.key] = next(iter(OLLAMA_MODELS))
            elif not need.is_met and key_provider(flow, field, {}) == "OpenAI":
                overrides[field.key] = KEY
    for field in flow.fields:
        if field.parameter == "openai_api_base":  # of components before 1.8
            overrides[field.key] = server.openai_url
    if message := flow.chat_field("input_value"):
        overrides[message.key] = "Say hello"
    return overrides


def run(client: LangflowClient, flow: Flow, overrides: dict[str, object], mode: str) -> str:
    """Return how the run ended: its status, or why it failed or was refused."""
    try:
        if mode == "sync":
            ended = client.run(flow, overrides)
        else:
            ended = client.wait(client.submit(flow, overrides), timeout=120)
    except LangflowError as error:
        return error.message
    if ended.status is not RunStatus.COMPLETED:
        return " ".join(error.message for error in ended.errors) or ended.status.value
    returned = [
        one
        for one in ended.outputs.values()
        if one.kind is not OutputKind.ERROR and one.value not in (None, "", [], {})
    ]
    if mode == "sync":  # its components do the same in both
        hidden = hidden_errors(client.runs.components(ended, flow).values())
        if hidden:
            return hidden
    return "completed" if returned else NOTHING


def hidden_errors(components: Iterable[ComponentRun]) -> str:
    """Return what components report as data while the run completes, as arXiv's does."""
    values = [one.output.value for one in components if one.output]
    rows = [row for value in values if isinstance(value, list) for row in value]
    return " ".join(str(row["error"]) for row in rows if isinstance(row, dict) and "error" in row)


def lacks_value(end: str) -> bool:
    """Return whether a run did no work, or was refused for a missing value."""
    return end in ("completed", NOTHING) or "This is required." in end


def run_project(server: Server, project: Path) -> list[str]:
    """Return what the project needs, then how it ended in each mode."""
    (made,) = server.client.import_flow(project.read_bytes())
    try:
        return run_flow(server, made.id)
    finally:
        delete_flow(server.client, made.id)


def run_flow(server: Server, flow_id: str) -> list[str]:
    """Return what the flow needs, then how it ended in each mode.

    A run that ends well although Setup says that something is missing has not done its work. One
    that is refused for a missing value ends with what Setup says of it.
    """
    flow = server.client.flow(flow_id)
    needs = find_needs(flow, {}, server.resources)
    overrides = fill_in(server, flow, needs)
    left = find_needs(flow, overrides, server.resources)
    unmet = " ".join(need.message for need in left if not need.is_met)
    ends = [run(server.client, flow, overrides, mode) for mode in MODES]
    if unmet:
        ends = [f"{SETUP}{unmet}" if lacks_value(end) else end for end in ends]
    kinds = [need.kind.value for need in needs if need.kind is not NeedKind.PROVIDER]
    return [" ".join(dict.fromkeys(kinds)), *ends]


@newest_by_default
def test_starter_projects_end_as_listed(server: Server, langflow: LiveServer):
    projects = servers.starter_projects(langflow.version)
    with ThreadPoolExecutor(4) as pool:
        rows = pool.map(lambda project: run_project(server, project), projects)
        found = dict(zip([project.stem for project in projects], rows, strict=True))
    reasons = {name: (needs, reason_of(ends)) for name, (needs, *ends) in found.items()}
    assert reasons == expected(langflow.version), found
    failures = {end for _, *ends in found.values() for end in ends} - {"completed"}
    in_words = {end for end in failures if explain_error(end) or end.startswith(SETUP)}
    assert in_words == failures

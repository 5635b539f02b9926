"""What runs fail with on real servers is put in words, with the component's name."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from lfclient import Flow, LangflowClient, RunStatus
from lfclient.console.samples.graph_builder import Link, Node, Sample
from lfclient.runs.error_causes import explain_error
from tests.live.flows import AGENT, ASK_MODEL, READ_FILE
from tests.live.releases import Make, run_to_end
from tests.support import servers
from tests.support.model_server import OLLAMA_CUT, ModelServer
from tests.support.servers import LiveServer, delete_flow

LOST_URL = "http://127.0.0.1:9/mcp"
MCP = Sample("mcp", "", (Node("m", "MCPTools", {"mcp_server": {"name": "nope", "config": {}}}),))
LOST_MCP = Sample(
    "mcp",
    "",
    (
        Node("m", "MCPTools", {"mcp_server": {"name": "lost", "config": {"url": LOST_URL}}}),
        Node("b", "ChatOutput"),
    ),
    (Link("m", "response", "b"),),
)
MEMORY = Sample("memory", "", (Node("m", "MemoryBase"),))
ASKED = {"ChatInput-a.input_value": "one two three"}
UNREACHABLE = "Couldn't reach the internet or a service that the component uses."
SILENT_MCP = "The component's MCP server did not start or respond."
NO_PROVIDER = "The model was sent without a provider that the server has."
CUT_OFF = "The connection broke off before the answer was complete."

Fault = tuple[
    Flow, dict[str, Any], str | None, str
]  # flow, values; the component, what it fails with


@pytest.fixture
def reader(client: LangflowClient, langflow: LiveServer) -> Iterator[Flow]:
    """Langflow's own flow that reads a knowledge base."""
    projects = servers.starter_projects(langflow.version)
    file = next(project for project in projects if project.stem == "Knowledge Retrieval")
    (made,) = client.import_flow(file.read_bytes())
    yield client.flow(made.id)
    delete_flow(client, made.id)


def model(key: str, provider: str, name: str, **settings: str) -> dict[str, Any]:
    """Return a choice of a model, with what 1.8 needs to know of it."""
    described = {"model_class": f"Chat{provider}", "model_name_param": "model"}
    option = {"name": name, "provider": provider, "metadata": described}
    entered = {f"{key}.{parameter}": value for parameter, value in settings.items()}
    return {**ASKED, f"{key}.model": [option], **entered}


@pytest.fixture
def faults(
    client: LangflowClient, make: Make, reader: Flow, provider: ModelServer, mode: str
) -> dict[str, Fault]:
    """What a run lacks or meets, by name, as far as the release says it."""
    minor = int(client.server.info().version.split(".")[1])
    ask, agent = make(ASK_MODEL), make(AGENT)
    lm, base = "LanguageModelComponent-m", next(one for one in reader.fields if one.resource)
    reads = base.component_name
    is_named = minor < 12 or mode == "background"
    refused, limited, cut, lost, ollama_cut = (
        model(lm, "OpenAI", "gpt-4o", api_key="sk-wrong-1"),
        model("Agent-g", "OpenAI", "gpt-4o", api_key="sk-limited-1"),
        model("Agent-g", "OpenAI", "gpt-cut", api_key="sk-of-this-test-1"),
        model(lm, "Ollama", "llama3.2:latest", ollama_base_url="http://127.0.0.1:9"),
        model(lm, "Ollama", OLLAMA_CUT, ollama_base_url=provider.url),
    )
    no_base = (
        "Knowledge base “nope” does not exist or has no documents."
        if minor < 12
        else "The server has no such knowledge base or model provider."
    )
    unknown = {**ASKED, f"{lm}.model": [{"name": "m", "provider": "Nope"}], f"{lm}.api_key": "sk-1"}
    no_key = model(lm, "OpenAI", "gpt-4o")
    found: dict[str, Fault] = {
        "no model": (ask, ASKED, "Language Model", "No model is chosen."),
        "no key": (ask, no_key, "Language Model", "OpenAI has no key."),
        "no model of an agent": (agent, ASKED, "Agent", "No model is chosen."),
        "key refused": (ask, refused, "Language Model", "The provider refused the key."),
        "limited": (agent, limited, "Agent", "The provider's rate limit was reached."),
        "cut off": (agent, cut, "Agent", CUT_OFF),
        "unknown provider": (ask, unknown, "Language Model", NO_PROVIDER),
        "unreachable": (ask, lost, "Language Model", UNREACHABLE),
        "Ollama cut off": (ask, ollama_cut, "Language Model", CUT_OFF),
        "no file": (make(READ_FILE), {}, "Read File", "No file was given."),
        "no base": (reader, {}, reads, "No knowledge base is chosen."),
        "unknown base": (reader, {base.key: "nope"}, reads if is_named else None, no_base),
    }
    if minor >= 11:
        no_server = "The server has no MCP server “nope”."
        found["unknown MCP server"] = (make(MCP), {}, "MCP Tools", no_server)
        found["silent MCP server"] = (make(LOST_MCP), {}, "MCP Tools", SILENT_MCP)
    if minor >= 10:
        found["no memory base"] = (make(MEMORY), {}, "Memory Base", "No memory base is chosen.")
    if minor == 11 and mode == "background":  # it takes no entered key
        found = {name: one for name, one in found.items() if "api_key" not in str(one[1])}
    return found


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_a_failed_run_has_its_cause_in_words_and_its_component(
    client: LangflowClient, openai: ModelServer, faults: dict[str, Fault], mode: str
):
    def fail(fault: Fault) -> tuple[str | None, str]:
        flow, values, *_ = fault
        # a session, since 1.8 tells no run of its failures
        session = uuid4().hex
        run = run_to_end(client, flow, mode, values, session_id=session, check=False)
        assert run.status is RunStatus.FAILED
        cause = explain_error(run.errors[0].message)
        return run.errors[0].component, cause.message if cause else run.errors[0].message

    with ThreadPoolExecutor(4) as pool:
        ends = dict(zip(faults, pool.map(fail, faults.values()), strict=True))
    assert ends == {name: (component, words) for name, (_, _, component, words) in faults.items()}

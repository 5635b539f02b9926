"""What a flow lacks on a real server is told before a run, and is what the run fails with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from lfclient import Flow, LangflowClient, LangflowError, RunStatus
from lfclient.console.samples import graph_builder
from lfclient.console.samples.graph_builder import Link, Node, Sample
from lfclient.flows.need import NeedKind
from lfclient.resources.packages import package_for
from lfclient.runs.cause_codes import CauseCode
from lfclient.runs.error_causes import explain_error
from tests.live.flows import AGENT, ASK_MODEL, ECHO, READ_FILE
from tests.live.releases import Make, dialects, run_to_end, with_events
from tests.support import servers
from tests.support.model_server import ModelServer
from tests.support.servers import LiveServer, delete_flow

NAMED = "named-by-a-flow"
VARIABLE = Sample(
    "variable",
    "",
    (Node("a", "TextInput", {"input_value": "NAMED_BY_A_FLOW"}), Node("b", "ChatOutput")),
    (Link("a", "text", "b"),),
)
PROMPT = Sample(
    "prompt",
    "",
    (
        Node("p", "Prompt Template", {"template": "On {topic}"}, {"topic": "x"}),
        Node("b", "ChatOutput"),
    ),
    (Link("p", "prompt", "b"),),
)
TOOLS = Sample("mcp", "", (Node("m", "MCPTools", {"mcp_server": {"name": NAMED, "config": {}}}),))


@pytest.fixture
def names_variable(client: LangflowClient, catalogue: dict[str, Any]) -> Iterator[Flow]:
    """A flow whose text is a server variable, as the editor stores it."""
    data = graph_builder.build_graph(VARIABLE, catalogue)
    data["nodes"][0]["data"]["node"]["template"]["input_value"]["load_from_db"] = True
    made = client.editor.create_flow(f"variable {uuid4().hex[:8]}", data)
    yield client.flow(made.id)
    delete_flow(client, made.id)


@dialects
def test_an_mcp_server_is_needed_until_the_server_has_it(
    client: LangflowClient, make: Make, api: httpx.Client
):
    flow = make(TOOLS)
    (need,) = client.needs(flow, {})
    assert (need.kind, need.keys, need.is_met) == (
        NeedKind.MCP_SERVER,
        ("MCPTools-m.mcp_server",),
        False,
    )
    address = {"url": "http://127.0.0.1:9/mcp"}
    api.post(f"/api/v2/mcp/servers/{NAMED}", json=address).raise_for_status()
    try:
        assert [one.is_met for one in client.needs(flow, {})] == [True]
    finally:
        api.delete(f"/api/v2/mcp/servers/{NAMED}")


@dialects
def test_mcp_tools_need_a_server(client: LangflowClient, make: Make, modes: bool):
    """Their run would complete from 1.11 on."""
    flow = make(Sample("mcp", "", (Node("m", "MCPTools"),)))
    assert [one.kind for one in client.needs(flow, {})] == [NeedKind.MCP_SERVER]
    ended = client.run(flow)
    assert ended.status is (RunStatus.COMPLETED if modes else RunStatus.FAILED)
    if modes:
        assert "You must select a tool" in str(ended.outputs["MCPTools-m"].value)


@dialects
@pytest.mark.parametrize(
    ("type", "need", "code"),
    [
        ("SplitText", "Split Text: nothing is connected to", CauseCode.INPUT_MISSING),
        ("APIRequest", "URL of API Request is empty.", CauseCode.VALUES_MISSING),
    ],
)
def test_what_a_component_lacks_is_named_before_the_run_fails(
    client: LangflowClient, make: Make, type: str, need: str, code: CauseCode
):
    flow = make(Sample(type, "", (Node("a", type),)))
    (found,) = client.needs(flow, {})
    assert found.message.startswith(need)
    (error,) = client.run(flow, check=False).errors
    cause = explain_error(error.message)
    assert cause
    assert cause.code is code


@dialects
@pytest.mark.parametrize(
    ("type", "values", "output"),
    [
        ("SQLComponent", {"database_url": "sqlite://", "query": "select 1"}, "run_sql_query"),
        ("Directory", {"path": "."}, "dataframe"),
    ],
)
def test_files_of_the_server_are_named_where_a_run_fails_to_open_them(
    client: LangflowClient,
    make: Make,
    langflow: LiveServer,
    type: str,
    values: dict[str, str],
    output: str,
):
    nodes = (Node("a", type, values), Node("b", "ChatOutput"))
    flow = make(Sample(type, "", nodes, (Link("a", output, "b"),)))
    named = [need.message for need in client.needs(flow, {}, mode="sync")]
    ended = client.run(flow)
    if ended.status is RunStatus.COMPLETED:
        assert (named, langflow.version != "1.13.0") == ([], True)
    else:
        assert "opens files on the server itself. Langflow 1.13.0 refuses that" in named[0]
        assert explain_error(ended.errors[0].message)


@dialects
def test_a_component_that_runs_a_flow_needs_one(client: LangflowClient, make: Make):
    flow = make(Sample("outer", "", (Node("r", "RunFlow"),)))
    assert [one.keys for one in client.needs(flow, {})] == [("RunFlow-r.flow_name_selected",)]
    (error,) = client.run(flow).errors
    cause = explain_error(error.message)
    assert cause
    assert cause.message == "No flow to run is chosen."
    chosen = client.refresh(flow, {"RunFlow-r.flow_name_selected": make(ECHO).name})
    assert chosen.refreshed
    assert [one.is_met for one in client.needs(chosen, chosen.refreshed.choices)] == [True]


def test_the_code_of_read_file_requires_its_file(make: Make):
    """The console knows the code by what a run without a file fails with."""
    assert make(READ_FILE).fields_by_key["File-f.path"].required


@with_events
def test_a_package_that_the_server_lacks_is_named_before_the_run_fails(
    client: LangflowClient, langflow: LiveServer
):
    """Releases before 1.11 list components whose packages they lack."""
    projects = servers.starter_projects(langflow.version)
    file = next(project for project in projects if project.stem == "Hybrid Search RAG")
    flow = client.flow(client.import_flow(file.read_bytes())[0].id)
    try:
        (package,) = [one.package for one in client.needs(flow, {}) if one.package]
        try:
            errors = [error.message for error in client.run(flow, {}, check=False).errors]
        except LangflowError as refused:
            errors = [refused.message]
    finally:
        delete_flow(client, flow.id)
    causes = [cause for cause in map(explain_error, errors) if cause]
    assert package.name == "lfx-datastax"
    assert [package_for(cause.name) for cause in causes] == [package]


@dialects
@pytest.mark.parametrize("mode", ["sync", "background"])
def test_a_prompt_whose_text_names_a_variable_that_it_lacks_fails_by_its_name(
    client: LangflowClient, catalogue: dict[str, Any], mode: str
):
    """Such a text is saved by an import, not by the editor."""
    data = graph_builder.build_graph(PROMPT, catalogue)
    data["nodes"][0]["data"]["node"]["template"]["template"]["value"] += " {tone}"
    flow = client.flow(client.editor.create_flow(f"prompt {uuid4().hex[:8]}", data).id)
    (need,) = client.needs(flow, {})
    failed = run_to_end(client, flow, mode, {}, session_id=uuid4().hex)
    mended = run_to_end(client, flow, mode, {need.keys[0]: "On {topic}"})
    delete_flow(client, flow.id)
    assert (need.kind, need.is_met) == (NeedKind.PROMPT, False)
    assert failed.errors[0].message.strip("'") == "tone"
    assert mended.status is RunStatus.COMPLETED


@dialects
@pytest.mark.parametrize("mode", ["sync", "background"])
def test_a_variable_of_an_optional_parameter_is_needed_until_the_server_has_it(
    client: LangflowClient, names_variable: Flow, modes: bool, mode: str
):
    (need,) = client.needs(names_variable, {})
    assert (need.kind, need.is_met) == (NeedKind.VARIABLE, False)
    failed = run_to_end(client, names_variable, mode, {}, session_id=uuid4().hex)
    assert failed.status is RunStatus.FAILED
    if modes or mode == "sync":  # jobs of 1.8 to 1.10 don't say why they failed
        cause = explain_error(failed.errors[0].message)
        assert cause, failed.errors[0]
        assert "variable" in cause.message
    variable = client.settings.save_variable("NAMED_BY_A_FLOW", "its value", is_secret=False)
    try:
        assert client.needs(names_variable, {}) == []
        ended = run_to_end(client, names_variable, mode, {})
        assert "its value" in str(ended.outputs["ChatOutput-b"].value)
    finally:
        client.settings.delete_variable(variable)


@with_events
@pytest.mark.parametrize("mode", ["sync", "background"])
def test_a_variable_of_a_tool_is_needed(
    client: LangflowClient, langflow: LiveServer, ollama: ModelServer, mode: str
):
    projects = servers.starter_projects(langflow.version)
    file = next(project for project in projects if project.stem == "Simple Agent")
    graph = json.loads(file.read_bytes())
    nodes = (one["data"].get("node", {}) for one in graph["data"]["nodes"])
    tool = next(one for one in nodes if one.get("tool_mode") and "gl" in one["template"])
    tool["template"]["gl"] |= {"load_from_db": True, "value": "NAMED_BY_A_TOOL"}
    flow = client.flow(client.import_flow(json.dumps(graph).encode())[0].id)
    model = next(one.value for one in client.models() if one.provider == "Ollama")
    overrides = {field.key: [model] for field in flow.fields if field.resource == "language"}
    (need,) = [one for one in client.needs(flow, overrides) if not one.is_met]
    failed = run_to_end(client, flow, mode, overrides, session_id=uuid4().hex)
    delete_flow(client, flow.id)
    assert "has no variable “NAMED_BY_A_TOOL”" in need.message
    cause = explain_error(failed.errors[0].message)
    assert cause, failed.errors
    assert "variable" in cause.message


@dialects
@pytest.mark.parametrize("mode", ["sync", "background"])
def test_a_key_that_only_background_runs_look_up_is_needed_there(
    client: LangflowClient,
    catalogue: dict[str, Any],
    ollama: ModelServer,
    modes: bool,
    mode: str,
):
    data = graph_builder.build_graph(AGENT, catalogue)
    agent = next(one["data"]["node"] for one in data["nodes"] if one["id"] == "Agent-g")
    agent["template"]["api_key"] |= {"value": "KEY_OF_THE_AUTHOR", "load_from_db": True}
    flow = client.flow(client.editor.create_flow(f"author {uuid4().hex[:8]}", data).id)
    model = next(one.value for one in client.models() if one.provider == "Ollama")
    overrides = {"Agent-g.model": [model], "ChatInput-a.input_value": "Hi"}
    missing = [one for one in client.needs(flow, overrides, mode=mode) if not one.is_met]
    ended = run_to_end(client, flow, mode, overrides, session_id=uuid4().hex)
    delete_flow(client, flow.id)
    fails = modes and mode == "background"
    assert ended.status is (RunStatus.FAILED if fails else RunStatus.COMPLETED), ended.errors
    assert [one.kind for one in missing] == [NeedKind.VARIABLE] * fails


@dialects
def test_a_run_uses_the_saved_key_of_the_provider_for_a_variable_that_the_server_lacks(
    client: LangflowClient, catalogue: dict[str, Any], openai: ModelServer
):
    data = graph_builder.build_graph(ASK_MODEL, catalogue)
    model = next(one["data"]["node"] for one in data["nodes"] if one["id"].endswith("-m"))
    model["template"]["api_key"] |= {"value": "KEY_OF_THE_AUTHOR", "load_from_db": True}
    flow = client.flow(client.editor.create_flow(f"author {uuid4().hex[:8]}", data).id)
    saved = client.settings.save_variable("OPENAI_API_KEY", "sk-of-the-server")
    try:
        option = next(one for one in client.models() if one.name == "gpt-4o")
        overrides = {
            "LanguageModelComponent-m.model": [option.value],
            "ChatInput-a.input_value": "Hi",
        }
        needs = client.needs(flow, overrides, mode="sync")
        run = client.run(flow, overrides, session_id=uuid4().hex)
    finally:
        client.settings.delete_variable(saved)
        delete_flow(client, flow.id)
    assert run.status is RunStatus.COMPLETED, run.errors
    assert openai.chats()[-1].key == "sk-of-the-server"
    (need,) = [one for one in needs if one.kind is NeedKind.VARIABLE]
    assert (need.is_met, need.note) == (
        True,
        "The server has no variable “KEY_OF_THE_AUTHOR”. "
        "The run uses OpenAI's key, saved on the server as OPENAI_API_KEY.",
    )

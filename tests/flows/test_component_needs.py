"""Packages and updates that a flow's components need."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lfclient.flows.model import Flow
from lfclient.flows.need import NeedKind
from lfclient.flows.needs import find_needs
from lfclient.resources.catalogue import parse_catalogue
from lfclient.wire.server_info import ServerInfo
from tests.support.flow_needs import needs, server
from tests.support.flows import chat_input, edge, entry, graph, node


def importing(code: str) -> dict:
    return node("YfinanceComponent-y", code={"type": "code", "value": code})


@pytest.mark.parametrize(
    ("installed", "types", "message"),
    [
        ({"yfinance"}, {"Agent"}, None),
        ({"yfinance"}, None, None),
        (set(), {"YfinanceComponent"}, "YfinanceComponent: the server lacks the package yfinance."),
        (None, {"YfinanceComponent"}, None),
        (None, None, None),
        (None, {"Agent"}, "not offered by the server, which may lack the package yf"),
    ],
)
def test_a_package_is_needed_if_it_is_not_installed_or_its_component_not_offered(
    installed: set | None, types: set | None, message: str | None
):
    resources = replace(
        server(),
        packages=None if installed is None else frozenset(installed),
        catalogue=types and parse_catalogue({"all": {type: {} for type in types}}),
    )
    code = "import os\nfrom yfinance.x import y\nimport yfinance"
    found = [need for need in needs(importing(code), resources=resources) if need.package]
    assert len(found) == (1 if message else 0)
    for need in found:
        assert message in need.message
        assert (need.keys, need.is_met, need.package.name) == ((), False, "yfinance")


@pytest.mark.parametrize(
    "code", ["def f():\n    import yfinance", "# import yfinance", "import yfinance2", "", None]
)
def test_only_what_a_component_imports_at_once_is_needed(code: str):
    resources = replace(server(), packages=frozenset())
    assert needs(importing(code), resources=resources) == []


def test_components_that_differ_from_the_servers_need_an_update():
    old = [importing("a = 1"), {**importing("a = 1"), "id": "YfinanceComponent-z"}]
    new = {"template": {"code": {"value": "a = 2"}}}
    catalogue = parse_catalogue({"all": {"YfinanceComponent": new}})
    resources = replace(server(), catalogue=catalogue)
    (need,) = needs(*old, resources=resources)
    names = "YfinanceComponent 1, YfinanceComponent 2"
    expected = f"2 components differ from the server's: {names}. "
    assert need.message == f"{expected}Until they are updated, the flow may fail."
    assert (need.kind, need.keys, need.is_met) == (NeedKind.OUTDATED, (), False)
    assert needs(importing("a = 2"), resources=resources) == []


def test_the_replacement_of_a_missing_component_is_named():
    gone = node("Gone-a", code={"type": "code", "value": "a = 1"})
    gone["data"]["node"]["replacement"] = ["agents.Agent"]
    new = {"display_name": "Agent", "template": {"code": {"value": "a = 2"}}}
    resources = replace(server(), catalogue=parse_catalogue({"all": {"Agent": new}}))
    update, missing = needs(gone, node("Agent-b", code={"value": "a = 1"}), resources=resources)
    assert update.kind is NeedKind.OUTDATED
    assert missing.message == "The server has no Gone: use Agent."


def test_a_component_that_the_server_lacks_is_named_though_nothing_can_be_updated():
    new = {"display_name": "Agent", "template": {"code": {"value": "a = 2"}}}
    listed = {"all": {"Agent": new}, "component_display_names": {}}
    resources = replace(server(), catalogue=parse_catalogue(listed))
    gone = node("Gone-a", code={"type": "code", "value": "a = 1"})
    (need,) = needs(gone, resources=resources)
    assert need.message == "Not on this server: Gone. A run uses its code in the flow."
    assert (need.kind, need.is_met) == (NeedKind.COMPONENT, True)


def test_components_that_langflow_retired_stop_the_flow_and_are_not_updated():
    """Langflow 1.13 retired Chroma, and still lists the component."""
    advice = "Retired in 1.13. Migrate this store to a Knowledge Base before running this flow."
    listed = {"name": "Chroma", "description": advice, "template": {"code": {"value": "a = 2"}}}
    catalogue = {"all": {"ext:chroma:ChromaVectorStoreComponent@official": listed}}
    resources = replace(
        server(), catalogue=parse_catalogue({**catalogue, "component_display_names": {}})
    )
    for code in ("a = 1", "a = 2"):
        made = (node(f"Chroma-{x}", "Chroma", code={"type": "code", "value": code}) for x in "ab")
        (need,) = needs(*made, resources=resources)
        assert need.message == f"Chroma 1, Chroma 2 can't run on this server. {advice}"
        assert (need.kind, need.is_met) == (NeedKind.COMPONENT, False)


def test_a_type_is_not_called_missing_on_servers_that_list_no_former_types():
    """The templates of 1.8 have components with former types, and run."""
    new = {"display_name": "Prompt", "template": {"code": {"value": "a = 2"}}}
    resources = replace(server(), catalogue=parse_catalogue({"all": {"Prompt Template": new}}))
    assert needs(node("Prompt-a", code={"value": "a = 1"}), resources=resources) == []


def test_a_flow_with_code_needs_the_servers_components():
    assert Flow.from_json(graph(importing("import os"))).resources == ("component",)
    assert Flow.from_json(graph(importing(""))).resources == ()


DATA = entry("HandleInput", "other", required=True, display_name="Data")


@pytest.mark.parametrize(
    "handle",
    [
        DATA,
        entry(None, "Document", None, required=True, display_name="Data"),  # before 1.0
    ],
)
def test_what_a_component_requires_of_another_one_is_needed_until_it_is_connected(handle: dict):
    component = node("Parser-p", data=handle)
    (need,) = needs(component)
    assert (need.kind, need.keys, need.is_met) == (NeedKind.COMPONENT, (), False)
    assert need.message == (
        "Parser: nothing is connected to Data. Connect it in Langflow's editor."
    )
    assert needs(component, node("Loader-l"), edges=(edge("Loader-l", "Parser-p", "data"),)) == []


def parser(type: str = "Parser", *, tool_mode: bool = False, **more: bool) -> dict:
    made = node(f"{type}-p", data={**DATA, **more})
    made["data"]["node"]["tool_mode"] = tool_mode
    return made


@pytest.mark.parametrize(
    "component",
    [
        parser(required=False),
        parser(show=False),
        parser(tool_mode=True),
        parser("ParseData"),  # it completes without data
    ],
)
def test_a_connection_without_which_a_component_runs_is_not_needed(component: dict):
    assert needs(component) == []


def test_only_runs_that_include_a_component_need_its_connection():
    nodes = (chat_input(), node("X-x"), node("Y-y"), parser())
    edges = (edge("ChatInput-a", "X-x"), edge("Y-y", "X-x", "other"), edge("Y-y", "Parser-p", "z"))
    branch = Flow.from_json(graph(*nodes, edges=list(edges)))
    info = ServerInfo("1.13.0", "modes")
    found = {mode: find_needs(branch, {}, server(), mode, info) for mode in ("sync", "background")}
    assert {mode: len(each) for mode, each in found.items()} == {"sync": 0, "background": 1}


CHECKED = entry("CodeInput", "code", "validate_connector_database_url_for_ssrf(self.uri)")


@pytest.mark.parametrize(
    ("uri", "code", "version", "is_named"),
    [
        ("sqlite:///a.db", CHECKED, "1.12.8", True),
        ("SQLite+aiosqlite:///a.db", CHECKED, "1.13.0", True),
        ("sqlite:///a.db", CHECKED, "1.11.6", False),
        ("sqlite:///a.db", {**CHECKED, "value": "create_engine(self.uri)"}, "1.13.0", False),
        ("postgresql://sqlite/a", CHECKED, "1.13.0", False),
    ],
)
def test_a_database_in_a_file_of_the_server_is_named_where_servers_refuse_it(
    uri: str, code: dict, version: str, is_named: bool
):
    component = node("SQLDatabase-s", uri=entry("StrInput", "str"), code=code)
    overrides = {"SQLDatabase-s.uri": uri}
    info = ServerInfo(version, "modes")
    found = find_needs(Flow.from_json(graph(component)), overrides, server(), "sync", info)
    assert [need.is_met for need in found] == ([True] if is_named else [])

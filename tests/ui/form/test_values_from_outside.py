"""Values from links, files, presets, drafts and runs: what of them reaches Langflow, and when."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from streamlit.testing.v1 import AppTest

from lfclient.console.presets.preset_file import FORMAT
from lfclient.console.presets.share_links import encode_values
from lfclient.flows.encoding import mcp_value
from pages._ui.connection import servers
from pages._ui.state.browser import drafts
from tests.support.flows import chat_input, edge, entry, node, text
from tests.support.http_stand_in import StandIn, flow
from tests.ui.support.preset_pages import choose, key_of, open_page, owner, store_preset
from tests.ui.support.whole_pages import ONE, add_ended_run, button_labels, page_text, press

UPDATE = "POST /api/v1/custom_component/update"
RUN = "POST /api/v2/workflows"
OPENAI = {"name": "gpt-4o", "provider": "OpenAI", "metadata": {"model_class": "ChatOpenAI"}}
LIVE = {"real_time_refresh": True, "api_editable": True}
PARAMETERS = {
    "server": entry("McpInput", "mcp", {}, **LIVE),
    "tool": entry("DropdownInput", "str", "", options=["add"], **LIVE),
    "mode": entry("TabInput", "tab", "A", options=["A", "B"], **LIVE),
    "operation": entry("SortableListInput", "sortableList", [], options=[{"name": "Sort"}], **LIVE),
    "model": entry("ModelInput", "model", "", **LIVE),
    "routes": entry("TableInput", "table", [], **LIVE),
    "headers": entry("DictInput", "dict", {}, **LIVE),
    "count": entry("IntInput", "int", 1, **LIVE),
    "url": text("", **LIVE),
    "hidden": text("", **{**LIVE, "show": False}),
    "code": entry("CodeInput", "code", "class T: ...", **LIVE),
    "plain": text("", api_editable=True),
}
CONFIG = {"command": "npx", "args": ["evil"]}
# by parameter, with the field's kind: values that the form can't produce
INVALID = {
    "server": ("select", {"name": "listed", "config": CONFIG}),
    "tool": ("select", {"name": "evil"}),
    "mode": ("tab", "evil"),
    "operation": ("ordered_list", [{"name": "Sort", "config": "evil"}]),
    "model": ("model", [{"name": "x", "provider": {"evil": 1}}]),
    "routes": ("table", ["evil"]),
    "headers": ("dict", ["evil"]),
    "count": ("integer", "evil"),
    "url": ("text", {"value": "evil", "load_from_db": False}),
    "hidden": ("text", "http://evil"),
    "code": ("unknown", "import evil"),
}
# values that it can produce
VALID = {
    "server": ("select", "listed"),
    "tool": ("select", "add"),
    "mode": ("tab", "B"),
    "operation": ("ordered_list", [{"name": "Sort"}]),
    "model": ("model", [OPENAI]),
    "routes": ("table", [{"a": "b"}]),
    "headers": ("dict", {"a": "b"}),
    "count": ("integer", 2),
    "url": ("text", "http://elsewhere"),
}
Given = dict[str, tuple[str, Any]]
Open = Callable[[Given], AppTest]


@pytest.fixture(autouse=True)
def server(langflow_stand_in: StandIn) -> StandIn:
    def repeat(request: httpx.Request) -> tuple[int, Any]:
        body = json.loads(request.content)
        return 200, {"template": copy.deepcopy(body["template"]), "outputs": []}

    langflow_stand_in.set_flows(flow(ONE, "Looks things up", [node("T-a", **PARAMETERS)]))
    langflow_stand_in.answers |= {
        UPDATE: repeat,
        RUN: (422, {"detail": "enough"}),
        "GET /api/v2/mcp/servers": (200, [{"name": "listed"}]),
        "GET /api/v1/models": (200, []),
        "GET /api/v1/model_options/language": (200, [OPENAI]),
    }
    return langflow_stand_in


def values_of(given: Given) -> dict[str, Any]:
    return {f"T-a.{parameter}": value for parameter, (_, value) in given.items()}


def by_link(given: Given) -> AppTest:
    return open_page(flow=ONE, values=encode_values(values_of(given)))


def by_accepted_link(given: Given) -> AppTest:
    app = by_link(given)
    return press(app, "Fill the form") if "Fill the form" in button_labels(app) else app


def by_unsaved_file(given: Given) -> AppTest:
    app = open_page(menu="more", flow=ONE)
    head = {"format": FORMAT, "version": 1, "flow": {"id": ONE, "name": "F"}, "name": "File"}
    data = json.dumps({**head, "values": values_of(given)}).encode()
    app.file_uploader(key=key_of("file-0")).upload("preset.json", data, "application/json")
    return app.run()


def by_file(given: Given) -> AppTest:
    app = by_unsaved_file(given)
    labels = {"Import", "Import matching values"}.intersection(button_labels(app))
    return press(app, labels.pop()) if labels else app


def by_preset(given: Given) -> AppTest:
    preset = store_preset(**{parameter: value for parameter, (_, value) in given.items()})
    return choose(open_page(flow=ONE), preset)


def by_preset_link(given: Given) -> AppTest:
    preset = store_preset(**{parameter: value for parameter, (_, value) in given.items()})
    return open_page(flow=ONE, preset=preset.id)


def by_default_preset(given: Given) -> AppTest:
    store_preset(default=True, **{parameter: value for parameter, (_, value) in given.items()})
    return open_page(flow=ONE)


def by_json(given: Given) -> AppTest:
    app = open_page(flow=ONE)
    (form,) = app.session_state["forms"].values()
    app.session_state[f"{form.key('form-json')}-panel"] = True
    app.run()
    box = next(each for each in app.text_area if each.key == f"{form.key('form-json')}-text")
    box.set_value(json.dumps(values_of(given)))
    return press(app.run(), "Apply")


def by_draft(given: Given) -> AppTest:
    values = {f"T-a.{parameter}": [*kind_and_value] for parameter, kind_and_value in given.items()}
    entries = {"values": values, "invalid": {}, "preset": None, "replaced": None, "edited": []}
    draft = {**entries, "json": None, "files": {}, "source": "", "hints": {}}
    drafts().save(("b" * 43, owner(), ONE), draft)
    return open_page("b", flow=ONE)


def by_run(given: Given) -> AppTest:
    server_url = servers.available_connections()[0].url
    return open_page(flow=ONE, run=add_ended_run(server_url, overrides=values_of(given)).id)


EVERY_WAY = [
    by_accepted_link, by_file, by_preset, by_default_preset, by_json, by_draft, by_run,
]  # fmt: skip


@pytest.mark.parametrize("way", [by_link, by_unsaved_file, *EVERY_WAY])
def test_values_that_the_form_cannot_produce_reach_no_request(way: Open, server: StandIn):
    press(way({**INVALID, "plain": ("text", "fine")}), "Run")
    assert "evil" not in json.dumps([server.bodies(UPDATE), server.bodies(RUN)])
    # the JSON editor takes all values or none; a draft's invalid ones keep a run from starting
    is_applied = way in (by_accepted_link, by_file, by_preset, by_default_preset, by_run)
    (run,) = server.bodies(RUN) or [{}]
    assert run.get("tweaks", {}).get("T-a", {}).get("plain") == ("fine" if is_applied else None)


@pytest.mark.parametrize("way", [by_accepted_link, by_json])
def test_a_run_sends_only_the_names_of_an_mcp_server_and_a_model(way: Open, server: StandIn):
    """The model runs with the server's attributes. Langflow refuses the unknown MCP server."""
    name = json.dumps({"name": "evil", "config": CONFIG})
    metadata = {"model_class": "ChatOpenAI", "model_name_param": "evil"}
    model = {**OPENAI, "metadata": metadata}
    press(way({"server": ("select", name), "model": ("model", [model])}), "Run")
    assert "evil" not in json.dumps(server.bodies(UPDATE))
    (run,) = server.bodies(RUN)
    assert run["tweaks"]["T-a"] == {"server": mcp_value(name), "model": [OPENAI]}


@pytest.mark.parametrize("way", [by_link, by_unsaved_file])
def test_valid_values_are_sent_once_a_person_accepts_them(way: Open, server: StandIn):
    app = way(VALID)
    question = "Fill the form with 9 values from" if way is by_link else "Import these values?"
    assert question in page_text(app)
    assert UPDATE not in server.lines
    press(app, "Fill the form" if way is by_link else "Import")
    assert {body["field"] for body in server.bodies(UPDATE)} == VALID.keys()


def test_an_ignored_link_changes_and_sends_nothing(server: StandIn):
    app = press(by_link({"url": VALID["url"]}), "Ignore")
    assert "Fill the form" not in button_labels(app)
    press(app, "Run")
    assert server.bodies(UPDATE) == []
    assert "elsewhere" not in json.dumps(server.bodies(RUN))


@pytest.mark.parametrize("way", [by_link, by_unsaved_file])
def test_a_person_sees_values_from_outside_in_full_and_urls_first(way: Open):
    """Length, other values and invisible characters hide no URL."""
    url = "http://trusted.example%2F" + 300 * "a" + "@127.0.0.1/"
    given = {"plain": ("", "quiet"), "server": ("", "listed"), "url": ("text", url)}
    (code,) = way(given).code
    assert code.value == f"url (T): {url}\nplain (T): quiet\nserver (T): listed"
    (code,) = way({"url": ("text", "\u200b\u202ea\n*b*")}).code
    assert code.value == "url (T): \\u200b\\u202ea\\n*b*"


def test_a_link_asks_about_fields_that_the_flows_own_choice_may_show(server: StandIn):
    """The answer to a lookup of what the flow has already may show hidden fields."""
    app = by_link({"mode": ("tab", "A"), "hidden": ("text", "elsewhere")})
    assert [each.value for each in app.code] == ["mode (T): A\nhidden (T): elsewhere"]
    assert UPDATE not in server.lines


def test_a_link_asks_before_the_message_becomes_a_servers_variable(server: StandIn):
    server.set_flows(flow(ONE, "Chat", [node("ChatInput-a", input_value=text("own"))]))
    values = {"ChatInput-a.input_value": {"$variable": "OPENAI_API_KEY"}}
    app = open_page(flow=ONE, values=encode_values(values))
    assert "server variable OPENAI_API_KEY" in app.code[0].value
    press(app, "Run")
    assert [body["input_value"] for body in server.bodies(RUN)] == ["own"]


@pytest.mark.parametrize("is_accepted", [False, True])
@pytest.mark.parametrize("way", [by_link, by_preset_link, by_preset, by_default_preset, by_run])
def test_a_url_that_gets_a_stored_key_is_sent_after_a_click_only(
    way: Open, is_accepted: bool, server: StandIn
):
    set_credential_flow(server)
    app = way({"plain": ("text", "fine"), "api_base": ("text", "http://elsewhere/v1")})
    assert "Langflow sends stored keys to URLs among these values." in page_text(app)
    assert app.code[0].value.splitlines()[0] == "api_base (T): http://elsewhere/v1"
    press(press(app, "Fill the form") if is_accepted else app, "Run")
    assert ("http://elsewhere/v1" in json.dumps(server.bodies(RUN))) == is_accepted


@pytest.mark.parametrize("way", EVERY_WAY)
def test_visitors_without_permission_send_no_url_that_gets_a_stored_key(
    way: Open, server: StandIn, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LFCONSOLE_ALLOW_INSTALL", "false")
    set_credential_flow(server)
    values = {"plain": ("text", "fine"), "mode": VALID["mode"], "api_base": VALID["url"]}
    app = way(values)
    assert "http://elsewhere" not in page_text(app) + "".join(each.value for each in app.code)
    press(app, "Run")
    assert [body["field"] for body in server.bodies(UPDATE)] == ["mode"]
    assert "elsewhere" not in json.dumps([server.bodies(RUN), server.bodies(UPDATE)])
    # the JSON editor takes all values or none, and keeps a run from starting
    assert len(server.bodies(RUN)) == (way is not by_json)
    assert not [each for each in app.text_input if each.key.endswith("T-a.api_base")]


def set_credential_flow(server: StandIn) -> None:
    key = entry("SecretStrInput", "str", "OPENAI_API_KEY", load_from_db=True, password=True)
    own = {"api_key": key, "api_base": text("", **LIVE)}
    own |= {name: PARAMETERS[name] for name in ("mode", "plain")}
    server.set_flows(flow(ONE, "Asks a model", [node("T-a", **own)]))


@pytest.mark.parametrize("provider", [{}, [], 0])
def test_a_link_with_a_malformed_model_is_reported(provider: Any):
    app = by_link({"model": ("model", [{"name": "x", "provider": provider}])})
    assert "Of the values in the link, 0 of 1 fit." in page_text(app)


def test_a_later_link_replaces_the_question_about_an_earlier_one(server: StandIn):
    app = by_link({"url": VALID["url"]})
    app.query_params["values"] = encode_values({"T-a.plain": "quiet"})
    app.run()
    assert [each.value for each in app.code] == ["plain (T): quiet"]
    assert UPDATE not in server.lines


def test_the_default_preset_waits_for_the_answer_about_a_link():
    store_preset(default=True, plain="of the preset")
    app = by_link({"url": VALID["url"]}).run()
    assert "Opened with" not in page_text(app)
    assert "Opened with “Mine”" in page_text(press(app, "Ignore"))


def test_the_question_about_a_link_is_drawn_beside_a_chat(server: StandIn):
    nodes = [chat_input(), node("T-a", **PARAMETERS), node("ChatOutput-b")]
    edges = [edge("ChatInput-a", "T-a", "plain"), edge("T-a", "ChatOutput-b")]
    server.set_flows(flow(ONE, "Talk", nodes, edges))
    app = by_link({"url": VALID["url"]}).switch_page("pages/chat.py").run()
    assert "Fill the form with 1 value from the link?" in page_text(app)


def test_an_imported_value_whose_field_no_choice_shows_is_reported():
    app = by_file({"mode": VALID["mode"], "added": ("text", "x")})
    assert "Of this file, 1 of 2 fit." in page_text(app)
    assert "T-a.added: T has no such parameter." in page_text(app)


@pytest.mark.parametrize("draft", [{"values": {"T-a.text": "hi"}}, {"values": {}, "json": None}])
def test_a_draft_of_another_version_is_ignored(server: StandIn, draft: dict[str, Any]):
    drafts().save(("b" * 43, owner(), ONE), {**draft, "other": True})
    app = open_page("b", flow=ONE)
    assert not any(form.entries for form in app.session_state["forms"].values())

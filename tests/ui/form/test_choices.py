"""A choice that changes other fields: the form shows the flow as it is after it."""

from __future__ import annotations

import copy
import json
import threading
from typing import Any

import httpx
import pytest

from lfclient.console.presets.share_links import encode_values
from pages._ui.connection import request_cache
from tests.support.flows import entry, node, text
from tests.support.http_stand_in import VERSION, StandIn, flow
from tests.support.waiting import wait_for
from tests.ui.support.whole_pages import (
    ONE,
    add_ended_run,
    open_app,
    page_text,
    place_of,
    press,
)

UPDATE = "POST /api/v1/custom_component/update"
RUN = "POST /api/v2/workflows"
MODE = entry(
    "TabInput",
    "tab",
    "Parser",
    options=["Parser", "Stringify"],
    real_time_refresh=True,
    api_editable=True,
)
PATTERN = text("Text: {text}", api_editable=True)
CLEAN = text("", api_editable=True, display_name="Clean")


def parser() -> dict[str, Any]:
    return node("Parser-p", mode=MODE, pattern=PATTERN)


def after_the_choice(request: httpx.Request) -> tuple[int, Any]:
    """Hide the pattern of a parser that only makes text, and add a field."""
    body = json.loads(request.content)
    template = copy.deepcopy(body["template"])
    if body["field_value"] == "Stringify":
        template["pattern"]["show"] = False
        template["clean"] = CLEAN
    return 200, {"template": template, "outputs": []}


@pytest.fixture
def server(langflow_stand_in: StandIn) -> StandIn:
    langflow_stand_in.set_flows(flow(ONE, "Echo", [parser()]))
    langflow_stand_in.answers |= {UPDATE: after_the_choice, RUN: (422, {"detail": "enough"})}
    return langflow_stand_in


def use_release(server: StandIn, release: str) -> None:
    names = {"version": release, "main_version": release}
    server.answers["GET /api/v1/version"] = (200, VERSION | names)


def shown_values(app) -> dict[str, str]:
    """Return the texts of the text boxes on the page, by parameter."""
    boxes = (box for box in app.text_input if "-Parser-p." in box.key)
    return {box.key.rpartition(".")[2]: box.value for box in boxes}


def shown(app) -> list[str]:
    """Return the parameters whose text boxes are on the page."""
    return list(shown_values(app))


def sent_run(server: StandIn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the first run, and the template of the only component in its graph."""
    body = server.bodies(RUN)[0]
    (component,) = body["data"]["nodes"]
    return body, component["data"]["node"]["template"]


def find(boxes, parameter: str):
    return next(each for each in boxes if each.key.endswith(f".{parameter}"))


def choose(app, value: str, parameter: str = "mode"):
    find(app.segmented_control, parameter).set_value(value)
    return app.run()


def choose_in_list(app, parameter: str, value: str):
    box = find(app.selectbox, parameter)
    assert value in box.options
    box.set_value(value)
    return app.run()


def type_into(app, parameter: str, words: str):
    find(app.text_input, parameter).set_value(words)
    return app.run()


def list_flows(request: httpx.Request) -> tuple[int, Any]:
    """List the flows that a component may run; add the inputs of the one that it is told by id."""
    template = copy.deepcopy(json.loads(request.content)["template"])
    chosen = template["flow_name_selected"]
    if chosen.get("selected_metadata") == {"id": "inner"}:
        template["ChatInput-q~input_value"] = text("", display_name="Input Text (Chat Input)")
        template["flow_id_selected"] = entry("StrInput", "str", "inner", show=False)
    else:
        chosen |= {"options": ["Inner"], "options_metadata": [{"id": "inner"}]}
    return 200, {"template": template, "outputs": []}


def test_the_inputs_of_a_flow_to_run_are_filled_in_once_it_is_chosen(server):
    names = entry("DropdownInput", "str", "", options=[], real_time_refresh=True)
    server.set_flows(flow(ONE, "Outer", [node("RunFlow-r", flow_name_selected=names)]))
    server.answers[UPDATE] = list_flows
    app = open_app(flow=ONE)
    assert find(app.selectbox, "flow_name_selected").options == ["Inner"]
    app = choose_in_list(app, "flow_name_selected", "Inner")
    assert "Ready" in page_text(app)
    (form,) = app.session_state["forms"].values()
    app.session_state[form.all_parameters_key] = True
    app.run()
    press(type_into(app, "ChatInput-q~input_value", "Hello"), "Run")
    sent, made = sent_run(server)
    assert made["flow_id_selected"]["value"] == "inner"
    assert sent["tweaks"]["RunFlow-r"]["ChatInput-q~input_value"] == "Hello"


def test_while_the_server_looks_up_a_choice_the_page_waits_and_loses_nothing(server, monkeypatch):
    looked_up = threading.Event()

    def late(request: httpx.Request) -> tuple[int, Any]:
        looked_up.wait(20)
        return after_the_choice(request)

    app = type_into(choose(open_app(flow=ONE), "Stringify"), "clean", "yes")
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.2)
    server.answers[UPDATE] = late
    app = choose(choose(app, "Parser"), "Stringify")
    looked_up.set()
    assert shown(app.run()) == ["clean"]


def test_a_run_waits_for_the_choice_of_a_model_that_may_hide_a_variable(server, monkeypatch):
    looked_up = threading.Event()
    ollama = {"name": "llama", "provider": "Ollama", "metadata": {"model_class": "ChatOllama"}}
    stored = entry("SecretStrInput", "str", "OF_THE_AUTHOR", load_from_db=True, password=True)
    gpt = [{"name": "gpt-4o", "provider": "OpenAI"}]
    model = entry("ModelInput", "model", gpt, required=True, real_time_refresh=True)
    server.set_flows(flow(ONE, "Echo", [node("Agent-a", model=model, api_key=stored)]))
    server.answers |= {
        "GET /api/v1/models": (200, []),
        "GET /api/v1/model_options/language": (200, [ollama]),
    }

    def hide_key(request: httpx.Request) -> tuple[int, Any]:
        body = json.loads(request.content)
        looked_up.wait(20)
        template = {**body["template"], "api_key": {**body["template"]["api_key"], "show": False}}
        return 200, {"template": template, "outputs": []}

    server.answers[UPDATE] = hide_key
    app = open_app(flow=ONE)
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.2)
    find(app.selectbox, "model").set_value("Ollama: llama")
    app.run()
    threading.Timer(0.5, looked_up.set).start()
    press(app, "Run")
    assert sent_run(server)[1]["api_key"]["show"] is False


@pytest.mark.parametrize("answer", [None, (500, {"detail": "No."})])
def test_the_options_of_a_list_that_the_flow_lacks_are_the_servers(server, answer):
    zone = entry("DropdownInput", "str", "", refresh_button=True, api_editable=True)
    server.set_flows(flow(ONE, "Echo", [node("Parser-p", zone=zone)]))

    def zones(request: httpx.Request) -> tuple[int, Any]:
        body = json.loads(request.content)
        template = {"zone": {**body["template"]["zone"], "options": ["UTC", "Europe/Lisbon"]}}
        return 200, {"template": template}

    server.answers[UPDATE] = answer or zones
    app = open_app(flow=ONE)
    if answer:
        assert shown(app) == ["zone"]  # it can be typed
        return
    assert find(app.selectbox, "zone").options == ["UTC", "Europe/Lisbon"]


def test_fields_keep_their_place_if_a_choice_brings_the_options_of_a_list(server):
    """Otherwise what is being typed below is lost."""
    zone = entry("DropdownInput", "str", "", options=[], refresh_button=True, api_editable=True)
    server.set_flows(flow(ONE, "Echo", [node("Parser-p", mode=MODE, zone=zone, pattern=PATTERN)]))

    def with_zones(request: httpx.Request) -> tuple[int, Any]:
        body = json.loads(request.content)
        template = copy.deepcopy(body["template"])
        if body["field"] == "mode":
            template["zone"]["options"] = ["UTC"]
        return 200, {"template": template, "outputs": []}

    server.answers[UPDATE] = with_zones
    app = open_app(flow=ONE)
    assert shown(app) == ["zone", "pattern"]
    place = place_of(app.main, "Parser-p.pattern")
    app = choose(app, "Stringify")
    assert shown(app) == ["pattern"]
    assert place_of(app.main, "Parser-p.pattern") == place != ()


def test_a_choice_shows_its_fields_and_hides_the_others_which_keep_their_values(server):
    app = open_app(flow=ONE)
    assert shown(app) == ["pattern"]
    app = choose(app, "Stringify")
    assert shown(app) == ["clean"]
    app = choose(type_into(app, "clean", "yes"), "Parser")
    assert shown(app) == ["pattern"]
    app = choose(type_into(app, "pattern", "mine"), "Stringify")
    assert shown_values(app) == {"clean": "yes"}
    assert "The flow has changed" not in page_text(app)
    assert shown_values(choose(app, "Parser")) == {"pattern": "mine"}
    app = choose(app, "Stringify")
    app.button(key="reset-Parser-p.mode").click()
    assert shown(app.run()) == ["pattern"]
    assert server.lines.count(UPDATE) == 1


def test_a_link_or_an_opened_run_fills_the_fields_that_its_choices_bring(server):
    values = {"Parser-p.mode": "Stringify", "Parser-p.clean": "yes"}
    app = press(open_app(flow=ONE, values=encode_values(values)), "Fill the form")
    assert shown_values(app) == {"clean": "yes"}
    record = add_ended_run(server.url, overrides=values, mode="background")
    assert shown_values(open_app(run=record.id)) == {"clean": "yes"}


def test_a_synchronous_run_of_what_a_choice_adds_leads_to_background_mode(server):
    use_release(server, "1.13.0")
    app = open_app(flow=ONE)
    next(each for each in app.radio if each.label == "Run mode").set_value("sync")
    app = press(type_into(choose(app.run(), "Stringify"), "clean", "yes"), "Run")
    assert "Synchronous runs can't apply this choice" in page_text(app)
    assert RUN not in server.lines
    press(press(app, "Use background mode"), "Run")
    wait_for(lambda: RUN in server.lines)
    sent, made = sent_run(server)
    assert sent["mode"] == "background"
    assert sent["tweaks"]["Parser-p"] == {"mode": "Stringify", "clean": "yes"}
    assert made["mode"]["value"] == "Stringify"


def test_servers_before_1_11_run_nothing_that_a_choice_adds(server):
    use_release(server, "1.10.3")
    app = choose(open_app(flow=ONE), "Stringify")
    assert "Runs before Langflow 1.11 can't apply this choice" in page_text(app)
    assert not [button for button in app.button if button.label.startswith("Use ")]
    press(app, "Run")
    assert RUN not in server.lines

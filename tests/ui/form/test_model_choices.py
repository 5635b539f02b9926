"""The choice of a model: the form shows the parameters of its provider."""

from __future__ import annotations

import copy
import threading

import pytest

from pages._ui.connection import loading, request_cache
from tests.support.flows import group
from tests.support.http_stand_in import StandIn, flow
from tests.ui.support.model_pages import (
    MODELS,
    PROVIDERS,
    UPDATE,
    agent,
    choose_model,
    find_model,
    serve_models,
    show_setting,
)
from tests.ui.support.runs import RESPONSE
from tests.ui.support.whole_pages import ONE, TWO, button_labels, open_app, page_text, press

RUN = "POST /api/v2/workflows"


@pytest.fixture
def server(langflow_stand_in: StandIn) -> StandIn:
    return serve_models(langflow_stand_in)


def search(app, words: str) -> list[str]:
    """Return the keys of the fields that a search finds, other than the model's."""
    (form,) = app.session_state["forms"].values()
    app.session_state[form.all_parameters_key] = True
    app.run()
    next(each for each in app.text_input if "param-search" in each.key).set_value(words)
    app.run()
    boxes = [each for each in app.text_input if each.key.startswith("field-")]
    return [box.key.rpartition(".")[2] for box in boxes]


def test_a_model_shows_the_parameter_of_its_provider_and_hides_that_of_others(server):
    app = choose_model(open_app(flow=ONE), "Near: Near-1")
    assert search(app, "address") == ["address"]
    assert search(app, "api_key") == []
    app = choose_model(app, "Far: Far-1")
    assert search(app, "address") == []
    assert search(app, "api_key") == ["api_key"]


def test_a_model_that_is_typed_by_a_part_of_its_name_is_shown_with_its_provider(server):
    """Enter takes what was typed, before what the list has of it."""
    app = choose_model(open_app(flow=ONE), "ear-1")
    assert find_model(app).value == "Near: Near-1"
    form = next(iter(app.session_state["forms"].values()))
    assert form.overrides()["Agent-a.model"][0]["provider"] == "Near"


def test_the_setting_of_a_provider_can_be_given_for_runs_once_its_parameter_is_shown(server):
    server.answers["POST /api/v1/models/validate-provider"] = (200, {"valid": True})
    app = open_app(flow=ONE)
    assert "Use for my runs" not in button_labels(app)
    app = choose_model(app, "Near: Near-1")
    box = next(each for each in app.text_input if each.key.endswith("NEAR_URL"))
    box.set_value("http://127.0.0.1:9")
    press(app.run(), "Use for my runs")
    server.answers[RUN] = (422, {"detail": "enough"})
    press(app, "Run")
    assert server.bodies(RUN)[0]["tweaks"]["Agent-a"]["address"] == "http://127.0.0.1:9"


def test_the_form_requests_each_list_once_for_all_agents(server):
    server.set_flows(flow(ONE, "Echo", [agent(f"Agent-{letter}") for letter in "abc"]))
    open_app(flow=ONE)
    for line in (PROVIDERS, MODELS, "GET /api/v1/variables/"):
        assert server.lines.count(line) == 1, line


def test_a_run_does_not_wait_for_the_parameters_of_a_models_provider(server, monkeypatch):
    looked_up = threading.Event()

    def late(request):
        looked_up.wait(20)
        return show_setting(request)

    app = open_app(flow=ONE)
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
    monkeypatch.setattr(loading, "_WAIT_SECONDS", 0.05)
    server.answers[UPDATE] = late
    server.answers[RUN] = (422, {"detail": "enough"})
    try:
        app = choose_model(app, "Near: Near-1")
        assert "Waiting for" in page_text(app)
        assert find_model(app).value == "Near: Near-1"
        press(app, "Run")
        assert RUN in server.lines
    finally:
        looked_up.set()


def test_a_model_inside_a_group_shows_the_parameter_of_its_provider(server):
    names = ("model", "api_key", "address")
    proxies = {f"{name}_Agent-a": ("Agent-a", name) for name in names}
    server.set_flows(flow(ONE, "Echo", [group("Group-g", [agent()], **proxies)]))
    app = choose_model(open_app(flow=ONE), "Near: Near-1")
    assert search(app, "address") == ["address_Agent-a"]
    assert find_model(app).value == "Near: Near-1"


def test_a_model_keeps_its_name_when_its_provider_is_set_up(server):
    """The browser then still sends the text with the mark, which is no option any more."""
    app = choose_model(open_app(flow=ONE), "Far: Far-1")
    ready = copy.deepcopy(server.answers[PROVIDERS][1])
    ready[0]["is_configured"] = True
    server.answers[PROVIDERS] = (200, ready)
    server.answers[MODELS] = (200, [{"name": "Far-1", "provider": "Far"}])
    press(app, "Refresh flows")
    app = choose_model(app, "Far: Far-1 (not set up)")
    assert find_model(app).value == "Far: Far-1"
    form = next(iter(app.session_state["forms"].values()))
    assert [model["name"] for model in form.overrides()["Agent-a.model"]] == ["Far-1"]


def test_a_run_leaves_its_models_for_the_next_flow_and_what_was_only_chosen_is_none(server):
    agents = [agent(f"Agent-{letter}") for letter in "ab"]
    server.set_flows(flow(ONE, "Echo", agents), flow(TWO, "Next", [agent("Agent-c")]))
    server.answers[PROVIDERS] = (200, [{"provider": "Near", "variables": [], "models": []}])
    server.answers[RUN] = (200, RESPONSE)
    app = open_app(flow=ONE)
    choose_model(app, "Near: one")
    choose_model(app, "Near: two", "Agent-b")
    app.selectbox[0].set_value(TWO).run()
    assert not [label for label in button_labels(app) if label.startswith("Use Near")]
    app.selectbox[0].set_value(ONE).run()
    press(app, "Run")
    app.selectbox[0].set_value(TWO).run()
    assert r"Use Near\: one again" in button_labels(app)

"""The menu of providers leads to their settings, also of one that no component uses yet."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.http_stand_in import StandIn
from tests.ui.support.model_pages import (
    MODEL,
    PROVIDERS,
    choose_model,
    provider,
    serve_models,
)
from tests.ui.support.whole_pages import ONE, button_labels, open_app, page_text, press

VARIABLES = "/api/v1/variables/"


def local_provider(**more: Any) -> dict[str, Any]:
    """Return a provider with no models before its address is saved, as OpenAI Compatible."""
    local = {**provider("Local", "LOCAL_URL", "local_url"), "models": []}
    local |= {"api_docs_url": "https://docs.example", **more}
    key = {"variable_key": "LOCAL_KEY", "variable_name": "Local key", "is_secret": True}
    local["variables"].append(key)
    return local


@pytest.fixture
def server(langflow_stand_in: StandIn) -> StandIn:
    server = serve_models(langflow_stand_in)
    server.answers[PROVIDERS][1].append(local_provider())
    return server


def open_settings(app, name: str):
    """Choose a provider in the menu, and return the page."""
    (menu,) = app.menu_button
    assert name in menu.options
    menu.click(name)
    return app.run()


def box(app, setting: str):
    return next((each for each in app.text_input if each.key.endswith(setting)), None)


def scrolled(app) -> list[str]:
    """Return the containers to which the page scrolls."""
    return [json.loads(one.proto.json).get("first") for one in app.get("bidi_component")]


def test_a_provider_without_models_is_set_up_and_then_offers_its_own(server):
    app = open_settings(open_app(flow=ONE), "Local")
    assert "No Local setting yet" in page_text(app)
    assert "Use for my runs" not in button_labels(app)
    assert box(app, "LOCAL_KEY").label == "Local key (optional)"
    assert "Get a key" not in page_text(app)
    box(app, "LOCAL_URL").set_value("http://127.0.0.1:1234/v1")
    server.answers["POST /api/v1/models/validate-provider"] = (200, {"valid": True})
    server.answers[f"POST {VARIABLES}"] = (201, {})
    listed = [{"id": "v", "name": "LOCAL_URL", "type": "Generic", "value": "http://127.0.0.1:1234"}]
    server.on("GET", VARIABLES, (200, []), (200, []), (200, listed))
    model = {"model_name": "mine", "metadata": {"model_type": "llm"}}
    server.answers[PROVIDERS] = (200, [local_provider(is_configured=True, models=[model])])
    app = press(app.run(), "Save on the server")

    sent = server.bodies(f"POST {VARIABLES}")[0]
    assert (sent["name"], sent["value"]) == ("LOCAL_URL", "http://127.0.0.1:1234/v1")
    assert box(app, "LOCAL_URL") is None
    assert app.menu_button[0].options == ["Local · set up"]
    app = choose_model(app, "Local: mine")
    assert "Ready" in page_text(app)


def test_a_model_typed_for_a_provider_without_models_asks_for_its_settings(server):
    app = choose_model(open_app(flow=ONE), "local: mine")
    assert "No Local setting yet" in page_text(app)
    assert box(app, "LOCAL_URL")
    form = next(iter(app.session_state["forms"].values()))
    assert form.overrides()[MODEL] == [{"name": "mine", "provider": "Local"}]


def test_the_menu_leads_to_every_provider_also_to_one_that_a_component_uses(server):
    near = {**provider("Near", "NEAR_URL", "address"), "is_configured": True}
    server.answers[PROVIDERS] = (200, [provider("Far", "FAR_KEY", "api_key"), near])
    app = choose_model(open_app(flow=ONE), "Near: Near-1")
    assert app.menu_button[0].options == ["Far", "Near · set up"]
    assert box(app, "NEAR_URL") is None
    app = open_settings(app, "Near · set up")
    assert box(app, "NEAR_URL")
    assert "provider-Near" in scrolled(app)


def test_settings_that_are_entered_stay_while_another_page_is_open_and_until_cancelled(server):
    app = open_settings(open_app(flow=ONE), "Local")
    box(app, "LOCAL_URL").set_value("http://127.0.0.1:1234/v1")
    box(app, "LOCAL_KEY").set_value("sk-typed")
    app.run()
    app.switch_page("pages/history.py").run()
    assert box(app, "LOCAL_URL") is None
    app.switch_page("pages/run.py").run()
    assert box(app, "LOCAL_URL").value == "http://127.0.0.1:1234/v1"
    assert box(app, "LOCAL_KEY").value == "sk-typed"
    app = press(app, "Cancel")
    assert box(app, "LOCAL_URL") is None
    assert box(open_settings(app, "Local"), "LOCAL_URL").value == ""


def test_a_run_with_settings_that_were_refused_says_so_at_each_press(server):
    """Beside the box stays what the server said of them."""
    app = choose_model(open_settings(open_app(flow=ONE), "Local"), "Near: Near-1")
    box(app, "LOCAL_URL").set_value("http://127.0.0.1:1/v1")
    refusal = {"valid": False, "error": "Nothing there"}
    server.answers["POST /api/v1/models/validate-provider"] = (200, refusal)
    save = next(each for each in app.run().button if each.key == "provider-save-Local")
    app = save.click().run()
    assert page_text(app).count("Nothing there. Check the address") == 1
    for _ in range(2):
        app = press(app, "Run")
        assert page_text(app).count("Nothing there. Check the address") == 1
        assert page_text(app).count("The run was not started. Nothing there.") == 1
        assert "A value was rejected" in page_text(app)
        assert page_text(app).count("Correct the Local setting, or clear the box.") == 1
        assert "provider-Local" in scrolled(app)

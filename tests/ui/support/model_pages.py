"""A stand-in for a server with a flow that takes a model, and pages of it."""

import copy
import json
from typing import Any

import httpx

from tests.support.flows import entry, node, text
from tests.support.http_stand_in import StandIn, flow
from tests.ui.support.whole_pages import ONE

UPDATE = "POST /api/v1/custom_component/update"
PROVIDERS = "GET /api/v1/models"
MODELS = "GET /api/v1/model_options/language"
MODEL = "Agent-a.model"


def provider(name: str, setting: str, parameter: str) -> dict[str, Any]:
    """Return a provider that is not set up."""
    return {
        "provider": name,
        "is_configured": False,
        "models": [{"model_name": f"{name}-1", "metadata": {"model_type": "llm"}}],
        "variables": [
            {
                "variable_key": setting,
                "variable_name": f"{name} setting",
                "required": True,
                "component_metadata": {"mapping_field": parameter},
            }
        ],
    }


def agent(id: str = "Agent-a", **more: Any) -> dict[str, Any]:
    """Return a component that takes a model, and a key or an address."""
    return node(
        id,
        model=entry("ModelInput", "model", [], required=True, real_time_refresh=True),
        api_key=entry("SecretStrInput", "str", "", password=True, load_from_db=False),
        address=text("", show=False, advanced=True),
        **more,
    )


def show_setting(request: httpx.Request) -> tuple[int, Any]:
    """Show the parameter of the chosen model's provider, as Langflow does."""
    body = json.loads(request.content)
    template = copy.deepcopy(body["template"])
    is_near = body["field_value"][0]["provider"] == "Near"
    template["api_key"]["show"], template["address"]["show"] = not is_near, is_near
    return 200, {"template": template, "outputs": []}


def serve_models(server: StandIn, **more: Any) -> StandIn:
    """Give the server a flow with a model, and two providers of models."""
    server.set_flows(flow(ONE, "Echo", [agent(**more)]))
    providers = [provider("Far", "FAR_KEY", "api_key"), provider("Near", "NEAR_URL", "address")]
    server.answers[PROVIDERS] = (200, providers)
    server.answers[MODELS] = (200, [])
    server.answers[UPDATE] = show_setting
    return server


def find_model(app, component: str = "Agent-a"):
    """Return the box of the model: a list, or a text box if the server's list is unknown."""
    boxes, ends = [*app.selectbox, *app.text_input], (f"{component}.model", f"model_{component}")
    return next(each for each in boxes if each.key.endswith(ends))


def choose_model(app, words: str, component: str = "Agent-a"):
    """Choose or type a model, and return the page."""
    box = find_model(app, component)
    if hasattr(box, "options") and words not in box.options:
        box.options.append(words)  # AppTest itself can only choose what a box offers
    box.set_value(words)
    return app.run()

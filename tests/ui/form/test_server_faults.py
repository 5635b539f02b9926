"""Lists and lookups of a server that fail: the form says so, and stays usable."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx
import pytest

from pages._ui.connection import loading, request_cache
from pages._ui.form import flow_form
from tests.support.flows import entry, node, text
from tests.support.http_stand_in import StandIn, flow
from tests.support.waiting import wait_for
from tests.ui.support.model_pages import (
    MODELS,
    PROVIDERS,
    UPDATE,
    choose_model,
    find_model,
    serve_models,
)
from tests.ui.support.whole_pages import ONE, button_labels, open_app, page_text, press

RUN = "POST /api/v2/workflows"
BASES = "GET /api/v1/knowledge_bases"
ERRORS: dict[str, tuple[int, Any]] = {
    "shape": (200, {"not": "a list"}),
    "forbidden": (403, {"detail": "Not allowed"}),
}


@pytest.fixture
def server(langflow_stand_in: StandIn) -> StandIn:
    serve_models(langflow_stand_in)
    langflow_stand_in.answers[RUN] = (422, {"detail": "enough"})
    return langflow_stand_in


def sent_model(server: StandIn) -> Any:
    """Return the model in the latest run request."""
    return server.bodies(RUN)[-1]["tweaks"]["Agent-a"]["model"]


@pytest.mark.parametrize(("line", "error"), [(PROVIDERS, "shape"), (MODELS, "forbidden")])
def test_a_model_is_typed_while_the_servers_list_fails(server, line, error):
    server.answers[line] = ERRORS[error]
    app = open_app(flow=ONE)
    assert "Try again" in button_labels(app)
    app = choose_model(app, "OpenAI: gpt-4o")
    press(app, "Run")
    assert sent_model(server) == [{"name": "gpt-4o", "provider": "OpenAI"}]
    assert find_model(app).value == "OpenAI: gpt-4o"


def test_a_model_is_typed_while_the_servers_list_is_slow(server, monkeypatch):
    """What was typed is chosen in the list once that has arrived."""
    arrived = threading.Event()
    body = server.answers[MODELS]

    def late(*_: Any) -> tuple[int, Any]:
        arrived.wait(60)
        return body

    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
    monkeypatch.setattr(flow_form, "_MAX_WAIT_SECONDS", 0.05)
    monkeypatch.setattr(loading, "_WAIT_SECONDS", 0.05)
    server.answers[MODELS] = late
    try:
        app = open_app(flow=ONE)
        app.run()
        assert "Waiting for" in page_text(app)
        app = choose_model(app, "Near: mine")
        press(app, "Run")
        assert sent_model(server) == [{"name": "mine", "provider": "Near"}]
        assert find_model(app).value == "Near: mine"
    finally:
        arrived.set()
    wait_for(lambda: find_model(app.run()) in app.selectbox)
    assert find_model(app).value == "Near: mine"


def test_a_model_that_vanished_from_the_list_stays_chosen(server):
    server.answers[MODELS] = (200, [{"name": "new", "provider": "Near"}])
    app = choose_model(open_app(flow=ONE), "Near: new")
    server.answers[MODELS] = (200, [])
    press(app, "Refresh flows")
    assert find_model(app).value == "Near: new"
    press(app, "Run")
    assert sent_model(server)[0]["name"] == "new"


def other_value(request: httpx.Request) -> tuple[int, Any]:
    template = {**json.loads(request.content)["template"]}
    template["model"] = {**template["model"], "value": [{"name": "first", "provider": "Far"}]}
    return 200, {"template": template}


def large(request: httpx.Request) -> tuple[int, Any]:
    template = {**json.loads(request.content)["template"], "address": text(show=True)}
    template["model"] = {**template["model"], "options": [{"name": "x" * 90}] * 1_200}
    return 200, {"template": template}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((400, {"detail": "X_URL variable not found."}), "The server has no variable “X_URL”"),
        (other_value, "list has no “Near-1” here. Runs use the model all the same"),
        ((200, {"template": 5}), "not a component"),
    ],
    ids=["400", "other", "shape"],
)
def test_a_lookup_that_fails_is_said_at_the_field_and_the_run_goes_on(server, answer, words):
    server.answers[UPDATE] = answer
    server.answers["GET /api/v1/all"] = (200, {})
    app = choose_model(open_app(flow=ONE), "Near: Near-1")
    assert words in page_text(app)
    assert find_model(app).value == "Near: Near-1"
    press(app, "Run")
    assert sent_model(server)[0]["name"] == "Near-1"


def test_a_large_answer_to_a_choice_is_applied(server):
    server.answers[UPDATE] = large
    app = choose_model(open_app(flow=ONE), "Near: Near-1")
    assert "could not" not in page_text(app)
    assert "Use for my runs" in button_labels(app)


def base(name: str, status: str) -> dict[str, Any]:
    return {"dir_name": name, "name": name, "status": status, "chunks": 3}


def knowledge_box(app):
    boxes = [*app.selectbox, *app.text_input]
    return next(each for each in boxes if each.key.endswith("knowledge_base"))


@pytest.fixture
def knowledge_server(server: StandIn) -> StandIn:
    options = entry("DropdownInput", "str", "", options=[], required=True, refresh_button=True)
    server.set_flows(flow(ONE, "Echo", [node("Knowledge-k", knowledge_base=options)]))
    return server


def test_a_knowledge_base_that_changed_meanwhile_stays_chosen_with_its_status(knowledge_server):
    knowledge_server.answers[BASES] = (200, [base("notes", "ready")])
    app = open_app(flow=ONE)
    app = knowledge_box(app).set_value("notes").run()
    for bases, words in (
        ([base("notes", "ingesting")], "“notes” is still adding files"),
        ([base("notes", "failed")], "“notes” couldn't add its files"),
        ([], "the server has no “notes”"),
    ):
        assert words not in page_text(app)
        knowledge_server.answers[BASES] = (200, bases)
        press(app, "Refresh flows")
        assert words in page_text(app)
        assert knowledge_box(app).value == "notes"

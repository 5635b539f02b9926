"""The errors of providers that did not respond: named, with a way to their settings."""

from __future__ import annotations

import json

import pytest

from lfclient.errors import Unreachable
from lfclient.runs.components import RunError
from lfclient.runs.error_causes import CHECK_SERVICE
from lfclient.runs.model import Run, RunStatus
from pages._ui.connection.server_session import ServerSession
from tests.support.flows import entry, node
from tests.support.http_stand_in import flow
from tests.ui.support.model_pages import MODEL, PROVIDERS, serve_models
from tests.ui.support.whole_pages import (
    ONE,
    add_ended_run,
    button_labels,
    lacks,
    open_app,
    page_text,
    press,
)

UNREACHED = RunError("All connection attempts failed", "Agent-a", "Agent")
FAR_ADDRESS = {"variable_key": "FAR_BASE_URL", "variable_name": "Far address"}
SENT_ADDRESS = {
    "variable_key": "FAR_URL",
    "required": True,
    "component_metadata": {"mapping_field": "address"},
}
ONLY_OPERATOR = "Only the operator of this console can change the address of Far"


@pytest.mark.parametrize("is_deleted", [False, True])
def test_a_provider_that_did_not_respond_is_named(langflow_stand_in, is_deleted):
    model = {"name": "llama", "provider": "Ollama"}
    options = entry("ModelInput", "model", [], model_type="language")
    flows = [] if is_deleted else [flow(ONE, "Echo", [node("Agent-a", model=options)])]
    langflow_stand_in.set_flows(*flows)
    run = Run(ONE, "sync", RunStatus.FAILED, errors=(UNREACHED,))
    overrides = {"Agent-a.model": [model]}
    record = add_ended_run(
        langflow_stand_in.url, status=RunStatus.FAILED, run=run, overrides=overrides
    )
    assert "Couldn't reach Ollama." in page_text(open_app(run=record.id))


def open_unreached(
    server, name: str, *more_settings: dict, given: bool = False, overrides: dict | None = None
):
    """Open a run that didn't reach the provider of its model. Far has a key, Near an address."""
    serve_models(server)
    for each in server.answers[PROVIDERS][1]:
        each["is_configured"] = not given
    far = server.answers[PROVIDERS][1][0]["variables"]
    far[0]["is_secret"] = True
    far.extend(more_settings)
    run = Run(ONE, "sync", RunStatus.FAILED, errors=(UNREACHED,))
    overrides = {MODEL: [{"name": f"{name}-1", "provider": name}], **(overrides or {})}
    record = add_ended_run(server.url, status=RunStatus.FAILED, run=run, overrides=overrides)
    settings = {"given-settings": {record.owner: {"FAR_KEY": "sk-given"}}} if given else None
    return open_app(run=record.id, session_state=settings)


def test_the_button_of_a_provider_that_did_not_respond_leads_to_its_address(langflow_stand_in):
    app = open_unreached(langflow_stand_in, "Far", FAR_ADDRESS, given=True)
    assert ONLY_OPERATOR not in page_text(app)
    app = press(app, "Provider settings")
    (address,) = (each.key for each in app.text_input if each.key.endswith("FAR_BASE_URL"))
    scroll, focused = (json.loads(one.proto.json) for one in app.get("bidi_component")[-2:])
    assert scroll["first"] == "provider-Far"
    assert focused["part"] == address


def save_address(server, address: str) -> None:
    saved = {"id": "1", "name": "FAR_BASE_URL", "type": "Generic", "value": address}
    server.answers["GET /api/v1/variables/"] = (200, [saved])


@pytest.mark.parametrize("may_change", ["true", "false"])
def test_the_saved_address_is_named_to_those_who_may_change_it(
    langflow_stand_in, monkeypatch, may_change
):
    monkeypatch.setenv("LFCONSOLE_ALLOW_INSTALL", may_change)
    save_address(langflow_stand_in, "http://me:hunter2@127.0.0.1:1234/v1")
    app = open_unreached(langflow_stand_in, "Far", FAR_ADDRESS)
    named = "The saved address is `http://127.0.0.1:1234/v1` now." in page_text(app)
    assert named == (may_change == "true")
    assert lacks(app, "hunter2", shows="Couldn't reach Far.")


@pytest.mark.parametrize("address", ["me:hunter2@127.0.0.1:1234/v1", "http://me:hu#nter2@h/v1"])
def test_an_address_that_may_be_a_password_in_part_is_not_named(langflow_stand_in, address):
    save_address(langflow_stand_in, address)
    app = open_unreached(langflow_stand_in, "Far", FAR_ADDRESS)
    assert lacks(app, "saved address", "hunter2", "hu#", shows="Couldn't reach Far.")


def test_the_saved_address_is_not_named_if_the_run_brought_its_own(langflow_stand_in):
    save_address(langflow_stand_in, "http://127.0.0.1:1234/v1")
    address = FAR_ADDRESS | {"component_metadata": {"mapping_field": "address"}}
    own = {"Agent-a.address": "http://10.0.0.1/v1"}
    app = open_unreached(langflow_stand_in, "Far", address, overrides=own)
    assert "Couldn't reach Far." in page_text(app)
    assert "saved address" not in page_text(app)


def test_settings_that_are_not_known_yet_can_be_opened(langflow_stand_in, monkeypatch):
    """The server's lists came after the error was drawn."""

    def fail(*_):
        raise Unreachable("It does not respond.")

    with monkeypatch.context() as patch:
        patch.setattr(ServerSession, "resources", fail)
        app = open_unreached(langflow_stand_in, "Far", FAR_ADDRESS)
    assert "Couldn't reach Far." in page_text(app)
    app = press(app, "Provider settings")
    focus = json.loads(app.get("bidi_component")[-1].proto.json)
    assert focus["part"].endswith("FAR_BASE_URL")


def test_who_may_not_change_the_address_that_did_not_respond_reads_who_can(
    langflow_stand_in, monkeypatch
):
    monkeypatch.setenv("LFCONSOLE_ALLOW_INSTALL", "false")
    app = open_unreached(langflow_stand_in, "Far", FAR_ADDRESS, given=True)
    assert "Couldn't reach Far." in page_text(app)
    assert ONLY_OPERATOR in page_text(app)
    assert "Check the address" not in page_text(app)
    assert "Provider settings" not in button_labels(app)


@pytest.mark.parametrize(
    ("name", "settings", "given", "focused"),
    [("Near", (), False, "-NEAR_URL"), ("Far", (FAR_ADDRESS, SENT_ADDRESS), True, "-FAR_URL")],
)
def test_an_address_that_a_run_can_send_is_entered_without_the_operator(
    langflow_stand_in, monkeypatch, name, settings, given, focused
):
    monkeypatch.setenv("LFCONSOLE_ALLOW_INSTALL", "false")
    app = open_unreached(langflow_stand_in, name, *settings, given=given)
    app = press(app, "Provider settings")
    assert any(each.key.endswith(focused) for each in app.text_input)
    focus = json.loads(app.get("bidi_component")[-1].proto.json)
    assert focus["part"].endswith(focused)


@pytest.mark.parametrize("name", ["Far", "Elsewhere"], ids=["no address", "unknown"])
def test_a_provider_whose_settings_could_not_help_offers_none(langflow_stand_in, name):
    app = open_unreached(langflow_stand_in, name)
    assert f"Couldn't reach {name}." in page_text(app)
    assert CHECK_SERVICE in page_text(app)
    assert "Provider settings" not in button_labels(app)

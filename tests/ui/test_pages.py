"""Whole pages against a working server."""

import uuid
from dataclasses import replace

import pytest

from lfclient import LangflowError
from pages._ui.connection import servers
from pages._ui.connection.app_context import app_context
from pages._ui.state import browser
from pages._ui.state import connection as connection_state
from tests.support.http_stand_in import StandIn, flow
from tests.ui.support.whole_pages import ONE, TWO, button_labels, open_app, page_text, press


def test_the_chosen_mode_survives_a_reload(langflow_stand_in, monkeypatch):
    monkeypatch.setattr(browser, "browser_id", lambda: "one")
    mode = next(each for each in open_app().radio if each.label == "Run mode")
    mode.set_value("sync").run()
    assert next(each for each in open_app().radio if each.label == "Run mode").value == "sync"
    monkeypatch.setattr(browser, "browser_id", lambda: "another")
    again = next(each for each in open_app().radio if each.label == "Run mode")
    assert again.value == "background"


def test_synchronous_mode_is_the_default_without_job_events(langflow_stand_in):
    """Before 1.11 jobs have to be polled."""
    version = {"version": "0.10.3", "main_version": "0.10.3", "package": "Langflow Base"}
    langflow_stand_in.answers["GET /api/v1/version"] = (200, version)
    app = open_app()
    mode = next(each for each in app.radio if each.label == "Run mode")
    assert mode.value == "sync"
    assert "Default on Langflow 1.10.3, which does not stream job events." in page_text(app)
    mode.set_value("background").run()
    assert "Default on" not in page_text(app)


def test_names_of_flows_cannot_reverse_the_text_after_them(langflow_stand_in):
    """Names that differ in nothing else are listed with part of their ids."""
    langflow_stand_in.set_flows(flow(ONE, "Bidi \u202egnp.exe"), flow(TWO, "Bidi gnp.exe"))
    options = open_app().selectbox[0].options
    assert len(set(options)) == 2
    assert all(option.startswith("Bidi gnp.exe · …") for option in options)


def test_an_unknown_run_is_reported_with_a_field_for_another_key(langflow_stand_in):
    """Another user's run looks the same as an unknown one."""
    app = open_app(run="0" * 32)
    assert "Run not found" in page_text(app)
    assert "API key" in [each.label for each in app.text_input]


def test_a_session_named_by_the_api_key_is_refused(langflow_stand_in):
    """It would be stored, sent and shown."""
    app = open_app()
    session = next(box for box in app.text_input if box.label == "Session")
    session.set_value("of sk-configured-key").run()
    press(app, "Run")
    assert "The session's name contains the API key." in page_text(app)
    assert not [line for line in langflow_stand_in.lines if line.startswith("POST")]


# no server configured


def test_a_discovered_langflow_with_auto_login_is_connected_with_one_click(monkeypatch):
    """“Use it” creates one API key, named Langflow Console."""
    with StandIn() as server:
        server.set_flows(flow(ONE, "Echo"))
        server.answers["GET /api/v1/auto_login"] = (200, {"access_token": "jwt-token-for-tests"})
        server.answers["POST /api/v1/api_key/"] = (200, {"api_key": "sk-created-on-click"})
        monkeypatch.setenv("LFCONSOLE_DISCOVER_URL", server.url)
        app = open_app()
        assert {"Use it", "Install and start"} <= set(button_labels(app))
        assert not [line for line in server.lines if line.startswith("POST")]
        next(button for button in app.button if button.label == "Use it").click().run()
        (created,) = server.sent("POST /api/v1/api_key/")
        assert b"Langflow Console" in created.content
        assert app.selectbox[0].options[0].startswith("Echo")
        assert "sk-created-on-click" not in page_text(app)


def test_another_web_server_at_the_default_address_is_not_offered(monkeypatch):
    with StandIn({"GET /api/v1/version": (200, b"<html>")}) as server:
        monkeypatch.setenv("LFCONSOLE_DISCOVER_URL", server.url)
        app_context().local_stopped = True  # a test must install nothing
        app = open_app()
        assert "is running here" not in page_text(app)
        assert "Install and start" in button_labels(app)
        assert "MB to download" in page_text(app)


# the connection page


def test_the_connection_page_shows_version_and_number_of_flows(langflow_stand_in):
    """It does not show the saved key."""
    app = open_app("pages/connection.py")
    assert "Langflow 1.13.0 · 1 flow" in page_text(app)
    key = next(each for each in app.text_input if each.label == "API key")
    assert key.value == ""
    assert "Key saved" in key.placeholder


def test_a_release_with_known_vulnerabilities_shows_a_warning(langflow_stand_in):
    """Before 1.9.2 anyone can run code on the server."""
    version = {"version": "0.8.4", "main_version": "0.8.4", "package": "Langflow Base"}
    langflow_stand_in.answers["GET /api/v1/version"] = (200, version)
    app = open_app("pages/connection.py")
    assert any("known vulnerabilities" in warning.value for warning in app.warning)


def test_a_server_with_an_endless_version_is_refused(langflow_stand_in):
    version = {"version": "1" * 5_000, "package": "Langflow"}
    langflow_stand_in.answers["GET /api/v1/version"] = (200, version)
    for page in ("pages/run.py", "pages/connection.py"):
        app = open_app(page)
        assert "reports a version of 5,000 characters" in page_text(app)
        assert "1" * 100 not in page_text(app)


@pytest.mark.usefixtures("no_pauses")
def test_a_failed_connection_test_keeps_the_current_server(langflow_stand_in):
    """The entered key stays for the next attempt."""
    app = open_app("pages/connection.py")
    next(each for each in app.text_input if each.label == "Address").set_value("http://127.0.0.1:9")
    next(each for each in app.text_input if each.label == "API key").set_value("sk-unused-key")
    next(button for button in app.button if button.label == "Connect").click().run()
    assert "reach the server" in page_text(app)
    name = servers.available_connections()[0].name
    assert f"Still connected to {name}." in page_text(app)
    assert app.session_state[connection_state.API_KEY] == "sk-unused-key"
    assert "Langflow 1.13.0" in page_text(app)


def test_a_setting_restricts_users_to_the_configured_servers(langflow_stand_in, monkeypatch):
    monkeypatch.setenv("LFCONSOLE_ALLOW_OTHER_SERVERS", "false")
    app = open_app("pages/connection.py")
    assert [each.label for each in app.text_input] == ["API key"]
    assert page_text(app).count("LFCONSOLE_ALLOW_OTHER_SERVERS") == 1
    assert "Connected to" in page_text(press(app, "Use this key"))
    app = open_app(run="0" * 32)  # the form for the server of a missing run
    assert next(each for each in app.text_input if each.label == "Address").disabled
    with pytest.raises(LangflowError):
        servers.typed_connection("http://127.0.0.1:9", "")


def test_without_permission_a_discovered_langflow_is_neither_offered_nor_used(monkeypatch):
    with StandIn() as server:
        server.answers["GET /api/v1/auto_login"] = (200, {"access_token": "jwt-token-for-tests"})
        monkeypatch.setenv("LFCONSOLE_DISCOVER_URL", server.url)
        app = open_app()
        context, requests = app_context(), len(server.lines)
        context.settings = replace(context.settings, allow_other_servers=False, allow_install=False)
        app = press(app, "Use it")
        assert "Address not allowed" in page_text(app)
        assert "No server is configured." in page_text(app)
        assert button_labels(app) == []
        app.switch_page("pages/connection.py").run()
        assert "LFCONSOLE_ALLOW_OTHER_SERVERS" in page_text(app)
        assert "Connect" not in button_labels(app)
        assert len(server.lines) == requests


def test_a_user_can_switch_between_configured_servers(monkeypatch, tmp_path):
    """They are listed by their names in secrets.toml."""
    with StandIn() as one, StandIn() as two:
        one.set_flows(flow(ONE, "In one"))
        two.set_flows(flow(TWO, "In two"))
        (tmp_path / ".streamlit").mkdir()
        (tmp_path / ".streamlit" / "secrets.toml").write_text(
            f'[servers.first]\nurl = "{one.url}"\napi_key = "sk-first-key"\n'
            f'[servers.second]\nurl = "{two.url}"\napi_key = "sk-second-key"\n'
        )
        app = open_app("pages/connection.py")
        choice = next(each for each in app.radio if each.label == "Server")
        assert choice.options == ["first", "second"]
        choice.set_value(1).run()
        app.switch_page("pages/run.py").run()
        assert app.selectbox[0].options[0].startswith("In two")


# a server that fails or whose flows change


@pytest.mark.parametrize("page", [None, "pages/chat.py"])
def test_an_unknown_flow_in_the_url_shows_a_warning_and_opens_no_other_flow(
    langflow_stand_in, page
):
    """Another flow in its place could be run by mistake."""
    app = open_app(page, flow="9" * 36)
    assert "This server has no such flow" in page_text(app)
    assert "Ask for the link again, or choose a flow." in page_text(app)
    assert app.selectbox[0].value is None
    assert "Run" not in button_labels(app)
    app.selectbox[0].set_value(ONE).run()
    assert "This server has no such flow" not in page_text(app)
    assert app.query_params["flow"] == ONE


def test_a_truncated_flow_id_offers_the_only_flow_it_matches(langflow_stand_in):
    """It needs at least eight characters."""
    langflow_stand_in.set_flows(flow(ONE, "First"), flow(str(uuid.UUID(int=2**127)), "Second"))
    app = open_app(flow=ONE[:20])
    next(each for each in app.button if "First" in each.label).click().run()
    assert app.selectbox[0].value == ONE
    assert "Run" in button_labels(app)
    assert not [each for each in open_app(flow=ONE[:7]).button if "First" in each.label]


def test_a_flow_deleted_while_it_is_open_is_reported_by_its_name(langflow_stand_in):
    """No other flow takes its place."""
    langflow_stand_in.set_flows(flow(ONE, "First"), flow(TWO, "Second"))
    app = open_app(flow=ONE)
    langflow_stand_in.set_flows(flow(TWO, "Second"))
    next(each for each in app.button if each.key == "refresh-flows").click().run()
    assert "“First” was deleted or belongs to another user now" in page_text(app)
    assert "address" not in page_text(app)
    assert app.selectbox[0].value is None

"""The pages as a whole, against servers that behave."""

import uuid

import pytest

from lfclient import FlowNotFound, LangflowError
from pages._ui.connection import server_session
from pages._ui.connection.app_context import app_context
from pages._ui.state import browser
from pages._ui.state import connection as connection_state
from tests.ui.support.http_stand_in import StandIn, flow
from tests.ui.support.whole_pages import ONE, TWO, labels, opened, said


def test_opens_on_a_flow_with_its_form(langflow_stand_in):
    """The first flow, its description and its chat text are there."""
    app = opened()
    assert app.selectbox[0].options[0].startswith("Echo")
    assert "About Echo" in said(app)
    assert app.text_area[0].value == "hello"
    assert "Run" in labels(app)


def test_both_modes_are_offered_and_background_is_preselected(langflow_stand_in):
    """1.13 tells of a job as it goes, so background comes first."""
    app = opened()
    mode = next(each for each in app.radio if each.label == "Run mode")
    assert mode.options == ["Background", "Synchronous"]
    assert mode.value == "background"


def test_the_chosen_mode_survives_a_reload(langflow_stand_in, monkeypatch):
    """As all that was entered does, in the same browser."""
    monkeypatch.setattr(browser, "browser_id", lambda: "one")
    mode = next(each for each in opened().radio if each.label == "Run mode")
    mode.set_value("sync").run()
    assert next(each for each in opened().radio if each.label == "Run mode").value == "sync"
    monkeypatch.setattr(browser, "browser_id", lambda: "another")
    again = next(each for each in opened().radio if each.label == "Run mode")
    assert again.value == "background"


def test_waiting_is_preselected_where_there_are_no_events(langflow_stand_in):
    """Before 1.11 a job has to be asked for, again and again; the page says that this is why."""
    version = {"version": "0.10.3", "main_version": "0.10.3", "package": "Langflow Base"}
    langflow_stand_in.answers["GET /api/v1/version"] = (200, version)
    app = opened()
    mode = next(each for each in app.radio if each.label == "Run mode")
    assert mode.value == "sync"
    assert "Default on Langflow 1.10.3, which does not stream job events." in said(app)
    mode.set_value("background").run()
    assert "Default on" not in said(app)


def test_a_server_without_flows_says_what_to_do(langflow_stand_in):
    """An empty list is an invitation, not a blank page."""
    langflow_stand_in.add()
    app = opened()
    assert "no flows yet" in said(app)
    assert "Refresh" in labels(app)


def test_two_flows_of_one_name_can_be_told_apart(langflow_stand_in):
    """Their options differ by a part of their ids, behind the name."""
    langflow_stand_in.add(flow(ONE, "Twin"), flow(TWO, "Twin"))
    options = opened().selectbox[0].options
    assert len(set(options)) == 2
    assert all(option.startswith("Twin") for option in options)


def test_the_address_chooses_the_flow(langflow_stand_in):
    """A reload comes back to the same flow."""
    langflow_stand_in.add(flow(ONE, "First"), flow(TWO, "Second"))
    assert opened(flow=TWO).selectbox[0].value == TWO


def test_a_flow_without_inputs_can_be_run(langflow_stand_in):
    """No nodes, no fields, no fault."""
    langflow_stand_in.add(flow(ONE, "Empty", nodes=[]))
    assert "Run" in labels(opened())


def test_an_unusable_setting_is_named(monkeypatch):
    """A broken setting is a message with the setting's name, on either page."""
    monkeypatch.setenv("LANGFLOW_SERVER_URL", "nonsense://x")
    app = opened()
    assert "LANGFLOW_SERVER_URL" in said(app)


def test_a_run_of_somebody_else_asks_for_its_key(langflow_stand_in):
    """An unknown run and another's look the same."""
    app = opened(run="0" * 32)
    assert "Run not found" in said(app)
    assert "API key" in [each.label for each in app.text_input]


def test_a_text_that_is_no_runs_id_shows_no_run(langflow_stand_in):
    """Nonsense in the address is left aside."""
    app = opened(run="<script>")
    assert "Run not found" not in said(app)
    assert "Results appear here" in said(app)


def test_a_refused_value_starts_no_run(langflow_stand_in):
    """Required parameters that are empty are named as in the form, and nothing is sent."""
    node = {**flow(ONE, "x")["data"]["nodes"][0]}
    template = node["data"]["node"]["template"]
    template = {
        **template,
        "input_value": {**template["input_value"], "required": True, "value": ""},
        "need": {
            "name": "need",
            "display_name": "Need",
            "type": "str",
            "_input_type": "StrInput",
            "show": True,
            "required": True,
            "value": "",
        },
    }
    node = {
        **node,
        "data": {**node["data"], "node": {**node["data"]["node"], "template": template}},
    }
    langflow_stand_in.add(flow(ONE, "Needs", nodes=[node]))
    app = opened()
    next(button for button in app.button if button.label == "Run").click().run()
    assert "Message (Chat Input), Need (Chat Input)" in said(app)
    assert "Fill in the required fields" in said(app)
    assert not [line for line in langflow_stand_in.asked if line.startswith("POST")]


# nothing configured


def test_a_found_langflow_with_auto_login_is_used_by_one_button(monkeypatch):
    """“Use it” makes one key named Langflow Console, and nothing is made before the click."""
    with StandIn() as server:
        server.add(flow(ONE, "Echo"))
        server.answers["GET /api/v1/auto_login"] = (200, {"access_token": "jwt-token-for-tests"})
        server.answers["POST /api/v1/api_key/"] = (200, {"api_key": "sk-made-by-the-click"})
        monkeypatch.setenv("LFCONSOLE_DISCOVER_URL", server.url)
        app = opened()
        assert {"Use it", "Start local Langflow"} <= set(labels(app))
        assert not [line for line in server.asked if line.startswith("POST")]
        next(button for button in app.button if button.label == "Use it").click().run()
        made = [
            body
            for line, body in zip(server.asked, server.bodies, strict=True)
            if line == "POST /api/v1/api_key/"
        ]
        assert len(made) == 1
        assert "Langflow Console" in made[0]
        assert app.selectbox[0].options[0].startswith("Echo")
        assert "sk-made-by-the-click" not in said(app)


def test_a_found_langflow_that_asks_for_a_key_is_offered_with_a_field(monkeypatch):
    """With its address filled in, and a local one beside it."""
    with StandIn() as server:
        monkeypatch.setenv("LFCONSOLE_DISCOVER_URL", server.url)
        app = opened()
        assert "Langflow 1.13.0 is running here" in said(app)
        address = next(each for each in app.text_input if each.label == "Address")
        assert address.value == server.url
        assert "Start local Langflow" in labels(app)


def test_anything_else_on_the_default_address_counts_as_nothing(monkeypatch):
    """A web server that is no Langflow is not offered."""
    with StandIn({"GET /api/v1/version": (200, b"<html>")}) as server:
        monkeypatch.setenv("LFCONSOLE_DISCOVER_URL", server.url)
        app_context().local_stopped = True  # nothing is to be installed by a test
        app = opened()
        assert "is running here" not in said(app)
        assert "Start local Langflow" in labels(app)
        assert "MB to download" in said(app)


# the connection page


def test_the_connection_page_shows_what_was_found(langflow_stand_in):
    """Version, dialect and number of flows; the key is not shown back."""
    app = opened("pages/connection.py")
    assert [metric.value for metric in app.metric] == ["1.13.0", "1"]
    key = next(each for each in app.text_input if each.label == "API key")
    assert key.value == ""
    assert "Key saved" in key.placeholder


def test_a_release_with_known_holes_is_warned_of(langflow_stand_in):
    """Below 1.9.2 strangers can run code on the server."""
    version = {"version": "0.8.4", "main_version": "0.8.4", "package": "Langflow Base"}
    langflow_stand_in.answers["GET /api/v1/version"] = (200, version)
    app = opened("pages/connection.py")
    assert any("known vulnerabilities" in warning.value for warning in app.warning)


def test_a_typed_server_is_tested_and_then_used(langflow_stand_in):
    """Its key's field is empty afterwards, and the key goes to its own address only."""
    with StandIn() as other:
        other.add(flow(TWO, "Elsewhere"))
        app = opened("pages/connection.py")
        next(each for each in app.text_input if each.label == "Address").set_value(other.url)
        key = next(each for each in app.text_input if each.label == "API key")
        key.set_value("sk-typed-for-the-other")
        next(button for button in app.button if button.label == "Test connection").click().run()
        assert "Connected to" in said(app)
        assert app.session_state[connection_state.API_KEY] == ""
        app.switch_page("pages/run.py").run()
        assert app.selectbox[0].options[0].startswith("Elsewhere")


def test_a_failed_test_changes_nothing(langflow_stand_in):
    """The server in use stays so, which is said; the field of the key is emptied all the same."""
    app = opened("pages/connection.py")
    next(each for each in app.text_input if each.label == "Address").set_value("http://127.0.0.1:9")
    next(each for each in app.text_input if each.label == "API key").set_value("sk-typed-in-vain")
    next(button for button in app.button if button.label == "Test connection").click().run()
    assert "does not answer" in said(app)
    name = server_session.available_connections()[0].name
    assert f"Still connected to {name}." in said(app)
    assert app.session_state[connection_state.API_KEY] == ""
    assert next(metric.value for metric in app.metric) == "1.13.0"


def test_metadata_addresses_are_refused(langflow_stand_in):
    """An address that leads to a cloud's metadata service is never called."""
    app = opened("pages/connection.py")
    address = next(each for each in app.text_input if each.label == "Address")
    address.set_value("http://169.254.169.254/latest")
    next(button for button in app.button if button.label == "Test connection").click().run()
    assert app.error


def test_other_servers_can_be_forbidden(langflow_stand_in, monkeypatch):
    """Then the address cannot be typed, and the configured one still works."""
    monkeypatch.setenv("LFCONSOLE_ALLOW_OTHER_SERVERS", "false")
    app = opened("pages/connection.py")
    assert next(each for each in app.text_input if each.label == "Address").disabled
    with pytest.raises(LangflowError):
        server_session.typed_connection("http://127.0.0.1:9", "")


def test_several_configured_servers_can_be_switched(monkeypatch, tmp_path):
    """Each server of secrets.toml is offered by its name."""
    with StandIn() as one, StandIn() as two:
        one.add(flow(ONE, "In one"))
        two.add(flow(TWO, "In two"))
        (tmp_path / ".streamlit").mkdir()
        (tmp_path / ".streamlit" / "secrets.toml").write_text(
            f'[servers.first]\nurl = "{one.url}"\napi_key = "sk-first-key"\n'
            f'[servers.second]\nurl = "{two.url}"\napi_key = "sk-second-key"\n'
        )
        app = opened("pages/connection.py")
        choice = next(each for each in app.radio if each.label == "Server")
        assert choice.options == ["first", "second"]
        choice.set_value(1).run()
        app.switch_page("pages/run.py").run()
        assert app.selectbox[0].options[0].startswith("In two")


# parts that no page shows by itself


def test_an_answer_is_kept_while_the_server_is_away(langflow_stand_in):
    """The last answer comes with the problem; a flow that is gone is no such case."""
    shared = app_context()
    connection = server_session.available_connections()[0]
    server = server_session.ServerSession(connection, "owner")
    assert server.flows().error is None
    langflow_stand_in.answers["GET /api/v1/flows/"] = (500, {"detail": "oops"})
    server.refresh()
    again = server.flows()
    assert [each.name for each in again.value] == ["Echo"]
    assert again.error is not None
    server.flow(ONE)
    langflow_stand_in.answers[f"GET /api/v1/flows/{ONE}"] = (404, {"detail": "Flow not found"})
    server.refresh()
    with pytest.raises(FlowNotFound):
        server.flow(ONE)
    assert shared is app_context()


@pytest.mark.parametrize("page", [None, "pages/chat.py"])
def test_an_address_of_a_flow_that_is_not_there_says_so_and_opens_no_other(langflow_stand_in, page):
    """What else could be run by mistake is chosen by a person only; then all is as ever."""
    app = opened(page, flow="9" * 36)
    assert "This server has no such flow" in said(app)
    assert "Ask for the link again, or choose a flow." in said(app)
    assert app.selectbox[0].value is None
    assert "Run" not in labels(app)
    app.selectbox[0].set_value(ONE).run()
    assert "This server has no such flow" not in said(app)
    assert app.query_params["flow"] == ONE


def test_the_flow_of_an_address_that_was_cut_off_can_be_opened(langflow_stand_in):
    """Where its beginning leaves no doubt."""
    langflow_stand_in.add(flow(ONE, "First"), flow(str(uuid.UUID(int=2**127)), "Second"))
    app = opened(flow=ONE[:20])
    next(each for each in app.button if "First" in each.label).click().run()
    assert app.selectbox[0].value == ONE
    assert "Run" in labels(app)
    assert not [each for each in opened(flow=ONE[:7]).button if "First" in each.label]


def test_a_flow_that_is_deleted_while_it_is_chosen_is_said_to_be_gone(langflow_stand_in):
    """By its name, since it was no address that was wrong; another does not slip into its place."""
    langflow_stand_in.add(flow(ONE, "First"), flow(TWO, "Second"))
    app = opened(flow=ONE)
    langflow_stand_in.add(flow(TWO, "Second"))
    next(each for each in app.button if each.key == "refresh-flows").click().run()
    assert "“First” was deleted or belongs to another user now" in said(app)
    assert "address" not in said(app)
    assert app.selectbox[0].value is None

"""Whole pages when the server, the disk or a record fails."""

import pytest

from lfclient.console.store.errors import StoreError
from lfclient.flows.field import Variable
from lfclient.runs.model import Run, RunStatus
from pages._ui.connection import request_cache, servers
from pages._ui.connection.app_context import app_context
from tests.support.http_stand_in import flow
from tests.support.waiting import wait_for
from tests.ui.support.whole_pages import (
    ONE,
    TWO,
    add_ended_run,
    button_labels,
    open_app,
    open_run_tab,
    page_text,
    press,
)

ONE_FLOW = f"GET /api/v1/flows/{ONE}"
FAULTS = {
    "flow deleted": (ONE_FLOW, (404, {"detail": "Flow not found"}), "Flow not found"),
    "refused key": ("GET /api/v1/flows/", (403, {"detail": "Invalid API key"}), "not accepted"),
    "other server": ("GET /api/v1/version", (200, b"<html>hi</html>"), "not a Langflow"),
    "wrong types": ("GET /api/v1/flows/", (200, {"flows": 1}), "Unexpected response"),
    "server fault": ("GET /api/v1/flows/", (500, {"detail": "oops"}), "server failed"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_each_fault_is_explained_with_a_next_step(langflow_stand_in, case):
    """The page does not reveal the key."""
    request, answer, words = FAULTS[case]
    langflow_stand_in.answers[request] = answer
    app = open_app()
    assert words in page_text(app)
    assert ":material/arrow_forward:" in page_text(app)
    assert "sk-configured-key" not in page_text(app)


def test_a_flow_that_was_not_loaded_before_its_server_went_down_is_reported_beside_the_list(
    langflow_stand_in,
):
    langflow_stand_in.set_flows(flow(ONE, "Echo"), flow(TWO, "Other"))
    app = open_app(flow=ONE)
    langflow_stand_in.answers |= {
        line: (503, {"detail": "down"})
        for line in ("GET /api/v1/flows/", f"GET /api/v1/flows/{TWO}")
    }
    next(button for button in app.button if button.key == "refresh-flows").click().run()
    app = open_app(flow=TWO)
    assert button_labels(app).count("Try again") == 2
    assert page_text(app).count("The server failed") == 2


def test_a_page_opens_at_once_while_it_waits_for_a_slow_server(langflow_stand_in, monkeypatch):
    """The flow appears once the server has responded."""
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
    langflow_stand_in.hold("GET /api/v1/flows/")
    add_ended_run(langflow_stand_in.url)
    app = open_app()
    assert "Waiting for" in page_text(app)
    assert "Recent runs" in page_text(app)
    assert not app.error
    langflow_stand_in.release()
    wait_for(has_no_pending_request)
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 30)
    app.run()
    assert app.selectbox[0].options[0].startswith("Echo")
    assert "Waiting for" not in page_text(app)


def test_a_page_waits_for_a_new_flow_in_the_url(langflow_stand_in, monkeypatch):
    """It opens no other flow while the list is refreshed."""
    open_app()
    langflow_stand_in.set_flows(flow(ONE, "Echo"), flow(TWO, "New"))
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
    langflow_stand_in.hold("GET /api/v1/flows/")
    app = open_app(flow=TWO)
    assert "Waiting for" in page_text(app)
    langflow_stand_in.release()
    wait_for(has_no_pending_request)
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 30)
    app.run()
    assert app.selectbox[0].value == TWO


def has_no_pending_request():
    server = servers.attach(servers.available_connections()[0])
    return server.seconds_waiting("server", "flows", "variables") is None


def test_a_run_shows_its_inputs(langflow_stand_in):
    """Secrets are masked."""
    overrides = {"ChatInput-a.input_value": "Oslo", "T.api_key": "was set", "T.v": Variable("NAME")}
    run = Run(ONE, "sync", RunStatus.COMPLETED)
    record = add_ended_run(langflow_stand_in.url, overrides=overrides, run=run)
    words = page_text(open_run_tab("Inputs", record))
    assert "Oslo" in words
    assert "set, not stored" in words
    assert "server variable `NAME`" in words


def test_attaching_a_server_is_retried_after_a_store_error(langflow_stand_in, monkeypatch):
    """Otherwise nothing would follow its unfinished runs."""
    attempts = []

    def attach(connection):
        attempts.append(connection)
        if len(attempts) == 1:
            raise StoreError("The file is locked.")

    monkeypatch.setattr(app_context().runner, "attach", attach)
    connection = servers.available_connections()[0]
    with pytest.raises(StoreError):
        servers.attach(connection)
    servers.attach(connection)
    servers.attach(connection)
    assert len(attempts) == 2


def test_a_form_opens_without_waiting_for_variable_names(langflow_stand_in, monkeypatch):
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
    langflow_stand_in.hold("GET /api/v1/variables/")
    langflow_stand_in.delays["GET /api/v1/flows/"] = 0.3
    app = open_app()
    server = servers.attach(servers.available_connections()[0])
    wait_for(lambda: server.seconds_waiting("flows") is None)
    wait_for(lambda: app.run().selectbox and app.text_area)
    assert server.seconds_waiting("variables")


def refuse_key(server, app):
    """Let the server refuse the key from now on; return the page, refreshed."""
    for line in {*server.answers, "POST /api/v2/workflows"} - {"GET /api/v1/version"}:
        server.answers[line] = (403, {"detail": "Invalid API key"})
    buttons = {button.key: button for button in app.button}
    assert "refresh-flows" in buttons, page_text(app)
    return buttons["refresh-flows"].click().run()


def test_a_form_stays_open_while_the_key_is_refused(langflow_stand_in):
    app = open_app(flow=ONE)
    app.text_area[0].set_value("typed before").run()
    accepting = dict(langflow_stand_in.answers)
    app = refuse_key(langflow_stand_in, app)
    for _ in range(2):
        assert page_text(app).count("The API key is not accepted") == 1
        assert app.title[0].value == "Echo"
        assert app.text_area[0].value == "typed before"
        assert "Open Connection" in {each.proto.label for each in app.get("page_link")}
        app.run()
    other = open_app(flow=ONE)
    assert not other.text_area
    assert other.title[0].value == "Run"
    langflow_stand_in.answers |= accepting
    press(app, "Try again")
    assert "not accepted" not in page_text(app)
    assert app.text_area[0].value == "typed before"


def test_a_form_stays_open_beside_the_run_that_the_server_refused(langflow_stand_in):
    app = open_app(flow=ONE)
    app.text_area[0].set_value("typed before").run()
    refuse_key(langflow_stand_in, app)
    press(app, "Run")
    wait_for(lambda: "The run failed" in page_text(app.run()))
    assert page_text(app).count("The API key is not accepted") == 1
    assert app.text_area[0].value == "typed before"
    assert "Run inputs" not in page_text(app)


def test_no_other_flow_is_opened_while_the_key_is_refused(langflow_stand_in):
    langflow_stand_in.set_flows(flow(ONE, "Echo"), flow(TWO, "Other"))
    app = refuse_key(langflow_stand_in, open_app(flow=ONE))
    app.query_params["flow"] = TWO
    app.run()
    assert app.title[0].value == "Run"
    assert not app.text_area

"""The dialog that adds flows: where it opens, and for whom."""

import pytest

from lfclient.console.config.permissions import InstallNotAllowed
from pages._ui.connection import servers
from pages._ui.flows import adding
from pages._ui.state import flow_choice
from tests.ui.support.flow_pages import (
    AGENT,
    choose_file,
    create_on_upload,
    offer,
    open_upload,
    shown_flow,
)
from tests.ui.support.whole_pages import (
    TWO,
    add_ended_run,
    button_labels,
    lacks,
    open_app,
    page_text,
    press,
)


def test_a_server_without_flows_offers_to_add_one(langflow_stand_in):
    langflow_stand_in.set_flows()
    offer(langflow_stand_in, AGENT)
    app = open_app()
    assert "Add a template, a file, or small sample flows" in page_text(app)
    assert "Refresh" in button_labels(app)
    app = press(app, "Add a flow")
    create_on_upload(langflow_stand_in)
    assert shown_flow(press(app, "Add")) == TWO


def test_a_new_flow_replaces_the_run_on_the_page(langflow_stand_in):
    offer(langflow_stand_in, AGENT)
    app = press(open_app(run=add_ended_run(langflow_stand_in.url).id), "Add a flow")
    create_on_upload(langflow_stand_in)
    app = press(app, "Add")
    assert shown_flow(app) == TWO
    assert "run" not in app.query_params


def test_without_permission_no_flow_is_added(langflow_stand_in, monkeypatch):
    monkeypatch.setenv("LFCONSOLE_ALLOW_INSTALL", "false")
    app = open_app()
    assert lacks(app, "Add a flow", "Duplicate", shows="Refresh flows")
    app.session_state[flow_choice.ADDING.key] = flow_choice.Addition()
    app.session_state["flow-menu"] = True
    app = app.run()
    assert lacks(app, "Add a flow", "Duplicate", shows="Refresh flows")
    with pytest.raises(InstallNotAllowed):
        adding.add_flows(servers.current(), lambda api: b"", flow_choice.Addition())
    assert not [line for line in langflow_stand_in.lines if line.startswith("POST")]


def test_a_redrawn_page_keeps_the_dialog_and_what_was_typed(langflow_stand_in):
    offer(langflow_stand_in, AGENT)
    assert "Simple Agent" in page_text(choose_file(open_upload(), AGENT).run())

"""The Connection page: capabilities of the server and its sample flows."""

import uuid
from dataclasses import fields

import pytest

from lfclient import Capabilities, FlowSummary
from lfclient.console.config.permissions import InstallNotAllowed
from lfclient.console.samples import builtin
from lfclient.wire.server_info import SINCE
from pages._ui.connection import sample_flows, server_panel, servers
from tests.support.http_stand_in import flow
from tests.ui.support.flow_pages import was_added
from tests.ui.support.whole_pages import ONE, TWO, button_labels, open_app, page_text, press

OLD = {"version": "0.8.4", "main_version": "0.8.4", "package": "Langflow Base"}


def test_a_missing_capability_has_its_first_version(langflow_stand_in):
    langflow_stand_in.answers["GET /api/v1/version"] = (200, OLD)
    words = page_text(open_app("pages/connection.py"))
    assert "Live events (from 1.11)" in words
    assert "Traces (from 1.12)" in words
    assert "Stop (from" not in words


def test_each_capability_has_a_label():
    """A label begins with a capital. Only existing capabilities have a first version."""
    names = {each.name for each in fields(Capabilities)}
    assert set(server_panel._CAPABILITIES) == names
    assert all(name[0].isupper() for name in server_panel._CAPABILITIES.values())
    assert set(SINCE) < names


def test_sample_flows_are_offered_only_while_some_are_missing(langflow_stand_in):
    samples = [flow(str(uuid.uuid4()), sample.name) for sample in builtin.SAMPLES]
    langflow_stand_in.set_flows(*samples[1:])
    assert "Add the sample flows" in button_labels(open_app("pages/connection.py"))
    servers.current().refresh()
    langflow_stand_in.set_flows(*samples)
    assert "Sample flows" not in page_text(open_app("pages/connection.py"))


def test_the_form_is_folded_while_the_server_responds(langflow_stand_in):
    """The status is at the top."""
    app = open_app("pages/connection.py")
    assert "Connected" in page_text(app)
    folds = {each.label: each.proto.expanded for each in app.expander}
    assert folds == {"Details": False, "Another server or key": False}
    langflow_stand_in.answers["GET /api/v1/version"] = (500, {"detail": "broken"})
    servers.current().refresh()
    app = open_app("pages/connection.py")
    assert "Connected" not in page_text(app)
    folds = {each.label: each.proto.expanded for each in app.expander}
    assert folds == {"Details": False, "Address and key": True}


@pytest.mark.parametrize("may_use_others", ["true", "false"])
def test_the_page_shows_the_variable_that_sets_the_url(
    langflow_stand_in, monkeypatch, may_use_others
):
    """The page also shows who can change the variable, unless a URL can be entered."""
    monkeypatch.setenv("LFCONSOLE_ALLOW_OTHER_SERVERS", may_use_others)
    words = page_text(open_app("pages/connection.py"))
    assert "set by `LANGFLOW_SERVER_URL`" in words
    assert ("Only the console's operator can add a server" in words) == (may_use_others == "false")


def test_a_server_that_refuses_all_requests_is_not_reported_as_another_kind_of_server(
    langflow_stand_in,
):
    langflow_stand_in.answers |= dict.fromkeys(langflow_stand_in.answers, (429, {"detail": "No"}))
    app = open_app("pages/connection.py")
    assert "received too many requests" in page_text(app)
    assert "Retrying automatically" in page_text(app)
    assert "not a Langflow server" not in page_text(app)


def test_the_page_shows_a_refused_key_at_once(langflow_stand_in):
    """Other pages use responses that are some seconds old. The key's field is open."""
    app = open_app()
    langflow_stand_in.answers["GET /api/v1/flows/"] = (403, {"detail": "Invalid API key"})
    app.switch_page("pages/connection.py").run()
    assert "The API key is not accepted" in page_text(app)
    assert "Connected" not in page_text(app)
    assert [each.proto.expanded for each in app.expander if "key" in each.label] == [True]


def test_the_status_is_requested_once_while_the_page_is_open(langflow_stand_in):
    app = open_app("pages/connection.py").run()
    assert langflow_stand_in.lines.count("GET /api/v1/flows/") == 1
    app.switch_page("pages/history.py").run()
    app.switch_page("pages/connection.py").run()
    app.run()
    assert langflow_stand_in.lines.count("GET /api/v1/flows/") == 2


def test_without_permission_no_sample_flows_are_added(langflow_stand_in, monkeypatch):
    """Samples are not offered, and the page of a server without flows does not mention them."""
    monkeypatch.setenv("LFCONSOLE_ALLOW_INSTALL", "false")
    langflow_stand_in.set_flows()
    app = open_app("pages/connection.py")
    assert "operator can add and export flows" in page_text(app)
    assert "Only the console's operator can add them" in page_text(app)
    assert "Add the sample flows" not in button_labels(app)
    run_page = open_app()
    assert "Create a flow in Langflow." in page_text(run_page)
    assert "Add the sample flows" not in button_labels(run_page)
    with pytest.raises(InstallNotAllowed):
        sample_flows.add(servers.current())
    assert not [line for line in langflow_stand_in.lines if line.startswith("POST")]


def test_the_run_page_of_a_server_without_flows_offers_the_samples(langflow_stand_in, monkeypatch):
    def install(api, on_missing):
        langflow_stand_in.set_flows(flow(TWO, "Echo chat"))
        on_missing(builtin.SAMPLES[-1], ["HumanInput"])
        return [FlowSummary(TWO, "Echo chat")]

    told = []
    monkeypatch.setattr(sample_flows.st, "toast", lambda text, **_: told.append(text))
    monkeypatch.setattr(sample_flows.builtin, "install_samples", install)
    langflow_stand_in.set_flows()
    app = press(open_app(), "Add the sample flows")
    assert builtin.SAMPLES[-1].name in told[0]
    assert "Echo chat" in page_text(app)
    assert "no flows yet" not in page_text(app)
    assert was_added(TWO)


def test_added_samples_are_named_and_counted(langflow_stand_in, monkeypatch):
    def install(api, **more):
        langflow_stand_in.set_flows(flow(ONE, "Echo"), flow(TWO, "Echo chat"))
        return [FlowSummary(TWO, "Echo chat")]

    monkeypatch.setattr(sample_flows.builtin, "install_samples", install)
    app = press(open_app("pages/connection.py"), "Add the sample flows")
    assert "Langflow 1.13.0 · 2 flows" in page_text(app)
    assert "Added: Echo chat." in page_text(app)
    assert "Added" not in page_text(app.run())

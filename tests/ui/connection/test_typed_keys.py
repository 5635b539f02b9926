"""Keys that visitors type, and the runs that these keys show."""

from dataclasses import replace

import pytest

from pages._ui.connection import servers
from pages._ui.connection.app_context import app_context
from pages._ui.state.connection import API_KEY
from tests.support.http_stand_in import StandIn, flow
from tests.ui.support.whole_pages import (
    TWO,
    add_ended_run,
    make_record,
    open_app,
    page_text,
    place_of,
    press,
)

FLOWS = "GET /api/v1/flows/"
WHOAMI = "GET /api/v1/users/whoami"
ADA, BOB = ((200, {"id": name, "username": name}) for name in ("ada", "bob"))


@pytest.fixture
def typed_server():
    """A server that no setting names; all its keys belong to one user."""
    with StandIn({WHOAMI: ADA}) as server:
        server.set_flows(flow(TWO, "Elsewhere"))
        yield server


def connect(server, key, app=None):
    """Type a server's URL and a key, by default in a new browser. Return the page."""
    app = app.switch_page("pages/connection.py").run() if app else open_app("pages/connection.py")
    next(each for each in app.text_input if each.label == "Address").set_value(server.url)
    next(each for each in app.text_input if each.label == "API key").set_value(key)
    app = press(app, "Connect")
    assert "Connected to" in page_text(app)
    return app


def key_field(app):
    """Return the field for a key."""
    return next(each for each in app.text_input if each.label == "API key")


def test_a_key_without_a_url_field_is_for_the_server_of_the_run(
    typed_server, monkeypatch, tmp_path
):
    """An earlier visit of Connection with another server makes no difference."""
    monkeypatch.setenv("LFCONSOLE_ALLOW_OTHER_SERVERS", "false")
    with StandIn({WHOAMI: BOB}) as other:
        (tmp_path / ".streamlit").mkdir()
        (tmp_path / ".streamlit" / "secrets.toml").write_text(
            f'[servers.a]\nurl = "{other.url}"\n[servers.b]\nurl = "{typed_server.url}"\n'
        )
        owner = app_context().runner.owner_of(app_context().settings.servers[1])
        run = add_ended_run(typed_server.url, owner=owner)
        app = open_app("pages/connection.py")
        app.query_params["run"] = run.id
        app.switch_page("pages/run.py").run()
        app.query_params["run"] = "0" * 32
        app.run()
        address = next(each for each in app.text_input if each.label == "Address")
        assert (address.value, address.disabled) == (typed_server.url, True)
        key_field(app).set_value("sk-of-b")
        other.requests.clear()
        typed_server.requests.clear()
        press(app, "Open the run")
        assert not other.lines
        assert FLOWS in typed_server.lines


def add_run(server, key, user_id):
    """Store a run that was made with a typed key."""
    connection = replace(servers.typed_connection(server.url, key), user_id=user_id)
    runner = app_context().runner
    owner = runner.owner_of(connection)
    runner.store.create(make_record(server.url, owner=owner, flow_id=TWO, flow_name="Elsewhere"))


def listed_flows(app):
    """Return the flows of the runs that the History page lists."""
    app.query_params.clear()  # AppTest keeps those of other pages
    app.switch_page("pages/history.py").run()
    return list(app.dataframe[0].value["Flow"]) if app.dataframe else []


def test_a_new_key_of_the_same_user_shows_the_revoked_keys_runs(langflow_stand_in, typed_server):
    """They are shown in the same browser and in another one, but not to another user."""
    app = connect(typed_server, "sk-one")
    add_run(typed_server, "sk-one", "ada")
    assert listed_flows(app) == ["Elsewhere"]
    assert listed_flows(connect(typed_server, "sk-two", app)) == ["Elsewhere"]
    assert listed_flows(connect(typed_server, "sk-three")) == ["Elsewhere"]
    typed_server.answers[WHOAMI] = BOB
    assert listed_flows(connect(typed_server, "sk-of-bob")) == []


def test_without_a_user_each_key_shows_its_own_runs(langflow_stand_in, typed_server):
    typed_server.answers[WHOAMI] = (404, {})
    app = connect(typed_server, "sk-one")
    add_run(typed_server, "sk-one", None)
    assert listed_flows(app) == ["Elsewhere"]
    assert listed_flows(connect(typed_server, "sk-two")) == []


def test_the_user_is_requested_when_a_key_is_typed_and_not_by_the_pages(
    langflow_stand_in, typed_server
):
    app = connect(typed_server, "sk-one")
    listed_flows(app)
    app.switch_page("pages/run.py").run()
    assert typed_server.lines.count(WHOAMI) == 1


def test_a_rejected_key_does_not_replace_the_saved_key(langflow_stand_in, typed_server):
    """The field is empty and shows that a key is saved. The saved key is still used."""
    app = connect(typed_server, "sk-one")
    before = typed_server.answers[FLOWS]
    typed_server.answers[FLOWS] = (403, {"detail": "Invalid API key"})
    key_field(app).set_value("sk-two")
    app = press(app, "Connect")
    assert "The saved key was not replaced." in page_text(app)
    assert key_field(app).value == ""
    assert key_field(app).placeholder == "Key saved. Enter a new one to replace it"
    typed_server.answers[FLOWS] = before
    assert "Connected to" in page_text(press(app, "Connect"))


@pytest.mark.usefixtures("no_pauses")
def test_the_form_stays_in_its_place_below_a_urls_error(langflow_stand_in):
    """A form in another place would be new: folded, and without the focus and the typed key."""
    app = open_app("pages/connection.py")
    place = place_of(app.main, API_KEY)
    address = next(each for each in app.text_input if each.label == "Address")
    address.set_value("http://127.0.0.1:9")
    app = press(app, "Connect")
    assert "Nothing responds at" in page_text(app)
    assert place_of(app.main, API_KEY) == place
    app.run()
    assert "Nothing responds at" not in page_text(app)
    assert place_of(app.main, API_KEY) == place

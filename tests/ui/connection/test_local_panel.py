"""The panel of the local Langflow."""

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from lfclient.console.config.connection import Connection
from lfclient.console.config.permissions import InstallNotAllowed
from lfclient.console.local_langflow.ollama import Ollama
from lfclient.console.local_langflow.state_file import LocalError, LocalState, LocalStatus
from pages._ui.connection import local_panel, servers
from pages._ui.connection.app_context import app_context
from pages._ui.state import connection as connection_state
from tests.support.http_stand_in import StandIn
from tests.ui.support.whole_pages import lacks, page_text


def page():
    """Draw the panel. AppTest runs the source of this function, so its import is inside."""
    from pages._ui.connection import local_panel

    local_panel.draw()


def actions():
    """Press the buttons of the panel."""
    from pages._ui.connection import local_panel

    local_panel.start()
    local_panel._stop()
    local_panel._restart()


def test_without_permission_the_local_langflow_is_neither_started_nor_stopped(monkeypatch):
    """The panel shows the reason, no buttons, and no log of a failure."""
    monkeypatch.setenv("LFCONSOLE_ALLOW_INSTALL", "false")
    status = LocalStatus(LocalState.FAILED, "1.13.0", log_tail="the log")
    app_context().local = SimpleNamespace(status=lambda: status)
    app = AppTest.from_function(page).run()
    assert "LFCONSOLE_ALLOW_INSTALL" in app.caption[0].value
    assert not app.button
    assert not app.code
    app = AppTest.from_function(actions).run()
    assert isinstance(app.session_state[connection_state.LOCAL_ERROR.key], InstallNotAllowed)


def show(state, missing=(), **parts):
    """Draw the panel of a Langflow in this state."""
    url = "http://127.0.0.1:7860" if state.is_usable else None
    status = LocalStatus(state, "1.13.0", url, **parts)
    started = []
    app_context().local = SimpleNamespace(
        status=lambda: status,
        connection=lambda: None,
        secret_file="/data/secret.json",
        installation=SimpleNamespace(added=["yfinance"], missing=missing),
        start_in_background=lambda add: started.append(add.name),
    )
    app = AppTest.from_function(page)
    app.session_state["local-packages"] = True
    app.run()
    return app, started


@pytest.mark.parametrize("state", [LocalState.INSTALLING, LocalState.STARTING])
def test_an_installation_or_a_start_can_be_cancelled(state):
    app, _ = show(state, step="At work.", progress=0.1)
    shows_size = any("to download" in each.value for each in app.caption)
    assert shows_size is (state is LocalState.INSTALLING)
    status = LocalStatus(LocalState.ABSENT, "1.13.0")
    app_context().local.stop = lambda: setattr(app_context().local, "status", lambda: status)
    app.button(key="local-cancel").click().run()
    assert app.button(key="local-start").label == "Install and start"
    assert app_context().local_stopped


@pytest.mark.parametrize("state", [LocalState.FAILED, LocalState.INSTALLING, LocalState.STARTING])
def test_the_first_page_shows_what_comes_after_an_installation(state):
    def page():
        from pages._ui.connection import connect

        connect.require_server()

    show(state, step="At work.", progress=0.1)
    app = AppTest.from_function(page).run()
    is_starting = state is not LocalState.FAILED
    assert app.title[0].value == ("Setting up Langflow" if is_starting else "Connect to Langflow")
    assert ("A run looks like this" in page_text(app)) is is_starting


@pytest.mark.parametrize("state", [LocalState.ABSENT, LocalState.INSTALLING, LocalState.STARTING])
def test_the_note_asks_for_a_start_only_if_none_is_in_progress(state):
    def page():
        from pages._ui.connection import server_panel

        server_panel.draw_server(None)

    app_context().local = SimpleNamespace(
        status=lambda: LocalStatus(state, "1.13.0"), connection=lambda: None
    )
    app = AppTest.from_function(page).run()
    is_asked = "Start the local Langflow" in app.info[0].value
    assert is_asked == (state is LocalState.ABSENT)
    assert ("connected once it has started" in app.info[0].value) != is_asked


@pytest.mark.parametrize(
    ("state", "label"),
    [
        (LocalState.ABSENT, "Install and start"),
        (LocalState.INSTALLED, "Start"),
        (LocalState.STOPPED, "Start"),
        (LocalState.CRASHED, "Start again"),
    ],
)
def test_the_label_of_a_button_that_downloads_contains_install(state, label):
    app, _ = show(state)
    assert app.button(key="local-start").label == label
    assert any("to download" in each.value for each in app.caption) == ("Install" in label)


@pytest.mark.parametrize("missing", [[], ["langchain-openai"]])
def test_an_older_consoles_langflow_needs_a_restart(missing):
    app, _ = show(LocalState.RUNNING, missing)
    assert app.button(key="local-restart")
    assert len(app.info) == len(missing)
    assert any("/data/secret.json" in each.value for each in app.caption)  # has the key


def test_a_package_that_could_not_be_installed_is_reported_while_langflow_runs():
    app, _ = show(LocalState.RUNNING, message="The disk is full.", hint="Free some space.")
    assert "The disk is full." in page_text(app)


def test_an_installed_package_restarts_langflow_and_the_panel_follows():
    app, started = show(LocalState.RUNNING)
    assert "install-list-yfinance" not in {each.key for each in app.button}
    status = LocalStatus(LocalState.ADDING, "1.13.0", step="Installing apify-client.", progress=0.1)
    app.button(key="install-list-apify-client").click()
    app_context().local.status = lambda: status
    app.run()
    assert started == ["apify-client"]
    assert "Adding a package" in page_text(app)
    assert not any(each.key == "local-stop" for each in app.button)


def test_a_stop_or_an_installation_asks_first_while_runs_have_not_ended(monkeypatch):
    monkeypatch.setattr(local_panel, "_count_running", lambda: 2)
    app, started = show(LocalState.RUNNING)
    labels = {each.key: each.label for each in app.button}
    assert (labels["local-stop"], labels["local-restart"]) == ("Stop anyway", "Restart anyway")
    assert labels["install-list-apify-client"] == "Install anyway"
    app.button(key="install-list-apify-client").click().run()
    assert started == ["apify-client"]
    assert "2 runs on this Langflow have not ended." in page_text(app)
    monkeypatch.setattr(local_panel, "_count_running", lambda: 0)
    app, _ = show(LocalState.RUNNING)
    assert app.button(key="local-stop").label == "Stop"


def test_runs_of_the_local_langflow_that_have_not_ended_are_counted(monkeypatch):
    local, other = (
        Connection(source, f"http://127.0.0.1:{port}", None, source)
        for port, source in ((7860, "local"), (7861, "environment"))
    )
    unfinished = {"http://127.0.0.1:7860": ["a run"], "http://127.0.0.1:7861": ["b", "c"]}
    runner = SimpleNamespace(
        owner_of=lambda connection: connection.url,
        store=SimpleNamespace(unfinished=unfinished.__getitem__),
    )
    monkeypatch.setattr(local_panel, "app_context", lambda: SimpleNamespace(runner=runner))
    monkeypatch.setattr(servers, "available_connections", lambda: [local, other])
    assert local_panel._count_running() == 1


def test_a_failed_stop_does_not_restart():
    app, _ = show(LocalState.RUNNING)
    started = []

    def fail():
        raise LocalError("The local Langflow could not be stopped.")

    app_context().local.stop = fail
    app_context().local.start_in_background = lambda add: started.append(add)
    app.button(key="local-restart").click().run()
    assert "could not be stopped" in page_text(app)
    assert started == []


def no_module(source, modules):
    """Draw the buttons of a run that lacks modules."""
    import streamlit as st

    from lfclient.console.config.connection import Connection
    from pages._ui.connection import local_panel

    connection = Connection("any", "http://127.0.0.1:7860", None, source)
    local_panel.draw_install_buttons(connection, modules, "run")
    st.write("below the buttons")


@pytest.mark.parametrize(
    ("source", "modules", "packages"),
    [
        ("local", ["googleapiclient.discovery"], ["google-api-python-client"]),
        ("local", ["astrapy", "apify_client", "lfx_datastax"], ["lfx-datastax", "apify-client"]),
        ("local", ["yfinance"], []),
        ("local", ["os; rm -rf", ""], []),
        ("environment", ["googleapiclient"], []),
    ],
    ids=["known", "two of one package", "installed", "unknown", "not local"],
)
def test_a_run_that_lacks_modules_offers_their_packages(source, modules, packages):
    app_context().local = SimpleNamespace(
        installation=SimpleNamespace(added=["yfinance"]), connection=lambda: None
    )
    app = AppTest.from_function(no_module, args=(source, modules)).run()
    assert "below the buttons" in page_text(app)
    assert [each.label for each in app.button] == [f"Install {name}" for name in packages]


@pytest.mark.parametrize("opened", [False, True])
def test_the_log_is_read_once_it_is_opened(opened):
    app, _ = show(LocalState.RUNNING)
    app_context().local.logs = lambda lines: f"last {lines}"
    app.session_state["local-log"] = opened
    app.run()
    assert app.button(key="local-restart")
    assert [each.value for each in app.code] == (["last 50"] if opened else [])


OLLAMA = "http://127.0.0.1:11434"
SAVED = {"id": "v", "name": "OLLAMA_BASE_URL", "type": "Generic", "value": OLLAMA}


@pytest.fixture
def ollama_server():
    """The local Langflow."""
    with StandIn() as server:
        app_context().local = SimpleNamespace(connection=lambda: (server.url, "sk-local"))
        yield server


def ollama_page():
    """Draw the offer. AppTest runs the source of this function, so its imports are inside."""
    import streamlit as st

    from pages._ui.connection import local_panel

    local_panel._draw_ollama()
    st.write("below the offer")


def open_offer(monkeypatch, models):
    found = None if models is None else Ollama(OLLAMA, models)
    monkeypatch.setattr(local_panel, "find_ollama", lambda: found)
    return AppTest.from_function(ollama_page).run()


def test_a_running_ollama_is_offered_and_its_address_saved(monkeypatch, ollama_server):
    app = open_offer(monkeypatch, ("llama3.2", "mistral"))
    assert "Ollama is running here with 2 models." in page_text(app)

    ollama_server.answers["POST /api/v1/variables/"] = (201, SAVED)
    ollama_server.answers["GET /api/v1/variables/"] = [(200, []), (200, [SAVED])]
    app.button(key="use-ollama").click()
    ollama_server.requests.clear()
    app.run()

    (body,) = ollama_server.bodies("POST /api/v1/variables/")
    assert (body["name"], body["value"], body["type"]) == ("OLLAMA_BASE_URL", OLLAMA, "Generic")
    assert "can be chosen" in page_text(app)


def test_an_ollama_that_the_server_uses_is_not_offered(monkeypatch, ollama_server):
    ollama_server.answers["GET /api/v1/variables/"] = (200, [SAVED])
    assert lacks(open_offer(monkeypatch, ("llama3.2",)), "Ollama", "Use", shows="below the offer")


def test_without_an_ollama_nothing_is_offered(monkeypatch, ollama_server):
    assert lacks(open_offer(monkeypatch, None), "Ollama", "Use", shows="below the offer")


def test_an_ollama_without_models_shows_how_to_get_a_model(monkeypatch, ollama_server):
    assert "ollama pull" in page_text(open_offer(monkeypatch, ()))


def test_a_refused_variable_is_reported_and_the_offer_stays(monkeypatch, ollama_server):
    ollama_server.answers["POST /api/v1/variables/"] = (400, {"detail": "No."})
    app = open_offer(monkeypatch, ("llama3.2",))
    app.button(key="use-ollama").click().run()
    assert app.button(key="use-ollama")
    assert "can be chosen" not in page_text(app)
    assert "local-problem" in app.session_state

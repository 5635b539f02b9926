"""The panel of the local Langflow."""

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from lfclient.console.config.permissions import InstallNotAllowed
from lfclient.console.local_langflow.state_file import LocalState, LocalStatus
from pages._ui.connection.app_context import app_context
from pages._ui.state import connection as connection_state


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
    """The panel says so and has no buttons, and shows no log of a failure."""
    monkeypatch.setenv("LFCONSOLE_ALLOW_INSTALL", "false")
    status = LocalStatus(LocalState.FAILED, "1.13.0", log_tail="the log")
    app_context().local = SimpleNamespace(status=lambda: status)
    app = AppTest.from_function(page, default_timeout=30).run()
    assert "LFCONSOLE_ALLOW_INSTALL" in app.caption[0].value
    assert not app.button
    assert not app.code
    app = AppTest.from_function(actions, default_timeout=30).run()
    assert isinstance(app.session_state[connection_state.LOCAL_ERROR.key], InstallNotAllowed)
    assert not app.exception


@pytest.mark.parametrize("opened", [False, True])
def test_the_log_is_read_once_it_is_opened(fresh_process, opened):
    status = LocalStatus(LocalState.RUNNING, "1.13.0", "http://127.0.0.1:7860")
    app_context().local = SimpleNamespace(status=lambda: status, logs=lambda lines: f"last {lines}")
    app = AppTest.from_function(page, default_timeout=30)
    app.session_state["local-log"] = opened
    app.run()
    assert not app.exception
    assert [each.value for each in app.code] == (["last 50"] if opened else [])

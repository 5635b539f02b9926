"""The panel of the local Langflow."""

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from lfclient.console.local_langflow.state_file import LocalState, LocalStatus
from pages._ui.connection.app_context import app_context


def page():
    """Draw the panel. AppTest runs the source of this function, so its import is inside."""
    from pages._ui.connection import local_panel

    local_panel.draw()


@pytest.mark.parametrize("opened", [False, True])
def test_the_log_is_read_once_it_is_opened(fresh_process, opened):
    status = LocalStatus(LocalState.RUNNING, "1.13.0", "http://127.0.0.1:7860")
    app_context().local = SimpleNamespace(status=lambda: status, logs=lambda lines: f"last {lines}")
    app = AppTest.from_function(page, default_timeout=30)
    app.session_state["local-log"] = opened
    app.run()
    assert not app.exception
    assert [each.value for each in app.code] == (["last 50"] if opened else [])

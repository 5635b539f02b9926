"""What holds for every page that a test runs."""

import pytest
import streamlit as st
from streamlit.testing.v1.element_tree import ElementTree

from lfclient.console.runner.shared_runner import close_runners
from pages._ui.connection import request_cache
from tests.ui.support.http_stand_in import StandIn, flow
from tests.ui.support.preset_pages import fields_flow
from tests.ui.support.whole_pages import ONE, TWO


@pytest.fixture(autouse=True)
def no_exception_is_shown(monkeypatch):
    """A page that shows an exception fails its test, whichever of its runs did."""
    run = ElementTree.run

    def checked(self, *, timeout=None):
        app = run(self, timeout=timeout)
        assert not app.exception, [each.stack_trace for each in app.exception]
        return app

    monkeypatch.setattr(ElementTree, "run", checked)


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch, tmp_path):
    """No page shares anything with that of another test; nothing is looked for or installed."""
    monkeypatch.setenv("LFCONSOLE_DISCOVER_URL", "")
    monkeypatch.setenv("LFCONSOLE_ALLOW_OTHER_SERVERS", "true")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        request_cache, "MAX_WAIT_SECONDS", 30
    )  # the servers here are as fast as the machine
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()
    close_runners()


@pytest.fixture
def langflow_stand_in(monkeypatch):
    """A configured server with one flow."""
    with StandIn() as server:
        server.add(flow(ONE, "Echo"))
        monkeypatch.setenv("LANGFLOW_SERVER_URL", server.url)
        monkeypatch.setenv("LANGFLOW_API_KEY", "sk-configured-key")
        yield server


@pytest.fixture
def fields_server(monkeypatch):
    """A configured server with two such flows."""
    with StandIn() as server:
        server.add(fields_flow(), fields_flow(TWO, "Other", "T-other"))
        monkeypatch.setenv("LANGFLOW_SERVER_URL", server.url)
        monkeypatch.setenv("LANGFLOW_API_KEY", "sk-configured-key")
        yield server

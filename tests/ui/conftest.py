"""Fixtures for tests that open pages."""

import functools
import os
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st
import uv
from streamlit import config
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.runtime import memory_media_file_storage
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.runtime.scriptrunner_utils import script_run_context
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.testing.v1 import app_test, local_script_runner
from streamlit.testing.v1.element_tree import ElementTree

from lfclient import client
from lfclient.console.local_langflow.manager import LocalLangflow
from lfclient.console.runner import memory, runner
from lfclient.console.runner.threads import PeriodicThread
from lfclient.console.store import database
from pages._ui.app import streamlit_patches
from pages._ui.connection import request_cache
from pages._ui.connection.app_context import _runners
from pages._ui.history import page as history_page
from pages._ui.run import pace
from tests.support import databases
from tests.support.http_stand_in import StandIn, answer_without_sockets, flow
from tests.ui.support.preset_pages import fields_flow
from tests.ui.support.whole_pages import ONE, TWO

_SCRIPTS = ScriptCache()
_PATCHED = (
    (PagesManager, "uses_pages_directory"),
    (memory_media_file_storage, "_calculate_file_id"),
    (MediaFileManager, "remove_orphaned_files"),
    (AppSession, "_create_scriptrunner"),
    (SafeSessionState, "on_script_will_rerun"),
)
_OPTIONS = ("browser.gatherUsageStats", "runner.magicEnabled")


@pytest.fixture(autouse=True)
def fail_on_exception(monkeypatch):
    """Fail a test if any rerun of its page shows an exception."""
    run = ElementTree.run

    def run_and_check(self, *, timeout=None):
        app = run(self, timeout=timeout)
        assert not app.exception, [each.stack_trace for each in app.exception]
        return app

    monkeypatch.setattr(ElementTree, "run", run_and_check)


@functools.cache
def _component_registry():
    """Return the installed components, which a server searches once as well."""
    manager = BidiComponentManager()
    manager.discover_and_register_components(start_file_watching=False)
    manager.discover_and_register_components = lambda **_: None
    return manager


@pytest.fixture(scope="package", autouse=True)
def share_component_registry():
    """Search the installed packages for components once, not for each page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app_test, "BidiComponentManager", _component_registry)
        yield


@pytest.fixture(scope="package", autouse=True)
def share_runtime():
    """Compile scripts once, and let AppTest use one fake runtime, whose browser has no cookies.

    New ones for each rerun take a twentieth of a page's time.
    """
    runtime = SimpleNamespace(get_client=lambda _: None)  # AppTest sets the rest
    with pytest.MonkeyPatch.context() as patch:
        for module in (app_test, local_script_runner):
            patch.setattr(module, "ScriptCache", lambda: _SCRIPTS)
        patch.setattr(app_test, "MagicMock", lambda spec: runtime)
        yield


@pytest.fixture(scope="package", autouse=True)
def cache_repeated_work():
    """Cache the installer's path and the servers' addresses, and skip the hashes of messages.

    Each page works them out anew, in a twentieth of its time.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "normalize_address", functools.cache(client.normalize_address))
        patch.setattr(uv, "find_uv_bin", functools.cache(uv.find_uv_bin))
        # a browser that has a message is sent its hash only; AppTest has no such browser
        patch.setattr(script_run_context, "populate_hash_if_needed", lambda _: None)
        yield


@pytest.fixture(scope="package", autouse=True)
def collect_no_garbage_after_each_script():
    """Leave garbage to the interpreter; Streamlit collects all of it after each run of a script."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(script_runner, "gc", SimpleNamespace(collect=lambda _: 0))
        yield


@pytest.fixture(scope="package", autouse=True)
def console_options():
    """Set options of .streamlit/config.toml whose defaults take a tenth of a page's time."""
    before = {name: config.get_option(name) for name in _OPTIONS}
    for name in _OPTIONS:
        config.set_option(name, False)
    yield
    for name, value in before.items():
        config.set_option(name, value)


@pytest.fixture(scope="package", autouse=True)
def wait_without_polling():
    """Wait for a script's end for a minute: a busy machine takes longer than AppTest's 3 seconds.

    AppTest looks every millisecond, which takes a tenth of a page's time.
    """
    look = local_script_runner.require_widgets_deltas

    def wait(runner, _):
        runner._script_thread.join(60)
        look(runner, 1 if runner.script_stopped() else 0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_script_runner, "require_widgets_deltas", wait)
        yield


@pytest.fixture(scope="package", autouse=True)
def no_sockets():
    """Let the pages ask a stand-in without a connection."""
    with answer_without_sockets():
        yield


@pytest.fixture(scope="package", autouse=True)
def skip_startup_checks():
    """Skip the check of a copied database's schema and the first look for runs of dead processes.

    Both together take a tenth of the time of a page that is opened.
    """

    class LaterThread(PeriodicThread):
        def __init__(self, *arguments, is_immediate=False):
            super().__init__(*arguments)

    needs_upgrade = database.needs_upgrade

    def needs(connection, description):
        is_copy = connection.engine.url.database in databases.COPIES
        return not is_copy and needs_upgrade(connection, description)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "needs_upgrade", needs)
        patch.setattr(runner, "PeriodicThread", LaterThread)
        yield


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch, tmp_path):
    """Isolate the pages of each test, without discovery or installation of a Langflow."""
    monkeypatch.setenv("LFCONSOLE_DISCOVER_URL", "")
    monkeypatch.setenv("LFCONSOLE_ALLOW_OTHER_SERVERS", "true")
    monkeypatch.setenv("LFCONSOLE_ALLOW_INSTALL", "true")
    databases.COPIES.clear()
    databases.create_sqlite(Path(os.environ["LFCONSOLE_DATA_DIR"]))
    # the first page of a console without a server starts one
    monkeypatch.setattr(LocalLangflow, "start_in_background", lambda *_: None)
    monkeypatch.chdir(tmp_path)
    # a page's script becomes the main module, which processes of later tests would import
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    # collects garbage in each new process
    monkeypatch.setattr(memory, "set_baseline", lambda: None)
    # on a busy machine a stand-in can take longer than a page would wait
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 30)
    # the pauses between the parts of a page, and of a rerun that waits for a run's next change
    monkeypatch.setattr(history_page, "_FIRST_HEAD_START", 0)
    monkeypatch.setattr(history_page, "_HEAD_START", 0)
    monkeypatch.setattr(pace, "WAIT_SECONDS", 0.03)
    st.cache_resource.clear()
    yield
    _end_requests()
    st.cache_resource.clear()
    while _runners:
        _runners.popitem()[1].close()


def _end_requests():
    """Wait for the requests of a test's pages: a late one would open the next test's console."""
    for thread in threading.enumerate():
        if thread.name in ("request", "change"):
            thread.join(60)
            assert not thread.is_alive(), "a request outlives its test"


@pytest.fixture
def price_file(monkeypatch, tmp_path):
    """The operator has a price for one model, "mini": 1 EUR for input, 2 EUR for output."""
    file = tmp_path / "prices.toml"
    file.write_text('currency = "EUR"\n[models.mini]\ninput = 1\noutput = 2\n')
    monkeypatch.setenv("LFCONSOLE_PRICES", str(file))
    return file


@pytest.fixture
def langflow_stand_in(monkeypatch):
    """A configured server with one flow."""
    with StandIn() as server:
        server.set_flows(flow(ONE, "Echo"))
        monkeypatch.setenv("LANGFLOW_SERVER_URL", server.url)
        monkeypatch.setenv("LANGFLOW_API_KEY", "sk-configured-key")
        yield server


@pytest.fixture
def fields_server(monkeypatch):
    """A configured server with two flows with fields."""
    with StandIn() as server:
        server.set_flows(fields_flow(), fields_flow(TWO, "Other", "T-other"))
        monkeypatch.setenv("LANGFLOW_SERVER_URL", server.url)
        monkeypatch.setenv("LANGFLOW_API_KEY", "sk-configured-key")
        yield server


@pytest.fixture
def downloads(monkeypatch):
    """What the page's download buttons create when they are pressed, by file name."""
    created = {}
    add_deferred = MediaFileManager.add_deferred

    def record(manager, create, mimetype, coordinates, file_name=None, **more):
        created[file_name] = create
        return add_deferred(manager, create, mimetype, coordinates, file_name, **more)

    monkeypatch.setattr(MediaFileManager, "add_deferred", record)
    return created


@pytest.fixture
def patched_streamlit(monkeypatch):
    """Streamlit with the console's patches; AppTest does not import `app.py`."""
    for owner, name in _PATCHED:
        monkeypatch.setattr(owner, name, getattr(owner, name))
    streamlit_patches.install()

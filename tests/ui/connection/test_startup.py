"""A process's work before its first page."""

import asyncio
import json
import subprocess
import sys
import threading
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import streamlit as st

from lfclient.runs.model import RunStatus
from pages._ui.app import streamlit_patches
from pages._ui.connection import startup
from pages._ui.connection.app_context import _runners, app_context
from tests.support import databases
from tests.support.environ import environ_without_settings
from tests.support.http_stand_in import StandIn, flow
from tests.support.waiting import wait_for
from tests.ui.support.whole_pages import ONE, make_record, open_app, page_text

ROOT = Path(__file__).parents[3]
LIST = "GET /api/v1/flows/"
# the console's own modules, and libraries that take a tenth of a second each
HEAVY = ("pages._ui", "lfclient", "pandas.core", "altair", "sqlalchemy.engine")
OPEN_ALL_PAGES = f"""
import asyncio, json, sys
from streamlit.runtime import memory_media_file_storage as storage
from streamlit.testing.v1 import AppTest
import app
from pages._ui.connection import startup

async def start():
    async with startup.lifespan(app.app):
        pass

asyncio.run(start())
imported = set(sys.modules)
shown = AppTest.from_file("app.py").run()
for page in ("chat", "history", "compare", "connection"):
    assert not shown.switch_page(f"pages/{{page}}.py").run().exception
late = [name for name in set(sys.modules) - imported if name.startswith({HEAVY})]
choose = storage._calculate_file_id
address = choose(b"a", "image/png")
print(json.dumps({{"late": late, "address": address, "chosen_by": choose.__module__}}))
"""


@pytest.fixture(scope="module")  # the process takes two seconds
def other_console(tmp_path_factory):
    """Return facts about another console process, which has drawn all pages."""
    folder = tmp_path_factory.mktemp("console")
    databases.create_sqlite(folder)
    with StandIn() as server:
        server.set_flows(flow(ONE, "Echo"))
        settings = {
            "LANGFLOW_SERVER_URL": server.url,
            "LANGFLOW_API_KEY": "sk-configured-key",
            "LFCONSOLE_DATA_DIR": str(folder),
            "LFCONSOLE_DISCOVER_URL": "",
        }
        process = subprocess.run(
            [sys.executable, "-c", OPEN_ALL_PAGES],
            cwd=ROOT,
            env=environ_without_settings() | settings,
            check=True,
            capture_output=True,
            text=True,
        )
        assert LIST in server.lines
    return json.loads(process.stdout)


@asynccontextmanager
async def started():
    """Return a process that accepts requests. At the end, wait for its work in threads."""
    async with startup.lifespan(None):
        yield
    wait_for(lambda: all(thread.name != "startup" for thread in threading.enumerate()))


async def start():
    async with started():
        pass


def test_pages_import_no_slow_modules(other_console):
    """A process's first page would take two seconds longer."""
    assert other_console["late"] == []


def test_another_process_gives_the_same_file_another_url(other_console):
    """The content of an image or a download isn't enough to know its URL."""
    assert len(other_console["address"]) == 64
    assert other_console["address"] != streamlit_patches.media_file_id(b"a", "image/png")
    assert other_console["chosen_by"] == streamlit_patches.__name__


def test_a_process_requests_its_servers_flows_before_a_page_does(langflow_stand_in):
    """A list of thousands of flows takes a second, and the first page then has it."""
    asyncio.run(start())
    wait_for(lambda: LIST in langflow_stand_in.lines)
    assert open_app().selectbox[0].options == ["Echo"]
    assert langflow_stand_in.lines.count(LIST) == 1


def test_a_restarted_process_follows_its_runs_before_a_page_is_opened(langflow_stand_in):
    running = {"status": RunStatus.IN_PROGRESS, "mode": "background", "job_id": "j"}
    app_context().runner.store.create(make_record(langflow_stand_in.url, **running))
    _runners.popitem()[1].close()
    st.cache_resource.clear()
    asyncio.run(start())
    wait_for(lambda: any("/api/v2/workflows" in each for each in langflow_stand_in.lines))


def test_a_process_starts_with_an_invalid_setting(monkeypatch):
    """The pages show the invalid setting."""
    monkeypatch.setenv("LFCONSOLE_DATABASE_URL", "mysql://somewhere/else")
    asyncio.run(start())
    assert "LFCONSOLE_DATABASE_URL" in page_text(open_app())


def test_a_process_accepts_requests_while_its_database_is_upgraded(monkeypatch):
    """An upgrade may take minutes, during which the process must not count as dead."""
    upgraded, is_upgrading = threading.Event(), threading.Event()

    def upgrade():
        is_upgrading.set()
        assert upgraded.wait(30)
        raise OSError

    async def accept():
        async with started():
            assert is_upgrading.wait(30)
            upgraded.set()

    monkeypatch.setattr(startup, "app_context", upgrade)
    asyncio.run(accept())

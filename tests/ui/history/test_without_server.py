"""Stored runs while their server is down, stopped or not configured."""

import csv
import io
import zipfile
from dataclasses import replace

import pytest
from pydantic import SecretStr

from lfclient.console.config.connection import Connection
from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.store.run_record import FLOW_MISSING, RunRecord
from lfclient.outputs.model import FileRef, Output, OutputKind
from lfclient.runs.model import Run, RunStatus
from pages._ui.connection import servers
from pages._ui.connection.app_context import app_context
from tests.support.http_stand_in import StandIn
from tests.ui.support.history_page import NOW, column, history
from tests.ui.support.whole_pages import (
    ONE,
    button_labels,
    lacks,
    open_app,
    open_run_tab,
    page_text,
)

OLD, NEW = "a" * 32, "b" * 32


def add_runs(connection, run_ids=(OLD, NEW)):
    """Store two runs of a server. The newer run also wrote a file."""
    context = app_context()
    owner = owner_fingerprint(connection, context.settings.data_dir)
    for run_id, word in zip(run_ids, ("sunny", "rainy"), strict=True):
        outputs = {"C": Output("C", OutputKind.MESSAGE, word)}
        if word == "rainy":
            outputs["F"] = Output("F", OutputKind.FILE, FileRef("plan.txt", id="f"))
        record = RunRecord(
            id=run_id,
            owner=owner,
            submit_token=run_id,
            server_name="s",
            server_url=connection.url,
            flow_id=ONE,
            flow_name="Forecast",
            mode="sync",
            created_at=NOW,
            ended_at=NOW,
            attempts=1,
        )
        record = replace(
            record,
            overrides={"C.city": "Oslo"},
            status=RunStatus.COMPLETED,
            run=Run(ONE, "sync", RunStatus.COMPLETED, outputs=outputs),
        )
        context.runner.store.create(record)
        context.runner.store.update(replace(record, version=2), with_response=True)


@pytest.fixture
def stopped_local(monkeypatch):
    """Return a stopped local Langflow with two runs. Another program listens on its port now."""
    with StandIn() as program:
        local = Connection("Local Langflow", program.url, SecretStr("sk-local"), "local")
        monkeypatch.setattr(
            app_context().local, "last_connection", lambda: (program.url, "sk-local")
        )
        add_runs(local)
        yield program


@pytest.fixture
def down_server(monkeypatch, no_pauses):
    """Return a configured server that does not respond, with two runs."""
    monkeypatch.setenv("LANGFLOW_SERVER_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("LANGFLOW_API_KEY", "sk-configured-key")
    add_runs(app_context().settings.servers[0])


@pytest.fixture(params=["down_server", "stopped_local"])
def server_without_answers(request):
    """Run the test with `down_server` and with `stopped_local`."""
    return request.getfixturevalue(request.param)


def test_runs_are_listed_and_opened_while_their_server_is_down(server_without_answers):
    assert column(history(), "Output") == ["rainy · +1 output", "sunny"]
    app = open_app(run=NEW)
    assert "Completed]" in page_text(app)
    assert "rainy" in page_text(app)
    assert "Oslo" in page_text(open_run_tab("Inputs", app_context().runner.store.get(NEW)))


def test_an_opened_run_shows_what_needs_the_server(server_without_answers):
    app = open_app(run=NEW)
    assert [title.value for title in app.title] == ["Forecast"]
    assert "reach the server" in app.warning[0].value
    assert not app.error
    assert "Run inputs" in page_text(app)
    assert "Run" not in button_labels(app)


def test_runs_are_compared_while_their_server_is_down(stopped_local):
    app = open_app("pages/compare.py", runs=f"{OLD},{NEW}")
    words = page_text(app)
    assert words.count("Completed") == 2
    assert "Can't compare" not in words


def test_a_run_is_exported_from_its_page_while_its_server_is_down(stopped_local, downloads):
    """The export lacks the files, which are on the server, and lists secrets that may remain."""
    open_app(run=NEW)
    (report,) = (create for name, create in downloads.items() if name.endswith(".html"))
    (archive,) = (create for name, create in downloads.items() if name.endswith(".zip"))
    assert "rainy" in report().decode()
    assert "plan.txt" in report().decode()
    assert FLOW_MISSING in report().decode()
    files = zipfile.ZipFile(io.BytesIO(archive()))
    assert files.read("C.md") == b"rainy"
    readme = files.read("README.txt").decode()
    assert "plan.txt" in readme
    assert FLOW_MISSING in readme


def test_listed_runs_are_exported_as_csv_while_their_server_is_down(down_server, downloads):
    history()
    rows = csv.DictReader(io.StringIO(downloads["runs.csv"]().decode("utf-8-sig")))
    found = [(row["inputs"], row["output: C"], row["note"]) for row in rows]
    assert found == [("City (C): Oslo", word, FLOW_MISSING) for word in ("rainy", "sunny")]


def test_history_shows_how_to_see_an_unconfigured_servers_runs(down_server, monkeypatch):
    """The runs are listed again once the server is configured."""
    monkeypatch.setenv("LFCONSOLE_ALLOW_INSTALL", "false")
    for name in ("LANGFLOW_SERVER_URL", "LANGFLOW_API_KEY"):
        monkeypatch.delenv(name)
    app_context.clear()
    app = history()
    assert not app.dataframe
    assert "connect to their server with a key of its user" in page_text(app)
    monkeypatch.setenv("LANGFLOW_SERVER_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("LANGFLOW_API_KEY", "sk-configured-key")
    app_context.clear()
    assert column(history(), "Output") == ["rainy · +1 output", "sunny"]


def test_a_stopped_local_langflow_is_started_from_the_connection_page(stopped_local):
    app = open_app(run=NEW)
    assert "The local Langflow is stopped." in page_text(app)
    assert "Try again" not in button_labels(app)


def test_a_stopped_local_langflows_key_is_never_sent(stopped_local):
    assert "The local Langflow is stopped." in page_text(open_app(run=NEW))
    assert history().dataframe
    server = servers.readable()[0]
    assert server.connection.api_key is None
    assert not stopped_local.lines


def test_without_any_server_a_run_of_a_typed_key_is_hidden(monkeypatch):
    """The run's owner is anybody with a key of its user."""
    monkeypatch.setenv("LFCONSOLE_ALLOW_INSTALL", "false")
    add_runs(Connection("typed", "http://127.0.0.1:9", SecretStr("sk-typed"), "typed"))
    pages = (history(), open_app(run=NEW), open_app("pages/compare.py", runs=f"{OLD},{NEW}"))
    for app in pages:
        assert lacks(app, "rainy", "Forecast", shows="Connect to Langflow")


def test_runs_of_a_typed_key_stay_hidden_next_to_a_stopped_servers_runs(stopped_local):
    typed = Connection("typed", stopped_local.url, SecretStr("sk-typed"), "typed")
    add_runs(typed, run_ids=("c" * 32, "d" * 32))
    assert len(column(history(), "Flow")) == 2
    assert "Run not found" in page_text(open_app(run="c" * 32))

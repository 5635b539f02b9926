"""Pages that are still open when another tab removes their key, or when it expires."""

from contextlib import nullcontext, suppress
from dataclasses import replace
from types import SimpleNamespace

import pytest

from lfclient.console.compare.volatile import IgnoredNames
from lfclient.console.present.presentation import PURPOSE, Presentation
from lfclient.console.runner.runner import Runner
from lfclient.console.store.presets import Preset
from lfclient.console.store.run_queries import RunFilter
from lfclient.errors import LangflowError, MissingKey, Unreachable
from lfclient.outputs.model import FileRef, Output, OutputKind
from lfclient.runs.model import Run, RunStatus
from pages._ui.compare import ignored
from pages._ui.connection import server_session, servers
from pages._ui.connection.app_context import app_context, local_connection
from pages._ui.history import actions
from pages._ui.history.filters import Filters
from pages._ui.history.view import ListView
from pages._ui.present import editing
from pages._ui.run import status
from pages._ui.run.details import RunExporter
from pages._ui.state.browser import drafts
from pages._ui.state.history import history_key
from pages._ui.state.present import Edited
from tests.support.http_stand_in import StandIn
from tests.ui.support.chat_langflow import ChatLangflow
from tests.ui.support.preset_pages import fields_flow
from tests.ui.support.whole_pages import (
    ONE,
    add_ended_run,
    add_running_run,
    add_suspended_run,
    open_app,
    page_text,
    press,
)

BROWSER = "b" * 43
GONE = "was removed or has expired"


@pytest.fixture
def server():
    """A server whose key one browser has typed, with a flow."""
    with StandIn() as stand_in:
        stand_in.set_flows(fields_flow())
        yield stand_in


@pytest.fixture
def connection(server):
    typed = replace(servers.typed_connection(server.url, "sk-typed"), user_id="ada")
    app_context().vault.save(BROWSER, typed)
    return typed


@pytest.fixture
def owner(connection):
    return app_context().runner.owner_of(connection)


def open_page(page=None, opened=(), **address):
    """Open a page in the browser with the key, with these menus open."""
    state = {"browser-id": BROWSER, **dict.fromkeys(opened, True)}
    return open_app(page, session_state=state, **address)


def remove_key(connection):
    """Remove the key as another tab does."""
    app_context().vault.remove(BROWSER, connection.url)


def press_without_key(app, connection, label):
    """Remove the key, click a button of the open page, and return the page's text."""
    remove_key(connection)
    app = press(app, label)
    return page_text(app)


def changes(server):
    """Return the requests that change something on the server."""
    return [line for line in server.lines if not line.startswith("GET ")]


def test_a_run_is_not_started(server, connection):
    assert GONE in press_without_key(open_page(), connection, "Run")
    assert changes(server) == []


@pytest.mark.parametrize(
    ("add_run", "label"), [(add_running_run, "Stop"), (add_suspended_run, "Approve")]
)
def test_a_run_is_not_stopped_and_gets_no_decision(server, connection, owner, add_run, label):
    run = add_run(server.url, owner=owner)
    assert GONE in press_without_key(open_page(run=run.id), connection, label)
    assert changes(server) == []
    assert app_context().runner.get(run.id, owner).stop_requested_at is None


def test_a_run_is_neither_starred_nor_deleted(server, connection, owner):
    run = add_ended_run(server.url, owner=owner)
    selected, panel = history_key("selected"), history_key("delete-panel")
    for label in ("Star", "Delete 1"):
        app_context().vault.save(BROWSER, connection)
        app = open_page("pages/history.py", [panel])
        app.session_state[selected] = [run.id]
        app.run()
        label = next(each.label for each in app.button if each.label.startswith(label))
        assert GONE in press_without_key(app, connection, label)
    kept = app_context().runner.history.get([owner], run.id)
    assert kept
    assert not kept.starred


def test_a_result_is_neither_shared_nor_revoked(server, connection, owner):
    outputs = {"C": Output("C", OutputKind.MESSAGE, "words")}
    run = add_ended_run(
        server.url, owner=owner, run=Run(ONE, "sync", RunStatus.COMPLETED, outputs=outputs)
    )
    shares, menu = app_context().runner.store.shares, f"share-result-{run.id}"
    for label, shared in (("Create link", 0), ("Revoke", 1)):
        app_context().vault.save(BROWSER, connection)
        drafts().save((BROWSER, ONE, "presenter"), {"presenter": True})
        app = open_page(opened=[menu], view="present", flow=ONE, run=run.id)
        press_without_key(app, connection, label)
        assert shares.count(owner, run.id) == shared
        if not shared:
            shares.create(owner, run.id, {"title": "words"})


@pytest.mark.parametrize("label", ["Rename", "Delete", "Update"])
def test_a_preset_is_not_changed(server, connection, owner, label):
    presets = app_context().runner.store.presets
    preset = presets.create(Preset("p", owner, ONE, "Fields", "Mine", {"T-a.p": "kept"}))
    name = f"{owner[:12]}-{ONE}"
    app = press(
        open_page(opened=[f"preset-more-{name}"], flow=ONE, preset=preset.id), "Fill the form"
    )
    app.session_state[f"preset-delete-asked-{name}"] = preset.id
    next(each for each in app.text_input if each.label == "Name").set_value("Theirs")
    next(each for each in app.text_input if each.key.endswith("-T-a.p")).set_value("changed")
    app.run()
    press_without_key(app, connection, label)
    assert presets.get(owner, preset.id) == preset


@pytest.mark.parametrize("label", ["Rename", "Delete session"])
def test_a_session_is_neither_renamed_nor_deleted(server, connection, label):
    ChatLangflow(server).store_message("Plans", "hello")
    app = open_page("pages/chat.py", flow=ONE, session="Plans")
    for field in app.text_input:
        field.set_value("Theirs")
    assert GONE in press_without_key(app, connection, label)
    assert changes(server) == []


def test_a_flow_is_neither_duplicated_nor_deleted(server, connection, owner):
    app_context().runner.store.added_flows.add(owner, [ONE])
    for label in ("Duplicate", "Delete"):
        app_context().vault.save(BROWSER, connection)
        app = open_page(opened=["flow-menu"], flow=ONE)
        if label == "Delete":
            app = press(app, "Delete…")
        press_without_key(app, connection, label)
        assert changes(server) == []


def test_runs_are_not_deleted_in_bulk(server, connection, owner):
    run = add_ended_run(server.url, owner=owner)
    opened = [history_key("bulk"), history_key("delete-any-age")]
    app = open_page("pages/history.py", opened)
    remove_key(connection)
    app.button(key=history_key("delete-bulk")).click().run()
    assert GONE in page_text(app)
    assert app_context().runner.history.get([owner], run.id)


def test_a_preset_does_not_become_the_default(server, connection, owner):
    presets = app_context().runner.store.presets
    preset = presets.create(Preset("p", owner, ONE, "Fields", "Mine", {"T-a.p": "kept"}))
    app = press(
        open_page(opened=[f"preset-more-{owner[:12]}-{ONE}"], flow=ONE, preset=preset.id),
        "Fill the form",
    )
    remove_key(connection)
    next(each for each in app.toggle if each.label.startswith("Use as")).set_value(True).run()
    assert presets.default(owner, ONE) is None


def test_nothing_is_stored_for_a_flow(server, owner, monkeypatch):
    """In the test, a callback runs without the browser, as if its key had been removed."""
    stored = app_context().runner.store.flow_settings
    ignored._save(IgnoredNames(), (owner, ONE), 0)
    assert stored.get(owner, ONE, ignored.PURPOSE).version == 0
    monkeypatch.setattr(
        editing, "EDITED", SimpleNamespace(get=lambda: Edited(owner, ONE, 0, False))
    )
    monkeypatch.setattr(editing, "current", lambda *_: Presentation())
    editing.save(owner, ONE, dict)
    assert stored.get(owner, ONE, PURPOSE).version == 0


def test_a_status_is_not_requested(server, connection, owner, monkeypatch):
    monkeypatch.setattr(Runner, "check_now", lambda *_: pytest.fail("requested"))
    status._check_now(replace(servers.attach(connection), browser_id="c" * 43), "a" * 32)


def test_nothing_of_a_run_is_saved(server, connection, owner, downloads):
    parts = {
        "D": Output("D", OutputKind.DATA, {"a": 1}),
        "F": Output("F", OutputKind.FILE, FileRef("out.txt", path="f/out.txt")),
        "M": Output("M", OutputKind.MESSAGE, "words"),
        "T": Output("T", OutputKind.TABLE, [{"a": 1}]),
    }
    run = Run(ONE, "sync", RunStatus.COMPLETED, outputs=parts)
    open_page(run=add_ended_run(server.url, owner=owner, run=run).id)
    assert {name.rpartition(".")[2] for name in downloads} >= {"csv", "html", "json", "md", "zip"}
    remove_key(connection)
    server.requests.clear()
    for name, create in downloads.items():
        with pytest.raises(MissingKey, match=GONE):
            pytest.fail(f"{name} was saved: {create()[:20]}")
    assert server.lines == []


def test_runs_of_another_server_are_still_exported(server, connection, owner):
    """The page lists both servers' runs."""
    with StandIn() as other:
        kept = replace(servers.typed_connection(other.url, "sk-kept"), user_id="bob")
        app_context().vault.save(BROWSER, kept)
        both = [replace(servers.attach(each), browser_id=BROWSER) for each in (connection, kept)]
        run = add_ended_run(other.url, owner=both[1].owner)
        view = ListView(tuple(both), Filters(), RunFilter())
        remove_key(connection)
        runner = app_context().runner
        summary = runner.history.get([run.owner], run.id)
        assert b"Echo" in actions.export_csv(runner, view, selected=[summary])
        gone = add_ended_run(server.url, owner=owner, id="b" * 32, submit_token="d")
        summary = runner.history.get([gone.owner], gone.id)
        with pytest.raises(MissingKey, match=GONE):
            actions.export_csv(runner, view, selected=[summary])


def test_responses_to_a_replaced_key_are_not_shown_for_the_new_key(server, connection, monkeypatch):
    """The server may refuse one key."""
    here, there = (
        replace(servers.attach(connection), browser_id=each) for each in (BROWSER, "c" * 43)
    )
    app_context().vault.save(there.browser_id, connection)
    newer = replace(servers.typed_connection(server.url, "sk-newer"), user_id="ada")
    app_context().vault.save(BROWSER, newer)
    monkeypatch.setattr(server_session, "open_client", lambda used, _=None: nullcontext(used.key))
    keys = [each.fetch("key", 60, lambda key: key).value for each in (here, there)]
    assert keys == ["sk-newer", "sk-typed"]


def test_another_browser_with_the_same_key_does_not_see_the_error(server, connection):
    """Responses are cached by key."""
    other = "c" * 43
    app_context().vault.save(other, connection)
    here, there = (
        replace(servers.attach(connection), browser_id=each) for each in (BROWSER, other)
    )
    remove_key(connection)
    with suppress(LangflowError):
        here.flows()
    assert there.flows().error is None


def test_a_stopped_local_langflow_is_reported_as_stopped(monkeypatch):
    """A stopped local Langflow doesn't lack a key, and its runs can still be saved."""
    address = "http://127.0.0.1:9"
    local = SimpleNamespace(connection=lambda: (address, "sk-local"))
    monkeypatch.setattr(app_context(), "local", local)
    session = servers.attach(local_connection(address, "sk-local"))
    run = add_ended_run(address, owner=session.owner, run=Run(ONE, "sync", RunStatus.COMPLETED))
    assert session.live_connection().key == "sk-local"
    local.connection = lambda: None
    session.require_access()
    with pytest.raises(Unreachable, match="The local Langflow is stopped"):
        session.live_connection()
    assert b"Echo" in RunExporter(session, app_context().runner, run.id).report()

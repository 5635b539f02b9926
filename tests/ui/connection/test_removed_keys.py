"""Pages that are still open when another tab removes their key, or when it expires."""

from contextlib import suppress
from dataclasses import replace

import pytest

from lfclient.console.store.presets import Preset
from lfclient.errors import LangflowError, MissingKey
from lfclient.outputs.model import FileRef, Output, OutputKind
from lfclient.runs.model import Run, RunStatus
from pages._ui.connection import servers
from pages._ui.connection.app_context import app_context
from pages._ui.run.export import RunExporter
from pages._ui.state.drafts import drafts
from pages._ui.state.history import history_key
from tests.ui.support.chat_langflow import ChatLangflow
from tests.ui.support.http_stand_in import StandIn
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
    """Remove the key, press a button of the open page, and return what the page then says."""
    remove_key(connection)
    app = press(app, label)
    assert not app.exception
    return page_text(app)


def changes(server):
    """Return the requests that change something on the server."""
    return [line for line in server.requests if not line.startswith("GET ")]


def test_a_run_is_not_started(server, connection):
    assert GONE in press_without_key(open_page(), connection, "Run")
    assert changes(server) == []


def test_a_run_is_not_stopped(server, connection, owner):
    run = add_running_run(server.url, owner=owner)
    assert GONE in press_without_key(open_page(run=run.id), connection, "Stop")
    assert changes(server) == []
    assert app_context().runner.get(run.id, owner).stop_requested_at is None


def test_a_run_gets_no_decision(server, connection, owner):
    run = add_suspended_run(server.url, owner=owner)
    assert GONE in press_without_key(open_page(run=run.id), connection, "Approve")
    assert changes(server) == []


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
    app = open_page(opened=[f"preset-more-{name}"], flow=ONE, preset=preset.id)
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


def test_files_of_a_run_are_not_downloaded(server, connection, owner):
    outputs = {"F": Output("F", OutputKind.FILE, FileRef("out.txt", path="f/out.txt"))}
    run = add_ended_run(
        server.url, owner=owner, run=Run(ONE, "sync", RunStatus.COMPLETED, outputs=outputs)
    )
    session = replace(servers.attach(connection), browser_id=BROWSER)
    files = RunExporter(session, app_context().runner, run.id)
    assert files.report()
    remove_key(connection)
    del server.requests[:]
    for create in (files.report, files.archive, lambda: session.download(FileRef("out.txt"))):
        with pytest.raises(MissingKey, match=GONE):
            create()
    assert server.requests == []


def test_a_key_that_was_replaced_is_used_by_the_open_page(server, connection):
    """Both are of one user."""
    session = replace(servers.attach(connection), browser_id=BROWSER)
    newer = replace(servers.typed_connection(server.url, "sk-newer"), user_id="ada")
    app_context().vault.save(BROWSER, newer)
    assert session.live_connection().key == "sk-newer"


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

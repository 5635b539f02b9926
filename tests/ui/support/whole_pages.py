"""The whole console under AppTest: opens pages, reads them and adds runs."""

import threading
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.store.run_record import RunRecord
from lfclient.runs.components import Decision, HumanInput
from lfclient.runs.model import Run, RunStatus
from pages._ui.connection import servers
from pages._ui.connection.app_context import app_context
from pages._ui.run import status_panel
from pages._ui.state import run_page

APP = str(Path(__file__).parents[3] / "app.py")
ONE, TWO = (str(uuid.UUID(int=number)) for number in (1, 2))


def open_app(page=None, *, session_state=None, **query_params):
    """Open a page of the console, by default Run, with these query parameters.

    `session_state` has what a person chose before: menus and tabs that are open, for example.
    """
    app = AppTest.from_file(APP)
    if page:
        app.switch_page(page)
    for key, value in (session_state or {}).items():
        app.session_state[key] = value
    for name, value in query_params.items():
        app.query_params[name] = value
    return app.run()


def page_text(app):
    """Return the alerts, Markdown and captions of the page."""
    parts = [*app.error, *app.warning, *app.success, *app.info, *app.markdown, *app.caption]
    return " ".join(part.value for part in parts).replace("\\", "")


# what elements hold besides their texts: IDs, and the code of components
_UNSEEN = ("id", "element_id", "form_id", "user_key", "js_content", "css_content", "html_content")


def shown_texts(app):
    """Return all texts of the page, by lines: Markdown, labels, values, options, links, tables."""
    nodes = [node for node in app._tree if getattr(node, "proto", None)]
    typed = [node.value for node in nodes if isinstance(getattr(node, "value", None), str)]
    protos = [text for node in nodes for text in _texts(node.proto)]
    tables = [each.value.to_string() for each in (*app.dataframe, *app.table)]
    return "\n".join([*protos, *typed, *tables]).replace("\\", "")


def _texts(proto):
    """Yield the strings of a Protobuf message that a person may see."""
    for field, value in proto.ListFields():
        values = [value] if isinstance(value, str) or not field.is_repeated else value
        for each in values:
            if isinstance(each, Message):
                yield from _texts(each)
            elif isinstance(each, str) and field.name not in _UNSEEN:
                yield each


def lacks(app, *texts, shows):
    """Return whether the page has none of these texts.

    Raise `AssertionError` unless it has the text `shows`, as an empty page has none either.
    """
    found = shown_texts(app)
    assert shows in found, f"{shows!r} is not in {found}"
    return not any(text in found for text in texts)


def button_labels(app):
    return [button.label for button in app.button]


def press(app, label):
    """Press a button and return the page."""
    next(button for button in app.button if button.label == label).click()
    return app.run()


def place_of(block, key: str) -> tuple[int, ...]:
    """Return the positions of the containers around a text box, and its own."""
    for position, child in block.children.items():
        if getattr(child, "key", None) and child.key.endswith(key):
            return (position,)
        if inner := place_of(child, key) if hasattr(child, "children") else ():
            return (position, *inner)
    return ()


def refuse_drawn_run(server, monkeypatch):
    """Let a run fail once its page shows that it has begun, and the page wait for that."""
    begun, show = threading.Event(), status_panel.show_first_update

    def show_first_update(*arguments):
        begun.set()
        show(*arguments)

    def refuse(*_):
        begun.wait(30)
        return 422, {"detail": "enough"}

    monkeypatch.setattr(status_panel, "FIRST_UPDATE_SECONDS", 30)
    monkeypatch.setattr(status_panel, "show_first_update", show_first_update)
    server.answers["POST /api/v2/workflows"] = refuse


def add_ended_run(url, **more):
    """Store an ended run."""
    record = make_record(url, **{"ended_at": datetime.now(UTC), **more})
    store = app_context().runner.store
    store.create(record)
    store.update(replace(record, version=record.version + 1), with_response=True)
    return record


def add_running_run(url, **more):
    """Add a run in progress to the runner's cache, without storing it."""
    more = {"status": RunStatus.IN_PROGRESS, "mode": "background", "job_id": "j", **more}
    record = make_record(url, **more)
    app_context().runner._sync_thread.close()  # it would evict a run that is not stored
    app_context().runner._cache.put(record)
    return record


def add_suspended_run(url, **more):
    """Add a run that waits for a decision."""
    question = HumanInput("H:j", "Pay it?", (Decision("approve", "Approve"),), component_id="H")
    run = Run(ONE, "background", RunStatus.SUSPENDED, job_id="j", waiting_for=question)
    return add_running_run(url, **{"status": RunStatus.SUSPENDED, "run": run, **more})


def make_record(url, **more):
    """Return a run of the configured server, or of `owner`."""
    if "owner" not in more:
        configured = servers.available_connections()[0]
        more["owner"] = owner_fingerprint(configured, app_context().settings.data_dir)
    return RunRecord(
        **{
            "id": "a" * 32,
            "submit_token": "c",
            "server_name": "s",
            "server_url": url,
            "flow_id": ONE,
            "flow_name": "Echo",
            "mode": "sync",
            "created_at": datetime.now(UTC),
            "status": RunStatus.COMPLETED,
            "attempts": 1,
            **more,
        }
    )


def open_run_tab(tab, record, view=""):
    """Open the Run page with this tab of the run, and this view of its trace."""
    chosen = {f"result-{record.id}": tab, **({run_page.TRACE_VIEW: view} if view else {})}
    return open_app(run=record.id, session_state=chosen)

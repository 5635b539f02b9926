"""What the tests of whole pages share: a process of their own, a server, and how to look."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from streamlit.testing.v1 import AppTest

from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.store.run_record import RunRecord
from lfclient.runs.model import RunStatus
from pages._ui.connection import server_session
from pages._ui.connection.app_context import app_context

APP = str(Path(__file__).parents[3] / "app.py")
ONE, TWO = (str(uuid.UUID(int=number)) for number in (1, 2))


def opened(page=None, **address):
    app = AppTest.from_file(APP, default_timeout=30)
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    if page:
        app.switch_page(page).run()
    return app


def said(app):
    parts = [*app.error, *app.warning, *app.success, *app.markdown, *app.caption]
    return " ".join(part.value for part in parts).replace("\\", "")


def labels(app):
    return [button.label for button in app.button]


def press(app, label):
    """Press a button; the page as it is then."""
    next(button for button in app.button if button.label == label).click()
    return app.run()


def kept_run(url, **more):
    """A run that has ended, on disk."""
    record = a_record(url, **{"ended_at": datetime.now(UTC), **more})
    store = app_context().runner._store
    store.create(record)
    store.update(replace(record, version=record.version + 1), with_response=True)
    return record


def going_run(url, **more):
    """A run that goes on, as the runner has it in memory."""
    more = {"status": RunStatus.IN_PROGRESS, "mode": "background", "job_id": "j", **more}
    record = a_record(url, **more)
    app_context().runner._replica_sync.close()  # which would let go of what the store does not have
    app_context().runner._cache.put(record)
    return record


def a_record(url, **more):
    """A run of the configured server."""
    return RunRecord(
        **{
            "id": "a" * 32,
            "owner": owner_fingerprint(
                server_session.available_connections()[0], app_context().settings.data_dir
            ),
            "submit_token": "c",
            "server_name": "s",
            "server_url": url,
            "flow_id": ONE,
            "flow_name": "Echo",
            "mode": "sync",
            "created_at": datetime.now(UTC),
            "status": RunStatus.COMPLETED,
            **more,
        }
    )


def opened_at(tab, record):
    """The run page with a tab of how the run went open."""
    app = AppTest.from_file(APP, default_timeout=30)
    app.query_params["run"] = record.id
    app.session_state[f"how-{record.id}"] = tab
    app.run()
    return app

"""The History page under AppTest: adds runs, opens the page and uses its controls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lfclient.console.config.ownership import owner_fingerprint
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.model import Run, RunStatus
from pages._ui.connection.app_context import app_context
from pages._ui.state import history as history_state
from tests.ui.support.whole_pages import ONE, add_ended_run, open_app

NOW = datetime.now(UTC)


def add(url, name, seconds_ago=0, **more):
    """Store an ended run that was started `seconds_ago`."""
    # a run from just now must be from today, even if the tests pass midnight
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    started = max(NOW, midnight + timedelta(seconds=1)) - timedelta(seconds=seconds_ago)
    more = {"created_at": started, "ended_at": started + timedelta(seconds=1), **more}
    return add_ended_run(url, id=name, submit_token=name, **more)


def add_result(url, name, seconds_ago, value, kind=OutputKind.MESSAGE, **more):
    """Store a run with one output."""
    outputs = {"C": Output("C", kind, value)}
    run = Run(more.get("flow_id", ONE), "sync", RunStatus.COMPLETED, outputs=outputs)
    return add(url, name, seconds_ago, run=run, **more)


def history(**address):
    """Open the page with these query parameters."""
    return open_app("pages/history.py", **address)


def history_with(part, **address):
    """Open the page with an open panel or menu."""
    opened = {history_state.history_key(part): True}
    return open_app("pages/history.py", session_state=opened, **address)


def select_runs(app, *runs):
    """Select runs as a person does in the table."""
    app.session_state[history_state.history_key("selected")] = list(runs)
    return app.run()


def column(app, name):
    return list(app.dataframe[0].value[name]) if app.dataframe else []


def stored_run_ids():
    """Return the ids of the runs in the store."""
    live_history = app_context().runner.history
    owner = owner_fingerprint(app_context().settings.servers[0], app_context().settings.data_dir)
    return {run.id for run in live_history.page([owner]).runs}

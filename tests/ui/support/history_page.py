"""The list of all runs under AppTest: runs to be listed, and how it is ticked and pressed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from streamlit.testing.v1 import AppTest

from lfclient.console.config.ownership import owner_fingerprint
from pages._ui.connection.app_context import app_context
from pages._ui.state import history as history_state
from tests.ui.support.whole_pages import APP, kept_run

NOW = datetime.now(UTC)


def add(url, name, seconds_ago=0, **more):
    """An ended run, of that click."""
    # a test run may go over midnight, and what is of now has to be of today
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    at = max(NOW, midnight + timedelta(seconds=1)) - timedelta(seconds=seconds_ago)
    more = {"created_at": at, "ended_at": at + timedelta(seconds=1), **more}
    return kept_run(url, id=name, submit_token=name, **more)


def history(**address):
    """The page, with this in its address."""
    app = AppTest.from_file(APP, default_timeout=30)
    app.switch_page("pages/history.py")
    for name, value in address.items():
        app.query_params[name] = value
    return app.run()


def ticked(app, *runs):
    """These runs ticked, as the table does when a person ticks them."""
    app.session_state[history_state.history_key("selected")] = list(runs)
    return app.run()


def label_panel(app):
    """The panel of labels, open."""
    app.session_state[history_state.history_key("label-panel")] = True
    return app.run()


def new_label(app, label):
    """Typed, and the box left."""
    next(each for each in app.text_input if each.label == "New label").set_value(label)
    return app.run()


def column(app, name):
    return list(app.dataframe[0].value[name]) if app.dataframe else []


def left(app):
    """The ids that the store still has."""
    lists = app_context().runner.history
    owner = owner_fingerprint(
        app_context().settings.connections()[0], app_context().settings.data_dir
    )
    return {entry.id for entry in lists.page([owner]).runs}

"""Bulk actions on selected or matching runs, including clicks on an outdated page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lfclient.console.store.run_queries import RunFilter
from lfclient.runs.model import RunStatus
from pages._ui.connection.app_context import app_context
from pages._ui.state import history as history_state
from tests.ui.support.history_page import (
    NOW,
    add,
    column,
    history,
    history_with,
    select_runs,
    stored_run_ids,
)
from tests.ui.support.whole_pages import add_running_run, open_app, page_text, press


def test_selected_runs_are_starred(url):
    add(url, "a")
    add(url, "b", 1)
    app = press(select_runs(history(), "a", "b"), "Star")
    assert column(app, "Flow") == ["★ Echo", "★ Echo"]
    press(app, "Unstar")
    assert column(app, "Flow") == ["Echo", "Echo"]


def test_two_to_twelve_selected_runs_have_a_compare_link(url):
    """With more runs, a note next to the button shows how many can be compared."""
    many = "abcdefghijklm"
    for number, name in enumerate(many):
        add(url, name, number)
    app = history()
    for names, count in (("a", 0), ("ab", 1), (many[:12], 1), (many, 0)):
        app = select_runs(app, *names)
        links = [one.proto.query_string for one in app.get("page_link")]
        assert len([link for link in links if link.startswith("runs=")]) == count
        is_refused = "Compare takes 2 to 12 runs." in page_text(app)
        assert is_refused == (len(names) > 12)
    assert next(each for each in app.button if each.label == "Compare").disabled


def test_a_click_clears_the_selection(url):
    add(url, "a")
    app = press(select_runs(history(), "a"), "Clear selection")
    assert "1 selected" not in page_text(app)
    assert "1 run" in page_text(app)


def test_deleting_selected_runs_keeps_those_in_progress(url):
    """The panel shows this. A run that ended after the page was drawn is kept as well."""
    add(url, "a")
    add(url, "b", 1)
    running = add_running_run(url, id="c", submit_token="c", created_at=NOW - timedelta(seconds=2))
    app_context().runner.store.create(running)
    app = select_runs(history(), "a", "c")
    assert "Delete 1 run, with inputs" in page_text(app)
    assert "Keeps 1 run in progress" in page_text(app)
    ended = replace(running, status=RunStatus.COMPLETED, ended_at=NOW, version=2)
    app_context().runner.store.update(ended)  # the page has not been redrawn yet
    press(app, "Delete 1 run")
    assert [each.value for each in app.toast] == ["Deleted 1 run."]
    assert stored_run_ids() == {"b", "c"}


def test_runs_in_progress_are_stopped_with_their_own_connection(url, monkeypatch):
    running = add_running_run(url, id="c", submit_token="c")
    app_context().runner.store.create(running)
    stopped = []
    runner = app_context().runner
    monkeypatch.setattr(runner, "stop", lambda run, connection: stopped.append((run, connection)))
    press(select_runs(history(), "c"), "Stop")
    assert [(run, connection.url) for run, connection in stopped] == [("c", url)]


@pytest.mark.parametrize("button", ["Delete 1 run", "Star"])
def test_a_click_on_a_page_from_before_a_new_selection_does_nothing(url, button):
    run = add(url, "a")
    add(url, "b", 1)
    app = select_runs(history(), "a")
    app.session_state[history_state.history_key("selected")] = ["b"]
    press(app, button)
    assert "nothing was done" in page_text(app)
    assert stored_run_ids() == {"a", "b"}
    assert not app_context().runner.history.page([run.owner], RunFilter(starred=True)).runs


def test_bulk_delete_keeps_a_run_that_ends_after_the_confirmation_is_drawn(url):
    """The confirmation counted the run as kept, and its result has not been seen."""
    add(url, "a", 60)
    running = add_running_run(url, id="c", submit_token="c", created_at=NOW - timedelta(seconds=2))
    store = app_context().runner.store
    store.create(running)
    app = history_with("bulk")
    next(each for each in app.toggle if each.label == "Any age").set_value(True).run()
    ended = datetime.now(UTC)
    stored = store.get("c")
    done = replace(stored, status=RunStatus.COMPLETED, ended_at=ended, version=stored.version + 1)
    assert store.update(done, with_response=True)
    press(app, "Delete 1 run")
    assert stored_run_ids() == {"c"}


def test_an_open_run_is_starred(url):
    run = add(url, "a" * 32)
    app = press(open_app(run=run.id), "Star")
    assert app_context().runner.history.get([run.owner], run.id).starred
    press(app, "Unstar")
    assert not app_context().runner.history.get([run.owner], run.id).starred

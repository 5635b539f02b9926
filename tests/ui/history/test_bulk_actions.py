"""What is done to ticked runs, also by a press on a page that is not the newest any more."""

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
    label_panel,
    left,
    new_label,
    ticked,
)
from tests.ui.support.whole_pages import going_run, opened, press, said


def test_ticked_runs_are_starred_and_labelled(url):
    """Labels of some only stay with them."""
    run = add(url, "a")
    add(url, "b", 1)
    app_context().runner.history.change_labels([run.owner], ["a"], ["mine"])
    app = press(ticked(history(), "a", "b"), "Star")
    assert column(app, "Flow") == ["★ Echo", "★ Echo"]
    app = label_panel(app)
    field = next(each for each in app.multiselect if each.label.startswith("Labels"))
    assert field.value == []
    assert field.options == ["mine"]
    new_label(app, "good")
    assert [each.tolist() for each in column(app, "Labels")] == [["good", "mine"], ["good"]]
    press(app, "Unstar")
    assert column(app, "Flow") == ["Echo", "Echo"]


def test_two_to_four_ticked_runs_lead_to_their_comparison(url):
    """By a link; neither one nor five can be compared."""
    for number, name in enumerate("abcde"):
        add(url, name, number)
    for names, there in (("a", 0), ("ab", 1), ("abcd", 1), ("abcde", 0)):
        app = ticked(history(), *names)
        links = [one.proto.query_string for one in app.get("page_link")]
        assert len([link for link in links if link.startswith("runs=")]) == there


def test_a_label_too_many_is_refused_with_the_reason(url):
    """No label is changed, and what was typed stays."""
    run = add(url, "a")
    add(url, "b", 1)
    many = [f"label {number:02}" for number in range(20)]
    app_context().runner.history.change_labels([run.owner], ["b"], many)
    app = label_panel(ticked(history(), "a", "b"))
    new_label(app, "another")
    assert "20 labels" in said(app)
    assert [each.tolist() for each in column(app, "Labels")] == [[], many]
    assert next(each for each in app.text_input if each.label == "New label").value == "another"


def test_ticked_runs_are_deleted_and_those_that_go_on_are_left(url):
    """The panel says both before."""
    add(url, "a")
    add(url, "b", 1)
    going = going_run(url, id="c", submit_token="c", created_at=NOW - timedelta(seconds=2))
    app_context().runner.store.create(going)
    app = ticked(history(), "a", "c")
    assert "Delete 1 run, with inputs" in said(app)
    assert "1 of those ticked has not ended" in said(app)
    ended = replace(going, status=RunStatus.COMPLETED, ended_at=NOW, version=2)
    app_context().runner.store.update(ended)  # before the press, and not seen yet
    press(app, "Delete 1 run")
    assert [each.value for each in app.toast] == ["1 run deleted."]
    assert left(app) == {"b", "c"}


def test_runs_that_go_on_are_stopped(url, monkeypatch):
    """With the connection of the one whose they are."""
    going = going_run(url, id="c", submit_token="c")
    app_context().runner.store.create(going)
    asked = []
    runner = app_context().runner
    monkeypatch.setattr(runner, "stop", lambda run, connection: asked.append((run, connection)))
    press(ticked(history(), "c"), "Stop")
    assert [(run, connection.url) for run, connection in asked] == [("c", url)]


@pytest.mark.parametrize("button", ["Delete 1 run", "Star"])
def test_a_press_before_the_page_shows_what_is_ticked_now_does_nothing(url, button):
    """It is on a button of the runs that were ticked before."""
    run = add(url, "a")
    add(url, "b", 1)
    app = ticked(history(), "a")
    app.session_state[history_state.history_key("selected")] = ["b"]
    press(app, button)
    assert "Nothing was done" in said(app)
    assert left(app) == {"a", "b"}
    assert not app_context().runner.history.page([run.owner], RunFilter(starred=True)).runs


def test_of_all_that_are_found_a_run_that_ends_after_the_question_is_not_deleted(url):
    """It was said to be left, and nobody has seen what came of it."""
    add(url, "a", 60)
    going = going_run(url, id="c", submit_token="c", created_at=NOW - timedelta(seconds=2))
    store = app_context().runner.store
    store.create(going)
    app = history()
    app.session_state[history_state.history_key("many")] = True
    app.run()
    ended = datetime.now(UTC)
    kept = store.get("c")
    done = replace(kept, status=RunStatus.COMPLETED, ended_at=ended, version=kept.version + 1)
    assert store.update(done, answer=True)
    press(app, "Delete 1 run")
    assert left(app) == {"c"}


def test_a_label_that_was_given_elsewhere_meanwhile_stays(url):
    """What is changed here is what was changed here."""
    run = add(url, "a")
    lists = app_context().runner.history
    lists.change_labels([run.owner], ["a"], ["old", "kept"])
    app = label_panel(ticked(history(), "a"))
    lists.change_labels([run.owner], ["a"], ["old", "kept", "theirs"])
    field = next(each for each in app.multiselect if each.label == "Labels")
    field.set_value(["kept"])
    new_label(app, "mine")
    assert lists.get([run.owner], "a").labels == ("kept", "mine", "theirs")


def test_a_run_that_is_opened_is_starred_and_labelled(url):
    """As those that are ticked in the list."""
    run = add(url, "a" * 32)
    app = opened(run=run.id)
    press(app, "Star")
    app = new_label(label_panel(app), "  to  show ")
    entry = app_context().runner.history.get([run.owner], run.id)
    assert (entry.starred, entry.labels) == (True, ("to show",))
    assert next(each for each in app.text_input if each.label == "New label").value == ""
    next(each for each in app.multiselect if each.label == "Labels").set_value([])
    press(app, "Unstar")
    entry = app_context().runner.history.get([run.owner], run.id)
    assert (entry.starred, entry.labels) == (False, ())

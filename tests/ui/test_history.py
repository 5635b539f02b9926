"""The list of all runs: what it shows of them, how it is narrowed, what can be done to them."""

from __future__ import annotations

import csv
import io
import itertools
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from streamlit.testing.v1 import AppTest

from lfclient.ownership import fingerprint
from lfclient.run import RunStatus
from lfclient.settings import Connection
from lfclient.store import Entry, Page, RunFilter, StoreError
from pages._ui import history as history_page
from pages._ui import history_all, servers, state_history
from pages._ui.backend import backend
from pages._ui.history_filters import Filters
from pages._ui.history_view import View
from tests.ui.stand_in import StandIn, flow
from tests.ui.whole_pages import (
    APP,
    ONE,
    TWO,
    fresh_process,
    going_run,
    kept_run,
    labels,
    langflow_stand_in,
    said,
)

__all__ = ["fresh_process", "langflow_stand_in"]

NOW = datetime.now(timezone.utc)


@pytest.fixture
def url(langflow_stand_in):
    """The address of the server whose runs are listed."""
    return langflow_stand_in.url


def add(url, name, seconds_ago=0, **more):
    """An ended run, of that click."""
    at = NOW - timedelta(seconds=seconds_ago)
    more = {"created_at": at, "ended_at": at + timedelta(seconds=1), **more}
    return kept_run(url, id=name, click=name, **more)


def history(**address):
    """The page, with this in its address."""
    app = AppTest.from_file(APP, default_timeout=30)
    app.switch_page("pages/history.py")
    for name, value in address.items():
        app.query_params[name] = value
    return again(app)


def again(app):
    app.run()
    return app


def ticked(app, *runs):
    """These runs ticked, as the table does when a person ticks them."""
    app.session_state[state_history.part("selected")] = list(runs)
    return again(app)


def press(app, label):
    next(each for each in app.button if each.label == label).click()
    return again(app)


def label_panel(app):
    """The panel of labels, open."""
    app.session_state[state_history.part("label-panel")] = True
    return again(app)


def new_label(app, label):
    """Typed, and the box left."""
    next(each for each in app.text_input if each.label == "New label").set_value(label)
    return again(app)


def column(app, name):
    return list(app.dataframe[0].value[name]) if app.dataframe else []


def left(app):
    """The ids that the store still has."""
    lists = backend().runner.past
    owner = fingerprint(backend().settings.connections()[0], backend().settings.data_dir)
    return {entry.id for entry in lists.page([owner]).entries}


def test_without_runs_the_page_says_how_to_get_some(url):
    """An empty list is an invitation."""
    app = history()
    assert "No runs yet" in said(app)
    assert not app.dataframe


def test_each_run_is_told_by_flow_status_values_and_time(url):
    """The newest first; a run that was sent twice says so."""
    add(url, "old", 90, gist="Message: Hello", attempts=2)
    add(url, "new", 0, status=RunStatus.FAILED, session_id="s-1", mode="background")
    app = history()
    assert column(app, "Status")[0].tolist() == ["✕ failed"]
    assert column(app, "Status")[1].tolist() == ["✓ completed", "sent twice"]
    assert column(app, "Inputs") == ["", "Message: Hello"]
    assert column(app, "Session") == ["s-1", ""]
    assert column(app, "Took") == ["1.0 s", "1.0 s"]
    assert "2 runs" in said(app)


def test_runs_of_another_key_are_not_listed(url):
    """Neither by its own list nor by any filter."""
    other = Connection("other", url, None, "typed")
    add(url, "mine")
    add(url, "theirs", owner=fingerprint(other, backend().settings.data_dir), flow_name="Secret")
    assert "This browser has no server" in said(history(server="other"))
    assert column(history(), "Flow") == ["Echo"]
    assert column(history(server=backend().settings.connections()[0].name), "Flow") == ["Echo"]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ({"flow": TWO}, ["★ Second"]),
        ({"status": ["failed", "cancelled"]}, ["★ Second", "Third"]),
        ({"mode": "background"}, ["Third"]),
        ({"when": "today"}, ["Echo", "★ Second"]),
        ({"when": "7d"}, ["Echo", "★ Second"]),
        ({"to": f"{NOW - timedelta(days=20):%Y-%m-%d}"}, ["Third"]),
        ({"label": "good"}, ["Third"]),
        ({"starred": "yes"}, ["★ Second"]),
        ({"q": '"the annual report" 2026'}, ["Echo"]),
        ({"q": "the report", "status": "completed"}, ["Echo"]),
    ],
)
def test_the_address_narrows_the_list(url, address, expected):
    """So that a list can be reloaded, bookmarked and given to somebody."""
    add(url, "a", 0, overrides={"C.x": "The Annual Report of 2026"})
    add(url, "b", 1, flow_id=TWO, flow_name="Second", status=RunStatus.FAILED)
    third = {"flow_name": "Third", "mode": "background", "status": RunStatus.CANCELLED}
    run = add(url, "c", 86400 * 30, **third)
    backend().runner.past.change_labels([run.owner], ["c"], ["good"])
    backend().runner.past.star([run.owner], "b", True)
    assert column(history(**address), "Flow") == expected


def test_runs_of_all_servers_are_listed_and_narrowed_to_one(monkeypatch, tmp_path):
    """Each says where it ran."""
    with StandIn() as one, StandIn() as two:
        (tmp_path / ".streamlit").mkdir()
        (tmp_path / ".streamlit" / "secrets.toml").write_text(
            f'[servers.first]\nurl = "{one.url}"\n[servers.second]\nurl = "{two.url}"\n'
        )
        second = fingerprint(backend().settings.connections()[1], backend().settings.data_dir)
        add(one.url, "a", server_name="first")
        add(two.url, "b", 1, server_name="second", owner=second)
        assert column(history(), "Server") == ["first", "second"]
        assert column(history(server="second"), "Server") == ["second"]


def test_a_run_that_has_just_ended_is_looked_at_again():
    """Its answer is written a moment after its status."""
    entry = Entry("a", "o", "s", ONE, "Echo", "sync", RunStatus.IN_PROGRESS, NOW)
    assert history_page.is_lively(Page([entry]))
    ended = replace(entry, status=RunStatus.COMPLETED, ended_at=datetime.now(timezone.utc))
    assert history_page.is_lively(Page([ended]))
    long_ago = replace(ended, ended_at=NOW - timedelta(minutes=1))
    assert not history_page.is_lively(Page([long_ago]))


def test_what_makes_no_sense_in_the_address_is_said_and_left_aside(url):
    """The rest of it still counts; the page stands."""
    add(url, "a")
    add(url, "b", 1, status=RunStatus.FAILED)
    nonsense = {"mode": "x", "when": "soon", "from": "2026-31-01", "older": "…", "starred": "?"}
    app = history(status=["failed", "odd"], **nonsense)
    for word in ("odd", "x", "soon", "2026-31-01", "?"):
        assert f"“{word}”" in said(app)
    assert column(app, "Status")[0].tolist() == ["✕ failed"]
    assert len(column(app, "Status")) == 1


def test_a_control_changes_the_address_and_begins_with_the_newest(url):
    """And clearing brings all of them back."""
    for number in range(3):
        add(url, f"r{number}", number, flow_id=TWO if number else ONE)
    app = history(older="1-a", q="echo")
    next(each for each in app.selectbox if each.label == "Flow").set_value(TWO)
    again(app)
    assert dict(app.query_params) == {"flow": TWO, "q": "echo"}
    assert len(column(app, "Flow")) == 2
    press(app, "Clear filters")
    assert dict(app.query_params) == {}
    assert len(column(app, "Flow")) == 3


def test_new_runs_are_told_of_and_move_no_row_until_somebody_wants_them(url):
    """Also where a press has the page drawn anew; where the page is left, they are there."""
    add(url, "a", 60)
    add(url, "old", 90, flow_id=TWO)
    app = history(flow=ONE)
    add(url, "b", 2, flow_name="Later")
    add(url, "c", 1, flow_name="Later still")
    add(url, "other", 0, flow_id=TWO)
    app = press(ticked(app, "a"), "Star")
    assert column(app, "Flow") == ["★ Echo"]
    assert "1 of 1 run ticked" in said(app)
    press(app, "2 new runs – show")
    assert column(app, "Flow") == ["Later still", "Later", "★ Echo"]
    assert not any("new run" in label for label in labels(app))
    add(url, "d", -1)
    assert "1 new run – show" in labels(again(app))
    again(app.switch_page("pages/run.py"))
    app = again(app.switch_page("pages/history.py"))
    assert column(app, "Flow") == ["Echo", "Later still", "Later", "★ Echo"]


def test_a_list_without_runs_fills_by_itself(url):
    """There is no row that would move."""
    app = history()
    assert not app.dataframe
    add(url, "a")
    assert column(again(app), "Flow") == ["Echo"]


def test_a_filter_that_finds_nothing_leads_back(url):
    """It is told apart from a console without runs."""
    add(url, "a")
    app = history(flow="gone", label="none")
    assert "No run matches" in said(app)
    assert "No run of the flow gone" in said(app)
    assert "no runs yet" not in said(app).lower()
    assert labels(app).count("Clear filters") == 2


def test_older_and_newer_lead_through_all_runs(url):
    """The place is in the address."""
    for number in range(60):
        add(url, f"r{number:02}", number)
    app = press(history(), "Older")
    assert len(column(app, "Flow")) == 10
    assert "older" in app.query_params
    assert "60 runs" in said(app)
    app = press(app, "Newer")
    assert len(column(app, "Flow")) == 50


def test_a_place_behind_the_last_run_leads_back_to_the_newest(url):
    """As after the runs there were deleted."""
    add(url, "a")
    app = press(history(older="1-a"), "Back to the newest")
    assert len(column(app, "Flow")) == 1


def test_a_run_is_opened_on_the_run_page_with_its_flow(url, langflow_stand_in):
    """The filters stay in the address, so that the browser's Back leads to the list as it was; and
    that page adds none of its own, which Back would never get past.
    """
    langflow_stand_in.add(flow(ONE, "Echo"), flow(TWO, "Second"))
    run = add(url, "a" * 32, flow_id=TWO, flow_name="Second")
    app = history(q="second")
    app.session_state[state_history.part("wanted")] = (run.id, TWO)
    again(app)
    assert "It ran to its end" in said(app)
    assert next(each for each in app.selectbox if each.label == "Flow").value == TWO
    assert dict(app.query_params) == {"q": "second", "run": run.id}


def test_ticked_runs_are_starred_and_labelled(url):
    """Labels of some only stay with them."""
    run = add(url, "a")
    add(url, "b", 1)
    backend().runner.past.change_labels([run.owner], ["a"], ["mine"])
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
    backend().runner.past.change_labels([run.owner], ["b"], many)
    app = label_panel(ticked(history(), "a", "b"))
    new_label(app, "another")
    assert "20 labels" in said(app)
    assert [each.tolist() for each in column(app, "Labels")] == [[], many]
    assert next(each for each in app.text_input if each.label == "New label").value == "another"


def test_ticked_runs_are_deleted_and_those_that_go_on_are_left(url):
    """The panel says both before."""
    add(url, "a")
    add(url, "b", 1)
    going = going_run(url, id="c", click="c", created_at=NOW - timedelta(seconds=2))
    backend().runner.store.create(going)
    app = ticked(history(), "a", "c")
    assert "Delete 1 run, with inputs" in said(app)
    assert "1 of those ticked has not ended" in said(app)
    ended = replace(going, status=RunStatus.COMPLETED, ended_at=NOW, version=2)
    backend().runner.store.update(ended)  # before the press, and not seen yet
    press(app, "Delete 1 run")
    assert [each.value for each in app.toast] == ["1 run deleted."]
    assert left(app) == {"b", "c"}


def test_a_list_that_changes_all_the_time_is_not_drawn_without_a_pause(url, monkeypatch):
    """Though it is another one whenever it is looked at."""
    backend().runner.store.create(going_run(url, id="c", click="c"))
    page, times = backend().runner.past.page, itertools.count(1)

    def changing(*args, **more):
        found = page(*args, **more)
        entries = [replace(entry, attempts=next(times)) for entry in found.entries]
        return replace(found, entries=entries)

    monkeypatch.setattr(backend().runner.past, "page", changing)
    history()
    assert next(times) < 5


def test_runs_that_go_on_are_stopped(url, monkeypatch):
    """With the connection of the one whose they are."""
    going = going_run(url, id="c", click="c")
    backend().runner.store.create(going)
    asked = []
    runner = backend().runner
    monkeypatch.setattr(runner, "stop", lambda run, connection: asked.append((run, connection)))
    press(ticked(history(), "c"), "Stop")
    assert [(run, connection.url) for run, connection in asked] == [("c", url)]


def test_old_runs_are_deleted_but_for_those_with_a_star(url):
    """Of those that the filters find, before a day; the number is said first."""
    for name, days in (("new", 0), ("old", 40), ("starred", 40)):
        run = add(url, name, days * 86400)
    add(url, "other", 40 * 86400, flow_id=TWO)
    backend().runner.past.star([run.owner], "starred", True)
    app = history(flow=ONE)
    app.session_state[state_history.part("many")] = True
    again(app)
    assert "Delete 2 runs that the filters find" in said(app)
    assert "1 run with a star is kept" in said(app)
    before = next(each for each in app.date_input if each.label == "Started before")
    before.set_value((NOW - timedelta(days=20)).date())
    again(app)
    press(app, "Delete 1 run")
    assert left(app) == {"new", "starred", "other"}


def test_a_star_is_told_of_before_its_run_is_deleted(url):
    """Where it is ticked by hand, and where those with a star are not to be kept."""
    run = add(url, "a")
    add(url, "b", 1)
    backend().runner.past.star([run.owner], "a", True)
    assert "1 of them has a star" in said(ticked(history(), "a", "b"))
    app = history()
    app.session_state[state_history.part("many")] = True
    again(app)
    next(each for each in app.toggle if each.label.startswith("Keep those")).set_value(False)
    assert "1 of them has a star" in said(again(app))
    press(app, "Delete 2 runs")
    assert left(app) == set()


def test_a_filter_for_runs_that_go_on_has_nothing_to_delete(url):
    """An empty list of statuses would mean all of them."""
    add(url, "a")
    going = going_run(url, id="c", click="c")
    backend().runner.store.create(going)
    app = history(status="in_progress")
    app.session_state[state_history.part("many")] = True
    again(app)
    assert "There is no such run that has ended" in said(app)


def test_the_chart_follows_the_filters_and_is_told_in_words(url):
    """Closed until somebody wants it."""
    add(url, "a")
    add(url, "b", 1, status=RunStatus.FAILED)
    add(url, "c", 2, status=RunStatus.FAILED, flow_id=TWO)
    app = history(flow=ONE)
    assert "A bar is" not in said(app)
    app.session_state[state_history.part("chart")] = True
    again(app)
    assert "2 runs: 1 completed, 1 failed. A bar is one minute." in said(app)


def test_a_store_that_fails_is_said_and_the_filters_stay(url, monkeypatch):
    """They are in the address and in their controls."""
    add(url, "a")
    app = history(q="hello")

    def broken(*_, **__):
        raise StoreError("The file of runs is damaged.", hint="Move it away.")

    for name in ("page", "flows", "labels", "count", "span"):
        monkeypatch.setattr(backend().runner.past, name, broken)
    again(app)
    assert "is damaged" in said(app)
    assert "Move it away" in said(app)
    assert next(each for each in app.text_input if each.label == "Search").value == "hello"
    assert app.query_params["q"] == "hello"


def test_the_file_has_all_runs_that_are_found_and_no_formula(url, monkeypatch):
    """Also those of other pages."""
    monkeypatch.setattr(history_all, "_AT_ONCE", 2)
    for number in range(5):
        add(url, f"r{number}", number, gist="=1+1", flow_id=TWO if number == 4 else ONE)
    assert [each.label for each in history().get("download_button")] == ["CSV"]
    view = View(tuple(map(servers.session, servers.available())), Filters(flow=ONE), RunFilter(ONE))
    text = history_all.csv_file(backend().runner.past, view).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["run"] for row in rows] == ["r0", "r1", "r2", "r3"]
    assert {row["inputs"] for row in rows} == {"'=1+1"}


def test_a_run_of_a_flow_with_a_new_name_is_found_under_it(url, langflow_stand_in):
    """The choice has the latest name."""
    langflow_stand_in.add(flow(ONE, "Echo"))
    add(url, "a", 1)
    add(url, "b", 0, flow_name="Echo, renamed")
    choice = next(each for each in history().selectbox if each.label == "Flow")
    assert choice.options == ["Echo, renamed"]

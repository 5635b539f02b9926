"""Actions on all matching runs: bulk delete and CSV export."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest

from lfclient.console.config.prices import ModelPrice, PriceTable
from lfclient.console.store.run_queries import RunFilter
from lfclient.console.store.run_record import FLOW_MISSING
from lfclient.flows.field import Variable
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import ComponentRun, Usage
from lfclient.runs.model import Run, RunStatus
from pages._ui.connection import request_cache, servers
from pages._ui.connection.app_context import app_context
from pages._ui.history import actions, view
from pages._ui.history.filters import Filters
from pages._ui.history.view import ListView
from tests.support import flows
from tests.support.http_stand_in import flow
from tests.ui.support.history_page import (
    NOW,
    add,
    history,
    history_with,
    select_runs,
    stored_run_ids,
)
from tests.ui.support.whole_pages import ONE, TWO, add_running_run, button_labels, page_text, press


def exported(filters, prices=None):
    """Return the rows of the CSV export."""
    readable = tuple(map(servers.attach, servers.available_connections()))
    listed = ListView(readable, filters, RunFilter(filters.flow))
    text = actions.export_csv(app_context().runner, listed, prices).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def open_panel(**address):
    return history_with("bulk", **address)


def choose_any_age(app, is_any=True):
    return next(each for each in app.toggle if each.label == "Any age").set_value(is_any).run()


def test_bulk_delete_removes_matching_runs_before_a_date_and_keeps_starred_ones(url):
    """Without a date or any age, no run is deleted. The confirmation has the number of runs."""
    for name, days in (("new", 0), ("old", 40), ("starred", 40)):
        run = add(url, name, days * 86400 + 2)
    add(url, "other", 40 * 86400, flow_id=TWO)
    app_context().runner.history.set_starred([run.owner], "starred", True)
    app = open_panel(flow=ONE)
    assert "Delete" not in page_text(app)
    assert not any(label.startswith("Delete") for label in button_labels(app))
    choose_any_age(app)
    assert "Delete 2 runs that match the filters" in page_text(app)
    assert "Keeps 1 starred run" in page_text(app)
    choose_any_age(app, False)
    before = next(each for each in app.date_input if each.label == "Started before")
    before.set_value((NOW - timedelta(days=20)).date())
    app.run()
    press(app, "Delete 1 run")
    assert stored_run_ids() == {"new", "starred", "other"}


def test_the_confirmation_warns_about_starred_runs(url):
    """The warning is for selected runs, and for a bulk delete that does not keep starred runs."""
    run = add(url, "a")
    add(url, "b", 1)
    app_context().runner.history.set_starred([run.owner], "a", True)
    assert "This includes 1 starred run" in page_text(select_runs(history(), "a", "b"))
    app = choose_any_age(open_panel())
    next(each for each in app.toggle if each.label.startswith("Keep starred")).set_value(False)
    assert "This includes 1 starred run" in page_text(app.run())
    press(app, "Delete 2 runs")
    assert stored_run_ids() == set()


def test_a_filter_for_running_runs_has_nothing_to_delete(url):
    add(url, "a")
    running = add_running_run(url, id="c", submit_token="c")
    app_context().runner.store.create(running)
    app = choose_any_age(open_panel(status="in_progress"))
    assert "No finished runs to delete" in page_text(app)


def test_the_csv_export_has_all_matching_runs_and_no_formulas(url, monkeypatch):
    """The export includes other pages' runs."""
    monkeypatch.setattr(view, "PAGE_SIZE", 2)
    names = [f"r{number}" for number in range(4)]
    for number, name in enumerate(names):
        add(url, name, number, input_summary=(("", "=1+1"),), flow_id=ONE if number else TWO)
    app = history()
    assert len(app.dataframe[0].value) == 2
    assert [each.label for each in app.get("download_button")] == ["CSV"]
    rows = exported(Filters(flow=ONE))
    assert [row["run"] for row in rows] == names[1:]
    assert {row["output"] for row in rows} == {""}
    assert {row["inputs"] for row in rows} == {"'=1+1"}


def test_selected_runs_are_exported_as_they_are_at_the_click(url, downloads):
    """A run ended after the list was drawn, and another run was deleted."""
    runner, ends = app_context().runner, {"id": "ends", "submit_token": "ends"}
    run = add_running_run(url, **ends)
    runner.store.create(run)
    add(url, "goes", 1)
    select_runs(history(), "ends", "goes")
    add_running_run(url, **ends, status=RunStatus.COMPLETED, ended_at=NOW, version=2)
    runner.history.delete([run.owner], ["goes"])
    (row,) = csv.DictReader(io.StringIO(downloads["runs.csv"]().decode("utf-8-sig")))
    assert (row["run"], row["status"]) == ("ends", "Completed")


@pytest.fixture
def add_leaky_run(fields_server, monkeypatch):
    """Return a function that adds a run with its flow's secret. The flow loads in `seconds`."""
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.1)

    def add_run(seconds=0.0):
        key = flows.entry("SecretStrInput", "str", "sk-stored-123456", password=True)
        node = flows.node("M-1", key=key, words=flows.text(display_name="Best words"))
        fields_server.set_flows(flow(ONE, "Keys", [node]))
        fields_server.delays[f"GET /api/v1/flows/{ONE}"] = seconds
        outputs = {"O-1": Output("O-1", OutputKind.MESSAGE, "with sk-stored-123456")}
        run = Run(ONE, "sync", RunStatus.COMPLETED, outputs=outputs)
        add(fields_server.url, "r1", run=run, overrides={"M-1.words": Variable("WORDS")})

    return add_run


@pytest.mark.parametrize("seconds", [0, 0.3])
def test_the_csv_export_has_the_flows_field_names_and_no_secrets(add_leaky_run, seconds):
    """A stored run may contain a secret that was unknown to the console.

    The flow may take longer than a page waits, even when it is loaded again.
    """
    add_leaky_run(seconds)
    for _ in range(2):
        (row,) = exported(Filters())
        assert row["inputs"] == "Best words (M): server variable WORDS"
        assert row["output: O-1"] == "with ••••"
        app_context().request_cache.invalidate(
            servers.attach(servers.available_connections()[0]).id
        )


def test_the_csv_export_marks_runs_whose_flow_could_not_be_loaded(add_leaky_run, monkeypatch):
    monkeypatch.setattr(servers, "MAX_FLOWS_SECONDS", 0.2)
    add_leaky_run(0.5)
    (row,) = exported(Filters())
    assert row["output: O-1"] == "with sk-stored-123456"
    assert row["note"] == FLOW_MISSING


@pytest.mark.parametrize(("price", "cost"), [("0", "0"), ("1", "0.000003")])
def test_the_csv_export_has_costs_of_models_with_a_price(url, price, cost):
    """A cost of 0 is shown as a cost."""
    usage = Usage(2, 1, 3)
    for name in ("mini", "big"):
        component = ComponentRun("M-1", usage=usage, usage_by_model={name: usage})
        run = Run(ONE, "sync", RunStatus.COMPLETED, components={"M-1": component})
        add(url, name, run=run)
    model = ModelPrice(input=Decimal(price), output=Decimal(price))
    rows = exported(Filters(), PriceTable("EUR", {"mini": model}))
    assert {row["run"]: row["cost (EUR)"] for row in rows} == {"mini": cost, "big": ""}

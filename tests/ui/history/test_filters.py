"""How the list of runs is narrowed: by the address and by its controls."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lfclient.console.config.ownership import owner_fingerprint
from lfclient.runs.model import RunStatus
from pages._ui.connection.app_context import app_context
from tests.ui.support.history_page import NOW, add, column, history
from tests.ui.support.http_stand_in import StandIn, flow
from tests.ui.support.whole_pages import ONE, TWO, labels, press, said


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
    app_context().runner.history.change_labels([run.owner], ["c"], ["good"])
    app_context().runner.history.set_starred([run.owner], "b", True)
    assert column(history(**address), "Flow") == expected


def test_runs_of_all_servers_are_listed_and_narrowed_to_one(monkeypatch, tmp_path):
    """Each says where it ran."""
    with StandIn() as one, StandIn() as two:
        (tmp_path / ".streamlit").mkdir()
        (tmp_path / ".streamlit" / "secrets.toml").write_text(
            f'[servers.first]\nurl = "{one.url}"\n[servers.second]\nurl = "{two.url}"\n'
        )
        second = owner_fingerprint(
            app_context().settings.connections()[1], app_context().settings.data_dir
        )
        add(one.url, "a", server_name="first")
        add(two.url, "b", 1, server_name="second", owner=second)
        assert column(history(), "Server") == ["first", "second"]
        assert column(history(server="second"), "Server") == ["second"]


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
    app.run()
    assert dict(app.query_params) == {"flow": TWO, "q": "echo"}
    assert len(column(app, "Flow")) == 2
    press(app, "Clear filters")
    assert dict(app.query_params) == {}
    assert len(column(app, "Flow")) == 3


def test_a_filter_that_finds_nothing_leads_back(url):
    """It is told apart from a console without runs."""
    add(url, "a")
    app = history(flow="gone", label="none")
    assert "No run matches" in said(app)
    assert "No run of the flow gone" in said(app)
    assert "no runs yet" not in said(app).lower()
    assert labels(app).count("Clear filters") == 2


def test_a_run_of_a_flow_with_a_new_name_is_found_under_it(url, langflow_stand_in):
    """The choice has the latest name."""
    langflow_stand_in.add(flow(ONE, "Echo"))
    add(url, "a", 1)
    add(url, "b", 0, flow_name="Echo, renamed")
    choice = next(each for each in history().selectbox if each.label == "Flow")
    assert choice.options == ["Echo, renamed"]

"""Filtering the run history by the URL and by its controls."""

from __future__ import annotations

from datetime import timedelta

from streamlit.testing.v1 import AppTest

from lfclient.console.config.ownership import owner_fingerprint
from lfclient.runs.model import RunStatus
from pages._ui.connection.app_context import app_context
from tests.support.http_stand_in import StandIn, flow
from tests.ui.support.history_page import NOW, add, column, history
from tests.ui.support.whole_pages import ONE, TWO, button_labels, page_text, press


def read_filters():
    import streamlit as st

    from pages._ui.history import filters

    st.session_state["run_filter"] = filters.read()[0].to_run_filter()


def test_the_url_filters_the_list(url):
    """A filtered list can be reloaded, bookmarked and shared."""
    add(url, "a", 0, overrides={"C.x": "The Annual Report of 2026"})
    add(url, "b", 1, flow_id=TWO, flow_name="Second", status=RunStatus.FAILED)
    third = {"flow_name": "Third", "mode": "background", "status": RunStatus.CANCELLED}
    run = add(url, "c", 86400 * 30, **third)
    app_context().runner.history.set_starred([run.owner], "b", True)
    app_context().runner.store.shares.create(run.owner, "c", {})

    def filtered(**address):
        """Return the names of the flows whose runs match the filters of a URL."""
        app = AppTest.from_function(read_filters)
        for name, value in address.items():
            app.query_params[name] = value
        run_filter = app.run().session_state["run_filter"]
        runs = app_context().runner.history.page([run.owner], run_filter).runs
        return ["★ " * run.starred + run.flow_name for run in runs]

    for address, expected in (
        ({"flow": TWO}, ["★ Second"]),
        ({"status": ["failed", "cancelled"]}, ["★ Second", "Third"]),
        ({"mode": "background"}, ["Third"]),
        ({"when": "today"}, ["Echo", "★ Second"]),
        ({"when": "7d"}, ["Echo", "★ Second"]),
        ({"to": f"{NOW - timedelta(days=20):%Y-%m-%d}"}, ["Third"]),
        ({"starred": "yes"}, ["★ Second"]),
        ({"shared": "yes"}, ["Third"]),
        ({"q": '"the annual report" 2026'}, ["Echo"]),
        ({"q": "the report", "status": "completed"}, ["Echo"]),
    ):
        assert filtered(**address) == expected, address
    assert column(history(**address), "Flow") == expected


def test_runs_of_all_servers_are_listed_and_can_be_filtered_by_server(monkeypatch, tmp_path):
    with StandIn() as one, StandIn() as two:
        (tmp_path / ".streamlit").mkdir()
        (tmp_path / ".streamlit" / "secrets.toml").write_text(
            f'[servers.first]\nurl = "{one.url}"\n[servers.second]\nurl = "{two.url}"\n'
        )
        second = owner_fingerprint(
            app_context().settings.servers[1], app_context().settings.data_dir
        )
        add(one.url, "a", server_name="first")
        add(two.url, "b", 1, server_name="second", owner=second)
        assert column(history(), "Server") == ["first", "second"]
        assert column(history(server="second"), "Server") == ["second"]


def test_invalid_filters_in_the_url_are_ignored_with_a_warning(url):
    """Valid filters still apply."""
    add(url, "a")
    add(url, "b", 1, status=RunStatus.FAILED)
    nonsense = {"mode": "x", "when": "soon", "from": "2026-31-01", "older": "…", "starred": "?"}
    app = history(status=["failed", "odd"], **nonsense)
    for word in ("odd", "x", "soon", "2026-31-01", "?"):
        assert f"“{word}”" in page_text(app)
    assert column(app, "Status")[0].tolist() == ["✕ Failed"]
    assert len(column(app, "Status")) == 1


def test_changing_a_filter_updates_the_url_and_returns_to_the_newest_runs(url):
    """Cleared filters list all runs again."""
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


def test_filters_without_a_match_are_explained_and_can_be_cleared(url):
    """The page does not show that there are no runs yet."""
    add(url, "a")
    app = history(flow="gone")
    assert "No matching runs" in page_text(app)
    assert "No runs of the flow “gone”" in page_text(app)
    assert "no runs yet" not in page_text(app).lower()
    assert button_labels(app).count("Clear filters") == 2


def test_the_flow_filter_offers_a_renamed_flow_under_its_latest_name(url, langflow_stand_in):
    langflow_stand_in.set_flows(flow(ONE, "Echo"))
    add(url, "a", 1)
    add(url, "b", 0, flow_name="Echo, renamed")
    choice = next(each for each in history().selectbox if each.label == "Flow")
    assert choice.options == ["Echo, renamed"]

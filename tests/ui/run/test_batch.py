"""The runs that one press of Run started, beside the status of one of them."""

import pytest
from streamlit.testing.v1 import AppTest

from lfclient.console.runner.runner import Runner
from lfclient.console.store.errors import StoreError
from lfclient.console.store.run_history import History
from lfclient.console.store.run_record import ADOPTED_TOKEN_PREFIX
from lfclient.runs.model import RunStatus
from pages._ui.app import streamlit_patches
from pages._ui.connection import servers
from pages._ui.connection.app_context import app_context
from pages._ui.run import batch
from tests.ui.support.whole_pages import (
    add_ended_run,
    add_running_run,
    button_labels,
    lacks,
    open_app,
    page_text,
    press,
)


def cannot_use_database(*args):
    raise StoreError("The console's database can't be used.")


def add_batch(url, statuses, token="a1b2", batch_id="a1b2"):
    """Store runs with these statuses, as one press would, and return them."""
    open_app()
    records = []
    for number, status in enumerate(statuses, 1):
        more = {"id": f"{number}" * 32, "submit_token": f"{token}:{number}", "batch_id": batch_id}
        add = add_ended_run if status.ended else add_running_run
        records.append(add(url, status=status, job_id=f"j{number}", **more))
        if not status.ended:
            app_context().runner.store.create(records[-1])
    return records


@pytest.mark.parametrize("shown", [0, 1])
def test_a_run_says_how_many_of_those_started_with_it_have_ended(langflow_stand_in, shown):
    """Also once it has ended itself."""
    statuses = [RunStatus.COMPLETED, RunStatus.IN_PROGRESS, RunStatus.FAILED]
    runs = add_batch(langflow_stand_in.url, statuses)
    app = open_app(run=runs[shown].id)
    assert "2 of 3 runs have ended" in page_text(app)


def test_those_that_still_go_on_are_stopped_together(langflow_stand_in, monkeypatch):
    stopped = []
    monkeypatch.setattr(Runner, "stop", lambda _, run_id, __: stopped.append(run_id))
    statuses = [RunStatus.COMPLETED, RunStatus.IN_PROGRESS, RunStatus.QUEUED]
    runs = add_batch(langflow_stand_in.url, statuses)
    app = press(open_app(run=runs[0].id), "Stop all")
    assert sorted(stopped) == [runs[1].id, runs[2].id]
    assert [each.value for each in app.toast] == ["Stop requested."]


@pytest.mark.parametrize(
    ("batch_id", "mode", "label"),
    [
        (None, "background", "Stop"),
        ("a1b2", "background", "Stop this run"),
        ("a1b2", "sync", "Stop waiting"),
    ],
)
def test_stop_says_that_it_stops_one_of_several_runs(langflow_stand_in, batch_id, mode, label):
    open_app()
    record = add_running_run(langflow_stand_in.url, batch_id=batch_id, mode=mode)
    app = open_app(run=record.id)
    assert label in button_labels(app)


def test_once_all_have_ended_a_link_leads_to_their_equal_results_in_history(langflow_stand_in):
    """And nothing is offered to stop."""
    runs = add_batch(langflow_stand_in.url, [RunStatus.COMPLETED, RunStatus.CANCELLED])
    app = open_app(run=runs[0].id)
    assert "2 of 2 runs have ended" in page_text(app)
    assert "Stop all" not in button_labels(app)
    link = next(
        each.proto for each in app.get("page_link") if each.proto.label == "Show in History"
    )
    assert link.page.endswith("history")
    assert link.query_string == f"flow={runs[0].flow_id}&group=yes"


def test_a_stop_that_fails_is_not_shown_as_requested(langflow_stand_in, monkeypatch):
    monkeypatch.setattr(Runner, "stop", cannot_use_database)
    runs = add_batch(langflow_stand_in.url, [RunStatus.COMPLETED, RunStatus.IN_PROGRESS])
    app = press(open_app(run=runs[0].id), "Stop all")
    assert "database can't be used" in page_text(app)
    assert not app.toast


def test_runs_that_cannot_be_read_for_a_moment_keep_their_row(langflow_stand_in, monkeypatch):
    """And the timer goes on. Here a page is drawn twice in place of two ticks."""
    statuses = [RunStatus.COMPLETED, RunStatus.COMPLETED, RunStatus.IN_PROGRESS]
    runs = add_batch(langflow_stand_in.url, statuses)
    drawn = batch._Batch(
        servers.attach(servers.available_connections()[0]),
        "a1b2",
        runs[0].flow_id,
        is_stoppable=True,
    )
    assert drawn.server.owner == runs[0].owner

    def page(drawn):
        drawn.draw()

    app = AppTest.from_function(page, args=(drawn,)).run()
    monkeypatch.setattr(History, "batch", cannot_use_database)
    monkeypatch.setattr(streamlit_patches, "stop_timer", lambda: pytest.fail("stopped"))
    assert [each.value for each in app.run().caption] == ["2 of 3 runs have ended"]


@pytest.mark.parametrize("token", ["c", f"{ADOPTED_TOKEN_PREFIX}1-2"])
def test_a_run_that_was_started_alone_reads_and_counts_no_others(
    langflow_stand_in, monkeypatch, token
):
    monkeypatch.setattr(History, "batch", lambda *_: pytest.fail("was read"))
    runs = add_batch(langflow_stand_in.url, [RunStatus.COMPLETED], token, None)
    assert lacks(open_app(run=runs[0].id), "runs have ended", shows="Completed")

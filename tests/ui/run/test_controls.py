"""The foot of the form: what a press of Run or of its key starts, and what it says."""

import pytest
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData
from streamlit.testing.v1 import AppTest

from lfclient.console.runner.runner import Runner
from lfclient.console.store.errors import StoreError
from lfclient.console.store.run_history import History
from lfclient.console.store.run_record import ADOPTED_TOKEN_PREFIX
from lfclient.runs.model import RunStatus
from pages._ui.app import streamlit_patches
from pages._ui.connection import servers
from pages._ui.connection.app_context import app_context
from pages._ui.run import controls
from tests.support.waiting import wait_for
from tests.ui.support.whole_pages import (
    add_ended_run,
    add_running_run,
    button_labels,
    lacks,
    open_app,
    page_text,
    press,
)

REFUSED = "One run at a time: the second click was ignored."
POST = "POST /api/v2/workflows"


def notices(app):
    return [each.value for each in app.toast]


def started(server):
    """Return the sessions of the runs that the server was asked to start."""
    return [body.get("session_id") for body in server.bodies(POST)]


def open_with_run_count(count):
    """Open the Run page, set to start this many runs at a press."""
    app = open_app()
    next(each for each in app.number_input if each.label == "Number of runs (1 to 20)").set_value(
        count
    )
    return app.run()


def test_the_key_of_run_says_that_it_starts_nothing_during_a_run(langflow_stand_in):
    open_app()
    app = open_app(run=add_running_run(langflow_stand_in.url).id)
    assert "Run" not in button_labels(app)
    app.button("refuse-run").click().run()
    assert notices(app) == [REFUSED]


def test_a_second_press_on_the_same_button_says_that_it_starts_nothing(langflow_stand_in):
    app, label = open_with_run_count(3), "Run 3 times"
    token = app.session_state["run-click"]
    press(app, label)
    assert REFUSED not in notices(app)
    run_id = app.query_params["run"]
    del app.query_params["run"]  # as drawn before the first press
    app.session_state["run-click"] = token
    app.run()
    app.query_params["run"] = run_id
    press(app, label)
    assert notices(app) == [REFUSED]


def test_a_second_press_on_stop_starts_no_run(langflow_stand_in, monkeypatch):
    """Run takes the place of Stop. A later press is meant for it."""
    monkeypatch.setattr(controls, "_REST_SECONDS", 60.0)
    monkeypatch.setattr(Runner, "stop", lambda *_: None)
    app = open_app(run=add_running_run(langflow_stand_in.url).id)
    press(app, "Stop")
    del app.query_params["run"]  # as once the run has ended
    app.run()
    press(app, "Run")
    assert notices(app) == ["Not started: the run was just stopped."]
    assert not started(langflow_stand_in)
    press(app, "Run")
    wait_for(lambda: len(started(langflow_stand_in)) == 1)


def test_a_press_after_the_stopped_run_was_closed_starts_a_run(langflow_stand_in, monkeypatch):
    monkeypatch.setattr(Runner, "stop", lambda *_: None)
    monkeypatch.setattr(controls, "_REST_SECONDS", 60.0)
    app = open_app(run=add_running_run(langflow_stand_in.url).id)
    app.session_state["stop-clicked"] = True
    app.run()
    press(app, "Close")
    press(app, "Run")
    wait_for(lambda: len(started(langflow_stand_in)) == 1)


def test_one_press_starts_several_runs_each_in_a_session_of_its_own(langflow_stand_in):
    app = open_with_run_count(3)
    press(app, "Run 3 times")
    assert notices(app) == ["Started 3 runs. All are in History."]
    wait_for(lambda: len(started(langflow_stand_in)) == 3)
    assert len(set(started(langflow_stand_in))) == 3


@pytest.mark.usefixtures("patched_streamlit")
def test_all_runs_of_a_press_start_though_another_event_follows_at_once(
    langflow_stand_in, monkeypatch
):
    start = Runner.start

    def start_and_interrupt(*args, **more):
        context = get_script_run_ctx()
        context.script_requests.request_rerun(RerunData(page_script_hash=context.page_script_hash))
        return start(*args, **more)

    app = open_with_run_count(3)
    monkeypatch.setattr(Runner, "start", start_and_interrupt)
    press(app, "Run 3 times")
    wait_for(lambda: len(started(langflow_stand_in)) == 3)
    assert "run" in app.query_params


def test_several_runs_share_a_session_that_is_kept(langflow_stand_in):
    app = open_with_run_count(2)
    next(each for each in app.toggle if each.label == "Keep session").set_value(True).run()
    press(app, "Run 2 times")
    wait_for(lambda: len(started(langflow_stand_in)) == 2)
    assert len(set(started(langflow_stand_in))) == 1


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
    assert label in button_labels(open_app(run=record.id))


def test_once_all_have_ended_a_link_leads_to_their_equal_results_in_history(langflow_stand_in):
    runs = add_batch(langflow_stand_in.url, [RunStatus.COMPLETED, RunStatus.CANCELLED])
    app = open_app(run=runs[0].id)
    assert "2 of 2 runs have ended" in page_text(app)
    assert "Stop all" not in button_labels(app)
    link = next(
        each.proto for each in app.get("page_link") if each.proto.label == "Show in History"
    )
    assert link.page.endswith("history")
    assert link.query_string == f"flow={runs[0].flow_id}"


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
    drawn = controls._Batch(
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

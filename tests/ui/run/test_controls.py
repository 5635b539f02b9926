"""The foot of the form: what a press of Run or of its key starts, and what it says."""

import json

import pytest
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

from lfclient.console.runner.runner import Runner
from pages._ui.run import controls
from tests.support.waiting import wait_for
from tests.ui.support.patched_streamlit import patch_streamlit
from tests.ui.support.whole_pages import (
    add_ended_run,
    add_running_run,
    button_labels,
    open_app,
    press,
)

REFUSED = "One run at a time: the second press was ignored."
POST = "POST /api/v2/workflows"


def notices(app):
    return [each.value for each in app.toast]


def started(server):
    """Return the sessions of the runs that the server was asked to start."""
    with server.lock:
        sent = list(zip(server.requests, server.bodies, strict=True))
    return [json.loads(body).get("session_id") for line, body in sent if line == POST]


def open_with_run_count(count):
    """Open the Run page, set to start this many runs at a press."""
    app = open_app()
    next(each for each in app.number_input if each.label == "Number of runs (1 to 20)").set_value(
        count
    )
    return app.run()


def test_the_key_of_run_says_that_it_starts_nothing_during_a_run(langflow_stand_in):
    open_app()
    record = add_running_run(langflow_stand_in.url)
    app = open_app(run=record.id)
    assert "Run" not in button_labels(app)
    app.button("refuse-run").click().run()
    assert notices(app) == [REFUSED]


@pytest.mark.parametrize("count", [1, 3])
def test_a_second_press_on_the_same_button_says_that_it_starts_nothing(langflow_stand_in, count):
    app = open_with_run_count(count)
    label = "Run" if count == 1 else f"Run {count} times"
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
    record = add_running_run(langflow_stand_in.url)
    app = open_app(run=record.id)
    press(app, "Stop")
    del app.query_params["run"]  # as once the run has ended
    app.run()
    press(app, "Run")
    assert notices(app) == ["Not started: the run was just stopped."]
    assert not started(langflow_stand_in)
    press(app, "Run")
    wait_for(lambda: len(started(langflow_stand_in)) == 1)


@pytest.mark.parametrize("add_run", [add_running_run, add_ended_run])
def test_a_press_after_the_stopped_run_was_closed_starts_a_run(
    langflow_stand_in, monkeypatch, add_run
):
    """However soon, and whether or not Run had taken the place of Stop."""
    monkeypatch.setattr(Runner, "stop", lambda *_: None)
    monkeypatch.setattr(controls, "_REST_SECONDS", 60.0)
    app = open_app(run=add_run(langflow_stand_in.url).id)
    app.session_state["stop-pressed"] = True
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


def test_all_runs_of_a_press_start_though_another_event_follows_at_once(
    langflow_stand_in, monkeypatch
):
    patch_streamlit(monkeypatch)
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

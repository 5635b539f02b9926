"""The status panel of a running and an ended run."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lfclient.api import requests
from lfclient.console.store.notes import Note, NoteCode, quote
from lfclient.console.store.run_record import ADOPTED_TOKEN_PREFIX, RecordProblem
from lfclient.console.wording.run_notes import describe_notes
from lfclient.console.wording.statuses import run_status_label, status_name
from lfclient.runs.components import ComponentRun, ComponentState, Usage
from lfclient.runs.model import RunStatus
from pages._ui.run import status
from tests.support import store_records
from tests.support.waiting import wait_for
from tests.ui.support.runs import ANSWER, PARTIAL, open_table, run_with
from tests.ui.support.whole_pages import (
    ONE,
    add_ended_run,
    button_labels,
    open_app,
    open_run_tab,
    page_text,
    press,
)

RUN, STATUS = "POST /api/v2/workflows", f"GET {requests.STATUS}"


@pytest.mark.parametrize(
    ("status", "result", "count"),
    [
        (RunStatus.CANCELLED, NoteCode.STOPPED, 0),
        (RunStatus.CANCELLED, NoteCode.STOPPED_SEARCHING, 1),
        (RunStatus.FAILED, NoteCode.STOPPED, 1),
    ],
)
def test_a_stop_is_explained_once_unless_the_status_does(langflow_stand_in, status, result, count):
    record = add_ended_run(
        langflow_stand_in.url,
        mode="background",
        job_id="j",
        status=status,
        run=run_with(),
        stop_result=(Note(result),),
    )
    app = open_app(run=record.id)
    assert status_name(status) in page_text(app)
    assert page_text(app).count(describe_notes([Note(result)])) == count


def test_the_tools_that_an_agent_called_are_below_its_answer(langflow_stand_in):
    """A failed call is marked, and one that a stop cut off keeps its arguments."""
    lost = {"type": "tool", "content": "No such city", "status": "error"}
    steps = (
        {"type": "tool_use", "name": "look_up", "tool_input": {"city": "X"}, "output": lost},
        {"type": "tool_use", "name": "add", "tool_input": {"a": 41}, "output": None},
    )
    talk = replace(PARTIAL, text="", streamed="", blocks=steps)
    run = run_with(RunStatus.CANCELLED, messages={"m": talk})
    record = add_ended_run(
        langflow_stand_in.url, mode="background", status=RunStatus.CANCELLED, run=run
    )
    app = open_app(run=record.id)
    labels = [each.label for each in app.expander]
    assert "Tools called · 2 · 1 failed · 1 interrupted" in labels
    app.session_state[f"steps-{record.id}"] = True
    app.run()
    assert '{\n  "a": 41\n}' in [each.value for each in app.code]
    assert "**look_up** :red-badge[:material/error: Failed]" in page_text(app)


def test_streamed_mode_is_offered_on_request_only(langflow_stand_in):
    app = open_app()
    mode = next(each for each in app.radio if each.label == "Run mode")
    assert mode.options == ["Background", "Synchronous"]
    next(each for each in app.toggle if each.label == "Offer streamed mode").set_value(True).run()
    mode = next(each for each in app.radio if each.label == "Run mode")
    assert mode.options == ["Background", "Synchronous", "Streamed"]


def test_the_details_of_a_run_are_drawn_tab_by_tab(langflow_stand_in):
    step = {"type": "tool_use", "name": "evaluate_expression"}
    whole = replace(PARTIAL, complete=True, text="The whole text", streamed="", blocks=(step,))
    run = run_with(
        RunStatus.COMPLETED, messages={"m": whole}, outputs={"B": ANSWER}, raw={"status": "ok"}
    )
    record = add_ended_run(langflow_stand_in.url, mode="background", job_id="j", run=run)
    first = open_table(record)
    assert [each.label for each in first.selectbox][-1] == "Component output"
    assert "The whole text" not in page_text(first)
    app = open_run_tab("Trace", record, "Messages")
    assert "The whole text" in page_text(app)
    assert app.chat_message[0].expander[0].label == "Tools called · 1 · 1 interrupted"
    assert "Fetch events" in button_labels(open_run_tab("Trace", record, "Events"))
    assert open_run_tab("Trace", record, "Raw response").json[0].value
    assert open_run_tab("Trace", record, "Timings").get("echarts_chart")


def with_model(model):
    usage = {"usage": Usage(20, 2, 22), "usage_by_model": {model: Usage(20, 2, 22)}}
    asked = ComponentRun("A", ComponentState.DONE, "Agent", **usage)
    return run_with(RunStatus.COMPLETED, components={"A": asked})


def test_the_cost_of_a_run_stands_beside_its_tokens(langflow_stand_in, price_file):
    record = add_ended_run(langflow_stand_in.url, run=with_model("mini"))
    assert "22 tokens (20 in, 2 out) · 0.000024 EUR" in page_text(open_app(run=record.id))
    assert "0.000024 EUR" in page_text(open_run_tab("Trace", record, "Details"))


def test_a_run_without_a_known_cost_says_why(langflow_stand_in, price_file):
    reason = "no price is configured for big"
    record = add_ended_run(langflow_stand_in.url, run=with_model("big"))
    app = open_app(run=record.id)
    (head,) = [each for each in app.markdown if "22 tokens" in each.value]
    assert reason in head.help
    assert "EUR" not in head.value
    assert f"Unknown: {reason}" in page_text(open_run_tab("Trace", record, "Details"))


def test_a_run_without_component_records_is_explained(langflow_stand_in):
    record = add_ended_run(langflow_stand_in.url, run=run_with(RunStatus.COMPLETED, components={}))
    assert "no component records of this run" in page_text(open_app(run=record.id))


def test_the_events_of_a_streamed_run_are_stored_up_to_a_number(langflow_stand_in):
    raw = {"events": [{"event": "token", "data": {"chunk": "a"}}], "events_left_out": 1_234}
    run = run_with(RunStatus.COMPLETED, raw=raw)
    record = add_ended_run(langflow_stand_in.url, mode="stream", run=run)
    app = open_run_tab("Trace", record, "Events")
    table = app.dataframe[0].value
    assert list(table.columns) == ["event", "component"]  # streamed events have no IDs
    assert list(table["event"]) == ["token"]
    omitted = "Showing the first 1 of 1,235 (the console stores no more of a streamed run)"
    assert omitted in page_text(app)


def test_an_unknown_outcome_is_not_reported_as_a_failure(langflow_stand_in):
    ended = add_ended_run(
        langflow_stand_in.url,
        status=RunStatus.OUTCOME_UNKNOWN,
        attempts=2,
        problem=RecordProblem("The answer was lost."),
    )
    app = open_app(run=ended.id)
    assert "Sent 2 times with the same key" in page_text(app)
    assert "Outcome unknown" in page_text(app)
    assert "The run failed" not in page_text(app)
    assert "The outcome of this run is unknown" in page_text(app)
    assert "Run" in button_labels(app)


SEARCHING, SILENT = (Note(NoteCode.SEARCHING_END),), (Note(NoteCode.QUEUED_SILENTLY, number=5),)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"job_id": None, "attempts": 0}, "Not sent yet. Earlier runs are sent first."),
        ({"job_id": None}, "The server has not confirmed this run yet."),
        ({"job_id": None, "attempts": 2}, "Sent 2 times with the same key"),
        ({"mode": "stream", "notes": SEARCHING}, describe_notes(SEARCHING)),
        ({"notes": SILENT}, describe_notes(SILENT)),
    ],
)
def test_a_queued_run_that_waits_for_no_other_runs_says_why(more, expected):
    queued = {"status": RunStatus.QUEUED, "queue_limit": 5, "job_id": "j", "attempts": 1}
    long_ago = datetime.now(UTC) - timedelta(minutes=1)
    record = replace(store_records.record(), created_at=long_ago, **{**queued, **more})
    shown = status.describe(record).replace("\\", "")
    assert expected in shown
    assert "at a time" not in shown


@pytest.mark.parametrize("attempts", [0, 1])
def test_a_stopped_call_may_be_running_only_if_it_was_sent(attempts):
    record = replace(
        store_records.record(), status=RunStatus.CANCELLED, mode="sync", attempts=attempts
    )
    assert ("It may be running on the server." in status.describe(record)) == bool(attempts)
    assert run_status_label(record) == ("Stopped waiting" if attempts else "Stopped")


@pytest.mark.parametrize(
    ("text", "is_code"), [("at http://h:1/v1.", True), ("http://h/a]b", False)]
)
def test_the_address_in_a_note_copies_clean(text, is_code):
    """A bracket in the address would end the gray words."""
    shown = status.describe(replace(store_records.record(), notes=(quote(text),)))
    assert ("`http://h:1/v1`" in shown) is is_code
    assert ("\u2060" in shown) is not is_code


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"overrides": {"A.table": [{"key": "Authorization", "value": "••••"}]}}, "was given a"),
        ({"submit_token": f"{ADOPTED_TOKEN_PREFIX}j"}, "another client started this run"),
        ({"inputs_stored": False}, "not stored"),
    ],
)
def test_events_that_may_repeat_a_secret_are_not_fetched(langflow_stand_in, given, why):
    run = run_with(RunStatus.COMPLETED, last_event_id="7")
    record = add_ended_run(langflow_stand_in.url, mode="background", job_id="j", run=run, **given)
    app = open_run_tab("Trace", record, "Events")
    assert "Fetch events" not in button_labels(app)
    assert why in page_text(app)


def test_a_person_need_not_wait_as_long_as_the_server_asks(langflow_stand_in):
    """The run may end much sooner than that."""
    job = {"job_id": "j", "flow_id": ONE, "object": "job", "status": "in_progress", "errors": []}
    busy = (429, {"detail": "slow down"}, {"retry-after": "86400"})
    langflow_stand_in.answers |= {RUN: (200, job), STATUS: busy}
    app = open_app(flow=ONE)
    press(app, "Run")
    wait_for(lambda: "Check now" in button_labels(app.run()))
    ended = {**job, "object": "response", "status": "completed", "inputs": {}, "outputs": {}}
    langflow_stand_in.answers[STATUS] = (200, ended)
    press(app, "Check now")
    wait_for(lambda: "Completed" in page_text(app.run()))
    assert "Check now" not in button_labels(app)

"""A run while it goes on and after it, on the run page."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import streamlit as st

from lfclient.console.store.run_record import ADOPTED_TOKEN_PREFIX, RecordProblem
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import (
    ComponentRun,
    ComponentState,
    Decision,
    HumanInput,
    Message,
    RunError,
)
from lfclient.runs.model import Run, RunStatus
from pages._ui.connection.app_context import app_context
from pages._ui.run import progress
from pages._ui.state import run_page as ui_state
from tests.ui.support.http_stand_in import NODE, flow
from tests.ui.support.whole_pages import ONE, going_run, kept_run, labels, opened, opened_at, said

NOW = datetime.now(UTC)
ANSWER = Output("B", OutputKind.MESSAGE, "the answer", type="message", display_name="Chat Output")
DONE = ComponentRun("A", ComponentState.DONE, "Chat Input", 0.2, NOW, replace(ANSWER, value="in"))
COMPONENTS = {
    "A": DONE,
    "B": ComponentRun("B", ComponentState.RUNNING, "Chat Output"),
    "C": ComponentRun("C", ComponentState.SKIPPED, "Other"),
}
QUESTION = HumanInput(
    "A:j",
    "May **it** be paid?",
    (Decision("approve", "Approve"), Decision("reject", "Reject")),
    component_id="A",
    job_id="j",
    expires_at=NOW + timedelta(days=2, hours=3, minutes=59),
    fallback_action="reject",
)
PARTIAL = Message("m", "Once ", "Machine", "AI", complete=False, streamed="Once upon")


def run_with(status=RunStatus.IN_PROGRESS, **more):
    more = {"components": COMPONENTS, "last_event_id": "4", **more}
    return Run(ONE, "background", status, job_id="j", **more)


def test_a_run_that_goes_on_says_how_far_it_is(langflow_stand_in):
    """So many of so many, what is at work, and the text that is being written."""
    record = going_run(langflow_stand_in.url, run=run_with(messages={"m": PARTIAL}))
    app = opened(run=record.id)
    assert "2 of 3 components" in app.get("progress")[0].proto.text
    assert "at work: Chat Output" in app.get("progress")[0].proto.text.replace("\\", "")
    assert "AI writes" in said(app)
    assert "Once upon" in said(app)
    assert "Stop" in labels(app)
    assert not [each for each in app.radio if each.label == "How to run"]


def test_components_of_one_name_are_told_apart(langflow_stand_in):
    """In the line of progress, and at what went wrong."""
    twins = {
        name: ComponentRun(name, state, "Read File")
        for name, state in (("R1", ComponentState.RUNNING), ("R2", ComponentState.FAILED))
    }
    record = going_run(langflow_stand_in.url, run=run_with(components=twins))
    assert "at work: Read File, R1" in opened(run=record.id).get("progress")[0].proto.text
    error = RunError("No files", "R2", "Read File")
    run = run_with(RunStatus.FAILED, components=twins, errors=(error,))
    more = {"id": "b" * 32, "submit_token": "d", "status": RunStatus.FAILED, "run": run}
    assert "Read File, R2** failed" in said(opened(run=kept_run(langflow_stand_in.url, **more).id))


def test_what_happens_while_the_page_is_drawn_is_shown_before_the_first_tick(
    langflow_stand_in, monkeypatch
):
    """The page waits for it at its end."""
    record = going_run(langflow_stand_in.url, run=run_with(components={}))
    news = [app_context().runner._cache.snapshot(record.id), None]
    news[0] = replace(news[0], version=9, run=run_with(messages={"m": PARTIAL}))
    monkeypatch.setattr(app_context().runner, "wait_for_change", lambda *_: news.pop(0))
    app = opened(run=record.id)
    assert "2 of 3 components" in app.get("progress")[0].proto.text
    assert "Once upon" in said(app)


def test_the_result_of_a_component_can_be_opened_while_the_rest_goes_on(langflow_stand_in):
    """Those that are done are offered, with how long they took."""
    record = going_run(langflow_stand_in.url, run=run_with())
    app = opened(run=record.id)
    choice = next(each for each in app.selectbox if each.label == "Result of a component")
    assert choice.options == ["✓ Chat Input · 0.2 s"]
    choice.set_value("A").run()
    assert "in" in [each.value for each in app.markdown]


def test_where_no_component_is_done_only_those_that_failed_are_offered(langflow_stand_in):
    """Nothing says that one could be chosen that is done."""
    failed = {"A": ComponentRun("A", ComponentState.FAILED, "Chat Input", 0.2, NOW)}
    run = run_with(RunStatus.FAILED, components=failed)
    app = opened(run=kept_run(langflow_stand_in.url, status=RunStatus.FAILED, run=run).id)
    choice = next(each for each in app.selectbox if each.label == "Result of a component")
    assert choice.placeholder == "None is done; choose one that failed to see why"


def test_results_stand_in_the_order_of_the_flow_and_are_chosen_in_the_graph(
    langflow_stand_in, monkeypatch
):
    """Whatever the order of the events; a component without a result cannot be chosen."""

    def draw(*_, choose, **more):
        for name in (NODE["id"], "B"):
            st.button(name, on_click=choose, args=(name,))

    monkeypatch.setattr(progress.components_view, "draw", draw)
    components = {**COMPONENTS, NODE["id"]: replace(DONE, component_id=NODE["id"])}
    record = going_run(langflow_stand_in.url, run=run_with(components=components))
    app = opened(run=record.id).run()  # the flow is at hand once the form has been drawn
    choice = app.selectbox(key=ui_state.component_key(record.id))
    # the browser tells of the choice by these words, so those of the same name have their ids
    assert choice.options == [
        "✓ Chat Input (ChatInput-a) · 0.2 s",
        "✓ Chat Input (A) · 0.2 s",
    ]
    choice.set_value("A").run()
    for name in (NODE["id"], "B"):
        next(each for each in app.button if each.label == name).click().run()
        assert app.selectbox(key=ui_state.component_key(record.id)).value == NODE["id"]


@pytest.mark.parametrize(
    ("mode", "limit", "says"),
    [("sync", None, "One call tells nothing"), ("background", None, "release does not tell")],
)
def test_a_server_that_tells_nothing_is_said_to(langflow_stand_in, mode, limit, says):
    """Nothing is left out without a word."""
    run = run_with(components={})
    record = going_run(langflow_stand_in.url, mode=mode, queue_limit=limit, run=run)
    assert says in said(opened(run=record.id))


def test_a_question_has_a_button_for_each_decision(langflow_stand_in):
    """With the question, the time that is left, and what happens afterwards."""
    run = run_with(RunStatus.SUSPENDED, waiting_for=QUESTION)
    record = going_run(langflow_stand_in.url, status=RunStatus.SUSPENDED, run=run)
    app = opened(run=record.id)
    assert "waits for your decision" in said(app)
    assert "May **it** be paid?" in said(app)
    assert "2 d 3 h left to decide; if it is decided later, the run goes on with “Reject”" in said(
        app
    )
    next(each for each in app.button if each.label == "Approve").click().run()
    kept = app_context().runner._cache.snapshot(record.id).run.waiting_for
    assert kept.sent == "approve"
    assert "Sent: Approve" in said(app)
    assert all(each.disabled for each in app.button if each.label in ("Approve", "Reject"))


@pytest.mark.parametrize(
    ("fallback", "means"),
    [("reject", "the run goes on with “Reject”"), (None, "nothing that follows the question runs")],
)
@pytest.mark.parametrize(
    ("hours", "begins"),
    [(2.99, "left to decide; if it is decided later,"), (-1, "is over: once it is decided,")],
)
def test_a_question_with_a_limit_says_what_that_means(
    langflow_stand_in, fallback, means, hours, begins
):
    """Its fallback is taken, whatever is chosen; without one, no branch is."""
    late = replace(QUESTION, expires_at=NOW + timedelta(hours=hours), fallback_action=fallback)
    run = run_with(RunStatus.SUSPENDED, waiting_for=late)
    record = going_run(langflow_stand_in.url, status=RunStatus.SUSPENDED, run=run)
    app = opened(run=record.id)
    assert f"{begins} {means}, whatever is chosen." in said(app)
    assert not app.exception


def approval_flow():
    node = {"id": "HumanInput-h", "type": "genericNode", "data": {}}
    inside = {"display_name": "Human Input", "template": {}, "outputs": []}
    node["data"] = {"id": "HumanInput-h", "type": "HumanInput", "node": inside}
    edges = [{"source": "ChatInput-a", "target": "HumanInput-h", "data": {}}]
    made = flow(ONE, "Approval", nodes=[NODE, node])
    made["data"]["edges"] = edges
    return made


def test_a_flow_that_waits_for_a_person_runs_in_the_background_only(langflow_stand_in):
    """A call that waits for its result would run all its branches; the screen says so."""
    langflow_stand_in.add(approval_flow())
    langflow_stand_in.answers["GET /api/v2/workflows/pending"] = (200, [])
    app = opened()
    assert not [each for each in app.radio if each.label == "How to run"]
    assert "runs in the background" in said(app)


def test_waiting_runs_of_a_flow_are_listed_and_can_be_opened(langflow_stand_in):
    """Also those that nobody started here."""
    langflow_stand_in.add(approval_flow())
    line = {
        "job_id": "00000000-0000-4000-8000-000000000009",
        "request_id": "HumanInput-h:9",
        "prompt": "Ship it?",
        "session_id": "somebody",
        "options": [],
        "allowed_decisions": ["approve"],
    }
    langflow_stand_in.answers["GET /api/v2/workflows/pending"] = (200, [line])
    app = opened()
    assert "Waiting for a decision: 1" in said(app)
    assert "Ship it?" in said(app)
    next(each for each in app.button if each.label == "Open").click().run()
    (record,) = app_context().runner._store.recent(
        app_context().runner._store.unfinished()[0].owner
    )
    assert (record.job_id, record.flow_name) == (line["job_id"], "Approval")


def test_a_streamed_call_is_offered_under_advanced_only(langflow_stand_in):
    """And says that the run ends with its connection."""
    app = opened()
    mode = next(each for each in app.radio if each.label == "How to run")
    assert mode.options == ["Background", "Synchronous"]
    next(each for each in app.toggle if each.label == "Offer a streamed call").set_value(True).run()
    mode = next(each for each in app.radio if each.label == "How to run")
    assert mode.options == ["Background", "Synchronous", "Streamed"]


def test_servers_without_events_are_offered_no_streamed_call(langflow_stand_in):
    """There is no such call before 1.11."""
    version = {"version": "0.10.3", "main_version": "0.10.3", "package": "Langflow Base"}
    langflow_stand_in.answers["GET /api/v1/version"] = (200, version)
    assert not [each for each in opened().toggle if each.label == "Offer a streamed call"]


@pytest.mark.parametrize("status", [RunStatus.CANCELLED, RunStatus.INTERRUPTED, RunStatus.FAILED])
def test_what_a_run_had_produced_stays_and_is_marked(langflow_stand_in, status):
    """A text that was being written, and outputs, of a run that did not come to its end."""
    run = run_with(status, messages={"m": PARTIAL}, outputs={"B": ANSWER})
    record = kept_run(langflow_stand_in.url, status=status, run=run)
    app = opened(run=record.id)
    assert "partial" in said(app)
    assert "Once upon" in said(app)
    assert "the answer" in said(app)


def test_a_traceback_is_sent_only_once_it_is_opened(langflow_stand_in):
    """The reason is there at once."""
    error = RunError("boom", "A", "Chat Input", traceback="Traceback: line 1")
    run = run_with(RunStatus.FAILED, errors=(error,))
    record = kept_run(langflow_stand_in.url, status=RunStatus.FAILED, run=run)
    app = opened(run=record.id)
    assert "boom" in said(app)
    assert "Traceback: line 1" not in " ".join(each.value for each in app.code)
    app.session_state[f"traceback-{record.id}-0"] = True
    app.run()
    assert "Traceback: line 1" in " ".join(each.value for each in app.code)


def test_how_a_run_went_is_there_part_by_part(langflow_stand_in):
    """Components, timings, messages, events, the raw answer: each once it is opened."""
    whole = replace(PARTIAL, complete=True, text="The whole text", streamed="")
    run = run_with(
        RunStatus.COMPLETED, messages={"m": whole}, outputs={"B": ANSWER}, raw={"status": "ok"}
    )
    record = kept_run(langflow_stand_in.url, mode="background", job_id="j", run=run)
    first = opened(run=record.id)
    assert [each.label for each in first.selectbox][-1] == "Result of a component"
    assert "The whole text" not in said(first)
    assert "The whole text" in said(opened_at("Messages", record))
    assert "Fetch the events from the server" in labels(opened_at("Events", record))
    assert opened_at("Raw answer", record).json[0].value
    assert opened_at("Timings", record).get("echarts_chart")


def test_a_run_without_component_records_says_so(langflow_stand_in):
    """Older releases keep those of the latest run only."""
    record = kept_run(langflow_stand_in.url, run=run_with(RunStatus.COMPLETED, components={}))
    assert "kept no record of this run's components" in said(opened(run=record.id))


def test_the_events_of_a_streamed_call_are_kept(langflow_stand_in):
    """The server has no more of it."""
    raw = {"events": [{"event": "token", "data": {"chunk": "a"}}]}
    run = run_with(RunStatus.COMPLETED, raw=raw)
    record = kept_run(langflow_stand_in.url, mode="stream", run=run)
    table = opened_at("Events", record).dataframe[0].value
    assert list(table.columns) == ["event", "component"]  # they have no ids
    assert list(table["event"]) == ["token"]


def test_a_run_that_was_sent_again_says_so(langflow_stand_in):
    """While it is looked for, and after its end."""
    record = going_run(
        langflow_stand_in.url, status=RunStatus.QUEUED, job_id=None, note="Looking.", attempts=2
    )
    text = said(opened(run=record.id))
    assert "not known yet whether the server has it" in text
    assert "Sent 2 times with one key" in text
    ended = kept_run(
        langflow_stand_in.url,
        id="b" * 32,
        submit_token="d",
        status=RunStatus.OUTCOME_UNKNOWN,
        attempts=2,
        problem=RecordProblem("The answer was lost."),
    )
    app = opened(run=ended.id)
    assert "Sent 2 times with one key" in said(app)
    assert "outcome unknown" in said(app)
    assert "could not be done" not in said(app)
    assert "What became of this run is not known" in said(app)
    assert "Run again" in labels(app)


def test_events_that_were_too_much_to_keep_are_counted(langflow_stand_in):
    """The list would look whole otherwise."""
    raw = {"events": [{"event": "token", "data": {"chunk": "a"}}], "events_left_out": 1_234}
    run = run_with(RunStatus.COMPLETED, raw=raw)
    record = kept_run(langflow_stand_in.url, mode="stream", run=run)
    app = opened_at("Events", record)
    assert "The first 1 of 1,235; the console keeps no more of a streamed call." in said(app)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"overrides": {"A.api_key": "••••"}}, "was given a secret"),
        ({"overrides": {"A.table": [{"key": "Authorization", "value": "••••"}]}}, "was given a"),
        ({"submit_token": f"{ADOPTED_TOKEN_PREFIX}j"}, "another client started this run"),
        ({"inputs_stored": False}, "not stored"),
    ],
)
def test_events_that_may_repeat_a_secret_are_not_fetched(langflow_stand_in, given, why):
    """Langflow repeats in them what a run was given, and who opens a run later knows no secret."""
    run = run_with(RunStatus.COMPLETED, last_event_id="7")
    record = kept_run(langflow_stand_in.url, mode="background", job_id="j", run=run, **given)
    app = opened_at("Events", record)
    assert "Fetch the events from the server" not in labels(app)
    assert why in said(app)

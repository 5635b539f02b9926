"""The status panel of a running and an ended run."""

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
    Usage,
)
from lfclient.runs.model import Run, RunStatus
from pages._ui.connection.app_context import app_context
from pages._ui.run import details, pace, progress, recent_runs
from pages._ui.state import browser
from pages._ui.state import run_page as ui_state
from tests.ui.support.http_stand_in import NODE, flow
from tests.ui.support.whole_pages import (
    ONE,
    add_ended_run,
    add_running_run,
    button_labels,
    open_app,
    open_run_tab,
    page_text,
    press,
    refuse_drawn_run,
)

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


def test_a_running_run_shows_its_progress(langflow_stand_in):
    record = add_running_run(langflow_stand_in.url, run=run_with(messages={"m": PARTIAL}))
    app = open_app(run=record.id)
    assert "2 of 3 components" in app.get("progress")[0].proto.text
    assert "Running Chat Output" in app.get("progress")[0].proto.text.replace("\\", "")
    assert "**AI** :gray-badge[writing…]" in page_text(app)
    assert "Once upon" in page_text(app)
    assert "Stop" in button_labels(app)
    assert "Options" not in button_labels(app)


def test_components_with_the_same_name_are_distinguished(langflow_stand_in):
    twins = {
        name: ComponentRun(name, state, "Read File")
        for name, state in (("R1", ComponentState.RUNNING), ("R2", ComponentState.FAILED))
    }
    record = add_running_run(langflow_stand_in.url, run=run_with(components=twins))
    assert "Running Read File, R1" in open_app(run=record.id).get("progress")[0].proto.text
    error = RunError("No files", "R2", "Read File")
    run = run_with(RunStatus.FAILED, components=twins, errors=(error,))
    more = {"id": "b" * 32, "submit_token": "d", "status": RunStatus.FAILED, "run": run}
    assert "Read File, R2** failed" in page_text(
        open_app(run=add_ended_run(langflow_stand_in.url, **more).id)
    )


def test_changes_during_drawing_are_shown_before_the_first_tick(langflow_stand_in, monkeypatch):
    record = add_running_run(langflow_stand_in.url, run=run_with(components={}))
    news = [app_context().runner._cache.snapshot(record.id), None]
    news[0] = replace(news[0], version=9, run=run_with(messages={"m": PARTIAL}))
    monkeypatch.setattr(app_context().runner, "wait_for_change", lambda *_: news.pop(0))
    app = open_app(run=record.id)
    assert "2 of 3 components" in app.get("progress")[0].proto.text
    assert "Once upon" in page_text(app)


def test_the_rest_of_the_page_is_drawn_once_for_a_run_that_ends_at_once(
    langflow_stand_in, monkeypatch
):
    refuse_drawn_run(langflow_stand_in, monkeypatch)
    drawn = []
    monkeypatch.setattr(recent_runs, "draw", lambda *_: drawn.append("recent runs"))
    app = open_app(flow=ONE)
    drawn.clear()
    assert "Failed" in page_text(press(app, "Run"))
    assert drawn == ["recent runs"]


def test_the_end_of_a_quick_run_is_shown_before_the_page_is_drawn_anew(
    langflow_stand_in, monkeypatch
):
    refuse_drawn_run(langflow_stand_in, monkeypatch)
    steps, draw_problems, rerun = [], details.draw_problems, pace.rerun_page
    monkeypatch.setattr(
        details, "draw_problems", lambda *run: (steps.append("end"), draw_problems(*run))
    )
    monkeypatch.setattr(pace, "rerun_page", lambda *_: (steps.append("page"), rerun()))
    assert "Failed" in page_text(press(open_app(flow=ONE), "Run"))
    assert steps == ["end", "page", "end"]


def open_table(record):
    """Open a run with its components as a table, where there are none to click."""
    app = open_app(run=record.id)
    app.session_state[ui_state.COMPONENTS_VIEW] = "Table"
    return app.run()


def test_a_components_output_can_be_opened_during_the_run(langflow_stand_in):
    record = add_running_run(langflow_stand_in.url, run=run_with())
    app = open_table(record)
    choice = next(each for each in app.selectbox if each.label == "Component output")
    assert choice.options == ["✓ Chat Input · 0.2 s"]
    choice.set_value("A").run()
    assert "in" in [each.value for each in app.markdown]


def test_only_failed_components_are_offered_if_none_is_done(langflow_stand_in):
    failed = {"A": ComponentRun("A", ComponentState.FAILED, "Chat Input", 0.2, NOW)}
    run = run_with(RunStatus.FAILED, components=failed)
    app = open_table(add_ended_run(langflow_stand_in.url, status=RunStatus.FAILED, run=run))
    choice = next(each for each in app.selectbox if each.label == "Component output")
    assert choice.placeholder == "Select a failed component"


def test_component_outputs_follow_the_flows_order_and_open_from_the_graph(
    langflow_stand_in, monkeypatch
):

    def draw(*_, on_choose, **more):
        for name in (NODE["id"], "B"):
            st.button(name, on_click=on_choose, args=(name,))
        return "the graph"

    monkeypatch.setattr(progress.components_view, "draw", draw)
    components = {**COMPONENTS, NODE["id"]: replace(DONE, component_id=NODE["id"])}
    record = add_running_run(langflow_stand_in.url, run=run_with(components=components))
    app = open_app(run=record.id).run()  # drawing the form caches the flow
    assert not [each for each in app.selectbox if each.label == "Component output"]
    press(app, NODE["id"])
    choice = app.selectbox(key=ui_state.component_key(record.id))
    # options with the same label could not be distinguished, so they include ids
    assert choice.options == [
        "✓ Chat Input, ChatInput-a · 0.2 s",
        "✓ Chat Input, A · 0.2 s",
    ]
    choice.set_value("A").run()
    for name in (NODE["id"], "B"):
        next(each for each in app.button if each.label == name).click().run()
        assert app.selectbox(key=ui_state.component_key(record.id)).value == NODE["id"]


def test_a_browser_keeps_the_components_of_all_runs_folded(langflow_stand_in, monkeypatch):
    monkeypatch.setattr(browser, "browser_id", lambda: "one")
    first, second = (
        add_ended_run(langflow_stand_in.url, id=id * 32, submit_token=id, run=run_with())
        for id in "ab"
    )

    def panel(app):
        return next(each for each in app.expander if each.label == "Components")

    app = open_app(run=first.id)
    assert panel(app).proto.expanded
    app.session_state[f"components-{first.id}"] = False
    app.run()
    assert not panel(open_app(run=second.id)).proto.expanded
    app = open_app(run=first.id)
    app.session_state[f"components-{first.id}"] = True
    app.run()
    assert panel(open_app(run=second.id)).proto.expanded


@pytest.mark.parametrize(
    ("mode", "minutes", "says"),
    [
        ("sync", 1, "Synchronous runs report no progress"),
        ("sync", 3, "No response for more than 2 minutes."),
        ("background", 3, "release does not report progress"),
    ],
)
def test_a_run_without_progress_reports_is_explained(langflow_stand_in, mode, minutes, says):
    run, created_at = run_with(components={}), datetime.now(UTC) - timedelta(minutes=minutes)
    more = {"mode": mode, "queue_limit": None, "run": run, "created_at": created_at}
    record = add_running_run(langflow_stand_in.url, **more)
    assert says in page_text(open_app(run=record.id))


@pytest.mark.parametrize(
    ("result", "is_shown"), [("Stopped on the server.", False), ("It may go on there.", True)]
)
def test_a_stop_is_explained_unless_the_status_says_it_all(langflow_stand_in, result, is_shown):
    record = add_ended_run(
        langflow_stand_in.url,
        mode="background",
        job_id="j",
        status=RunStatus.CANCELLED,
        run=run_with(),
        stop_result=result,
    )
    app = open_app(run=record.id)
    assert "Cancelled" in page_text(app)
    assert (result in page_text(app)) is is_shown
    assert not app.exception


def test_a_question_has_a_button_for_each_decision(langflow_stand_in):
    run = run_with(RunStatus.SUSPENDED, waiting_for=QUESTION)
    record = add_running_run(langflow_stand_in.url, status=RunStatus.SUSPENDED, run=run)
    app = open_app(run=record.id)
    assert "needs your approval" in page_text(app)
    assert "May **it** be paid?" in page_text(app)
    deadline = "Decide within 2 d 3 h. After that, the run continues with “Reject”."
    assert deadline in page_text(app)
    next(each for each in app.button if each.label == "Approve").click().run()
    kept = app_context().runner._cache.snapshot(record.id).run.waiting_for
    assert kept.sent == "approve"
    assert "Sent: Approve" in page_text(app)
    assert all(each.disabled for each in app.button if each.label in ("Approve", "Reject"))


@pytest.mark.parametrize(
    ("fallback", "means"),
    [("reject", "the run continues with “Reject”"), (None, "no branch runs")],
)
@pytest.mark.parametrize(
    ("hours", "sentence"),
    [
        (2.99, "min. After that, {}."),
        (-1, "has passed. Whatever you decide, {}."),
    ],
)
def test_a_question_with_a_deadline_explains_it(
    langflow_stand_in, fallback, means, hours, sentence
):
    late = replace(QUESTION, expires_at=NOW + timedelta(hours=hours), fallback_action=fallback)
    run = run_with(RunStatus.SUSPENDED, waiting_for=late)
    record = add_running_run(langflow_stand_in.url, status=RunStatus.SUSPENDED, run=run)
    app = open_app(run=record.id)
    assert sentence.format(means) in page_text(app)
    assert not app.exception


def approval_flow():
    node = {"id": "HumanInput-h", "type": "genericNode", "data": {}}
    inside = {"display_name": "Human Input", "template": {}, "outputs": []}
    node["data"] = {"id": "HumanInput-h", "type": "HumanInput", "node": inside}
    edges = [{"source": "ChatInput-a", "target": "HumanInput-h", "data": {}}]
    made = flow(ONE, "Approval", nodes=[NODE, node])
    made["data"]["edges"] = edges
    return made


def test_a_flow_with_an_approval_runs_in_the_background_only(langflow_stand_in):
    langflow_stand_in.set_flows(approval_flow())
    langflow_stand_in.answers["GET /api/v2/workflows/pending"] = (200, [])
    app = open_app()
    assert "Options" not in button_labels(app)
    assert "runs in the background" in page_text(app)


def test_waiting_runs_of_a_flow_are_listed_and_can_be_opened(langflow_stand_in):
    langflow_stand_in.set_flows(approval_flow())
    line = {
        "job_id": "00000000-0000-4000-8000-000000000009",
        "request_id": "HumanInput-h:9",
        "prompt": "Ship it?",
        "session_id": "somebody",
        "options": [],
        "allowed_decisions": ["approve"],
    }
    langflow_stand_in.answers["GET /api/v2/workflows/pending"] = (200, [line])
    app = open_app()
    assert "Waiting for approval: 1" in page_text(app)
    assert "Ship it?" in page_text(app)
    next(each for each in app.button if each.label == "Open").click().run()
    (record,) = app_context().runner.store.recent(app_context().runner.store.unfinished()[0].owner)
    assert (record.job_id, record.flow_name) == (line["job_id"], "Approval")


def test_streamed_mode_is_offered_on_request_only(langflow_stand_in):
    app = open_app()
    mode = next(each for each in app.radio if each.label == "Run mode")
    assert mode.options == ["Background", "Synchronous"]
    next(each for each in app.toggle if each.label == "Offer streamed mode").set_value(True).run()
    mode = next(each for each in app.radio if each.label == "Run mode")
    assert mode.options == ["Background", "Synchronous", "Streamed"]


def test_streamed_mode_is_not_offered_without_events(langflow_stand_in):
    version = {"version": "0.10.3", "main_version": "0.10.3", "package": "Langflow Base"}
    langflow_stand_in.answers["GET /api/v1/version"] = (200, version)
    assert not [each for each in open_app().toggle if each.label == "Offer streamed mode"]


@pytest.mark.parametrize("status", [RunStatus.CANCELLED, RunStatus.INTERRUPTED, RunStatus.FAILED])
def test_partial_output_is_kept_and_marked(langflow_stand_in, status):
    run = run_with(status, messages={"m": PARTIAL}, outputs={"B": ANSWER})
    record = add_ended_run(langflow_stand_in.url, status=status, run=run)
    app = open_app(run=record.id)
    assert "partial" in page_text(app)
    assert "Once upon" in page_text(app)
    assert "the answer" in page_text(app)


def test_a_traceback_is_sent_only_once_it_is_opened(langflow_stand_in):
    error = RunError("boom", "A", "Chat Input", traceback="Traceback: line 1")
    run = run_with(RunStatus.FAILED, errors=(error,))
    record = add_ended_run(langflow_stand_in.url, status=RunStatus.FAILED, run=run)
    app = open_app(run=record.id)
    assert "boom" in page_text(app)
    assert "Traceback: line 1" not in " ".join(each.value for each in app.code)
    app.session_state[f"traceback-{record.id}-0"] = True
    app.run()
    assert "Traceback: line 1" in " ".join(each.value for each in app.code)


def test_the_details_of_a_run_are_drawn_tab_by_tab(langflow_stand_in):
    whole = replace(PARTIAL, complete=True, text="The whole text", streamed="")
    run = run_with(
        RunStatus.COMPLETED, messages={"m": whole}, outputs={"B": ANSWER}, raw={"status": "ok"}
    )
    record = add_ended_run(langflow_stand_in.url, mode="background", job_id="j", run=run)
    first = open_table(record)
    assert [each.label for each in first.selectbox][-1] == "Component output"
    assert "The whole text" not in page_text(first)
    assert "The whole text" in page_text(open_run_tab("Trace", record, "Messages"))
    assert "Fetch events" in button_labels(open_run_tab("Trace", record, "Events"))
    assert open_run_tab("Trace", record, "Raw response").json[0].value
    assert open_run_tab("Trace", record, "Timings").get("echarts_chart")


def with_model(model, **more):
    usage = Usage(20, 2, 22)
    by_model = {model: usage} if model else {}
    asked = ComponentRun("A", ComponentState.DONE, "Agent", usage=usage, usage_by_model=by_model)
    return run_with(RunStatus.COMPLETED, components={"A": asked}, **more)


def test_the_cost_of_a_run_stands_beside_its_tokens(langflow_stand_in, price_file):
    record = add_ended_run(langflow_stand_in.url, run=with_model("mini"))
    app = open_app(run=record.id)
    assert "22 tokens (20 in, 2 out) · 0.000024 EUR" in page_text(app)
    about = open_run_tab("Trace", record, "Details")
    assert "0.000024 EUR" in page_text(about)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("big", "no price is configured for big"),
        ("", "it is not known which model was used"),
    ],
)
def test_a_run_without_a_known_cost_says_why(langflow_stand_in, price_file, model, reason):
    record = add_ended_run(langflow_stand_in.url, run=with_model(model))
    app = open_app(run=record.id)
    (head,) = [each for each in app.markdown if "22 tokens" in each.value]
    assert reason in head.help
    assert "EUR" not in head.value
    assert f"Unknown: {reason}" in page_text(open_run_tab("Trace", record, "Details"))


def test_without_prices_nothing_is_said_of_costs(langflow_stand_in):
    record = add_ended_run(langflow_stand_in.url, run=with_model("mini"))
    app = open_app(run=record.id)
    (head,) = [each for each in app.markdown if "22 tokens" in each.value]
    assert head.help == ""
    assert "Cost" not in page_text(open_run_tab("Trace", record, "Details"))


def test_a_run_without_component_records_is_explained(langflow_stand_in):
    record = add_ended_run(langflow_stand_in.url, run=run_with(RunStatus.COMPLETED, components={}))
    assert "no component records of this run" in page_text(open_app(run=record.id))


def test_the_events_of_a_streamed_run_are_stored(langflow_stand_in):
    raw = {"events": [{"event": "token", "data": {"chunk": "a"}}]}
    run = run_with(RunStatus.COMPLETED, raw=raw)
    record = add_ended_run(langflow_stand_in.url, mode="stream", run=run)
    table = open_run_tab("Trace", record, "Events").dataframe[0].value
    assert list(table.columns) == ["event", "component"]  # they have no ids
    assert list(table["event"]) == ["token"]


def test_a_repeated_request_is_reported(langflow_stand_in):
    record = add_running_run(
        langflow_stand_in.url, status=RunStatus.QUEUED, job_id=None, note="Looking.", attempts=2
    )
    text = page_text(open_app(run=record.id))
    assert "has not confirmed this run yet" in text
    assert "Sent 2 times with the same key" in text
    ended = add_ended_run(
        langflow_stand_in.url,
        id="b" * 32,
        submit_token="d",
        status=RunStatus.OUTCOME_UNKNOWN,
        attempts=2,
        problem=RecordProblem("The answer was lost."),
    )
    app = open_app(run=ended.id)
    assert "Sent 2 times with the same key" in page_text(app)
    assert "Outcome unknown" in page_text(app)
    assert "The run failed" not in page_text(app)
    assert "The outcome of this run is unknown" in page_text(app)
    assert "Run again" in button_labels(app)


def test_a_run_that_was_not_sent_yet_says_so(langflow_stand_in):
    note = "The console sends at most 10 runs at a time to a server."
    record = add_running_run(
        langflow_stand_in.url,
        status=RunStatus.QUEUED,
        job_id=None,
        note=note,
        attempts=0,
        queue_limit=5,
    )
    app = open_app(run=record.id)
    assert f"Not sent yet. {note}" in page_text(app)
    assert "Stop" in button_labels(app)


@pytest.mark.parametrize("attempts", [0, 1])
def test_a_stopped_call_continues_on_the_server_only_if_it_was_sent(langflow_stand_in, attempts):
    record = add_ended_run(
        langflow_stand_in.url, status=RunStatus.CANCELLED, mode="sync", attempts=attempts
    )
    app = open_app(run=record.id)
    assert ("continues on the server" in page_text(app)) == bool(attempts)
    assert ("Stopped waiting" if attempts else "Cancelled") in page_text(app)


def test_events_that_were_not_stored_are_counted(langflow_stand_in):
    raw = {"events": [{"event": "token", "data": {"chunk": "a"}}], "events_left_out": 1_234}
    run = run_with(RunStatus.COMPLETED, raw=raw)
    record = add_ended_run(langflow_stand_in.url, mode="stream", run=run)
    app = open_run_tab("Trace", record, "Events")
    assert (
        "Showing the first 1 of 1,235 (the console stores no more of a streamed run)"
        in page_text(app)
    )


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
    run = run_with(RunStatus.COMPLETED, last_event_id="7")
    record = add_ended_run(langflow_stand_in.url, mode="background", job_id="j", run=run, **given)
    app = open_run_tab("Trace", record, "Events")
    assert "Fetch events" not in button_labels(app)
    assert why in page_text(app)


def test_a_streamed_run_that_is_searched_for_again_says_so(langflow_stand_in):
    """It waits for no other runs, as a queued job does."""
    note = "The console checks on the server how the run ended."
    record = add_running_run(
        langflow_stand_in.url,
        mode="stream",
        status=RunStatus.QUEUED,
        queue_limit=5,
        job_id="00000000-0000-0000-0000-000000000000",
        note=note,
        worker="alive",
    )
    app = open_app(run=record.id)
    assert note in page_text(app)
    assert "at a time" not in page_text(app)
    assert not app.exception


def test_a_run_is_not_called_queued_on_the_server_before_that_has_responded(langflow_stand_in):
    record = add_running_run(
        langflow_stand_in.url,
        status=RunStatus.QUEUED,
        job_id=None,
        attempts=1,
        queue_limit=5,
        worker="alive",
    )
    text = page_text(open_app(run=record.id))
    assert "has not confirmed this run yet" in text
    assert "at a time" not in text


def test_a_run_that_stays_queued_says_why_and_what_to_do(langflow_stand_in):
    note = "This run has been queued for more than 5 minutes. Stop it, then run it again."
    record = add_running_run(
        langflow_stand_in.url, status=RunStatus.QUEUED, queue_limit=5, note=note, worker="alive"
    )
    app = open_app(run=record.id)
    assert note in page_text(app)
    assert "at a time" not in page_text(app)
    assert "Stop" in button_labels(app)

"""The progress of a running run: components, graph, partial output."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import streamlit as st

from lfclient.runs.components import ComponentRun, ComponentState
from lfclient.runs.model import RunStatus
from pages._ui.connection.app_context import app_context
from pages._ui.run import progress, recent_runs
from pages._ui.state import browser
from pages._ui.state import run_page as ui_state
from tests.support import store_records
from tests.support.http_stand_in import NODE
from tests.ui.support.runs import COMPONENTS, DONE, NOW, PARTIAL, open_table, run_with
from tests.ui.support.whole_pages import (
    ONE,
    add_ended_run,
    add_running_run,
    button_labels,
    open_app,
    page_text,
    press,
    refuse_drawn_run,
)


def test_a_running_run_shows_its_progress(langflow_stand_in):
    record = add_running_run(langflow_stand_in.url, run=run_with(messages={"m": PARTIAL}))
    app = open_app(run=record.id)
    assert "2 of 3 components" in app.get("progress")[0].proto.text
    assert "Running Chat Output" in app.get("progress")[0].proto.text.replace("\\", "")
    assert "Once upon" in page_text(app)
    assert "Stop" in button_labels(app)
    assert "Options" not in button_labels(app)


BEGUN = replace(PARTIAL, id="n", text="", streamed="")
FIRST_OUTPUT, FIRST_WORDS = "Waiting for the first output.", "Waiting for the first words."


@pytest.mark.parametrize(
    ("messages", "awaited"),
    [
        ((), {FIRST_OUTPUT}),
        ((PARTIAL, BEGUN), {FIRST_WORDS}),
        ((replace(BEGUN, complete=True),), set()),  # it may have files only
    ],
)
def test_a_run_shows_what_it_waits_for(langflow_stand_in, messages, awaited):
    run = run_with(messages={each.id: each for each in messages})
    text = page_text(open_app(run=add_running_run(langflow_stand_in.url, run=run).id))
    assert "Running" in text
    assert {words for words in (FIRST_OUTPUT, FIRST_WORDS) if words in text} == awaited


def test_running_components_that_are_not_named_are_counted():
    running = {name: ComponentRun(name, ComponentState.RUNNING, f"Step {name}") for name in "ABCDE"}
    record = replace(store_records.record(), run=run_with(components=running))
    _, words = progress.summarize(record, None)
    assert "Running Step A, Step B, Step C and 2 more" in words


@pytest.mark.parametrize(
    ("mode", "minutes", "words"),
    [
        ("sync", 1, "Synchronous runs report no progress."),
        ("sync", None, "Synchronous runs report no progress."),  # a busy server may let it wait
        ("sync", 3, "No response for more than 2 minutes."),
        ("background", 3, "This Langflow release does not report progress."),
    ],
)
def test_a_run_without_progress_reports_is_explained(mode, minutes, words):
    now = datetime.now(UTC)
    started = None if minutes is None else now - timedelta(minutes=minutes)
    record = replace(
        store_records.record(),
        mode=mode,
        created_at=now - timedelta(minutes=5),
        started_at=started,
        run=run_with(components={}),
    )
    assert progress.summarize(record, None)[1].startswith(words)


def test_the_tool_that_an_agent_waits_for_is_named(langflow_stand_in):
    call = {"type": "tool_use", "name": "look_up", "tool_input": {}, "output": None}
    talk = replace(PARTIAL, blocks=(call,))
    record = add_running_run(langflow_stand_in.url, run=run_with(messages={"m": talk}))
    assert "Using look_up …" in page_text(open_app(run=record.id))


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
    # options with the same label could not be distinguished: one that the flow lacks has its id
    assert choice.options == ["✓ Chat Input · 0.2 s", "✓ Chat Input, A · 0.2 s"]
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

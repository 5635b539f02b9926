"""The result of an ended run."""

import json
import uuid
from dataclasses import replace

import pytest

from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import ComponentRun, ComponentState, Message, RunError
from lfclient.runs.model import Run, RunStatus
from pages._ui.app import window
from pages._ui.outputs import message
from tests.support.flows import chat_input, edge, node
from tests.support.http_stand_in import flow
from tests.ui.support.runs import PARTIAL, run_with
from tests.ui.support.whole_pages import (
    ONE,
    add_ended_run,
    lacks,
    open_app,
    open_run_tab,
    page_text,
)

ANSWER = Output("B", OutputKind.MESSAGE, "the answer", type="message", display_name="Chat Output")
TALKS = edge("ChatInput-a", "ChatOutput-b")


def test_the_result_of_a_frozen_component_is_said_to_be_cached(langflow_stand_in):
    frozen = ComponentRun("A", ComponentState.DONE, "Agent", cached=True)
    run = Run(
        ONE, "sync", RunStatus.COMPLETED, components={"A": frozen}, outputs={"ChatOutput-b": ANSWER}
    )
    app = open_app(run=add_ended_run(langflow_stand_in.url, run=run).id)
    expected = "Agent is frozen: Langflow returned a cached result, maybe of another run."
    assert expected in page_text(app)


def test_an_output_of_a_stopped_run_is_titled_as_in_a_completed_one(langflow_stand_in):
    """If the flow has several, even if only a part of one was returned."""
    nodes = [chat_input(), node("ChatOutput-b"), node("ChatOutput-c")]
    edges = [TALKS, edge("ChatInput-a", "ChatOutput-c")]
    langflow_stand_in.set_flows(flow(ONE, "Talk", nodes, edges))
    message = replace(PARTIAL, component_id="ChatInput-a")
    run = run_with(RunStatus.CANCELLED, components={}, messages={"m": message})
    app = open_app(run=add_ended_run(langflow_stand_in.url, status=run.status, run=run).id)
    assert "Output so far" in page_text(app)
    titles = [each.value for each in app.markdown if each.value.startswith(":material/chat:")]
    assert titles == [":material/chat: **ChatOutput 1** :orange-badge[partial]"]


@pytest.mark.parametrize(
    ("session", "count", "label"),
    [
        ("console-run-0123456789ab", 1, "Open in Chat"),
        ("console-run-0123456789ab", 2, "Chat"),
        ("console-0123456789ab", 1, "Chat"),
    ],
)
def test_a_run_of_a_conversation_leads_back_to_it_beside_its_status(
    langflow_stand_in, session, count, label
):
    """Any other, with a session of its own, can be continued in Chat, below its outputs."""
    nodes = [chat_input(), node("ChatOutput-b")]
    langflow_stand_in.set_flows(flow(ONE, "Talk", nodes, [TALKS]))
    run = Run(ONE, "sync", RunStatus.COMPLETED, outputs={"ChatOutput-b": ANSWER})
    for number in range(count):
        ids = {"id": f"{number:032x}", "submit_token": str(number), "session_id": session}
        record = add_ended_run(langflow_stand_in.url, run=run, **ids)
    app = open_app(run=record.id)
    links = [link.proto for link in app.get("page_link") if "session=" in link.proto.query_string]
    assert [link.label for link in links] == [label]


@pytest.mark.parametrize("is_narrow", [False, True])
def test_a_phone_shows_the_flow_and_the_time_of_a_run(langflow_stand_in, monkeypatch, is_narrow):
    """Beside its result, the flow's name is out of sight there."""
    monkeypatch.setattr(window, "is_narrow", lambda: is_narrow)
    langflow_stand_in.set_flows(flow(ONE, "Echo"))
    run = Run(ONE, "sync", RunStatus.COMPLETED)
    app = open_app(run=add_ended_run(langflow_stand_in.url, run=run, flow_name="Echo").id)
    status = next(one.value for one in app.markdown if "Completed" in one.value)
    assert ("Echo · " in status) is is_narrow


@pytest.mark.parametrize("session", ["console-demo", "console-0123456789ab", str(uuid.UUID(int=1))])
def test_the_details_of_a_run_have_the_session_that_a_person_named(langflow_stand_in, session):
    langflow_stand_in.set_flows(flow(ONE, "Echo"))
    run = Run(ONE, "sync", RunStatus.COMPLETED, session_id=session)
    app = open_run_tab("Trace", add_ended_run(langflow_stand_in.url, run=run), "Details")
    facts = " ".join(each.value for each in app.markdown if each.value.startswith(":gray["))
    assert "Started" in facts
    assert ("Session" in facts) is (session == "console-demo")


def test_a_long_unfinished_text_is_no_markdown(langflow_stand_in, monkeypatch):
    """A megabyte of Markdown would take ten seconds at each draw."""
    lengths = []
    monkeypatch.setattr(message, "sanitize", lambda text: (lengths.append(len(text)) or text, ()))
    long = Message("m", "", "Machine", "AI", complete=False, streamed="**a** " * 100_000)
    short = replace(long, id="n", streamed="and this")
    run = Run(ONE, "sync", RunStatus.FAILED, messages={"m": long, "n": short})
    app = open_app(run=add_ended_run(langflow_stand_in.url, status=RunStatus.FAILED, run=run).id)
    assert "600,000 characters, too long for Markdown." in page_text(app)
    assert lengths == [len("and this")]


@pytest.mark.parametrize(
    ("status", "says_so"), [(RunStatus.FAILED, False), (RunStatus.CANCELLED, True)]
)
def test_a_failed_run_does_not_say_no_output(langflow_stand_in, status, says_so):
    run = Run(ONE, "sync", status, errors=() if says_so else (RunError("boom", "A", "Agent"),))
    app = open_app(run=add_ended_run(langflow_stand_in.url, status=status, run=run).id)
    frames = [each for each in app.get("container") if each.proto.flex_container.border]
    # in the frame of an output, as while it was awaited
    assert any(each.value == "No output" for frame in frames for each in frame.caption) is says_so
    assert lacks(app, "No output", shows="Recent runs") is not says_so


def test_an_unfinished_text_is_kept_beside_the_outputs_and_can_be_copied_and_downloaded(
    langflow_stand_in,
):
    run = run_with(RunStatus.CANCELLED, messages={"m": PARTIAL}, outputs={"B": ANSWER})
    app = open_app(run=add_ended_run(langflow_stand_in.url, status=RunStatus.CANCELLED, run=run).id)
    for words in ("partial", "Once upon", "the answer"):
        assert words in page_text(app)
    labels = [each.proto.label for each in app.get("download_button")]
    assert [each for each in labels if each in ("Markdown", "Text")] == ["Markdown", "Text"] * 2
    drawn = [json.loads(each.proto.json) for each in app.get("bidi_component")]
    assert PARTIAL.visible_text in [data.get("text") for data in drawn]

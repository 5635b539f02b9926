"""Outputs of one flow have their names and their order, also while they are written."""

from dataclasses import replace

import pytest

from lfclient.runs.components import ComponentRun, ComponentState
from lfclient.runs.model import Run, RunStatus
from tests.support.twin_outputs import FIRST, SECOND, answer, shared_graph, twin_graph
from tests.ui.present.support import present, store
from tests.ui.support.chat_langflow import ChatLangflow
from tests.ui.support.chat_page import open_chat
from tests.ui.support.runs import open_table
from tests.ui.support.whole_pages import ONE, add_ended_run, add_running_run, lacks

TWINS = {**twin_graph(), "id": ONE, "name": "Twins"}
SHARED = {**shared_graph(), "id": ONE, "name": "Twins"}


def running(server):
    """Add a run of which the second output has been written."""
    components = {SECOND: ComponentRun(SECOND, ComponentState.DONE)}
    messages = {"m": answer("a", "quick")}
    run = Run(ONE, "background", RunStatus.IN_PROGRESS, components=components, messages=messages)
    return add_running_run(server.url, run=run)


def test_the_run_page_says_which_output_is_missing(langflow_stand_in):
    langflow_stand_in.set_flows(TWINS)
    app = open_table(running(langflow_stand_in))
    titles = [one.value for one in app.markdown if "**ChatOutput" in one.value]
    assert [title.count("Waiting") for title in titles] == [1, 0]
    assert [title.partition("**")[2][:12] for title in titles] == ["ChatOutput 1", "ChatOutput 2"]


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [
        (None, ["**ChatOutput 1**", "**ChatOutput 2**", "quick"]),
        ((SECOND,), ["quick"]),
        ((FIRST,), []),
    ],
)
def test_an_audience_sees_the_chosen_outputs(fields_server, chosen, shown):
    fields_server.set_flows(TWINS)
    store(outputs=chosen)
    app = present(run=running(fields_server).id)
    assert app.title[0].value == "Twins"
    found = [one.value for one in app.markdown]
    assert [text for text in found if "ChatOutput" in text or text == "quick"] == shown


@pytest.mark.parametrize(("chosen", "is_shown"), [(None, True), ((FIRST,), False)])
def test_an_audience_sees_no_answer_that_may_be_of_an_output_that_is_not_chosen(
    fields_server, chosen, is_shown
):
    """The messages of outputs that one component feeds name none, and each converts its input."""
    fields_server.set_flows(SHARED)
    store(outputs=chosen)
    assert lacks(present(run=running(fields_server).id), "quick", shows="Twins") is not is_shown


@pytest.mark.parametrize(
    ("flow", "chosen", "is_shown"), [(TWINS, (FIRST,), False), (SHARED, (FIRST, SECOND), True)]
)
def test_an_audience_sees_no_text_of_a_hidden_output_that_was_never_finished(
    fields_server, flow, chosen, is_shown
):
    fields_server.set_flows(flow)
    store(outputs=chosen)
    unfinished = replace(answer("a", "unfinished words"), complete=False)
    run = Run(ONE, "background", RunStatus.FAILED, messages={"m": unfinished})
    record = add_ended_run(fields_server.url, run=run, status=run.status, mode="background")
    assert lacks(present(run=record.id), "unfinished words", shows="Twins") is not is_shown


def test_answers_in_chat_have_the_names_and_order_of_the_outputs(langflow_stand_in):
    chat_langflow = ChatLangflow(langflow_stand_in)
    langflow_stand_in.set_flows(TWINS)
    chat_langflow.store_message("s", "hi")
    for text, model in (("quick", "Model-a"), ("slow", "Model-b")):
        source = {"source": {"id": model}}
        chat_langflow.store_message("s", text, "Machine", properties=source)
    app = open_chat(session="s")
    texts = [one.value for one in app.main.markdown if one.value in ("quick", "slow")]
    assert texts == ["slow", "quick"]
    names = [one.value for one in app.main.caption if one.value.startswith("ChatOutput")]
    assert names == ["ChatOutput 1", "ChatOutput 2"]

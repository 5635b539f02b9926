"""The errors of a run: in words where the cause is known, with a way to the field."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from lfclient.console.local_langflow.manager import LocalLangflow
from lfclient.console.store.run_record import RecordProblem
from lfclient.flows.field import Variable
from lfclient.runs.components import RunError
from lfclient.runs.model import Run, RunStatus
from tests.support.flows import chat_input, edge, entry, group, node, prompt, text
from tests.support.http_stand_in import flow
from tests.ui.support.whole_pages import (
    ONE,
    add_ended_run,
    button_labels,
    lacks,
    open_app,
    page_text,
    press,
)

NO_FILE = "Error processing files: No files to process."


def open_failed_run(server, *errors: RunError, mode: str = "sync", **more) -> AppTest:
    """Store a run of the first flow that failed with these errors, and open it."""
    run = Run(ONE, mode, RunStatus.FAILED, errors=errors)
    more = {"status": RunStatus.FAILED, "mode": mode, "run": run, **more}
    return open_app(run=add_ended_run(server.url, **more).id)


@pytest.fixture
def failed(langflow_stand_in):
    """Store a failed run of a flow that reads a file, and open it."""
    file = entry("FileInput", "file", "", file_path=[], list=True)
    reader = node("File-a", path=file)
    # as in the error: which name is shown depends on whether the page has the flow yet
    reader["data"]["node"]["display_name"] = "Read File"
    langflow_stand_in.set_flows(flow(ONE, "Echo", [reader]))

    def open_failed(message: str, component: str | None = "File-a", **more: str):
        error = RunError(message, component, "Read File", **more)
        return open_failed_run(langflow_stand_in, error)

    return open_failed


def test_a_known_cause_is_explained_with_the_servers_text_under_details(failed):
    app = failed(NO_FILE)
    assert "No file was given." in page_text(app)
    assert "Choose a file." in page_text(app)
    assert NO_FILE not in page_text(app)
    assert [each.label for each in app.expander if "Details" in each.label]
    app = press(app, "Choose a file")
    assert "Run" in button_labels(app)
    assert list(app.get("file_uploader"))


def test_a_prompts_error_names_what_it_lacks_and_leads_to_its_text(langflow_stand_in):
    """Langflow's text is the name of the variable alone."""
    langflow_stand_in.set_flows(flow(ONE, "Echo", [prompt("On {topic}, {tone}", "topic")]))
    app = open_failed_run(langflow_stand_in, RunError("'tone'", "Prompt-a", "Prompt"))
    assert any("The prompt has no variable “tone”" in each.value for each in app.error)
    app = press(app, "Go to the field")
    (form,) = app.session_state["forms"].values()
    assert form.shown_key == "Prompt-a.template"


def test_an_unknown_error_is_shown_verbatim(failed):
    app = failed("KeyError: 'x'", traceback="Traceback …")
    assert "KeyError: 'x'" in page_text(app)
    assert [each.label for each in app.expander if "Traceback" in each.label]


def test_numbers_of_errors_and_ids_are_under_details_only(failed):
    text = f"[Errno 2] No such file or directory: 'a.csv' of flow {ONE}"
    app = failed(text)
    (alert,) = (each.value.replace("\\", "") for each in app.error)
    assert alert == "**Read File** failed\n\nNo such file or directory: 'a.csv' of flow …"
    app.session_state[f"traceback-{'a' * 32}-0"] = True
    assert [each.value for each in app.run().code if "Errno" in each.value] == [text]


def test_the_button_of_an_error_inside_a_group_leads_to_the_groups_field(langflow_stand_in):
    """An error names the component inside."""
    inner = node("File-a", path=entry("FileInput", "file", "", file_path=[], list=True))
    grouped = group("Group-g", [inner], path_a=("File-a", "path"))
    langflow_stand_in.set_flows(flow(ONE, "Echo", [grouped]))
    error = RunError(NO_FILE, "File-a", "Read File")
    app = press(open_failed_run(langflow_stand_in, error), "Choose a file")
    assert list(app.get("file_uploader"))


def test_the_button_of_a_missing_variable_leads_to_the_field_that_names_it(langflow_stand_in):
    """Background runs of Langflow 1.11 and later don't name the parameter."""
    variables = {
        name: entry("SecretStrInput", "str", value, load_from_db=True, password=True)
        for name, value in (("token", "THERE"), ("api_key", "NOPE"))
    }
    langflow_stand_in.set_flows(flow(ONE, "Echo", [node("Agent-a", **variables)]))
    app = open_failed_run(
        langflow_stand_in, RunError("NOPE variable not found."), mode="background"
    )
    press(app, "Go to the field")
    (form,) = app.session_state["forms"].values()
    assert form.shown_key == "Agent-a.api_key"


def test_a_variable_that_a_synchronous_run_took_for_no_value_is_named(langflow_stand_in):
    """Langflow's text names neither it nor the parameter. A missing key fails no such run."""
    key = entry("SecretStrInput", "str", "NO_KEY", load_from_db=True, password=True)
    texts = {
        name: entry("MessageTextInput", "str", value, load_from_db=True)
        for name, value in (("city", "THERE"), ("language", "NOPE"))
    }
    other = entry("MessageTextInput", "str", "UNUSED", load_from_db=True)
    nodes = [node("Unused-b", text=other), chat_input(), node("Tool-a", api_key=key, **texts)]
    langflow_stand_in.set_flows(flow(ONE, "Echo", nodes, [edge("ChatInput-a", "Tool-a", "text")]))
    there = {"id": "1", "name": "THERE", "type": "Generic", "value": "Lisbon"}
    langflow_stand_in.answers["GET /api/v1/variables/"] = (200, [there])
    text = "1 validation error for MessageTextInput\nvalue\n  Value error, Invalid value type "
    error = RunError(f"{text}<class 'NoneType'> [type=value_error]")
    app = open_failed_run(langflow_stand_in, error)
    assert "The server has no variable “NOPE”." in page_text(app)
    app = press(app, "Go to the field")
    (form,) = app.session_state["forms"].values()
    assert form.shown_key == "Tool-a.language"
    more = {"overrides": {"Tool-a.city": Variable("NOWHERE")}, "id": "b" * 32, "submit_token": "b"}
    app = open_failed_run(langflow_stand_in, error, **more)
    assert "the server may lack the variable" in page_text(app)
    assert "Go to the field" not in button_labels(app)


OLD_CODE = "Error creating class. KeyError('OpenAI')."


def open_old_agent(server, offered: dict, **ended) -> AppTest:
    """Open a failed run of an agent with old code, on a server that offers these components."""
    old = node("Agent-a", code=entry(None, "code", 'MODEL = PROVIDERS["OpenAI"]'))
    server.set_flows(flow(ONE, "Echo", [old]))
    server.answers |= {
        "GET /api/v1/models": (200, []),
        "GET /api/v1/variables/": (200, []),
        "GET /api/v1/all": (200, {"all": offered}),
    }
    return open_failed_run(server, **ended)


def failed_agent(message: str, component: str | None = None) -> Run:
    error = RunError(message, component, component and "Agent")
    return Run(ONE, "background", RunStatus.FAILED, errors=(error,))


@pytest.mark.parametrize(
    ("ended", "reason"),
    [
        (
            {"problem": RecordProblem(f"Failed to build graph from flow data: {OLD_CODE}")},
            "Its code doesn't work on this version of Langflow.",
        ),
        ({"run": failed_agent("'tools'", "Agent-a")}, "'tools'"),
    ],
    ids=["synchronous", "of unknown cause"],
)
def test_an_error_of_an_outdated_component_names_it_and_leads_to_its_update(
    langflow_stand_in, ended, reason
):
    newer = node("Agent-x", code=entry(None, "code", "MODEL = None"))["data"]["node"]
    app = open_old_agent(langflow_stand_in, {"Agent": newer}, **ended)
    (alert,) = (each.value.replace("**", "").replace("\\", "") for each in app.error)
    assert alert.startswith(f"Agent failed\n\n{reason}")
    assert "Update the flow's components in Setup." in alert
    assert "Go to Setup" in button_labels(app)
    assert "Update a copy" in button_labels(press(app, "Go to Setup"))


def test_an_error_of_a_component_that_the_server_lacks_leads_to_no_update(langflow_stand_in):
    app = open_old_agent(langflow_stand_in, {"Other": {}}, run=failed_agent("x y", "Agent-a"))
    assert "The server has no Agent: replace it in Langflow's editor" in page_text(app)
    assert "Go to Setup" not in button_labels(app)


def test_an_error_of_up_to_date_code_leads_to_the_editor(langflow_stand_in):
    current = node("Agent-a", code=entry(None, "code", 'MODEL = PROVIDERS["OpenAI"]'))
    agent = current["data"]["node"]
    app = open_old_agent(langflow_stand_in, {"Agent": agent}, run=failed_agent(OLD_CODE, "Agent-a"))
    assert "Correct its code in Langflow's editor" in page_text(app)
    assert lacks(app, "Update the flow's components", shows="Agent")


def test_synchronous_mode_is_offered_for_several_chat_inputs(langflow_stand_in):
    langflow_stand_in.set_flows(flow(ONE, "Echo", [node("Part-a", text=text("x"))]))
    error = RunError("Only one chat input is allowed in the graph")
    app = open_failed_run(langflow_stand_in, error, mode="background")
    press(app, "Use synchronous mode")
    assert next(each for each in app.radio if each.label == "Run mode").value == "sync"


def open_failed_readers(server, count: int, **overrides) -> AppTest:
    """Open a failed run of components that read files, of which the server names none."""
    file = entry("FileInput", "file", "", file_path=[], list=True)
    server.set_flows(flow(ONE, "Echo", [node(f"File-{one}", path=file) for one in range(count)]))
    values = {f"File-{id[-1]}.path": [name] for id, name in overrides.items()}
    return open_failed_run(server, RunError(NO_FILE), overrides=values)


@pytest.mark.parametrize(
    ("count", "overrides", "shown"),
    [(1, {}, "File-0.path"), (2, {"file_0": "u/a.txt"}, "File-1.path")],
)
def test_the_button_of_an_error_without_a_component_leads_to_the_only_field_it_may_be(
    langflow_stand_in, count, overrides, shown
):
    app = press(open_failed_readers(langflow_stand_in, count, **overrides), "Choose a file")
    (form,) = app.session_state["forms"].values()
    assert form.shown_key == shown


def test_an_error_that_several_fields_may_have_caused_has_no_button(langflow_stand_in):
    app = open_failed_readers(langflow_stand_in, 2)
    assert "No file was given." in page_text(app)
    assert "Choose a file" not in button_labels(app)


def test_the_button_of_an_unknown_knowledge_base_leads_to_its_field(langflow_stand_in):
    """A synchronous run of Langflow 1.12 and later names no component."""
    base = entry("DropdownInput", "str", "gone", options=[], required=True)
    langflow_stand_in.set_flows(flow(ONE, "Echo", [node("Knowledge-k", knowledge_base=base)]))
    error = RunError("The requested model provider is not available")
    app = press(open_failed_run(langflow_stand_in, error), "Go to the field")
    (form,) = app.session_state["forms"].values()
    assert form.shown_key == "Knowledge-k.knowledge_base"


@pytest.fixture
def local(langflow_stand_in, monkeypatch):
    """Let the server be the local Langflow."""
    monkeypatch.delenv("LANGFLOW_SERVER_URL")
    monkeypatch.setattr(LocalLangflow, "connection", lambda self: (langflow_stand_in.url, "sk-l"))
    return langflow_stand_in


def test_a_refused_run_offers_the_package_too(local, langflow_stand_in):
    langflow_stand_in.set_flows(flow(ONE, "Echo"))
    problem = RecordProblem("YF is not installed. Please install it with `pip install YFinance`.")
    assert "Install yfinance" in button_labels(open_failed_run(langflow_stand_in, problem=problem))


def test_setup_offers_a_package_that_the_local_langflow_lacks_before_a_run(local):
    stocks = node("Stocks-s", code={"type": "code", "value": "import yfinance"})
    local.set_flows(flow(ONE, "Echo", [stocks]))
    local.answers |= {
        "GET /api/v1/models": (200, []),
        "GET /api/v1/variables/": (200, []),
        "GET /api/v1/all": (200, {"tools": {"Stocks": {}}}),
    }
    app = open_app(flow=ONE)
    assert "Stocks: the server lacks the package yfinance." in page_text(app)
    assert "Install yfinance" in button_labels(app)

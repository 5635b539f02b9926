"""Adding flows from a file."""

import threading

import pytest

from pages._ui.app import upload_quota
from pages._ui.connection import loading, request_cache
from tests.support.flows import edge, entry, graph, node
from tests.ui.support.flow_pages import (
    AGENT,
    THREE,
    UPLOAD,
    choose_file,
    create_on_upload,
    draw_dialog,
    offer,
    open_upload,
    shown_flow,
    uploaded,
    was_added,
)
from tests.ui.support.model_pages import MODELS, PROVIDERS
from tests.ui.support.whole_pages import TWO, button_labels, page_text, press

CATALOGUE, FILES = "GET /api/v1/all", "GET /api/v2/files"
OWN = entry(None, "code", "class Echo(Component): ...")
FOREIGN = entry(None, "code", "import os")
OLDER = entry(None, "code", "class Echo: ...")


def flow_with_code(*names, code=FOREIGN, **more):
    nodes = [node(f"{name}-{number}", name, code=code) for number, name in enumerate(names)]
    return {**graph(*nodes), "id": THREE, "name": "Tools", **more}


def warnings(app):
    return [each.value for each in app.warning]


@pytest.fixture(autouse=True)
def _offer(langflow_stand_in):
    offer(langflow_stand_in)
    langflow_stand_in.answers[CATALOGUE] = (200, {"tools": {"Echo": {"template": {"code": OWN}}}})


def test_a_file_shows_what_it_contains_before_it_is_added(langflow_stand_in):
    app = choose_file(open_upload(), {"flows": [AGENT, {**AGENT, "name": "Another"}]})
    assert "**Simple Agent** :gray[· 2 components · Needs: Model]" in page_text(app)
    assert "Another" in page_text(app)
    assert not uploaded(langflow_stand_in)
    create_on_upload(langflow_stand_in)
    app = press(app, "Add 2 flows")
    assert shown_flow(app) == TWO
    assert was_added()
    assert len(uploaded(langflow_stand_in)[0]) == 2
    assert not app.file_uploader


def test_a_file_that_the_console_did_not_take_is_explained(langflow_stand_in, monkeypatch):
    monkeypatch.setattr(upload_quota, "refusal", lambda session_id: "A file was not uploaded: …")
    assert "A file was not uploaded" in page_text(draw_dialog("Upload"))


def test_a_flow_of_a_newer_release_is_marked():
    app = choose_file(draw_dialog("Upload"), {**AGENT, "last_tested_version": "1.99.0"})
    assert "Made with Langflow 1.99.0, but this server runs 1.13.0." in page_text(app)
    assert "Add" in button_labels(app)


def test_a_flow_that_no_server_runs_is_explained_before_it_is_added():
    app = choose_file(draw_dialog("Upload"), graph(node("Echo-a")))
    (warning,) = (each.replace("\\", "") for each in warnings(app))
    assert "Echo lacks data.node.template.code." in warning


def test_names_in_a_file_are_no_markup():
    app = choose_file(draw_dialog("Upload"), {**AGENT, "name": "**x** :red[y]\n- \u202ez"})
    (line,) = [each.value for each in app.markdown if "components" in each.value]
    assert line.startswith(r"- **\*\*x\*\* \:red\[y\] \- z**")


def test_a_long_project_is_listed_in_part():
    app = choose_file(draw_dialog("Upload"), {"flows": [AGENT] * 30})
    assert "- 10 more" in page_text(app)
    assert "Add 30 flows" in button_labels(app)


def test_a_refused_file_stays_chosen(langflow_stand_in):
    app = choose_file(open_upload(), AGENT)
    langflow_stand_in.answers[UPLOAD] = (413, {"detail": "Too large"})
    app = press(app, "Add")
    assert "larger than the server accepts" in page_text(app)
    langflow_stand_in.answers[UPLOAD] = (201, [{"id": TWO, "name": "New"}])
    create_on_upload(langflow_stand_in)
    assert shown_flow(press(app, "Add")) == TWO


def test_components_of_another_version_are_named_apart_from_others():
    file = {"flows": [flow_with_code("Tool"), flow_with_code("Echo", code=OLDER)]}
    (warning,) = warnings(choose_file(draw_dialog("Upload"), file))
    assert "- 1 component is only in this file, or was edited: Tool" in warning
    assert "- 1 component differs from the server's, by version or by a change: Echo." in warning
    assert "*Update* in Setup replaces this code." in warning


def test_what_the_server_lacks_is_named_before_the_flow_is_added(langflow_stand_in):
    langflow_stand_in.answers |= {PROVIDERS: (200, []), MODELS: (200, []), FILES: (200, [])}
    stocks = node("Stocks-a", code=entry(None, "code", "import yfinance"))
    file = entry("FileInput", "file", "", file_path="/home/a/b.csv")
    nodes = [*AGENT["data"]["nodes"], stocks, node("Read-a", path=file)]
    edges = [*AGENT["data"]["edges"], edge("Stocks-a", "Agent-a"), edge("Read-a", "Agent-a")]
    app = choose_file(draw_dialog("Upload"), {**AGENT, "data": {"nodes": nodes, "edges": edges}})
    page = page_text(app).replace("\\", "")
    assert "Stocks: not offered by the server, which may lack the package yfinance" in page
    assert "Choose a model for Agent" in page
    assert "the server has no “b.csv”" in page


def test_many_components_with_other_code_are_listed_on_request():
    names = [f"Tool {number}" for number in range(7)]
    app = choose_file(draw_dialog("Upload"), flow_with_code(*names, "Tool 0"))
    (warning,) = warnings(app)
    assert "8 components" in warning
    assert warning.endswith(r"Tool 0 \(2\), Tool 1, Tool 2, Tool 3, Tool 4 and 2 more")
    assert not app.text
    app.session_state["flow-code"] = True
    assert [each.value for each in app.run().text] == ["\n".join(["Tool 0 (2)", *names[1:]])]


def test_code_that_could_not_be_compared_is_named(langflow_stand_in):
    langflow_stand_in.answers[CATALOGUE] = (500, {})
    app = choose_file(draw_dialog("Upload"), flow_with_code("Tool", "Echo", code=OWN))
    (warning,) = warnings(app)
    assert "- 2 components with code: Tool, Echo" in warning
    assert "did not list its own components" in warning
    assert "Add" in button_labels(app)


def test_a_flow_is_added_only_after_its_code_was_compared(langflow_stand_in, monkeypatch):
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0)
    monkeypatch.setattr(loading, "POLL_SECONDS", 60)
    is_compared = threading.Event()

    def list_components(request):
        is_compared.wait(10)
        return 200, {}

    langflow_stand_in.answers[CATALOGUE] = list_components
    app = choose_file(draw_dialog("Upload"), flow_with_code("Tool"))
    assert "Waiting for" in page_text(app)
    assert "Add" not in button_labels(app)
    is_compared.set()
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 30)
    app = app.run()
    assert "Add" in button_labels(app)
    assert "Tool" in warnings(app)[0]

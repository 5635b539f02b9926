"""The pages as a whole when servers, disks and records do not behave."""

import pytest

from lfclient.console.store.errors import StoreError
from lfclient.flows.field import Variable
from lfclient.runs.model import Run, RunStatus
from pages._ui.connection import request_cache, server_session
from pages._ui.connection.app_context import app_context
from tests.support.waiting import wait_for
from tests.ui.support.http_stand_in import flow
from tests.ui.support.whole_pages import ONE, TWO, kept_run, labels, opened, opened_at, said

FAULTS = {
    "refused key": ("GET /api/v1/flows/", (403, {"detail": "Invalid API key"}), "not accepted"),
    "other server": ("GET /api/v1/version", (200, b"<html>hi</html>"), "not a Langflow"),
    "no JSON": ("GET /api/v1/flows/", (200, b"<html>"), "makes no sense"),
    "wrong types": ("GET /api/v1/flows/", (200, {"flows": 1}), "makes no sense"),
    "server fault": ("GET /api/v1/flows/", (500, {"detail": "oops"}), "server failed"),
    "cut flow": (f"GET /api/v1/flows/{ONE}", (200, b'{"id": "x", "data"'), "makes no sense"),
    "flow of nonsense": (
        f"GET /api/v1/flows/{ONE}",
        (200, {"id": 5, "data": []}),
        "makes no sense",
    ),
    "flow deleted": (f"GET /api/v1/flows/{ONE}", (404, {"detail": "Flow not found"}), "not there"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_each_fault_is_said_with_a_next_step(langflow_stand_in, case):
    """The page stands, says what is wrong and what to do; the key is nowhere on it."""
    asked, answer, words = FAULTS[case]
    langflow_stand_in.answers[asked] = answer
    app = opened()
    assert words in said(app)
    assert ":material/arrow_forward:" in said(app)
    assert "sk-configured-key" not in said(app)


def test_a_server_that_is_down_leaves_the_page_usable(langflow_stand_in):
    """What it said before stays, with a warning; the recent runs are there."""
    app = opened()
    langflow_stand_in.__exit__()
    next(button for button in app.button if button.key == "refresh-flows").click().run()
    assert "does not answer" in said(app)
    assert app.text_area[0].value == "hello"
    assert "Recent runs" in said(app)


def test_a_server_that_never_answered_is_said_to_be_down(monkeypatch):
    """With the way to try again."""
    monkeypatch.setenv("LANGFLOW_SERVER_URL", "http://127.0.0.1:9")
    app = opened()
    assert "does not answer" in said(app)
    assert "Try again" in labels(app)


def test_a_slow_server_is_said_to_be_waited_for(langflow_stand_in, monkeypatch):
    """The page is there at once, says what it waits for, and has the flow when it came."""
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
    langflow_stand_in.delays["GET /api/v1/flows/"] = 1
    app = opened()
    assert "Waiting for" in said(app)
    assert "Recent runs" in said(app)
    assert not app.error
    wait_for(no_question_is_open)
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 30)
    app.run()
    assert app.selectbox[0].options[0].startswith("Echo")
    assert "Waiting for" not in said(app)


def test_a_slow_server_does_not_take_away_what_is_there(langflow_stand_in, monkeypatch):
    """Asked again, it may take its time; the form stays, and the wait is told."""
    app = opened()
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
    langflow_stand_in.delays["GET /api/v1/flows/"] = 1
    next(button for button in app.button if button.key == "refresh-flows").click().run()
    assert app.text_area[0].value == "hello"
    assert "may be outdated" in said(app)


def test_a_young_flow_in_the_address_is_waited_for(langflow_stand_in, monkeypatch):
    """A flow that the last list did not have is not given up for another while a list is due."""
    opened()
    langflow_stand_in.add(flow(ONE, "Echo"), flow(TWO, "Young"))
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
    langflow_stand_in.delays["GET /api/v1/flows/"] = 1
    app = opened(flow=TWO)
    assert "Waiting for" in said(app)
    wait_for(no_question_is_open)
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 30)
    app.run()
    assert app.selectbox[0].value == TWO


def no_question_is_open():
    server = server_session.attach(server_session.available_connections()[0])
    return server.seconds_waiting("server", "flows", "variables") is None


def test_a_run_says_what_it_was_given(langflow_stand_in):
    """The form beside it may hold something else by now; a secret is only said to be set."""
    given = {"ChatInput-a.input_value": "Oslo", "T.api_key": "was set", "T.v": Variable("NAME")}
    run = Run(ONE, "sync", RunStatus.COMPLETED)
    record = kept_run(langflow_stand_in.url, overrides=given, run=run)
    app = opened_at("Inputs", record)
    words = said(app)
    assert "Oslo" in words
    assert "set, not stored" in words
    assert "server variable `NAME`" in words


def test_a_disk_that_takes_no_records_is_said_beside_the_run(langflow_stand_in):
    """What would be lost, when, and what to do."""
    record = kept_run(langflow_stand_in.url)
    assert "cannot save its runs" not in said(opened(run=record.id))
    app_context().runner._writer.error = StoreError("The disk is full.", hint="Make room.")
    words = said(opened(run=record.id))
    assert "cannot save its runs" in words
    assert "The disk is full." in words
    assert "Make room." in words


def test_unfinished_runs_are_taken_up_once_the_disk_allows(langflow_stand_in, monkeypatch):
    """One failure does not leave them without anybody who follows them."""
    tried = []

    def attach(connection):
        tried.append(connection)
        if len(tried) == 1:
            raise StoreError("The file is locked.")

    monkeypatch.setattr(app_context().runner, "attach", attach)
    connection = server_session.available_connections()[0]
    with pytest.raises(StoreError):
        server_session.attach(connection)
    server_session.attach(connection)
    server_session.attach(connection)
    assert len(tried) == 2


def test_an_answer_that_the_form_can_do_without_is_not_waited_for(langflow_stand_in, monkeypatch):
    """The names of variables may come later than all else."""
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
    langflow_stand_in.delays["GET /api/v1/variables/"] = 2
    langflow_stand_in.delays["GET /api/v1/flows/"] = 0.3
    app = opened()
    server = server_session.attach(server_session.available_connections()[0])
    wait_for(lambda: server.seconds_waiting("flows") is None)
    wait_for(lambda: app.run().selectbox and app.text_area)
    assert server.seconds_waiting("variables")

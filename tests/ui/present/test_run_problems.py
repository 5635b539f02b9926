"""Why a presented run has no result, and what an audience can do about it."""

import pytest

from lfclient.console.store.run_record import RecordProblem
from lfclient.runs.components import RunError
from lfclient.runs.model import Run, RunStatus
from tests.support.flows import entry, node, text
from tests.support.http_stand_in import flow
from tests.ui.present.support import present, present_as_presenter, store
from tests.ui.support.whole_pages import ONE, add_ended_run, page_text

CHECK_VALUES = "Check what you entered, then run again."
LATER = "Try again in a moment."
TELL_SENDER = "Tell the person who sent you this link."


def failed_page(server, **more):
    """Return the words of a presentation whose run has failed."""
    record = add_ended_run(server.url, **{"status": RunStatus.FAILED, "run": None, **more})
    return page_text(present(run=record.id))


def test_a_run_that_is_refused_for_a_known_cause_names_it(fields_server):
    text = "Error creating class. ModuleNotFoundError(No module named 'yfinance')."
    words = failed_page(fields_server, problem=RecordProblem(text, "Correct the value."))
    assert "The run did not start" in words
    assert "The server lacks the package “yfinance”." in words
    assert TELL_SENDER in words
    assert "did not accept it" not in words


def test_a_run_whose_server_was_not_reached_names_no_component(fields_server):
    problem = RecordProblem("All connection attempts failed", "Check that Langflow is running.")
    words = failed_page(fields_server, problem=problem)
    assert "The server could not be reached or did not accept it." in words
    assert LATER in words
    assert "component" not in words


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        ("NOPE variable not found.", TELL_SENDER),
        ("All connection attempts failed", LATER),
        ("No files to process.", CHECK_VALUES),
    ],
)
def test_the_hint_of_a_failed_run_depends_on_its_cause(fields_server, error, hint):
    run = Run(ONE, "sync", RunStatus.FAILED, errors=(RunError(error, "C-a"),))
    words = failed_page(fields_server, run=run)
    assert [each for each in (CHECK_VALUES, LATER, TELL_SENDER) if each in words] == [hint]


def test_a_failure_that_an_input_of_the_view_can_mend_says_so(fields_server):
    file = entry("FileInput", "file", "", file_path=[])
    one = node("J-a", json_file=file, json_path=text(), json_string=text(), other=text())
    fields_server.set_flows(flow(ONE, "JSON", nodes=[one]))
    error = RunError("Please provide exactly one of: JSON file, file path, or JSON string.", "J-a")
    run = Run(ONE, "sync", RunStatus.FAILED, errors=(error,))
    store(inputs={"J-a.other": {}})
    hidden = failed_page(fields_server, run=run)
    assert TELL_SENDER in hidden
    assert CHECK_VALUES not in hidden
    store(inputs={"J-a.other": {}, "J-a.json_string": {}})
    words = failed_page(fields_server, run=run)
    assert "JSON must be given exactly once" in words
    assert CHECK_VALUES in words
    assert TELL_SENDER not in words


def test_a_presenter_is_not_asked_to_tell_who_sent_the_link(fields_server):
    run = Run(ONE, "sync", RunStatus.FAILED, errors=(RunError("No key for OpenAI", "C-a"),))
    failed = add_ended_run(fields_server.url, run=run, status=RunStatus.FAILED)
    app = present_as_presenter(run=failed.id)
    assert "The flow failed" in page_text(app)
    assert CHECK_VALUES in page_text(app)
    assert "who sent you this link" not in page_text(app)
    assert "Exit shows the error of this run on the Run page." in page_text(app)
    assert "Exit" not in page_text(present(run=failed.id))


def test_an_error_of_a_component_is_reported_without_its_text(fields_server):
    error = RunError("boom at http://10.0.0.1", "C-a", traceback="Traceback")
    run = Run(ONE, "sync", RunStatus.FAILED, errors=(error,))
    words = failed_page(fields_server, run=run)
    assert "The flow failed" in words
    assert "Check what you entered, then run again." in words
    assert "boom" not in words
    assert "C-a" not in words

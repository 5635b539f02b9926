"""A presented run that nobody follows, that is refused a decision or a stop, or takes long."""

from datetime import UTC, datetime, timedelta

import pytest

from lfclient.console.store.notes import Note, NoteCode, quote
from tests.ui.present.support import present, present_as_presenter
from tests.ui.support.whole_pages import (
    add_running_run,
    add_suspended_run,
    button_labels,
    lacks,
    page_text,
)


def test_a_presented_run_that_nobody_follows_asks_to_tell_its_sender(fields_server):
    notes = Note(NoteCode.KEY_NEEDED), quote(fields_server.url)
    words = page_text(present(run=add_running_run(fields_server.url, notes=notes, worker="").id))
    assert "No access to the server. Tell the person who sent you this link." in words
    assert "by itself" not in words
    assert "key" not in words


def test_a_presenter_reads_where_a_run_that_nobody_follows_gets_access_again(fields_server):
    record = add_running_run(fields_server.url, notes=(Note(NoteCode.KEY_NEEDED),), worker="")
    words = page_text(present_as_presenter(run=record.id))
    assert "No access to the server. Check the connection on the Connection page." in words
    assert "who sent you this link" not in words


def test_a_presented_run_whose_decision_is_refused_asks_to_decide_again(fields_server):
    notes = Note(NoteCode.DECISION_REFUSED), quote("From host-7.")
    app = present(run=add_suspended_run(fields_server.url, notes=notes, worker="w").id)
    assert "The decision was not accepted. Decide again." in page_text(app)
    assert "goes on by itself" not in page_text(app)
    assert "host-7" not in page_text(app)
    assert "Approve" in button_labels(app)


def test_a_presented_run_that_goes_on_after_a_refused_decision_asks_for_none(fields_server):
    """Somebody else has decided."""
    record = add_running_run(
        fields_server.url, notes=(Note(NoteCode.DECISION_REFUSED),), worker="w"
    )
    words = page_text(present(run=record.id))
    assert "Decide again" not in words
    assert "Waits for the server and goes on by itself." in words


def test_a_presented_run_whose_stop_is_refused_says_so_without_the_server_s_words(fields_server):
    stop_result = Note(NoteCode.STOP_REFUSED), quote("From host-7.")
    app = present(run=add_running_run(fields_server.url, stop_result=stop_result, worker="w").id)
    assert "The server refused to stop the run." in page_text(app)
    assert "host-7" not in page_text(app)
    assert "Stop" in button_labels(app)


@pytest.mark.parametrize(("minutes", "is_explained"), [(1, False), (3, True)])
def test_a_presented_call_that_takes_long_says_what_may_be_wrong(
    fields_server, minutes, is_explained
):
    """Its connection may have broken unnoticed."""
    started_at = datetime.now(UTC) - timedelta(minutes=minutes)
    record = add_running_run(fields_server.url, mode="sync", started_at=started_at, worker="w")
    app = present(run=record.id)
    is_missing = lacks(app, "No response for more than 2 minutes.", shows="Running")
    assert is_missing is not is_explained

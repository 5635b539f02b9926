"""What an audience sees of a result that can not be read, or was not kept."""

import pytest

from lfclient.console.store.errors import StoreError
from lfclient.console.store.run_record import StoredParts
from lfclient.errors import LangflowError
from lfclient.outputs.model import FileRef, Output, OutputKind
from lfclient.runs.model import Run, RunStatus
from pages._ui.outputs import view as outputs_view
from pages._ui.run import status_panel
from tests.ui.present.support import present, present_as_presenter
from tests.ui.support.whole_pages import (
    ONE,
    add_ended_run,
    add_running_run,
    page_text,
    press,
)


def fail(*_, **__):
    raise StoreError("No such file: /var/lib/console.")


def test_an_audience_sees_no_details_of_a_run_that_can_not_be_read(fields_server, monkeypatch):
    record = add_running_run(fields_server.url)
    monkeypatch.setattr(status_panel, "_redraw", fail)
    words = page_text(present(run=record.id))
    assert "This can't be shown right now" in words
    assert "/var/lib" not in words
    assert "LFCONSOLE" not in words


def test_an_audience_sees_no_details_of_outputs_that_can_not_be_read(fields_server, monkeypatch):
    outputs = {id: Output(id, OutputKind.MESSAGE, "Words") for id in ("C-a", "C-b")}
    run = Run(ONE, "sync", RunStatus.COMPLETED, outputs=outputs)
    record = add_ended_run(fields_server.url, run=run)
    monkeypatch.setattr(outputs_view, "draw_output", fail)
    words = page_text(present(run=record.id))
    assert words.count("This can't be shown right now") == 2
    assert "/var/lib" not in words


def test_a_file_that_can_not_be_loaded_is_reported_without_the_server(fields_server):
    file = Output("C-a", OutputKind.FILE, FileRef("a.txt", path=f"{ONE}/a.txt"))
    run = Run(ONE, "sync", RunStatus.COMPLETED, outputs={"C-a": file})
    app = present(run=add_ended_run(fields_server.url, run=run).id)
    fields_server.close()
    app = press(app, "Preview")
    assert "“a.txt” can't be loaded right now." in page_text(app)
    assert "127.0.0.1" not in page_text(app)


def test_a_presenter_whose_file_can_not_be_loaded_is_not_asked_to_tell_who_sent_the_link(
    fields_server, downloads
):
    file = Output("C-a", OutputKind.FILE, FileRef("a.txt", path=f"{ONE}/a.txt"))
    run = Run(ONE, "sync", RunStatus.COMPLETED, outputs={"C-a": file})
    app = present_as_presenter(run=add_ended_run(fields_server.url, run=run).id)
    fields_server.close()
    with pytest.raises(LangflowError):
        downloads["a.txt"]()
    words = page_text(app.run())
    assert "“a.txt” can't be loaded right now." in words
    assert "who sent you this link" not in words


def test_a_result_that_was_not_kept_is_reported(fields_server):
    run = Run(ONE, "sync", RunStatus.COMPLETED)
    record = add_ended_run(fields_server.url, run=run, stored_parts=StoredParts.REMOVED)
    assert "The result was not saved" in page_text(present(run=record.id))

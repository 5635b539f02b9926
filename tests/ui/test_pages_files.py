"""A file is uploaded once and passed to the run."""

import copy
import time

from pages._ui.form import uploads
from tests.support.flows import entry
from tests.support.http_stand_in import NODE, flow
from tests.ui.support.whole_pages import ONE, open_app, page_text, press

UPLOAD, RUN = "POST /api/v2/files", "POST /api/v2/workflows"


def open_file_flow(server):
    """Open a flow with a file input, on a server with an upload limit of 1 MB."""
    node = copy.deepcopy(NODE)
    file = entry("FileInput", "file", "", fileTypes=["txt", "image"], api_editable=True)
    node["data"]["node"]["template"]["path"] = file
    server.set_flows(flow(ONE, "Reads", nodes=[node]))
    server.answers["GET /api/v1/config"] = (200, {"max_file_size_upload": 1})
    server.answers[UPLOAD] = (201, {"id": "1", "name": "note", "path": "u/note.txt", "size": 3})
    return open_app()


def test_a_file_is_uploaded_once_and_the_run_gets_its_path(langflow_stand_in, monkeypatch):
    monkeypatch.setattr(uploads, "WAIT_SECONDS", 10)
    app = open_file_flow(langflow_stand_in)
    app.file_uploader[0].set_value(("note.txt", b"abc", "text/plain")).run()
    assert any("u/note.txt" in (line.help or "") for line in app.markdown)
    press(app, "Run")
    until = time.monotonic() + 10
    while RUN not in langflow_stand_in.lines and time.monotonic() < until:
        time.sleep(0.02)
    (upload,) = langflow_stand_in.sent(UPLOAD)
    assert b'filename="note.txt"' in upload.content
    (body,) = langflow_stand_in.bodies(RUN)
    assert body["tweaks"] == {"ChatInput-a": {"path": "u/note.txt"}}


def test_a_run_does_not_start_without_a_rejected_file(langflow_stand_in, monkeypatch):
    """The server's error appears at the field, and again after Run."""
    monkeypatch.setattr(uploads, "WAIT_SECONDS", 10)
    app = open_file_flow(langflow_stand_in)
    langflow_stand_in.answers[UPLOAD] = (413, {"detail": "Content size limit exceeded."})
    app.file_uploader[0].set_value(("note.txt", b"abc", "text/plain")).run()
    assert "Content size limit exceeded" in page_text(app)
    press(app, "Run")
    assert "The run was not started." in page_text(app)
    assert RUN not in langflow_stand_in.lines

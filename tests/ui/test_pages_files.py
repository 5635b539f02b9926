"""A file on its way through the whole page: to the server once, and into the run."""

import copy
import json
import time

from pages._ui.form import uploads
from tests.support.flows import entry
from tests.ui.support.http_stand_in import NODE, flow
from tests.ui.support.whole_pages import ONE, opened, press, said

UPLOAD, RUN = "POST /api/v2/files", "POST /api/v2/workflows"


def with_file(server):
    """The page of a flow that takes a file, on a server that takes 1 MB."""
    node = copy.deepcopy(NODE)
    file = entry("FileInput", "file", "", fileTypes=["txt", "image"], api_editable=True)
    node["data"]["node"]["template"]["path"] = file
    server.add(flow(ONE, "Reads", nodes=[node]))
    server.answers["GET /api/v1/config"] = (200, {"max_file_size_upload": 1})
    server.answers[UPLOAD] = (201, {"id": "1", "name": "note", "path": "u/note.txt", "size": 3})
    return opened()


def test_a_file_goes_to_the_server_once_and_its_path_into_the_run(langflow_stand_in, monkeypatch):
    """The form that is sent has the file; the run that follows has where it is."""
    monkeypatch.setattr(uploads, "WAIT_SECONDS", 10)
    app = with_file(langflow_stand_in)
    app.file_uploader[0].set_value(("note.txt", b"abc", "text/plain")).run()
    assert any("u/note.txt" in (line.help or "") for line in app.markdown)
    press(app, "Run")
    until = time.monotonic() + 10
    while RUN not in langflow_stand_in.asked and time.monotonic() < until:
        time.sleep(0.02)
    asked = list(zip(langflow_stand_in.asked, langflow_stand_in.bodies, strict=True))
    (form,) = [body for what, body in asked if what == UPLOAD]
    assert 'filename="note.txt"' in form
    (body,) = [json.loads(body) for what, body in asked if what == RUN]
    assert body["tweaks"] == {"ChatInput-a": {"path": "u/note.txt"}}


def test_a_run_is_not_started_without_a_file_that_was_refused(langflow_stand_in, monkeypatch):
    """What the server refused is told at the field and again when Run is pressed."""
    monkeypatch.setattr(uploads, "WAIT_SECONDS", 10)
    app = with_file(langflow_stand_in)
    langflow_stand_in.answers[UPLOAD] = (413, {"detail": "Content size limit exceeded."})
    app.file_uploader[0].set_value(("note.txt", b"abc", "text/plain")).run()
    assert "Content size limit exceeded" in said(app)
    press(app, "Run")
    assert "The run was not started." in said(app)
    assert RUN not in langflow_stand_in.asked

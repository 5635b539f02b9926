"""Uploads in background threads."""

import threading

import httpx
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.typing import UploadedFile

from lfclient.console.form import uploads
from lfclient.flows.model import Flow
from tests.support.flows import entry, graph, node
from tests.support.http_stand_in import StandIn
from tests.support.waiting import wait_for

FILE = entry("FileInput", "file", fileTypes=["txt"])
FLOW = Flow.from_json(graph(node("File-f", path=FILE)))
CONTENT = b"0123456789" * 30_000


def test_a_file_leaves_memory_once_it_is_sent_although_the_server_does_not_respond():
    bodies, responds, released = [], threading.Event(), []

    def respond(request):
        bodies.append(request.content)
        responds.wait(20)
        return httpx.Response(201, json={"id": "1", "path": "u/a.txt"})

    client = StandIn().on("POST", "/api/v2/files", respond).client()
    file = UploadedFile(UploadedFileRec("1", "a.txt", "text/plain", CONTENT), None)
    [upload] = uploads.start_uploads(
        FLOW.fields[0], [file], client.files.upload, 10, released.append
    )
    wait_for(lambda: bodies)
    assert (len(file.getbuffer()), released) == (0, [file])
    assert not upload.ended.is_set()
    responds.set()
    assert upload.ended.wait(20)
    assert upload.ref.path == "u/a.txt"
    assert CONTENT in bodies[0]

"""Uploads: what is sent, and how refusals are reported."""

from __future__ import annotations

import io
import socket
import threading

import httpx
import pytest

from lfclient import (
    BadResponse,
    FileRefused,
    FlowNotFound,
    InvalidKey,
    LangflowClient,
    ServerFault,
    ServerInfo,
    Unreachable,
)
from tests.support.clients import call_client
from tests.support.http_stand_in import StandIn
from tests.support.recorded import JOB, recorded

pytestmark = pytest.mark.usefixtures("no_pauses")
FILES = "/api/v2/files"
OF_FLOW = f"/api/v1/files/upload/{JOB}"
KEPT = (201, {"id": "1", "name": "a", "path": "u/a (1).txt", "size": 3, "provider": None})


def server(*replies: object) -> StandIn:
    return StandIn().on("POST", FILES, *replies)


def test_a_file_is_sent_as_a_form_field():
    langflow = server(KEPT)
    ref = langflow.client().files.upload("a.txt", b"abc")
    sent = langflow.requests[-1]
    assert sent.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nabc\r\n' in (
        sent.content
    )
    assert int(sent.headers["content-length"]) == len(sent.content)
    assert (ref.name, ref.id, ref.path, ref.size) == ("a.txt", "1", "u/a (1).txt", 3)


@pytest.mark.parametrize(
    ("fault", "timed_out", "hint"),
    [
        (httpx.WriteError("Broken pipe"), False, "smaller files"),
        (httpx.ReadTimeout(""), True, "Check that Langflow is running"),
        (httpx.ConnectError("refused"), False, "Check that Langflow is running"),
    ],
)
def test_only_a_connection_that_breaks_suggests_a_smaller_file(fault, timed_out: bool, hint: str):
    langflow = server(fault)
    with pytest.raises(Unreachable) as caught:
        langflow.client().files.upload("a.txt", b"abc")
    assert caught.value.timed_out is timed_out
    assert hint in caught.value.hint
    # an upload that may have arrived is not resent
    assert caught.value.sent is (langflow.lines.count("POST /api/v2/files") == 1)


def test_a_chat_image_goes_to_the_files_of_its_flow():
    langflow = StandIn().on("POST", OF_FLOW, (201, {"flowId": JOB, "file_path": f"{JOB}/d_h1.txt"}))
    ref = langflow.client().files.upload("h1.txt", io.BytesIO(b"abc"), flow_id=JOB)
    assert (ref.id, ref.path.endswith("_h1.txt"), ref.media_type) == (None, True, "text/plain")


def test_a_flow_id_must_be_a_uuid_to_become_part_of_the_upload_path():
    langflow = StandIn()
    with pytest.raises(FlowNotFound):
        langflow.client().files.upload("h1.txt", b"abc", flow_id="../../../v2/files")
    assert not [path for path in langflow.lines if path.startswith("POST")]


def test_the_async_client_sends_the_same_upload():
    progress = []
    ref = call_client(
        "async",
        lambda client: client.files.upload("a.txt", b"abc", on_progress=progress.append),
        handler=server(KEPT),
    )
    assert ref.path == "u/a (1).txt"
    assert progress == [3]


@pytest.mark.parametrize("name", ["../x", "n" * 300 + ".txt", "a\r\nb.txt", 'a"b.txt', "名.txt"])
def test_a_name_is_sanitized_for_the_server_and_kept_for_people(name: str):
    langflow = server(KEPT)
    assert langflow.client().files.upload(name, b"abc").name == name
    head = langflow.requests[-1].content.partition(b"\r\n\r\n")[0].decode()
    sent = head.partition('filename="')[2].partition('"')[0]
    assert sent
    assert not set(sent) & set('/\\\r\n%"')
    assert len(sent.encode()) <= 255


def test_progress_is_reported_chunk_by_chunk():
    langflow, progress, size = server(KEPT), [], 1_000_000
    langflow.client().files.upload("a.bin", io.BytesIO(bytes(size)), on_progress=progress.append)
    assert len(progress) > 10
    assert progress == sorted(progress)
    assert progress[-1] == size


def test_an_exception_from_on_progress_aborts_the_upload():
    langflow = server(KEPT)

    def stop(sent: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        langflow.client().files.upload("a.bin", bytes(1_000_000), on_progress=stop)
    assert "POST /api/v2/files" not in langflow.lines


def test_a_file_above_the_servers_limit_is_not_sent():
    langflow = server(KEPT).on("GET", "/api/v1/config", (200, {"max_file_size_upload": 1}))
    with pytest.raises(FileRefused, match="up to 1 MB") as caught:
        langflow.client().files.upload("a.bin", bytes(1024 * 1024))
    assert "LANGFLOW_MAX_FILE_SIZE_UPLOAD" in caught.value.hint
    assert "POST /api/v2/files" not in langflow.lines


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (recorded("1.13.0", "upload_too_large"), FileRefused, "Maximum allowed is 1MB"),
        ((413, b"<html>nginx"), FileRefused, "larger than the server accepts"),
        ((400, {"detail": "Invalid file name."}), FileRefused, "Invalid file name"),
        ((422, {"detail": [{"loc": ["body", "file"], "msg": "x"}]}), FileRefused, "file: x"),
        ((403, {"detail": "Invalid API key"}), InvalidKey, "Invalid API key"),
        ((500, {"detail": "disk full"}), ServerFault, "disk full"),
        ((201, {"id": "1"}), BadResponse, "path"),
        ((201, b"<html>"), BadResponse, "not valid JSON"),
    ],
)
def test_a_refusal_raises_the_matching_error(reply: object, error: type[Exception], words: str):
    with pytest.raises(error, match=words):
        server(reply).client().files.upload("a.txt", b"abc")


def test_an_upload_for_a_deleted_flow_names_the_flow():
    langflow = StandIn().on("POST", OF_FLOW, (404, {"detail": "Flow not found"}))
    with pytest.raises(FlowNotFound, match=JOB):
        langflow.client().files.upload("a.txt", b"abc", flow_id=JOB)


def test_a_name_that_was_taken_meanwhile_is_sent_again():
    """A server responds to an upload before it has committed it (Langflow 1.8.4)."""
    detail = (
        "Error inserting file metadata into database: (sqlite3.IntegrityError) UNIQUE constraint "
        "failed: file.name, file.user_id"
    )
    langflow = server((500, {"detail": detail}), KEPT)
    assert langflow.client().files.upload("a.txt", b"abc").path == "u/a (1).txt"
    first, second = langflow.requests[-2:]
    assert b"\r\n\r\nabc\r\n" in first.content
    assert b"\r\n\r\nabc\r\n" in second.content


def test_an_upload_that_was_not_sent_is_retried_from_the_beginning_of_the_file():
    langflow = server(httpx.ConnectError("refused"), KEPT)
    langflow.client().files.upload("a.txt", io.BytesIO(b"abc"))
    assert b"\r\n\r\nabc\r\n" in langflow.requests[-1].content


def test_files_are_listed_newest_first_under_their_stored_names():
    lines = [
        {"id": "1", "name": "a", "path": "u/a.txt", "size": 1, "created_at": "2026-01-01"},
        {"id": "2", "name": "b", "path": "u/b.csv", "size": 2, "created_at": "2026-01-02"},
    ]
    assert [
        (ref.name, ref.path)
        for ref in StandIn().on("GET", FILES, (200, lines)).client().files.list()
    ] == [("b.csv", "u/b.csv"), ("a.txt", "u/a.txt")]


def test_a_413_during_the_upload_is_read():
    body = b'{"detail":"Content size limit exceeded."}'
    answer = b"HTTP/1.1 413 No\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"

    def refuse(listening: socket.socket) -> None:
        connection = listening.accept()[0]
        connection.recv(100_000)
        connection.sendall(answer % (len(body), body))
        connection.close()  # with much of the file unread, so this resets the connection

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=refuse, args=(listening,), daemon=True)
        thread.start()
        known = ServerInfo("1.13.0", "modes")
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with LangflowClient(url, server=known) as client, pytest.raises(FileRefused):
            client.files.upload("a.bin", bytes(10_000_000))
        thread.join(5)

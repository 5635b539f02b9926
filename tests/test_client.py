"""The clients against scripted responses."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from lfclient import (
    AsyncLangflowClient,
    BadResponse,
    DeveloperApiDisabled,
    FileRef,
    FlowNotFound,
    InvalidKey,
    JobNotFound,
    LangflowClient,
    LangflowError,
    NotLangflow,
    OutputKind,
    Run,
    RunStatus,
    ServerFault,
    Unsupported,
)
from lfclient.api.requests import STATUS
from tests.support.clients import call_client
from tests.support.http_stand_in import OLD, URL, VERSION, Answer, StandIn
from tests.support.recorded import DONE, FLOW, JOB, QUEUED, TRANSIENT, WORKFLOWS, flow_of, recorded

pytestmark = pytest.mark.usefixtures("no_pauses")
FILES = "/api/v2/files"
FILE, OTHER_FILE = (f"00000000-0000-4000-8000-00000000000{letter}" for letter in "fe")


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b'{"status": "comple',
        b"null",
        b"[]",
        b'{"status": 5}',
        b'{"status": "completed", "outputs": []}',
        b'{"status": "completed", "outputs": {"a": "x"}}',
        b'{"status": "completed", "errors": "x"}',
    ],
)
def test_malformed_responses_raise_bad_answer(body: bytes):
    server = StandIn().on("POST", WORKFLOWS, (200, body))
    with pytest.raises(BadResponse):
        server.client().run(FLOW)


def test_a_submit_response_without_a_job_id_is_an_error():
    server = StandIn().on("POST", WORKFLOWS, (200, {"status": "queued"}))
    with pytest.raises(BadResponse):
        server.client().submit(FLOW)


@pytest.mark.parametrize(
    "reply",
    [
        (200, b"<html>hello"),
        (200, {"version": "1"}),
        (404, b""),
        (200, {**VERSION, "package": "Other"}),
    ],
)
def test_another_server_at_the_address_is_not_langflow(reply: Answer):
    server = StandIn().on("GET", "/api/v1/version", reply)
    with pytest.raises(NotLangflow) as caught:
        server.client().server.info()
    assert "Leave out a page's path, such as /flows" in caught.value.hint


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (429, {"detail": "queue full"}, ServerFault, "too many requests: queue full"),
        (408, b"<html>", ServerFault, "not available"),
        (401, {"detail": "who?"}, ServerFault, "refused before it reached Langflow .HTTP 401."),
        (403, b"<html>", ServerFault, "refused before it reached Langflow .HTTP 403."),
    ],
)
def test_a_proxy_that_answers_for_langflow_is_not_another_server(status, body, error, words):
    """Langflow needs no key to tell its version."""
    server = StandIn().on("GET", "/api/v1/version", (status, body))
    with pytest.raises(error, match=words):
        server.client().server.info()


def test_the_release_takes_one_request():
    server = StandIn()
    assert server.client().server.version() == VERSION["version"]
    assert [one.url.path for one in server.requests] == ["/base/api/v1/version"]


def test_a_disabled_workflow_api_is_a_warning():
    server = StandIn(version=OLD).on("GET", STATUS, recorded("1.10.3", "devapi_false_post"))
    server.on("POST", WORKFLOWS, recorded("1.10.3", "devapi_false_post"))
    with server.client() as client:
        assert "LANGFLOW_DEVELOPER_API_ENABLED" in client.server.info().warnings[0]
        with pytest.raises(DeveloperApiDisabled):
            client.run(FLOW)


def test_an_ambiguous_flow_name_is_rejected():
    """Saved components are not flows."""
    lines = [{"id": str(n), "name": "Same"} for n in range(2)]
    lines.append({"id": "3", "name": "Part", "is_component": True})
    server = StandIn().on("GET", "/api/v1/flows/", (200, lines))
    with server.client() as client:
        assert len(client.flows()) == 2
        with pytest.raises(FlowNotFound, match="2 flows"):
            client.flow("Same")


def listed_file(id: str, number: int = 0) -> dict[str, Any]:
    """Return the entry of the `number`th copy of `out.txt` in the list of files."""
    name = f"out ({number})" if number else "out"
    path = f"u/{name}.txt"
    return {"id": id, "name": name, "path": path, "size": 3, "created_at": f"2026-01-0{number + 1}"}


def file_server(*lists: list[dict[str, Any]]) -> StandIn:
    """Return a server whose flow writes `out.txt`, with the lists of files before and after."""
    saved = "Message saved successfully as 'out.txt' at /srv/out.txt"
    metadata = {"component_type": "SaveToFile", "file_path": saved}
    output = {"type": "message", "status": "completed", "content": None, "metadata": metadata}
    raw = {"status": "completed", "job_id": JOB, "outputs": {"SaveToFile-w": output}}
    server = StandIn().on("POST", WORKFLOWS, (200, raw)).on("GET", STATUS, (200, raw))
    server.on("GET", FILES, *((200, files) for files in lists))
    return server.on("GET", f"{FILES}/{FILE}", (200, b"abc"))


def test_a_written_file_is_the_one_that_is_new_since_the_run():
    old, new = listed_file(OTHER_FILE), listed_file(FILE, 1)
    with file_server([old], [new, old]).client() as client:
        found = client.run(flow_of("SaveToFile-w")).outputs["SaveToFile-w"]
        assert found.kind is OutputKind.FILE
        assert (found.value.id, found.value.name, found.value.size) == (FILE, "out.txt", 3)
        assert found.note == ""
        assert client.files.download(found.value) == b"abc"
        with pytest.raises(LangflowError):
            client.files.download(FileRef("nowhere.txt"))


def test_the_file_of_a_job_is_found_however_many_other_jobs_were_started_since():
    flow, old, new = flow_of("SaveToFile-w"), listed_file(OTHER_FILE), listed_file(FILE, 1)
    server = file_server([old], [old, new])
    others = (f"00000000-0000-4000-8000-{number:012}" for number in range(2, 102))
    jobs = [(200, {**QUEUED[1], "job_id": id}) for id in (JOB, *others)]
    server.on("POST", WORKFLOWS, *jobs)
    with server.client() as client:
        for _ in jobs:
            client.submit(flow)
        for _ in range(2):
            assert client.status(JOB, flow).outputs["SaveToFile-w"].value.id == FILE


def test_a_file_is_unknown_if_another_run_wrote_one_of_its_name_at_the_same_time():
    server = file_server([], [listed_file(OTHER_FILE), listed_file(FILE, 1)])
    with server.client() as client:
        found = client.run(flow_of("SaveToFile-w")).outputs["SaveToFile-w"]
        assert found.value == FileRef("out.txt", media_type="text/plain")
        assert "several files of this name" in found.note
        with pytest.raises(Unsupported, match=r"where it stored “out\.txt”"):
            client.files.download(found.value)


ELSEWHERE = ("../../v1/auto_login", "..", "", "?x=1", "7")


@pytest.mark.parametrize("id", ELSEWHERE)
def test_a_file_id_must_be_a_uuid_to_become_part_of_a_path(id: str):
    server = StandIn()
    with pytest.raises(Unsupported, match=r"where it stored “a\.txt”"):
        server.client().files.download(FileRef("a.txt", id))
    assert server.requests == []


@pytest.mark.parametrize("id", ELSEWHERE)
def test_a_flow_id_must_be_a_uuid_to_become_part_of_a_path(id: str):
    listed = {"id": id, "name": "Mine", "is_component": False}
    server = StandIn().on("GET", "/api/v1/flows/", (200, [listed]))
    with server.client() as client:
        with pytest.raises(FlowNotFound):
            client.flow("Mine")
        with pytest.raises(FlowNotFound):
            client.editor.delete_flow(id)
    assert server.lines == ["GET /api/v1/flows/"]


def test_health_of_a_server_that_is_down_is_false():
    server = StandIn().on("GET", "/health", httpx.ConnectError("x"))
    assert server.client().server.is_healthy() is False


def test_a_run_without_a_job_id_has_no_status():
    with pytest.raises(JobNotFound):
        StandIn().client().status(Run(flow_id="f", mode="sync", status=RunStatus.UNKNOWN))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("X-1.api_key", "sk-deep-secret"),
        ("X-1.data", {"auth": {"password": "sk-deep-secret"}}),
        ("X-1.data", {"headers": [{"key": "Authorization", "value": "sk-deep-secret"}]}),
    ],
)
def test_secrets_of_unknown_parameters_are_redacted(key: str, value: Any):
    server = StandIn().on("POST", WORKFLOWS, (422, {"detail": "bad sk-deep-secret"}))
    with pytest.raises(LangflowError) as caught:
        server.client().run(FLOW, {key: value}, check=False)
    assert "sk-deep-secret" not in str(caught.value) + caught.value.response.text


@pytest.mark.parametrize("url", ["", "ftp://x", "http://", "not an address"])
def test_an_invalid_address_is_rejected(url: str):
    with pytest.raises(LangflowError):
        LangflowClient(url)


@pytest.mark.parametrize("key", ["sk-sch\u00fcssel", "sk\u2013dash", "sk-line\nbreak"])
@pytest.mark.parametrize("kind", [LangflowClient, AsyncLangflowClient])
def test_a_key_that_no_header_can_carry_is_rejected_without_repeating_it(kind: Any, key: str):
    with pytest.raises(InvalidKey, match="API key") as caught:
        kind(URL, key)
    assert key not in str(caught.value)
    assert "Copy the key again" in caught.value.hint


def test_the_async_client_retries_waits_and_refuses_as_the_sync_one():
    server = (
        StandIn()
        .on("POST", WORKFLOWS, httpx.ConnectError("x"), QUEUED)
        .on("GET", STATUS, TRANSIENT, DONE)
    )

    async def walk(client: AsyncLangflowClient) -> None:
        run = await client.wait(await client.submit(FLOW))
        assert run.outputs["ChatOutput-xyz34"].value == "hello"
        server.on("POST", WORKFLOWS, recorded("1.13.0", "sync_unknown_flow"))
        with pytest.raises(FlowNotFound):
            await client.run(FLOW)

    call_client("async", walk, handler=server)

"""The clients against scripted answers: what is understood, refused and kept apart."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from lfclient import (
    AsyncLangflowClient,
    BadAnswer,
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
from lfclient.api import http
from tests.support.recorded import flow_of, recorded
from tests.support.scripted import (
    DONE,
    FLOW,
    JOB,
    OLD,
    QUEUED,
    TRANSIENT,
    URL,
    VERSION,
    WORKFLOWS,
    Reply,
    Server,
)

pytestmark = pytest.mark.usefixtures("no_pauses")
FILES = "/base/api/v2/files"
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
def test_bad_answers(body: bytes):
    """Answers that are no JSON, cut off, or of wrong types are told as such."""
    server = Server().on("POST", WORKFLOWS, (200, body))
    with server.client() as client, pytest.raises(BadAnswer):
        client.run(FLOW)


def test_submit_without_a_job():
    """A submit that brings no job id leaves nothing to follow."""
    server = Server().on("POST", WORKFLOWS, (200, {"status": "queued"}))
    with server.client() as client, pytest.raises(BadAnswer):
        client.submit(FLOW)


@pytest.mark.parametrize(
    "reply",
    [
        (200, b"<html>hello"),
        (200, {"version": "1"}),
        (404, b""),
        (200, {**VERSION, "package": "Other"}),
    ],
)
def test_not_langflow(reply: Reply):
    """Something else at the address is told as such."""
    server = Server().on("GET", "/base/api/v1/version", reply)
    with server.client() as client, pytest.raises(NotLangflow):
        client.server()


def test_redirect_is_not_followed():
    """The key is not sent after a redirect."""
    moved = httpx.Response(307, headers={"location": "https://evil.test/"})
    server = Server().on("GET", "/base/api/v1/version", lambda request: moved)
    with server.client() as client, pytest.raises(NotLangflow, match="redirects"):
        client.server()
    assert [one.url.host for one in server.requests] == ["langflow.test"]


def test_unreadable_version():
    """A version that can't be read leaves the dialect to the API's own description."""
    schema = {"components": {"schemas": {"WorkflowRunRequest": {}}}}
    server = Server({"version": "main", "package": "Langflow"})
    server.on("GET", "/base/openapi.json", (200, schema))
    with server.client() as client:
        assert client.server().dialect == "modes"


def test_switched_off_api_is_a_warning():
    """Before 1.11 a switched-off Workflow API is found when the server is looked at."""
    server = Server(OLD).on("GET", WORKFLOWS, recorded("1.10.3", "devapi_false_post"))
    server.on("POST", WORKFLOWS, recorded("1.10.3", "devapi_false_post"))
    with server.client() as client:
        assert "LANGFLOW_DEVELOPER_API_ENABLED" in client.server().warnings[0]
        with pytest.raises(DeveloperApiDisabled):
            client.run(FLOW)


def test_names_of_flows():
    """A name that several flows have is refused; saved components are no flows."""
    lines = [{"id": str(n), "name": "Same"} for n in range(2)]
    lines.append({"id": "3", "name": "Part", "is_component": True})
    server = Server().on("GET", "/base/api/v1/flows/", (200, lines))
    with server.client() as client:
        assert len(client.flows()) == 2
        with pytest.raises(FlowNotFound, match="2 flows"):
            client.flow("Same")


def test_file_of_this_run():
    """A written file is the one that was not there before the run."""
    flow = flow_of("SaveToFile-w")
    old = {"id": OTHER_FILE, "name": "out", "path": "u/out.txt", "created_at": "2026-01-01"}
    new = {
        "id": FILE,
        "name": "out (1)",
        "path": "u/out (1).txt",
        "size": 3,
        "created_at": "2026-01-02",
    }
    saved = "Message saved successfully as 'out.txt' at /srv/out.txt"
    metadata = {"component_type": "SaveToFile", "file_path": saved}
    output = {"type": "message", "status": "completed", "content": None, "metadata": metadata}
    raw = {"status": "completed", "job_id": JOB, "outputs": {"SaveToFile-w": output}}
    server = Server().on("POST", WORKFLOWS, (200, raw)).on("GET", f"{FILES}/{FILE}", (200, b"abc"))
    server.on("GET", FILES, (200, [old]), (200, [new, old]))
    with server.client() as client:
        found = client.run(flow).outputs["SaveToFile-w"]
        assert found.kind is OutputKind.FILE
        assert (found.value.id, found.value.name, found.value.size) == (FILE, "out.txt", 3)
        assert client.download(found.value) == b"abc"
        with pytest.raises(LangflowError):
            client.download(FileRef("nowhere.txt"))


ELSEWHERE = ("../../v1/auto_login", "..", "", "?x=1", "7")


@pytest.mark.parametrize("id", ELSEWHERE)
def test_a_files_id_leads_nowhere_else(id: str):
    """It is an answer's word, and goes into a path; servers of all releases have UUIDs."""
    server = Server()
    with server.client() as client, pytest.raises(Unsupported, match=r"where it stored “a\.txt”"):
        client.download(FileRef("a.txt", id))
    assert server.requests == []


@pytest.mark.parametrize("id", ELSEWHERE)
def test_a_flows_id_leads_nowhere_else(id: str):
    """Neither one that is listed nor one that is given."""
    listed = {"id": id, "name": "Mine", "is_component": False}
    server = Server().on("GET", "/base/api/v1/flows/", (200, [listed]))
    with server.client() as client:
        with pytest.raises(FlowNotFound):
            client.flow("Mine")
        with pytest.raises(FlowNotFound):
            client.delete_flow(id)
    assert server.paths() == ["GET /api/v1/flows/"]


def test_health_never_raises():
    """A server that is down is not well."""
    server = Server().on("GET", "/base/health", httpx.ConnectError("x"))
    with server.client() as client:
        assert client.health() is False


def test_a_run_without_a_job():
    """A run without a job id can't be asked for."""
    with Server().client() as client, pytest.raises(JobNotFound):
        client.status(Run(flow_id="f", mode="sync", status=RunStatus.UNKNOWN))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("X-1.api_key", "sk-deep-secret"),
        ("X-1.data", {"auth": {"password": "sk-deep-secret"}}),
        ("X-1.data", {"headers": [{"key": "Authorization", "value": "sk-deep-secret"}]}),
    ],
)
def test_secrets_of_parameters_that_the_flow_does_not_know(key: str, value: Any):
    """What a record would mask is hidden in an answer that repeats it, too."""
    server = Server().on("POST", WORKFLOWS, (422, {"detail": "bad sk-deep-secret"}))
    with server.client() as client, pytest.raises(LangflowError) as caught:
        client.run(FLOW, {key: value}, check=False)
    assert "sk-deep-secret" not in str(caught.value) + repr(caught.value.body)


def test_proxy_fault_of_a_submit():
    """A gateway's 502 is a fault of the server, with its status kept."""
    server = Server().on("POST", WORKFLOWS, (502, b"<html>"))
    with server.client() as client, pytest.raises(ServerFault) as caught:
        client.run(FLOW)
    assert caught.value.status == 502


def test_connections():
    """Kept connections expire before the server closes them."""
    assert http.connection_limits(keep_alive=True).keepalive_expiry < 2
    assert http.connection_limits(keep_alive=False).max_keepalive_connections == 0


@pytest.mark.parametrize("url", ["", "ftp://x", "http://", "not an address"])
def test_addresses_that_are_none(url: str):
    """What is no address is refused at once."""
    with pytest.raises(LangflowError):
        LangflowClient(url)


@pytest.mark.parametrize("key", ["sk-sch\u00fcssel", "sk\u2013dash", "sk-line\nbreak"])
@pytest.mark.parametrize("kind", [LangflowClient, AsyncLangflowClient])
def test_a_key_that_no_header_can_carry(kind: Any, key: str):
    """It is said before anything is sent, without repeating the key."""
    with pytest.raises(InvalidKey, match="API key") as caught:
        kind(URL, key)
    assert key not in str(caught.value)
    assert "Copy the key again" in caught.value.hint


def test_missing_certificates():
    """A private CA's file that is not there is named."""
    with pytest.raises(LangflowError, match=r"nowhere\.pem"):
        LangflowClient("https://a.b", verify="/nowhere.pem")


def test_async_client_drives_the_same_steps():
    """The async client repeats, waits and refuses as the sync one."""
    server = (
        Server()
        .on("POST", WORKFLOWS, httpx.ConnectError("x"), QUEUED)
        .on("GET", WORKFLOWS, TRANSIENT, DONE)
    )

    async def walk() -> None:
        transport = httpx.MockTransport(server)
        async with AsyncLangflowClient(URL, "sk-key-123", transport=transport) as client:
            run = await client.wait(await client.submit(FLOW))
            assert run.outputs["ChatOutput-xyz34"].value == "hello"
            server.on("POST", WORKFLOWS, recorded("1.13.0", "sync_unknown_flow"))
            with pytest.raises(FlowNotFound):
                await client.run(FLOW)

    asyncio.run(walk())


def test_both_clients_have_the_same_methods():
    """What the sync client can do, the async one can."""
    sync, other = (
        {name for name in vars(kind) if not name.startswith("_")}
        for kind in (LangflowClient, AsyncLangflowClient)
    )
    assert sync == other

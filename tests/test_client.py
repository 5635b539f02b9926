"""The clients against scripted answers: what is sent, repeated, refused and kept apart."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from lfclient import (
    AsyncLangflowClient,
    BadAnswer,
    Component,
    DeveloperApiDisabled,
    FileRef,
    Flow,
    FlowNotFound,
    InvalidKey,
    InvalidRequest,
    JobNotFound,
    LangflowClient,
    LangflowError,
    NotLangflow,
    OutputKind,
    Run,
    RunStatus,
    ServerFault,
    ServerInfo,
    Unreachable,
    WaitTimeout,
)
from lfclient.client import wire
from tests.recorded import flow_of, recorded

URL = "http://langflow.test/base"
W = "/base/api/v2/workflows"
VERSION = {"version": "1.13.0", "main_version": "1.13.0", "package": "Langflow"}
OLD = {"version": "0.10.3", "main_version": "0.10.3", "package": "Langflow Base"}
FLOW = flow_of(
    "ChatInput-abc12", "ChatOutput-xyz34", edges=(("ChatInput-abc12", "ChatOutput-xyz34"),)
)
QUEUED = recorded("1.13.0", "bg_submit")
DONE = recorded("1.13.0", "bg_completed")
TRANSIENT = recorded("1.13.0", "status_transient_500_after_stop")
JOB = "00000000-0000-4000-8000-000000000001"

Reply = Any  # (status, body), an exception, or a function of the request


class Server:
    """Answers each path with its replies in turn, the last one for ever; other paths with 404."""

    def __init__(self, version: dict[str, str] = VERSION) -> None:
        self.requests: list[httpx.Request] = []
        self.replies: dict[str, Iterator[Reply]] = {}
        self.on("GET", "/base/api/v1/version", (200, version))
        self.on("GET", "/base/api/v1/config", (200, {}))

    def on(self, method: str, path: str, *replies: Reply) -> Server:
        self.replies[f"{method} {path}"] = _repeating(replies)
        return self

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        replies = self.replies.get(f"{request.method} {request.url.path}")
        reply = next(replies) if replies else (404, {"detail": "Not Found"})
        if isinstance(reply, Exception):
            raise reply
        if callable(reply):
            return reply(request)
        status, body = reply
        if isinstance(body, bytes):
            return httpx.Response(status, content=body)
        return httpx.Response(status, json=body)

    def paths(self) -> list[str]:
        return [f"{one.method} {one.url.path.removeprefix('/base')}" for one in self.requests]

    def client(self, **options: Any) -> LangflowClient:
        options.setdefault("api_key", "sk-key-123")
        return LangflowClient(URL, transport=httpx.MockTransport(self), **options)


def _repeating(replies: tuple[Reply, ...]) -> Iterator[Reply]:
    yield from replies
    while True:
        yield replies[-1]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lfclient.client.sync.time.sleep", lambda seconds: None)


def test_one_request_a_run():
    """A run with a flow at hand costs one request, beside that for the release at first."""
    server = Server().on("POST", W, recorded("1.13.0", "sync_ok"))
    with server.client() as client:
        for _ in range(2):
            run = client.run(FLOW)
    assert run.outputs["ChatOutput-xyz34"].value == "hello"
    assert server.paths() == ["GET /api/v1/version", *["POST /api/v2/workflows"] * 2]
    assert server.requests[1].headers["x-api-key"] == "sk-key-123"


def test_known_server_spares_the_question():
    """A release that is known is not asked for."""
    server = Server().on("POST", W, recorded("1.8.4", "sync_ok"))
    with server.client(server=ServerInfo("1.8.4", "inputs")) as client:
        client.run(FLOW)
    assert server.paths() == ["POST /api/v2/workflows"]
    assert "inputs" in json.loads(server.requests[0].content)


def test_sync_run_is_never_sent_twice():
    """Once a byte may have been written, a run is not sent again."""
    for fault in (
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("gone"),
        httpx.ReadTimeout(""),
    ):
        server = Server().on("POST", W, fault)
        with server.client() as client, pytest.raises(Unreachable) as caught:
            client.run(FLOW)
        assert caught.value.sent
        assert server.paths().count("POST /api/v2/workflows") == 1


def test_unsent_run_is_repeated():
    """A run of which no byte was written is sent again."""
    server = Server().on("POST", W, httpx.ConnectError("refused"), recorded("1.13.0", "sync_ok"))
    with server.client() as client:
        assert client.run(FLOW).status is RunStatus.COMPLETED


@pytest.mark.parametrize(
    "fault",
    [
        httpx.ConnectError("x"),
        httpx.ConnectTimeout("x"),
        httpx.PoolTimeout("x"),
        httpx.ProxyError("x"),
    ],
)
def test_not_sent(fault: Exception):
    """Faults before the first byte say that nothing was sent."""
    server = Server().on("POST", W, fault)
    with server.client() as client, pytest.raises(Unreachable) as caught:
        client.run(FLOW)
    assert not caught.value.sent
    assert "langflow.test" in str(caught.value)


def test_submit_is_repeated_with_its_key():
    """On 1.11+ a background submit is repeated with the same fresh idempotency key."""
    server = Server().on("POST", W, httpx.ReadError("reset"), QUEUED)
    with server.client() as client:
        job = client.submit(FLOW)
        client.submit(FLOW)
    keys = [json.loads(one.content)["idempotency_key"] for one in server.requests[1:]]
    assert job.status is RunStatus.QUEUED
    assert keys[0] == keys[1] != keys[2]


def test_submit_before_1_11_is_not_repeated():
    """Without idempotency keys a submit that may have arrived is not sent again."""
    server = Server(OLD).on("POST", W, httpx.ReadError("reset"))
    with server.client() as client, pytest.raises(Unreachable):
        client.submit(FLOW)
    assert server.paths().count("POST /api/v2/workflows") == 1


def test_reads_are_repeated():
    """A read is repeated when the server just closed the kept connection."""
    server = Server().on("GET", "/base/api/v1/flows/", httpx.RemoteProtocolError("x"), (200, []))
    with server.client() as client:
        assert client.flows() == []


def test_slow_reads_are_not_repeated():
    """What timed out is not tried again: it would only be slow again."""
    server = Server().on("GET", "/base/api/v1/flows/", httpx.ReadTimeout("x"))
    with server.client() as client, pytest.raises(Unreachable):
        client.flows()
    assert len(server.requests) == 1


def test_replaced_release():
    """A server that was upgraded since it was asked gets the run in its new dialect."""
    server = Server(OLD).on("GET", "/base/api/v1/version", (200, OLD), (200, VERSION))
    server.on(
        "POST", W, recorded("1.13.0", "sync_other_dialect_body"), recorded("1.13.0", "sync_ok")
    )
    with server.client() as client:
        assert client.run(FLOW).status is RunStatus.COMPLETED
    assert json.loads(server.requests[-1].content)["mode"] == "sync"


def test_values_are_checked_before_the_request():
    """An unknown parameter is refused without any run being sent."""
    server = Server()
    with server.client() as client, pytest.raises(InvalidRequest) as caught:
        client.run(FLOW, {"Nobody-x.y": 1})
    assert caught.value.field == "Nobody-x.y"
    assert "POST /api/v2/workflows" not in server.paths()


def test_timeout_of_the_server_is_a_run():
    """HTTP 408 is a run that timed out, no exception."""
    server = Server().on("POST", W, recorded("1.13.0", "sync_timeout_408"))
    with server.client() as client:
        assert client.run(FLOW).status is RunStatus.TIMED_OUT


def test_transient_failure_is_not_believed():
    """A failed job without a reason is asked for again; what it becomes counts."""
    cancelled = recorded("1.13.0", "status_cancelled")
    server = Server().on("GET", W, TRANSIENT, TRANSIENT, cancelled)
    server.on("GET", f"{W}/{JOB}/events", (200, b""))
    with server.client() as client:
        assert client.status(JOB, flow=FLOW).status is RunStatus.CANCELLED


def test_repeated_failure_is_believed():
    """A failure that stays for a second is one, and always has a reason in words."""
    server = Server().on("GET", W, recorded("1.13.0", "status_after_term"))
    server.on("GET", f"{W}/{JOB}/events", (200, b""))
    server.on("GET", "/base/api/v1/monitor/messages", (200, []))
    with server.client() as client:
        run = client.status(JOB, flow=FLOW)
    assert run.status is RunStatus.FAILED
    assert run.errors[0].message


def test_failure_with_a_reason_is_believed_at_once():
    """A failure that comes with its reason is not asked for again."""
    server = Server().on("GET", W, recorded("1.13.0", "status_failed"))
    server.on("GET", f"{W}/{JOB}/events", (200, b""))
    with server.client() as client:
        assert client.status(JOB, flow=FLOW).errors[0].message == "boom happened"
    assert server.paths().count("GET /api/v2/workflows") == 1


def test_transient_error_of_1_10():
    """A completed job of 1.10 answers 500 for a moment."""
    false = recorded("1.10.3", "status_transient_500_after_completion")
    server = Server(OLD).on("GET", W, false, recorded("1.8.4", "bg_completed"))
    with server.client() as client:
        assert client.status(JOB, flow=FLOW).outputs["ChatOutput-xyz34"].value == "hello"


def test_result_that_is_gone():
    """If 1.10 goes on saying so, the job is completed and its result no longer there."""
    server = Server(OLD).on("GET", W, recorded("1.10.3", "status_transient_500_after_completion"))
    server.on("GET", "/base/api/v1/monitor/builds", (200, {"vertex_builds": {}}))
    with server.client() as client:
        run = client.status(JOB, flow=FLOW)
    assert run.status is RunStatus.COMPLETED
    assert "No longer available" in run.outputs["ChatOutput-xyz34"].note


def test_status_without_the_flow():
    """The flow of an ended job is fetched, so that its success can be judged."""
    flow = {"id": DONE[1]["flow_id"], "name": "Echo", "data": {"nodes": [], "edges": []}}
    server = Server().on("GET", W, DONE).on("GET", f"/base/api/v1/flows/{flow['id']}", (200, flow))
    with server.client() as client:
        assert client.status(JOB).status is RunStatus.COMPLETED


def test_flow_deleted_meanwhile():
    """A job whose flow is gone still has its outputs."""
    path = f"/base/api/v1/flows/{DONE[1]['flow_id']}"
    server = Server().on("GET", W, DONE).on("GET", path, recorded("1.13.0", "flow_get_unknown"))
    with server.client() as client:
        run = client.status(JOB)
    assert (run.status, run.outputs["ChatOutput-xyz34"].value) == (RunStatus.COMPLETED, "hello")


EMPTY = (200, {**DONE[1], "outputs": {}})


@pytest.mark.parametrize(
    ("fault", "error"), [(httpx.ReadTimeout("x"), Unreachable), ((503, {}), ServerFault)]
)
def test_job_whose_proof_does_not_come(fault: Reply, error: type[LangflowError]):
    """A job is not judged by what could not be fetched: it can be asked for again."""
    server = Server().on("GET", W, EMPTY).on("GET", f"{W}/{DONE[1]['job_id']}/events", fault)
    with server.client() as client, pytest.raises(error):
        client.status(DONE[1]["job_id"], flow=FLOW)


def test_job_whose_proof_is_gone():
    """Events that the server no longer has leave its own word, with a warning."""
    server = Server().on("GET", W, EMPTY)
    with server.client() as client:
        run = client.status(DONE[1]["job_id"], flow=FLOW)
    assert (run.status, run.errors, run.not_run) == (RunStatus.COMPLETED, (), ())
    assert "could not be verified" in run.warnings[-1]


def test_job_refused_by_its_own_answer():
    """An output that the answer calls failed needs no further proof."""
    server = Server().on("GET", W, recorded("1.13.0", "bg_completed_with_failed_terminal"))
    with server.client() as client:
        run = client.status(JOB, flow=flow_of("TypeProbe-aaaaa"))
    assert run.status is RunStatus.FAILED


def test_sync_run_whose_proof_does_not_come():
    """Its answer is at hand once only, so it stays as the server calls it, with the reason."""
    answer = (200, {**recorded("1.13.0", "sync_ok")[1], "outputs": {}, "job_id": JOB})
    server = Server().on("POST", W, answer)
    server.on("GET", "/base/api/v1/monitor/builds", (503, {"detail": "down for now"}))
    with server.client() as client:
        run = client.run(FLOW)
    assert (run.status, run.errors) == (RunStatus.COMPLETED, ())
    assert "could not be verified" in run.warnings[-1]
    assert "down for now" in run.warnings[-1]


def test_wait_tells_changes_and_gives_up():
    """Each new status is told once; a timeout carries the run."""
    going = (200, {**QUEUED[1], "status": "in_progress"})
    server = Server().on("GET", W, QUEUED, going, going, DONE)
    seen: list[str] = []
    with server.client() as client:
        run = client.wait(JOB, on_change=lambda run: seen.append(run.status.value), flow=FLOW)
        assert run.status is RunStatus.COMPLETED
        server.on("GET", W, going)
        with pytest.raises(WaitTimeout) as caught:
            client.wait(JOB, timeout=0.01, flow=FLOW)
    assert seen == ["queued", "in_progress", "completed"]
    assert caught.value.run.status is RunStatus.IN_PROGRESS


def test_wait_asks_seldom():
    """Waiting for a job of 1 s takes at most 5 requests, of 60 s at most 25."""
    from lfclient.client.runs import _WAITS

    for seconds, most in ((1.0, 5), (60.0, 25)):
        at, count = 0.0, 1
        while at < seconds:
            at += _WAITS[min(count - 1, len(_WAITS) - 1)] * 0.9
            count += 1
        assert count <= most


def test_stop_before_1_11_looks_first():
    """A finished job of 1.10 is not stopped, since that would erase its result."""
    server = Server(OLD).on("GET", W, recorded("1.8.4", "bg_completed"))
    with server.client() as client:
        result = client.stop(JOB, flow=FLOW)
    assert result.stopped is False
    assert result.run.outputs["ChatOutput-xyz34"].value == "hello"
    assert "POST /api/v2/workflows/stop" not in server.paths()


def test_stop_that_erased_the_result():
    """A stop of 1.10 that met the end is undone from the build records."""
    going = (200, {**recorded("1.8.4", "bg_submit")[1], "job_id": JOB})
    builds = {
        "ChatOutput-xyz34": [
            {
                "valid": True,
                "job_id": JOB,
                "data": {"outputs": {"message": {"message": "kept", "type": "text"}}},
            }
        ]
    }
    server = Server(OLD).on("GET", W, going, recorded("1.8.4", "status_cancelled"))
    server.on("POST", f"{W}/stop", (200, {"message": "Job cancelled successfully."}))
    server.on("GET", "/base/api/v1/monitor/builds", (200, {"vertex_builds": builds}))
    with server.client() as client:
        client.status(JOB, flow=FLOW)
        job = client.status(JOB, flow=FLOW)
    server.on("GET", W, going, (200, {**recorded("1.8.4", "status_cancelled")[1], "job_id": JOB}))
    with server.client() as client:
        result = client.stop(job.job_id or JOB, flow=FLOW)
    assert (result.stopped, result.run.status) == (False, RunStatus.COMPLETED)
    assert result.run.outputs["ChatOutput-xyz34"].value == "kept"


def test_stop_that_is_not_possible():
    """A run that can't be stopped is told with the server's reason."""
    server = Server().on("POST", f"{W}/stop", recorded("1.13.0", "stop_sync_job"))
    server.on("GET", W, (200, {**QUEUED[1], "status": "in_progress"}))
    with server.client() as client:
        result = client.stop(JOB, flow=FLOW)
    assert result.stopped is False
    assert "background" in result.message


def test_secret_comes_back_nowhere():
    """A secret that was sent is out of the raw answer, outputs and later errors."""
    field = {"type": "str", "_input_type": "SecretStrInput", "show": True, "password": True}
    flow = Flow("f", "F", (Component("C-1", "C", "C", template={"api_key": field}),))
    secret = 'se"cret/1'
    raw = {
        "status": "completed",
        "inputs": {"C-1": {"api_key": secret}},
        "outputs": {"C-1": {"type": "message", "content": f"used {secret}", "metadata": {}}},
    }
    refused = (422, {"detail": f"bad {secret}"})
    server = Server().on("POST", W, (200, raw), refused)
    with server.client() as client:
        run = client.run(flow, {"C-1.api_key": secret})
        with pytest.raises(InvalidRequest) as caught:
            client.run(flow, {"C-1.api_key": secret})
    assert run.outputs["C-1"].value == "used ••••"
    assert secret not in repr(run) + str(caught.value) + repr(caught.value.body)


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
    server = Server().on("POST", W, (200, body))
    with server.client() as client, pytest.raises(BadAnswer):
        client.run(FLOW)


def test_submit_without_a_job():
    """A submit that brings no job id leaves nothing to follow."""
    server = Server().on("POST", W, (200, {"status": "queued"}))
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
    server = Server(OLD).on("GET", W, recorded("1.10.3", "devapi_false_post"))
    server.on("POST", W, recorded("1.10.3", "devapi_false_post"))
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
    old = {"id": "1", "name": "out", "path": "u/out.txt", "created_at": "2026-01-01"}
    new = {
        "id": "2",
        "name": "out (1)",
        "path": "u/out (1).txt",
        "size": 3,
        "created_at": "2026-01-02",
    }
    saved = "Message saved successfully as 'out.txt' at /srv/out.txt"
    metadata = {"component_type": "SaveToFile", "file_path": saved}
    output = {"type": "message", "status": "completed", "content": None, "metadata": metadata}
    raw = {"status": "completed", "job_id": JOB, "outputs": {"SaveToFile-w": output}}
    server = Server().on("POST", W, (200, raw)).on("GET", "/base/api/v2/files/2", (200, b"abc"))
    server.on("GET", "/base/api/v2/files", (200, [old]), (200, [new, old]))
    with server.client() as client:
        found = client.run(flow).outputs["SaveToFile-w"]
        assert found.kind is OutputKind.FILE
        assert (found.value.id, found.value.name, found.value.size) == ("2", "out.txt", 3)
        assert client.download(found.value) == b"abc"
        with pytest.raises(LangflowError):
            client.download(FileRef("nowhere.txt"))


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
    server = Server().on("POST", W, (422, {"detail": "bad sk-deep-secret"}))
    with server.client() as client, pytest.raises(LangflowError) as caught:
        client.run(FLOW, {key: value}, check=False)
    assert "sk-deep-secret" not in str(caught.value) + repr(caught.value.body)


def test_proxy_fault_of_a_submit():
    """A gateway's 502 is a fault of the server, with its status kept."""
    server = Server().on("POST", W, (502, b"<html>"))
    with server.client() as client, pytest.raises(ServerFault) as caught:
        client.run(FLOW)
    assert caught.value.status == 502


def test_connections():
    """Kept connections expire before the server closes them."""
    assert wire.limits(keep=True).keepalive_expiry < 2
    assert wire.limits(keep=False).max_keepalive_connections == 0


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
    server = Server().on("POST", W, httpx.ConnectError("x"), QUEUED).on("GET", W, TRANSIENT, DONE)

    async def walk() -> None:
        transport = httpx.MockTransport(server)
        async with AsyncLangflowClient(URL, "sk-key-123", transport=transport) as client:
            run = await client.wait(await client.submit(FLOW))
            assert run.outputs["ChatOutput-xyz34"].value == "hello"
            server.on("POST", W, recorded("1.13.0", "sync_unknown_flow"))
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

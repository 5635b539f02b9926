"""Runs against scripted answers: what is sent, repeated, and comes back nowhere."""

from __future__ import annotations

import json

import httpx
import pytest

from lfclient import Component, Flow, InvalidRequest, RunStatus, ServerInfo, Unreachable
from tests.support.recorded import flow_of, recorded
from tests.support.scripted import FLOW, OLD, QUEUED, VERSION, WORKFLOWS, Server

pytestmark = pytest.mark.usefixtures("no_pauses")


def test_one_request_a_run():
    """A run with a flow at hand costs one request, beside that for the release at first."""
    server = Server().on("POST", WORKFLOWS, recorded("1.13.0", "sync_ok"))
    with server.client() as client:
        for _ in range(2):
            run = client.run(FLOW)
    assert run.outputs["ChatOutput-xyz34"].value == "hello"
    assert server.paths() == ["GET /api/v1/version", *["POST /api/v2/workflows"] * 2]
    assert server.requests[1].headers["x-api-key"] == "sk-key-123"


def test_known_server_spares_the_question():
    """A release that is known is not asked for."""
    server = Server().on("POST", WORKFLOWS, recorded("1.8.4", "sync_ok"))
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
        server = Server().on("POST", WORKFLOWS, fault)
        with server.client() as client, pytest.raises(Unreachable) as caught:
            client.run(FLOW)
        assert caught.value.sent
        assert server.paths().count("POST /api/v2/workflows") == 1


def test_unsent_run_is_repeated():
    """A run of which no byte was written is sent again."""
    server = Server().on(
        "POST", WORKFLOWS, httpx.ConnectError("refused"), recorded("1.13.0", "sync_ok")
    )
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
    server = Server().on("POST", WORKFLOWS, fault)
    with server.client() as client, pytest.raises(Unreachable) as caught:
        client.run(FLOW)
    assert not caught.value.sent
    assert "langflow.test" in str(caught.value)


def test_submit_is_repeated_with_its_key():
    """On 1.11+ a background submit is repeated with the same fresh idempotency key."""
    server = Server().on("POST", WORKFLOWS, httpx.ReadError("reset"), QUEUED)
    with server.client() as client:
        job = client.submit(FLOW)
        client.submit(FLOW)
    keys = [json.loads(one.content)["idempotency_key"] for one in server.requests[1:]]
    assert job.status is RunStatus.QUEUED
    assert keys[0] == keys[1] != keys[2]


def test_submit_is_not_repeated_for_one_who_counts():
    """With `repeat=False` a lost answer is told at once; what was never sent is still tried."""
    server = Server().on("POST", WORKFLOWS, httpx.ConnectError("x"), httpx.ReadError("reset"))
    with server.client() as client, pytest.raises(Unreachable) as caught:
        client.submit(FLOW, idempotency_key="k", repeat=False)
    assert caught.value.sent
    assert not caught.value.timed_out
    assert server.paths().count("POST /api/v2/workflows") == 2


def test_submit_before_1_11_is_not_repeated():
    """Without idempotency keys a submit that may have arrived is not sent again."""
    server = Server(OLD).on("POST", WORKFLOWS, httpx.ReadError("reset"))
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
        "POST",
        WORKFLOWS,
        recorded("1.13.0", "sync_other_dialect_body"),
        recorded("1.13.0", "sync_ok"),
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
    server = Server().on("POST", WORKFLOWS, recorded("1.13.0", "sync_timeout_408"))
    with server.client() as client:
        assert client.run(FLOW).status is RunStatus.TIMED_OUT


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
    server = Server().on("POST", WORKFLOWS, (200, raw), refused)
    with server.client() as client:
        run = client.run(flow, {"C-1.api_key": secret})
        with pytest.raises(InvalidRequest) as caught:
            client.run(flow, {"C-1.api_key": secret})
    assert run.outputs["C-1"].value == "used ••••"
    assert secret not in repr(run) + str(caught.value) + repr(caught.value.body)


def test_secrets_of_the_flow_come_back_nowhere():
    """A component may return the key that its author typed into it."""
    field = {"type": "str", "_input_type": "SecretStrInput", "show": True, "password": True}
    template = {"api_key": {**field, "value": "stored-in-the-flow"}}
    flow = Flow("f", "F", (Component("C-1", "C", "C", template=template),))
    content = {"type": "message", "content": "used stored-in-the-flow", "metadata": {}}
    raw = {"status": "completed", "outputs": {"C-1": content}}
    with Server().on("POST", WORKFLOWS, (200, raw)).client() as client:
        run = client.run(flow)
    assert run.outputs["C-1"].value == "used ••••"
    assert "stored-in-the-flow" not in repr(run)


def test_builds_of_the_run_before_are_no_later_ones():
    """From 1.10 on a run's build records come late: until then the server tells the last run's."""

    def builds(job: str, text: str) -> tuple[int, dict]:
        rows = {"message": [{"text": text}], "type": "array"}
        build = {"id": "S-1", "job_id": job, "valid": True, "data": {"outputs": {"rows": rows}}}
        return 200, {"vertex_builds": {"S-1": [build]}}

    raw = {"job_id": "new", "status": "completed", "outputs": {"S-1": {"type": "table"}}}
    server = Server().on("POST", WORKFLOWS, (200, raw))
    server.on("GET", "/base/api/v1/monitor/builds", builds("old", "a"), builds("new", "b"))
    with server.client() as client:
        run = client.run(flow_of("S-1"))
    assert run.outputs["S-1"].value == [{"text": "b"}]

"""Runs against scripted responses: what is sent and retried, and that no secret comes back."""

from __future__ import annotations

import contextlib
import json

import httpx
import pytest

from lfclient import Component, Flow, InvalidRequest, RunStatus, ServerInfo, Unreachable
from lfclient.api.http import Response
from lfclient.api.operations.base import ApiContext
from lfclient.api.operations.event_streams import follow_events
from lfclient.api.operations.runs import wait_for_run
from lfclient.api.requests import STATUS
from lfclient.api.steps import Pause
from lfclient.common.redaction import Redactor
from lfclient.wire.server_info import Capabilities
from tests.support.http_stand_in import OLD, VERSION, StandIn
from tests.support.recorded import DONE, FLOW, JOB, QUEUED, WORKFLOWS, flow_of, recorded

pytestmark = pytest.mark.usefixtures("no_pauses")


def test_a_run_of_a_known_flow_takes_one_request():
    server = StandIn().on("POST", WORKFLOWS, recorded("1.13.0", "sync_ok"))
    with server.client() as client:
        for _ in range(2):
            run = client.run(FLOW)
    assert run.outputs["ChatOutput-xyz34"].value == "hello"
    assert server.lines == ["GET /api/v1/version", *["POST /api/v2/workflows"] * 2]
    assert server.requests[1].headers["x-api-key"] == "sk-key-123"


def test_a_known_release_is_not_requested():
    server = StandIn().on("POST", WORKFLOWS, recorded("1.8.4", "sync_ok"))
    server.client(server=ServerInfo("1.8.4", "inputs")).run(FLOW)
    assert server.lines == ["POST /api/v2/workflows"]
    assert "inputs" in json.loads(server.requests[0].content)


@pytest.mark.parametrize(
    "fault", [httpx.ReadError("reset"), httpx.RemoteProtocolError("gone"), httpx.ReadTimeout("")]
)
def test_a_sync_run_is_never_resent_once_a_byte_was_sent(fault: Exception):
    server = StandIn().on("POST", WORKFLOWS, fault)
    with pytest.raises(Unreachable) as caught:
        server.client().run(FLOW)
    assert caught.value.sent
    assert server.lines.count("POST /api/v2/workflows") == 1


def test_a_run_that_was_not_sent_is_retried():
    server = StandIn().on(
        "POST", WORKFLOWS, httpx.ConnectError("refused"), recorded("1.13.0", "sync_ok")
    )
    assert server.client().run(FLOW).status is RunStatus.COMPLETED


@pytest.mark.parametrize(
    "fault",
    [
        httpx.ConnectError("x"),
        httpx.ConnectTimeout("x"),
        httpx.PoolTimeout("x"),
        httpx.ProxyError("x"),
    ],
)
def test_errors_before_the_first_byte_are_marked_as_not_sent(fault: Exception):
    server = StandIn().on("POST", WORKFLOWS, fault)
    with pytest.raises(Unreachable) as caught:
        server.client().run(FLOW)
    assert not caught.value.sent
    assert "langflow.test" in str(caught.value)


def test_a_submit_waits_a_minute_whatever_the_clients_timeout():
    """A busy server accepts a job late; given up, it would run all the same."""
    server = StandIn().on("POST", WORKFLOWS, QUEUED)
    server.client(timeout=5).submit(FLOW)
    assert server.requests[-1].extensions["timeout"]["read"] == 60


def test_a_submit_is_retried_with_the_same_idempotency_key():
    server = StandIn().on("POST", WORKFLOWS, httpx.ReadError("reset"), QUEUED)
    with server.client() as client:
        job = client.submit(FLOW)
        client.submit(FLOW)
    keys = [json.loads(one.content)["idempotency_key"] for one in server.requests[1:]]
    assert job.status is RunStatus.QUEUED
    assert keys[0] == keys[1] != keys[2]


def test_without_repeat_a_submit_with_a_lost_response_is_not_retried():
    """A request that was not sent still is."""
    server = StandIn().on("POST", WORKFLOWS, httpx.ConnectError("x"), httpx.ReadError("reset"))
    with pytest.raises(Unreachable) as caught:
        server.client().submit(FLOW, idempotency_key="k", repeat=False)
    assert caught.value.sent
    assert not caught.value.timed_out
    assert server.lines.count("POST /api/v2/workflows") == 2


def test_a_submit_before_1_11_is_never_resent():
    """These releases have no idempotency keys."""
    server = StandIn(version=OLD).on("POST", WORKFLOWS, httpx.ReadError("reset"))
    with pytest.raises(Unreachable):
        server.client().submit(FLOW)
    assert server.lines.count("POST /api/v2/workflows") == 1


def test_a_read_is_retried_if_the_server_closed_the_connection():
    server = StandIn().on("GET", "/api/v1/flows/", httpx.RemoteProtocolError("x"), (200, []))
    assert server.client().flows() == []


def test_a_timed_out_read_is_not_retried():
    server = StandIn().on("GET", "/api/v1/flows/", httpx.ReadTimeout("x"))
    with pytest.raises(Unreachable):
        server.client().flows()
    assert len(server.requests) == 1


def test_an_upgraded_server_receives_the_run_in_its_new_dialect():
    server = StandIn(version=OLD).on("GET", "/api/v1/version", (200, OLD), (200, VERSION))
    server.on(
        "POST",
        WORKFLOWS,
        recorded("1.13.0", "sync_other_dialect_body"),
        recorded("1.13.0", "sync_ok"),
    )
    assert server.client().run(FLOW).status is RunStatus.COMPLETED
    assert json.loads(server.requests[-1].content)["mode"] == "sync"


def test_a_server_with_an_unreadable_version_receives_the_run_in_the_other_dialect():
    unreadable = {**OLD, "version": "main", "main_version": "main"}
    server = StandIn(version=unreadable).on(
        "POST",
        WORKFLOWS,
        recorded("1.8.4", "sync_other_dialect_body"),
        recorded("1.8.4", "sync_ok"),
    )
    client = server.client()
    for _ in range(2):
        assert client.run(FLOW).status is RunStatus.COMPLETED
        assert "inputs" in json.loads(server.requests[-1].content)
    assert server.lines.count("POST /api/v2/workflows") == 3


def test_an_unknown_mode_is_rejected_with_the_known_modes():
    with pytest.raises(InvalidRequest, match="foo") as caught:
        StandIn().client().needs(FLOW, mode="foo")
    assert "background, sync, stream" in caught.value.hint


def test_an_unknown_parameter_is_rejected_before_the_request():
    server = StandIn()
    with pytest.raises(InvalidRequest) as caught:
        server.client().run(FLOW, {"Nobody-x.y": 1})
    assert caught.value.field == "Nobody-x.y"
    assert "POST /api/v2/workflows" not in server.lines


def test_http_408_is_a_timed_out_run():
    server = StandIn().on("POST", WORKFLOWS, recorded("1.13.0", "sync_timeout_408"))
    assert server.client().run(FLOW).status is RunStatus.TIMED_OUT


def test_a_sent_secret_is_redacted_everywhere():
    field = {"type": "str", "_input_type": "SecretStrInput", "show": True, "password": True}
    flow = Flow("f", "F", (Component("C-1", "C", "C", template={"api_key": field}),))
    secret = 'se"cret/1'
    raw = {
        "status": "completed",
        "inputs": {"C-1": {"api_key": secret}},
        "outputs": {"C-1": {"type": "message", "content": f"used {secret}", "metadata": {}}},
    }
    refused = (422, {"detail": f"bad {secret}"})
    server = StandIn().on("POST", WORKFLOWS, (200, raw), refused)
    with server.client() as client:
        run = client.run(flow, {"C-1.api_key": secret})
        with pytest.raises(InvalidRequest) as caught:
            client.run(flow, {"C-1.api_key": secret})
    assert run.outputs["C-1"].value == "used ••••"
    assert secret not in repr(run) + str(caught.value) + caught.value.response.text


def test_a_secret_stored_in_the_flow_is_redacted():
    """A component may return it."""
    field = {"type": "str", "_input_type": "SecretStrInput", "show": True, "password": True}
    template = {"api_key": {**field, "value": "stored-in-the-flow"}}
    flow = Flow("f", "F", (Component("C-1", "C", "C", template=template),))
    content = {"type": "message", "content": "used stored-in-the-flow", "metadata": {}}
    raw = {"status": "completed", "outputs": {"C-1": content}}
    run = StandIn().on("POST", WORKFLOWS, (200, raw)).client().run(flow)
    assert run.outputs["C-1"].value == "used ••••"
    assert "stored-in-the-flow" not in repr(run)


def test_build_records_of_the_previous_run_do_not_count_as_replaced():
    """From 1.10 on a run's records appear late; until then the previous run's are returned."""

    def builds(job: str, text: str) -> tuple[int, dict]:
        rows = {"message": [{"text": text}], "type": "array"}
        build = {"id": "S-1", "job_id": job, "valid": True, "data": {"outputs": {"rows": rows}}}
        return 200, {"vertex_builds": {"S-1": [build]}}

    raw = {"job_id": "new", "status": "completed", "outputs": {"S-1": {"type": "table"}}}
    server = StandIn().on("POST", WORKFLOWS, (200, raw))
    server.on("GET", "/api/v1/monitor/builds", builds("old", "a"), builds("new", "b"))
    run = server.client().run(flow_of("S-1"))
    assert run.outputs["S-1"].value == [{"text": "b"}]


@pytest.mark.parametrize(
    "missing",
    [{"code": "JOB_NOT_FOUND", "message": "No job."}, "Flow identifier f not found"],
    ids=["job", "flow"],
)
def test_a_job_that_is_not_found_only_once_is_followed(missing: object):
    """A busy server may respond to a submit before it has committed the job."""
    server = StandIn().on("POST", WORKFLOWS, QUEUED)
    server.on("GET", STATUS, (404, {"detail": missing}), DONE)
    with server.client() as client:
        assert client.wait(client.submit(FLOW)).status is RunStatus.COMPLETED


@pytest.mark.parametrize(
    "start",
    [
        lambda context: wait_for_run(context, JOB, None, None, FLOW),
        lambda context: follow_events(context, JOB, None, FLOW),
    ],
    ids=["wait", "events"],
)
def test_a_client_pauses_for_as_long_as_the_server_asks(start):
    server = ServerInfo("1.13.0", "modes", capabilities=Capabilities(events=True))
    context = ApiContext({}, server)
    busy = Response(503, b"{}", Redactor(), httpx.Headers({"retry-after": "7"}))
    with contextlib.closing(start(context)) as steps:
        step = next(steps)
        while not isinstance(step, Pause):
            step = steps.send(busy)
    assert step.seconds == 7


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30),
        ("Thu, 26 Nov 2026 12:00:30 GMT", 30),
        ("Thu, 26 Nov 2026 11:00:00 GMT", 0),
        ("9" * 5000, 3600),
        ("Fri, 27 Nov 2026 12:00:00 GMT", 3600),
        ("-5", 0),
        ("\u0661", 0),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", 0),
    ],
)
def test_retry_after_is_a_number_or_a_date_and_at_most_an_hour(header, seconds):
    headers = httpx.Headers({"date": "Thu, 26 Nov 2026 12:00:00 GMT"}, encoding="utf-8")
    headers["retry-after"] = header
    assert Response(429, b"{}", Redactor(), headers).retry_after == seconds


@pytest.mark.parametrize(
    "arguments", [{"session_id": "half of \ud83d"}, {"overrides": {"T-a.p": "\ud83d"}}]
)
def test_a_lone_surrogate_is_refused_before_anything_is_sent(arguments):
    """Overrides that aren't checked are refused as well."""
    server, known = StandIn(), ServerInfo("1.13.0", "modes")
    with pytest.raises(InvalidRequest, match="a lone surrogate"):
        server.client(server=known).submit(FLOW, check=False, **arguments)
    assert server.lines == []

"""Why jobs and synchronous runs failed, against scripted responses."""

from __future__ import annotations

from typing import Any

import pytest

from lfclient import RunStatus
from lfclient.api import requests
from lfclient.api.requests import STATUS
from tests.support.connection_errors import BROKEN_OFF, UNREACHED, connection_traceback
from tests.support.http_stand_in import OLD, StandIn
from tests.support.recorded import FLOW, JOB, TRANSIENT, WORKFLOWS, recorded

pytestmark = pytest.mark.usefixtures("no_pauses")


def test_a_failure_without_a_reason_is_checked_again():
    cancelled = recorded("1.13.0", "status_cancelled")
    server = StandIn().on("GET", STATUS, TRANSIENT, TRANSIENT, cancelled)
    server.on("GET", f"{WORKFLOWS}/{JOB}/events", (200, b""))
    assert server.client().status(JOB, flow=FLOW).status is RunStatus.CANCELLED


def test_a_failure_that_lasts_for_a_second_is_final():
    server = StandIn().on("GET", STATUS, recorded("1.13.0", "status_after_term"))
    server.on("GET", f"{WORKFLOWS}/{JOB}/events", (200, b""))
    server.on("GET", "/api/v1/monitor/messages", (200, []))
    run = server.client().status(JOB, flow=FLOW)
    assert run.status is RunStatus.FAILED
    assert run.errors[0].message


def test_a_failure_with_a_reason_is_final_at_once():
    server = StandIn().on("GET", STATUS, recorded("1.13.0", "status_failed"))
    server.on("GET", f"{WORKFLOWS}/{JOB}/events", (200, b""))
    assert server.client().status(JOB, flow=FLOW).errors[0].message == "boom happened"
    assert server.lines.count(f"GET {requests.STATUS}") == 1


@pytest.mark.parametrize("end", ["", "\n\n", "\nCode: None"])
def test_a_failed_job_of_1_10_takes_its_reason_from_the_error_message_of_its_session(end):
    """Which tells of a provider that can't be reached only in its traceback."""
    traceback = f"Traceback …\nlfx.agents.SomeError: Connection error.{end}"
    block = {"type": "error", "traceback": traceback}
    message = {
        "id": "m",
        "text": "Code: None\n",
        "category": "error",
        "content_blocks": [{"contents": [block]}],
        "properties": {"source": {"id": "Agent-x", "display_name": "Agent"}},
        "session_metadata": {"graph_run_id": JOB},
    }
    failed = (500, {"detail": {"code": "JOB_FAILED", "job_id": JOB}})
    server = StandIn(version=OLD).on("GET", STATUS, failed)
    server.on("GET", "/api/v1/monitor/messages", (200, [message]))
    (error,) = server.client().status(JOB, flow=FLOW).errors
    assert (error.component, error.message) == ("Agent", "Connection error.")
    assert error.traceback


def connection_error(kind: str, reason: str) -> dict[str, Any]:
    """Return the error message of an agent of 1.13 whose traceback begins with this error."""
    traceback = (
        f"{connection_traceback(f'{kind}: {reason}')}\n"
        "The above exception was the direct cause of the following exception:\n\n"
        "Traceback (most recent call last):\n"
        "lfx.base.agents.events.ExceptionWithMessageError: Connection error..\n"
    )
    return {
        "id": "m",
        "text": "Connection error.\n",
        "category": "error",
        "content_blocks": [{"contents": [{"type": "error", "traceback": traceback}]}],
        "properties": {"source": {"id": "Agent-x", "display_name": "Agent"}},
        "session_metadata": {"graph_run_id": JOB},
    }


CONNECTION_ERRORS = pytest.mark.parametrize(
    ("kind", "reason", "message"),
    [
        ("httpx.RemoteProtocolError", BROKEN_OFF, BROKEN_OFF),
        ("httpx.ConnectError", UNREACHED, "Connection error."),
    ],
)


@CONNECTION_ERRORS
def test_a_failed_job_tells_a_broken_connection_from_an_unreached_model(kind, reason, message):
    """Of an agent, 1.13 says “Connection error.” of both. The traceback tells."""
    detail = {"code": "JOB_FAILED", "job_id": JOB, "error_detail": connection_error(kind, reason)}
    server = StandIn().on("GET", STATUS, (500, {"detail": detail}))
    server.on("GET", f"{WORKFLOWS}/{JOB}/events", (200, b""))
    (error,) = server.client().status(JOB, flow=FLOW).errors
    assert error.message == message


@CONNECTION_ERRORS
@pytest.mark.parametrize("run_id", [JOB, "another-run"])
def test_a_failed_synchronous_run_tells_a_broken_connection_from_an_unreached_model(
    kind, reason, message, run_id
):
    """Its response has no traceback, but the error message of its session does."""
    text = "Error running graph: Error building Component Agent: \n\nConnection error.."
    failed = {"job_id": JOB, "status": "failed", "errors": [{"error": text}], "has_errors": True}
    stored = {**connection_error(kind, reason), "session_metadata": {"graph_run_id": run_id}}
    server = StandIn().on("POST", WORKFLOWS, (200, failed))
    server.on("GET", "/api/v1/monitor/messages", (200, [stored]))
    server.on("GET", "/api/v1/monitor/builds", (200, {"vertex_builds": {}}))
    (error,) = server.client().run(FLOW, session_id="s", check=False).errors
    assert error.message == (message if run_id == JOB else "Connection error..")
    assert bool(error.traceback) == (run_id == JOB)

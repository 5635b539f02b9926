"""How a streamed run ended whose connection broke, by the server's records of its job."""

from __future__ import annotations

from typing import Any

import pytest

from lfclient import LangflowError, Run, RunStatus, ServerFault
from lfclient.api.requests import STATUS
from tests.support.fake_events import stored_message
from tests.support.fake_langflow import FLOW, FLOW_ID
from tests.support.http_stand_in import StandIn
from tests.support.recorded import JOB

MESSAGES = "/api/v1/monitor/messages"
LOST = Run(FLOW_ID, "stream", RunStatus.INTERRUPTED, session_id="session")
# as measured on 1.11.6, 1.12.8 and 1.13.0
COMPLETED = (200, {"job_id": JOB, "flow_id": FLOW_ID, "status": "completed", "outputs": {}})
IN_PROGRESS = (200, {**COMPLETED[1], "status": "in_progress"})
JOB_FAILED = (500, {"detail": {"code": "JOB_FAILED", "job_id": JOB, "error_detail": None}})
UNKNOWN = (404, {"detail": {"code": "JOB_NOT_FOUND"}})
ASKED = stored_message(JOB, "hi", None, sender="User")
ANSWERED = stored_message(JOB, "hello", "ChatInput-a")
TRACEBACK = {"type": "error", "reason": "no credit", "traceback": "Traceback …"}
FAILED = stored_message(
    JOB,
    "no credit",
    "ChatOutput-b",
    sender="Chat Output",
    category="error",
    content_blocks=[{"title": "Error", "contents": [TRACEBACK]}],
)


def recover(status: Any, *messages: dict[str, Any]) -> tuple[Run | None, StandIn]:
    server = StandIn().on("GET", STATUS, status).on("GET", MESSAGES, (200, list(messages)[::-1]))
    server.on("GET", f"/api/v1/flows/{FLOW_ID}", (200, FLOW))
    return server.client().runs.recover_stream(LOST, JOB), server


def test_a_run_with_a_stored_error_has_failed():
    run, _ = recover(COMPLETED, ASKED, FAILED)
    assert run.status is RunStatus.FAILED
    (error,) = run.errors
    assert (error.message, error.component_id) == ("no credit", "ChatOutput-b")
    assert error.traceback == "Traceback …"


@pytest.mark.parametrize(
    "status", [IN_PROGRESS, JOB_FAILED, UNKNOWN], ids=["in progress", "failed", "unknown"]
)
def test_the_messages_of_a_run_that_did_not_come_to_its_end_prove_nothing(status: Any):
    """The server may have cancelled it just after its answer was stored."""
    assert recover(status, ASKED, ANSWERED)[0] is None


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ((502, {}), ServerFault),
        ((403, {"detail": "no"}), LangflowError),
        ((200, {}), LangflowError),
    ],
)
def test_a_request_that_fails_raises_an_error(status: Any, error: type[LangflowError]):
    with pytest.raises(error):
        recover(status, ASKED, ANSWERED)

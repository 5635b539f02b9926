"""Runs that start at a webhook end by what follows that, not by what follows the chat input."""

from __future__ import annotations

import pytest

from lfclient import RunStatus
from lfclient.api.requests import STATUS
from tests.support.flows import chat_input, edge, flow, node
from tests.support.http_stand_in import OLD, StandIn
from tests.support.recorded import JOB, WORKFLOWS, recorded

pytestmark = pytest.mark.usefixtures("no_pauses")

FLOW = flow(
    chat_input(),
    node("ChatOutput-a"),
    node("Webhook-w"),
    node("ChatOutput-w"),
    edges=[edge("ChatInput-a", "ChatOutput-a"), edge("Webhook-w", "ChatOutput-w")],
)


def returned(id):
    """Return a completed run with this output."""
    status, body = recorded("1.8.4", "bg_completed")
    (output,) = body["outputs"].values()
    return status, {**body, "outputs": {id: output}}


def test_a_job_of_1_10_is_completed_by_what_follows_the_webhook():
    """It needs no more evidence."""
    server = StandIn(version=OLD).on("GET", STATUS, returned("ChatOutput-w"))
    run = server.client().status(JOB, flow=FLOW)
    assert (run.status, list(run.outputs)) == (RunStatus.COMPLETED, ["ChatOutput-w"])
    assert "GET /api/v1/monitor/builds" not in server.lines


def test_a_job_of_1_10_whose_result_was_replaced_had_what_follows_the_webhook():
    missing = recorded("1.10.3", "status_transient_500_after_completion")
    server = StandIn(version=OLD).on("GET", STATUS, missing)
    server.on("GET", "/api/v1/monitor/builds", (200, {"vertex_builds": {}}))
    assert list(server.client().status(JOB, flow=FLOW).outputs) == ["ChatOutput-w"]


@pytest.mark.parametrize(
    ("output", "status"),
    [("ChatOutput-w", RunStatus.COMPLETED), ("ChatOutput-a", RunStatus.FAILED)],
)
def test_a_synchronous_run_is_completed_by_what_follows_the_webhook(output, status):
    server = StandIn().on("POST", WORKFLOWS, returned(output))
    server.on("GET", "/api/v1/monitor/builds", (200, {"vertex_builds": {}}))
    assert server.client().run(FLOW).status is status

"""Stored runs of the first flow, and what a stand-in received to run it."""

from lfclient.runs.model import Run, RunStatus
from tests.ui.support.whole_pages import ONE, add_ended_run

POST = "POST /api/v2/workflows"
ANSWER = {
    "job_id": "00000000-0000-4000-8000-000000000001",
    "flow_id": ONE,
    "object": "response",
    "status": "completed",
    "outputs": {},
    "errors": [],
    "inputs": {},
}


def store_ended_run(server, overrides, **more):
    """Store an ended run of the flow and return it."""
    more = {"run": Run(ONE, "sync", RunStatus.COMPLETED), **more}
    return add_ended_run(server.url, overrides=overrides, **more)

"""Questions that runs ask, and decisions."""

import time

from lfclient.api.error_mapping import error_from_response
from lfclient.api.operations.context import ApiContext
from lfclient.api.operations.flows import get_flow_id
from lfclient.api.operations.runs import last_known_run
from lfclient.api.operations.server import get_server_without_limits
from lfclient.api.requests import WORKFLOWS, RequestSpec, job_path, list_request
from lfclient.api.steps import Steps, fetch, send
from lfclient.common.json_types import JsonObject
from lfclient.errors import BadResponse, JobNotFound, NotWaiting, Unsupported
from lfclient.flows.model import Flow
from lfclient.runs.components import HumanInput
from lfclient.runs.event_parser import read_question
from lfclient.runs.model import Run


def list_pending(context: ApiContext, flow: Flow | str) -> Steps[list[HumanInput]]:
    """Return the open questions of a flow's runs."""
    yield from _require_approvals(context)
    flow_id = yield from get_flow_id(context, flow)
    spec = list_request(f"{WORKFLOWS}/pending", flow_id=flow_id)
    items = yield from fetch(spec, list[JsonObject], "list of waiting runs", is_workflow=True)
    try:
        return [read_question(item) for item in items]
    except (LookupError, TypeError) as error:
        raise BadResponse("The list of waiting runs contains one without a request id.") from error


def resume_run(context: ApiContext, job: Run | str, request_id: str, decision: str) -> Steps[None]:
    """Send a decision, after which the job continues. It is never resent once a byte was sent."""
    job_id = last_known_run(context, job).job_id or ""
    yield from _require_approvals(context)
    body = {"request_id": request_id, "decision": {"action_id": decision}}
    spec = RequestSpec("POST", f"{job_path(job_id)}/resume", json=body)
    try:
        response = yield from send(spec)
    finally:
        context.jobs[job_id].resumed_at = time.monotonic()
    if response.status == 409:
        raise NotWaiting(
            "The run is not waiting for this decision.",
            response=response.for_error(),
            code="NOT_RESUMABLE",
        )
    if response.status == 404:
        raise JobNotFound(f"The server has no job “{job_id}”.", response=response.for_error())
    if not response.is_success:
        raise error_from_response(response, subject=job_id)


def _require_approvals(context: ApiContext) -> Steps[None]:
    server = yield from get_server_without_limits(context)
    if not server.capabilities.pending:
        raise Unsupported(f"Langflow {server.version} has no approvals. They came with 1.11.")

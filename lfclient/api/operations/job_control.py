"""Stops jobs, and answers the questions that they ask."""

import time
from dataclasses import replace

from lfclient.api.error_mapping import error_from_response
from lfclient.api.http import Response
from lfclient.api.operations.base import ApiContext
from lfclient.api.operations.flows import get_flow_id
from lfclient.api.operations.runs import get_status, last_known_run
from lfclient.api.operations.server import get_server_without_limits
from lfclient.api.requests import WORKFLOWS, RequestSpec, job_path, list_request, status_request
from lfclient.api.steps import Pause, Steps, fetch, send
from lfclient.common.backoff import Backoff
from lfclient.common.coerce import as_dict
from lfclient.common.json_types import JsonObject
from lfclient.errors import (
    BadResponse,
    JobNotFound,
    LangflowError,
    NotWaiting,
    RateLimited,
    ServerFault,
    Unreachable,
    Unsupported,
)
from lfclient.flows.model import Flow
from lfclient.runs.components import HumanInput
from lfclient.runs.event_parser import read_question
from lfclient.runs.model import Run, RunStatus, StopResult

RESUME_SECONDS = 0.5  # how long a job takes to continue after a decision
_STOP_CONFIRMATION = Backoff(0.1, 0.4, attempts=4)
_JOB_START = Backoff(0.05, 0.8, attempts=9)  # waits for a queued job to start before it is stopped
_MAX_START_SECONDS = 4.0  # total time of these attempts


def stop_run(context: ApiContext, job: Run | str, flow: Flow | None) -> Steps[StopResult]:
    """Stop a job.

    Before 1.11 a stop would overwrite the status of a finished job, so the status is checked
    first, unless the server asks to wait with that: the stop itself must not. On 1.13 a stop must
    not coincide with the start of a job, so that is awaited.
    """
    before = last_known_run(context, job)
    server = yield from get_server_without_limits(context)
    if server.dialect == "inputs":
        run = yield from _check_status(context, before, flow)
        if run.ended:
            is_stopped = run.status is RunStatus.CANCELLED  # as by an earlier stop
            return StopResult(is_stopped, "", run)
    elif not server.is_early_stop_safe:
        yield from _wait_for_start(context, before)
    job_id = before.job_id or ""
    context.jobs[job_id].is_stop_sent = True
    # sending it twice is harmless
    spec = RequestSpec("POST", f"{WORKFLOWS}/stop", json={"job_id": job_id}, idempotent=True)
    response = yield from send(spec)
    if response.status == 409:
        run = yield from get_status(context, before, flow)
        return StopResult(False, response.message, run)
    if response.status != 200:
        raise error_from_response(response, subject=job_id, is_workflow=True)
    message = str(as_dict(response.body).get("message") or "")
    try:
        run = yield from _confirm_stop(context, before, flow)
    except (ServerFault, Unreachable):
        return StopResult(None, message)
    return StopResult(run.status is RunStatus.CANCELLED if run.ended else None, message, run)


def _wait_for_start(context: ApiContext, job: Run) -> Steps[None]:
    """Wait until a job has left the queue or resumed after a decision, for at most 4 seconds.

    `server_info._LOCKS_ON_EARLY_STOP` tells why. Measured on 1.13.0: of the stops right after a
    submit, one in 10 to 100 locked the server, after this wait one in some 4,000. Of those right
    after a decision, one of the first three did, after this wait none of 60. A busy server may
    take more than a second to start a job. A stop that coincides with the end of a job still can.
    """
    job_id = job.job_id or ""
    remaining = context.jobs[job_id].resumed_at + RESUME_SECONDS - time.monotonic()
    if remaining > 0:
        yield Pause(remaining)
        return
    if job.status not in (RunStatus.QUEUED, RunStatus.UNKNOWN):
        return
    deadline = time.monotonic() + _MAX_START_SECONDS
    for seconds in _JOB_START.waits():
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            return
        try:
            response: Response = yield replace(status_request(job_id), max_timeout=remaining)
        except LangflowError:
            return  # the stop request will report it
        if as_dict(response.body).get("status") != "queued":
            return
        yield Pause(seconds)


def _check_status(context: ApiContext, before: Run, flow: Flow | None) -> Steps[Run]:
    """Return the run, as it was `before` if the server asks to wait with status requests."""
    try:
        return (yield from get_status(context, before, flow))
    except ServerFault as error:
        if not (isinstance(error, RateLimited) or error.retry_after):
            raise
        return before


def _confirm_stop(context: ApiContext, before: Run, flow: Flow | None) -> Steps[Run]:
    """Return the run once it has ended, or after the last attempt."""
    run = yield from get_status(context, before, flow)
    for seconds in _STOP_CONFIRMATION.waits():
        if run.ended:
            break
        yield Pause(seconds)
        run = yield from get_status(context, before, flow)
    return run


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

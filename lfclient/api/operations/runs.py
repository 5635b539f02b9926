"""Runs flows: submitting, status, waiting."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any
from uuid import uuid4

from lfclient.api.error_mapping import error_from_response, is_dialect_mismatch
from lfclient.api.http import Response
from lfclient.api.operations.base import ApiContext
from lfclient.api.operations.flows import get_flow
from lfclient.api.operations.refreshing import refresh_for_run
from lfclient.api.operations.run_completion import (
    add_usage,
    complete_run,
    list_file_ids,
    recover_erased_result,
)
from lfclient.api.operations.server import get_server_without_limits
from lfclient.api.payloads import run_request, session_parameter
from lfclient.api.requests import status_request
from lfclient.api.steps import Pause, Steps, or_default, send
from lfclient.common.backoff import Backoff
from lfclient.common.coerce import as_dict
from lfclient.errors import FlowNotFound, JobNotFound, ServerFault, Unreachable
from lfclient.flows.model import Flow, stored_secrets
from lfclient.flows.validation import check_overrides, collect_secrets, raise_errors
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.evidence import Evidence
from lfclient.runs.model import Run, RunStatus, WaitTimeout
from lfclient.runs.outcome import REPLACED
from lfclient.runs.responses import failed_run, new_run, read_run, timed_out_run
from lfclient.wire.modes import MODES, Mode
from lfclient.wire.schemas import JobResponse, parse
from lfclient.wire.server_info import ServerInfo, with_other_dialect

OnChange = Callable[[Run], object]

WAIT_POLLING = Backoff(0.1, 4.0)  # waits between status requests in `wait_for_run`
MAX_UNAVAILABLE_SECONDS = 30.0  # how long a wait tolerates an unavailable server
# A 500 can be wrong for about a second after a job completed (1.10) or was stopped (1.11+); so can
# a 404 of a busy server, which may respond to a submit before it has committed the job.
_DOUBTFUL_STATUS = Backoff(0.12, 0.4, wait_exp_base=1.3, attempts=6)


def run_flow(
    context: ApiContext,
    flow: Flow | str,
    overrides: Mapping[str, Any] | None,
    session_id: str | None,
    check: bool,
) -> Steps[Run]:
    """Run a flow in one request that waits for its result."""
    if isinstance(flow, str):
        flow = yield from get_flow(context, flow)
    run = yield from start_run(context, flow, overrides, session_id, check, mode=Mode.SYNC)
    run = yield from complete_run(context, run, flow)
    return (yield from add_usage(context, run, flow))


def start_run(
    context: ApiContext,
    flow: Flow | str,
    overrides: Mapping[str, Any] | None,
    session_id: str | None,
    check: bool,
    idempotency_key: str | None = None,
    repeat: bool = True,
    mode: Mode = Mode.BACKGROUND,
) -> Steps[Run]:
    """Start a background job, or run a flow in one request; return the run after the response."""
    overrides = overrides or {}
    flow, server, files_before = yield from prepare_run(context, flow, overrides, mode, check)
    key = idempotency_key or uuid4().hex
    spec = run_request(server, flow, overrides, mode, session_id, key, repeat)
    response = yield from send(spec)
    if is_dialect_mismatch(response):
        # nothing ran: the server has another version now, or its version is unreadable
        before, context.server_without_limits, context.server = server, None, None
        server = yield from get_server_without_limits(context)
        if server.dialect == before.dialect:
            server = context.server_without_limits = with_other_dialect(server)
        spec = run_request(server, flow, overrides, mode, session_id, key, repeat)
        response = yield from send(spec)
    session = session_id if session_parameter(server, flow) else None
    run = _read_response(response, new_run(flow.id, mode, session), flow, overrides)
    if run.job_id:
        job = context.jobs[run.job_id]
        job.run, job.files_before = run, files_before
    return run


def prepare_run(
    context: ApiContext,
    flow: Flow | str,
    overrides: Mapping[str, Any],
    mode: Mode,
    check: bool,
) -> Steps[tuple[Flow, ServerInfo, frozenset[str] | None]]:
    """Return the flow, the server, and the ids of the user's files if the flow writes any.

    Raises `InvalidRequest` for invalid overrides.
    """
    if isinstance(flow, str):
        flow = yield from get_flow(context, flow)
    flow = context.flows[flow.id] = yield from refresh_for_run(context, flow, overrides)
    server = yield from get_server_without_limits(context)
    # a component may return either
    context.redactor.add(*collect_secrets(flow, overrides), *stored_secrets(flow))
    if check:
        raise_errors(check_overrides(flow, overrides, mode, server))
    files_before = yield from list_file_ids(flow)
    return flow, server, files_before


def get_status(
    context: ApiContext, job: Run | str, flow: Flow | None, evidence: Evidence | None = None
) -> Steps[Run]:
    """Return a job's run, with its complete outputs if it has ended.

    `evidence` is that of all the job's events, if they have been read already.
    """
    before = last_known_run(context, job)
    flow = flow or context.flows.get(before.flow_id)
    context.redactor.add(*stored_secrets(flow))  # another client may have submitted the job
    run = yield from _fetch_status(context, before, flow)
    if not run.ended:
        return run
    if flow is None and run.flow_id:
        flow = yield from or_default(get_flow(context, run.flow_id), None)
        if flow is not None:
            context.redactor.add(*stored_secrets(flow))
            run = yield from _fetch_status(context, before, flow)
    run = yield from complete_run(context, run, flow, evidence)
    if run.status is RunStatus.CANCELLED and context.jobs[before.job_id or ""].is_stop_sent:
        server = yield from get_server_without_limits(context)
        if server.dialect == "inputs":
            flow = flow and flow.for_mode(run.mode, server)
            run = yield from recover_erased_result(context, run, flow)
    return run


def last_known_run(context: ApiContext, job: Run | str) -> Run:
    """Return the current state of a job. Raises `JobNotFound` for a run without a job id."""
    if isinstance(job, Run):
        if job.job_id is None:
            raise JobNotFound("This run has no job id, so its status can't be requested.")
        return job
    return context.jobs[job].run or replace(new_run("", Mode.BACKGROUND, None), job_id=job)


def wait_for_run(
    context: ApiContext,
    job: Run | str,
    timeout: float | None,
    on_change: OnChange | None,
    flow: Flow | None,
) -> Steps[Run]:
    """Return the ended run. Tolerates an unavailable server for half a minute."""
    last = run = last_known_run(context, job)
    started = last_response = time.monotonic()
    for retry in count(1):
        retry_after = 0.0
        try:
            run = yield from get_status(context, run, flow)
            last_response = time.monotonic()
        except (ServerFault, Unreachable) as error:
            if time.monotonic() - last_response > MAX_UNAVAILABLE_SECONDS:
                raise
            retry_after = error.retry_after
        if on_change and (run.status, run.server_status) != (last.status, last.server_status):
            on_change(run)
        last = run
        if run.ended:
            break
        seconds = max(WAIT_POLLING.wait(retry), retry_after)
        if timeout is not None:
            remaining = started + timeout - time.monotonic()
            if remaining <= 0:
                raise WaitTimeout(f"The run did not end within {timeout:g} seconds.", run)
            seconds = min(seconds, remaining)
        yield Pause(seconds)
    return (yield from add_usage(context, run, flow))


def _read_response(
    response: Response, before: Run, flow: Flow, overrides: Mapping[str, Any]
) -> Run:
    kind = MODES[before.mode].response
    if response.status == 200:
        raw = response.json("run response")
        if kind == "job":
            parse(JobResponse, raw, "run response")
        return read_run(raw, before=before, flow=flow)
    detail = as_dict(response.detail)
    if kind == "result" and response.status == 408 and detail:
        return timed_out_run(detail, before=before)
    if kind == "result" and response.status == 500 and response.code == "JOB_FAILED":
        return failed_run(detail, before=before, flow=flow)
    raise error_from_response(response, subject=flow.name, overrides=overrides, is_workflow=True)


def _fetch_status(context: ApiContext, before: Run, flow: Flow | None) -> Steps[Run]:
    """Return the job's state once it is certain: a 404 or 500 counts only if it is repeated."""
    job_id = before.job_id or ""
    server = yield from get_server_without_limits(context)
    failures = 0
    waits = _DOUBTFUL_STATUS.waits()
    while True:
        response = yield from send(status_request(job_id))
        if response.status == 200:
            raw = response.json("job status")
            return read_run(raw, before=before, flow=flow)
        code, detail = response.code, as_dict(response.detail)
        if response.status == 408 and detail:
            return timed_out_run(detail, before=before)
        seconds = next(waits, None)
        if code == "JOB_FAILED":
            failures += 1
            has_reason = isinstance(detail.get("error_detail"), dict)
            is_certain = has_reason or (server.dialect == "inputs" and failures > 1)
            if is_certain or seconds is None:
                return failed_run(detail, before=before, flow=flow)
        elif seconds is None or not _may_be_wrong(response):
            if seconds is None and "No vertex builds found" in response.message:
                flow = flow and flow.for_mode(before.mode, server)
                return replace(_replaced_run(before, flow), raw=response.body)
            raise error_from_response(response, subject=job_id, is_workflow=True)
        if seconds is not None:
            yield Pause(seconds)


def _may_be_wrong(response: Response) -> bool:
    if response.status == 404:
        error = error_from_response(response, is_workflow=True)
        return isinstance(error, JobNotFound | FlowNotFound)
    return response.status == 500 and response.code is not None


def _replaced_run(before: Run, flow: Flow | None) -> Run:
    """Return a completed job of 1.8 to 1.10 whose results a later run has replaced."""
    leaves = flow.expected_terminals if flow else ()
    outputs = {
        leaf.id: Output(
            leaf.id,
            OutputKind.UNKNOWN,
            None,
            display_name=leaf.display_name,
            component_type=leaf.type,
            note=REPLACED,
        )
        for leaf in leaves
    }
    return replace(
        before,
        status=RunStatus.COMPLETED,
        server_status="completed",
        outputs=outputs,
        warnings=(REPLACED,),
    )

"""What the server's records add to runs: lost jobs and results, components, models."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lfclient.api.error_mapping import error_from_response
from lfclient.api.operations.base import ApiContext, AsyncResource, Resource, awaitable
from lfclient.api.operations.chat_sessions import fetch_messages
from lfclient.api.operations.flows import get_flow_id
from lfclient.api.operations.run_completion import complete_run, get_component_runs
from lfclient.api.operations.server import get_server_without_limits
from lfclient.api.operations.streamed_calls import recover_stream
from lfclient.api.requests import is_uuid, run_data_request
from lfclient.api.steps import Pause, Steps, fetch, or_default, send
from lfclient.common.backoff import Backoff
from lfclient.common.json_types import Json
from lfclient.flows.model import Flow
from lfclient.runs.builds import name_models
from lfclient.runs.components import ComponentRun
from lfclient.runs.lost_jobs import CLOCK_SLACK, MAX_TRANSACTIONS, FoundJob, JobIndex
from lfclient.runs.model import Run
from lfclient.wire.schemas import BuildList, TraceList, TransactionList, parse

_MAX_TRACES = 50  # the latest traces of one session
_MAX_MESSAGES = 200
_LATE_TRACE = Backoff(0.16, 0.42, wait_exp_base=1.65, attempts=5)  # it appears after the run's end


class Runs(Resource):
    """`client.runs`: what the server's records add to runs."""

    def complete(self, run: Run, flow: Flow | None = None) -> Run:
        """Return an ended run with its true status and complete outputs.

        `status` and `wait` do this already.
        """
        return self._drive(complete_run(self._context, run, flow))

    def find_jobs(
        self, flow: Flow | str, session_id: str | None, sent_at: datetime
    ) -> list[FoundJob]:
        """Return the jobs that a submit without a response may have created.

        They match by flow and session, or by time if the server stores no session (before 1.12).
        `sent_at` is the time of the request by this machine's clock. Several results are
        ambiguous; none means that no record exists yet, or any more. Trust a match by time only
        if no other run of the flow is possible.
        """
        return self._drive(_find_jobs(self._context, flow, session_id, sent_at))

    def recover_stream(self, run: Run, job_id: str, flow: Flow | None = None) -> Run | None:
        """Return how a streamed run ended whose connection broke; None if nothing proves it.

        `run` is what arrived, with its session, and `job_id` its job, from one of its messages or
        from `find_jobs`. A failed run has its errors. A completed one is proved if each expected
        output arrived or is a chat output, whose message the server stores.
        """
        return self._drive(recover_stream(self._context, run, job_id, flow))

    def components(self, run: Run, flow: Flow | None = None) -> dict[str, ComponentRun]:
        """Return a run's components by id from the server's records of a flow's latest run."""
        return self._drive(get_component_runs(self._context, run, flow))

    def name_models(
        self, run: Run, flow: Flow | None = None, overrides: Mapping[str, Any] | None = None
    ) -> Run:
        """Return an ended run with the tokens of its components by model.

        The names are from the server's trace (1.12+), else from `overrides`, those that the run was
        sent with ({} if none), else from the flow. Without `overrides`, only from the trace. A run
        without tokens takes no request.
        """
        return self._drive(_name_models(self._context, run, flow, overrides))


class AsyncRuns(AsyncResource):
    """The async counterpart of `Runs`."""

    complete = awaitable(Runs.complete)
    find_jobs = awaitable(Runs.find_jobs)
    recover_stream = awaitable(Runs.recover_stream)
    components = awaitable(Runs.components)
    name_models = awaitable(Runs.name_models)


def _find_jobs(
    context: ApiContext, flow: Flow | str, session_id: str | None, sent_at: datetime
) -> Steps[list[FoundJob]]:
    server = yield from get_server_without_limits(context)
    flow_id = yield from get_flow_id(context, flow)
    index = JobIndex()
    response = yield from send(run_data_request("/api/v1/monitor/builds", flow_id=flow_id))
    received_at = datetime.now(UTC)
    if response.status != 200:
        raise error_from_response(response)
    builds = response.json("list of builds")
    index.add_builds(parse(BuildList, builds, "list of builds"))
    # the same age by the server's clock
    since = (response.date or received_at) - (received_at - sent_at)
    if session_id:
        messages = yield from fetch_messages(context, flow_id, session_id, _MAX_MESSAGES)
        index.add_messages(messages)
        if server.capabilities.traces:
            params = {"flow_id": flow_id, "session_id": session_id, "size": str(_MAX_TRACES)}
            spec = run_data_request("/api/v1/monitor/traces", **params)
            index.add_traces((yield from fetch(spec, TraceList, "list of traces")))
        jobs = index.find_by_session(session_id, since)
        if jobs:
            return jobs
    if server.capabilities.traces or abs(since - sent_at) > CLOCK_SLACK:
        return []
    spec = run_data_request(
        "/api/v1/monitor/transactions", flow_id=flow_id, size=str(MAX_TRANSACTIONS)
    )
    transactions = yield from fetch(spec, TransactionList, "list of transactions")
    return index.find_by_time(transactions, sent_at)


def _name_models(
    context: ApiContext, run: Run, flow: Flow | None, overrides: Mapping[str, Json] | None
) -> Steps[Run]:
    if not run.ended or all(
        one.usage is None or one.usage_by_model for one in run.components.values()
    ):
        return run
    trace = yield from or_default(_fetch_trace(context, run.job_id or ""), None)
    return name_models(run, trace, flow or context.flows.get(run.flow_id), overrides)


def _fetch_trace(context: ApiContext, job_id: str) -> Steps[Json]:
    """Return the trace of a job; None if the release has none."""
    server = yield from get_server_without_limits(context)
    if not server.capabilities.traces or not is_uuid(job_id):
        return None
    waits = _LATE_TRACE.waits()
    while True:
        response = yield from send(run_data_request(f"/api/v1/monitor/traces/{job_id}"))
        if response.is_success:
            return response.json("trace")
        seconds = next(waits, None)
        if response.status != 404 or seconds is None:
            raise error_from_response(response)
        yield Pause(seconds)

"""Searches for a job after the response to its submit was lost."""

from datetime import UTC, datetime

from lfclient.api.error_mapping import error_from_response
from lfclient.api.operations.chat_sessions import fetch_messages
from lfclient.api.operations.context import ApiContext
from lfclient.api.operations.flows import get_flow_id
from lfclient.api.operations.server import get_server_without_limits
from lfclient.api.requests import run_data_request
from lfclient.api.steps import Steps, fetch, send
from lfclient.flows.model import Flow
from lfclient.runs.lost_jobs import CLOCK_SLACK, MAX_TRANSACTIONS, FoundJob, JobIndex
from lfclient.wire.schemas import BuildList, TraceList, TransactionList, parse

_MAX_TRACES = 50  # the latest traces of one session
_MAX_MESSAGES = 200


def find_jobs(
    context: ApiContext, flow: Flow | str, session_id: str | None, sent_at: datetime
) -> Steps[list[FoundJob]]:
    """Return the jobs that a submit sent at `sent_at` may have created."""
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

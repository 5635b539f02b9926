"""Adds the names of the models that an ended run's components asked."""

from collections.abc import Mapping

from lfclient.api.error_mapping import error_from_response
from lfclient.api.operations.context import ApiContext
from lfclient.api.operations.server import get_server_without_limits
from lfclient.api.requests import is_uuid, run_data_request
from lfclient.api.steps import Pause, Steps, or_default, send
from lfclient.common.backoff import Backoff
from lfclient.common.json_types import Json
from lfclient.flows.model import Flow
from lfclient.runs import model_names
from lfclient.runs.model import Run

_LATE_TRACE = Backoff(0.16, 0.42, wait_exp_base=1.65, attempts=5)  # it appears after the run's end


def name_models(
    context: ApiContext, run: Run, flow: Flow | None, overrides: Mapping[str, Json] | None
) -> Steps[Run]:
    """Return an ended run with the tokens of its components by model.

    A run without tokens takes no request.
    """
    if not run.ended or all(
        one.usage is None or one.usage_by_model for one in run.components.values()
    ):
        return run
    trace = yield from or_default(_fetch_trace(context, run.job_id or ""), None)
    return model_names.name_models(run, trace, flow or context.flows.get(run.flow_id), overrides)


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

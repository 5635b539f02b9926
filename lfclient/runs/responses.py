"""Reads a run from a response of the Workflow API. Pure; does not evaluate its outcome."""

from dataclasses import replace
from datetime import UTC, datetime

from lfclient.common.coerce import as_float, as_str
from lfclient.common.json_types import Json, JsonObject
from lfclient.flows.model import Flow
from lfclient.outputs.model import Output, OutputKind, extract_text, read_output
from lfclient.runs.components import RunError
from lfclient.runs.evidence import error_from_message, split_preamble
from lfclient.runs.model import Run, RunStatus, read_status
from lfclient.wire.modes import Mode
from lfclient.wire.schemas import ComponentOutput, RunResponse, parse

# by the `error_detail.type` of a job that failed outside its components
_END_REASONS = {
    "worker_lost": "The server restarted or lost its worker during the run.",
    "timed_out": "The run exceeded the server's time limit for background runs.",
    "cancelled": "The run was stopped.",
}


def read_run(raw: Json, *, before: Run, flow: Flow | None) -> Run:
    """Return the run after a response with a status, successful or not.

    What the response omits is taken from `before`. Raises `BadResponse` on wrong types.
    """
    response = parse(RunResponse, raw, "run response")
    outputs = {
        component_id: read_component(component_id, part, flow)
        for component_id, part in (response.outputs or {}).items()
    }
    status = read_status(response.status)
    if status is RunStatus.COMPLETED and response.has_errors:
        status = RunStatus.FAILED
    return replace(
        before,
        flow_id=response.flow_id or before.flow_id,
        status=status,
        server_status=response.status,
        job_id=response.job_id or before.job_id,
        session_id=response.session_id or before.session_id,
        outputs=outputs or before.outputs,
        errors=tuple(read_error(entry, flow) for entry in response.errors or ()),
        warnings=tuple(extract_text(entry) or str(entry) for entry in response.warnings or ()),
        raw=raw,
        flow_version=str(response.flow_version or "") or before.flow_version,
        created_at=_time(response.created_at) or before.created_at,
        metadata=response.metadata or before.metadata,
    )


def read_component(component_id: str, response: ComponentOutput, flow: Flow | None) -> Output:
    """Return an output, named by the flow if the server does not name its component."""
    component = flow.component(component_id) if flow else None
    metadata = response.metadata or {}
    output = read_output(
        component_id,
        type=response.type,
        content=response.content,
        status=response.status,
        display_name=response.display_name or (component.display_name if component else ""),
        component_type=as_str(metadata.get("component_type"))
        or (component.type if component else ""),
        metadata=metadata,
    )
    if response.status == "failed" and not output.is_error:
        return replace(output, kind=OutputKind.ERROR, value="The component failed.", extras=())
    return output


def read_error(entry: Json, flow: Flow | None) -> RunError:
    """Return the error of an entry: text, or an object with `error` or `message`, and `code`."""
    if not isinstance(entry, dict):
        return RunError(str(entry))
    text = next((entry[key] for key in ("error", "message", "detail") if entry.get(key)), entry)
    component, reason = split_preamble(str(text))
    return RunError(
        reason,
        component_id=_find_component_id(component, flow),
        component=component,
        code=entry["code"] if isinstance(entry.get("code"), str) else None,
    )


def failed_run(detail: JsonObject, *, before: Run, flow: Flow | None) -> Run:
    """Return the run after `JOB_FAILED`. 1.8 to 1.10 give no reason, and later ones not always."""
    reason = detail.get("error_detail")
    errors: tuple[RunError, ...] = ()
    if isinstance(reason, dict) and reason.get("type") in _END_REASONS:
        errors = (RunError(_END_REASONS[reason["type"]], code=reason["type"]),)
    elif isinstance(reason, dict):
        error = replace(error_from_message(reason), code="JOB_FAILED")
        named = error.component_id or _find_component_id(error.component, flow)
        errors = (replace(error, component_id=named),)
    return replace(
        before,
        status=RunStatus.FAILED,
        server_status="failed",
        errors=errors,
        job_id=before.job_id or as_str(detail.get("job_id")) or None,
        raw={"detail": detail},
    )


def timed_out_run(detail: JsonObject, *, before: Run) -> Run:
    """Return the run after HTTP 408: it exceeded the server's time limit."""
    seconds = as_float(detail.get("timeout_seconds"))
    limit = "" if seconds is None else f" after {seconds:g} seconds"
    message = f"The server stopped the run{limit}, at its time limit."
    return replace(
        before,
        status=RunStatus.TIMED_OUT,
        server_status="timed_out",
        errors=(RunError(message, code="EXECUTION_TIMEOUT"),),
        job_id=as_str(detail.get("job_id")) or before.job_id,
        flow_id=as_str(detail.get("flow_id")) or before.flow_id,
        raw={"detail": detail},
    )


def new_run(flow_id: str, mode: Mode, session_id: str | None) -> Run:
    """Return a run without any response yet."""
    return Run(flow_id=flow_id, mode=mode, status=RunStatus.UNKNOWN, session_id=session_id)


def _find_component_id(display_name: str | None, flow: Flow | None) -> str | None:
    """Return the id of the component with this name; None if there are several."""
    if not display_name or not flow:
        return None
    ids = [leaf.id for leaf in flow.leaves if leaf.display_name == display_name]
    return ids[0] if len(ids) == 1 else None


def _time(value: str | int | float | None) -> str | None:
    """Return the time in ISO 8601. By the documentation it is text or seconds since 1970."""
    if isinstance(value, (int, float)):
        try:
            return datetime.fromtimestamp(value, UTC).isoformat()
        except (OverflowError, OSError, ValueError):
            return str(value)
    return value

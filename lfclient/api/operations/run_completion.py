"""Fetches what an ended run's response lacks, then has `runs.outcome` decide its status."""

from collections.abc import Set
from dataclasses import replace

from lfclient.api.error_mapping import error_from_response
from lfclient.api.http import Response
from lfclient.api.operations.base import ApiContext
from lfclient.api.operations.chat_sessions import list_message_items
from lfclient.api.operations.files import find_files, list_file_items
from lfclient.api.operations.server import (
    get_server_or_default_limits,
    get_server_without_limits,
)
from lfclient.api.requests import events_request, run_data_request
from lfclient.api.steps import Pause, ReadChunk, Steps, fetch, or_default, retry
from lfclient.common.backoff import Backoff
from lfclient.errors import TRANSIENT_ERRORS, LangflowError
from lfclient.flows.model import Flow
from lfclient.outputs.model import FileRef
from lfclient.outputs.truncation import is_truncated
from lfclient.runs.builds import component_runs_of_job
from lfclient.runs.components import ComponentRun, RunError
from lfclient.runs.event_parser import EventParser
from lfclient.runs.evidence import (
    Evidence,
    builds_of_job,
    evidence_from_builds,
    find_error,
    is_connection_error,
    message_texts,
)
from lfclient.runs.model import Run, RunStatus
from lfclient.runs.outcome import (
    evaluate_outcome,
    find_missing_evidence,
    in_flow_order,
    mark_unverified,
)
from lfclient.runs.reducer import merge_component_runs
from lfclient.wire.modes import MODES
from lfclient.wire.schemas import BuildList, MessageItem
from lfclient.wire.server_info import ServerInfo
from lfclient.wire.sse import FrameParser, check_event_stream

NO_REASON = "The server gave no reason."
AMBIGUOUS_REASON = (
    "This release does not tell which run a failure belongs to. The reason is the latest among all "
    "runs of this flow without their own session."
)
AMBIGUOUS_FILE = (
    "The server has several files of this name that this run may have written. Look for the file "
    "in Langflow under Files."
)

# from 1.10 on, build records appear up to a second late
_LATE_BUILDS = Backoff(0.16, 0.42, wait_exp_base=1.65, attempts=5)


def complete_run(
    context: ApiContext, run: Run, flow: Flow | None, evidence: Evidence | None = None
) -> Steps[Run]:
    """Return an ended run with its true status and complete outputs; a running one unchanged.

    `evidence` is that of all the job's events, if they have been read already.

    Raises the error that hides whether a job succeeded, if another attempt may help. Otherwise,
    and for a sync run, whose response would be lost, the run keeps the server's status and a
    warning tells why it is not verified.
    """
    if flow:
        unknown: ServerInfo | None = None
        release = yield from or_default(get_server_without_limits(context), unknown)
        flow = flow.for_mode(run.mode, release)
    limits, response = context.limits, MODES[run.mode].response
    needs_evidence, delayed = find_missing_evidence(run, flow, limits)
    if needs_evidence:
        server = yield from get_server_or_default_limits(context)
        limits = server.limits
        try:
            evidence = yield from _complete_evidence(context, run, server, delayed, evidence)
        except LangflowError as error:
            is_repeatable = response == "job" and run.status is RunStatus.COMPLETED
            if is_repeatable and isinstance(error, TRANSIENT_ERRORS):
                raise
            run = mark_unverified(run, flow, limits, error.message)
        else:
            run = evaluate_outcome(run, flow, evidence, limits)
    else:
        run = evaluate_outcome(run, flow, Evidence(), limits)
    if run.status is RunStatus.FAILED and not run.errors:
        run = yield from _add_reason(run)
    elif response == "result" and any(is_connection_error(error.message) for error in run.errors):
        run = yield from _add_traceback(run)
    return (yield from resolve_files(run, context.jobs[run.job_id or ""].files_before))


def recover_erased_result(context: ApiContext, run: Run, flow: Flow | None) -> Steps[Run]:
    """Return the completed run if it ended just before its stop, which erased the result.

    Langflow does so before 1.11. The run had completed if the job has built every expected terminal
    component.
    """
    if flow is None or not flow.expected_terminals:
        return run
    expected = {leaf.id for leaf in flow.expected_terminals}
    evidence = yield from fetch_build_evidence(run, expected)
    if not all(name in evidence.builds and not evidence.builds[name].error for name in expected):
        return run
    completed = replace(run, status=RunStatus.COMPLETED, outputs={}, server_status="cancelled")
    return evaluate_outcome(completed, flow, evidence, context.limits)


def get_component_runs(
    context: ApiContext, run: Run, flow: Flow | None
) -> Steps[dict[str, ComponentRun]]:
    """Return the run's components from the server's build records, by id."""
    if not run.flow_id or not run.job_id:
        return {}
    flow = flow or context.flows.get(run.flow_id)
    server = yield from get_server_or_default_limits(context)
    expected: set[str] = set()
    if flow and run.status is RunStatus.COMPLETED:
        expected = {leaf.id for leaf in flow.expected_terminals}
        expected -= {entry.component_id for entry in run.not_run}
    builds = yield from _fetch_builds(run, expected)
    return component_runs_of_job(builds, run.job_id, flow, server.limits)


def add_usage(context: ApiContext, run: Run, flow: Flow | None) -> Steps[Run]:
    """Return an ended run that asked models with its components, which have their tokens.

    No other run takes a request. Without the server's records, it stays as it is.
    """
    flow = flow or context.flows.get(run.flow_id)
    if not run.ended or not run.job_id or run.usage or flow is None or not flow.asks_models:
        return run
    unknown: ServerInfo | None = None
    server = yield from or_default(get_server_without_limits(context), unknown)
    if server is None or not server.capabilities.tokens:
        return run
    no_runs: dict[str, ComponentRun] = {}
    components = yield from or_default(get_component_runs(context, run, flow), no_runs)
    merged = merge_component_runs(run, components)
    return replace(merged, outputs=in_flow_order(merged.outputs, flow))


def fetch_build_evidence(run: Run, expected: Set[str]) -> Steps[Evidence]:
    """Return the evidence in the job's build records; wait up to a second for the expected ones."""
    builds = yield from _fetch_builds(run, expected)
    return evidence_from_builds(builds, run.job_id)


def list_file_ids(flow: Flow) -> Steps[frozenset[str] | None]:
    """Return the ids of the user's files if the flow writes any, else None."""
    if not any(leaf.type == "SaveToFile" for leaf in flow.leaves):
        return None
    items = yield from or_default(list_file_items(), [])
    return frozenset(item.id for item in items)


def resolve_files(run: Run, before: frozenset[str] | None) -> Steps[Run]:
    """Add the server's ids of files that the run wrote, so that they can be downloaded.

    `before` are the ids of the files from before the run, None if they are not known. If several
    files may be the run's, the output has a note instead of an id.
    """
    written = {
        name: output.value
        for name, output in run.outputs.items()
        if isinstance(output.value, FileRef) and output.value.id is None
    }
    if not written or not run.ended:
        return run
    items = yield from or_default(list_file_items(), [])
    outputs = dict(run.outputs)
    for name, ref in written.items():
        files = find_files(items, ref, before)
        if len(files) == 1:
            outputs[name] = replace(outputs[name], value=files[0])
        elif files:
            outputs[name] = replace(outputs[name], note=AMBIGUOUS_FILE)
    return replace(run, outputs=outputs)


def _complete_evidence(
    context: ApiContext,
    run: Run,
    server: ServerInfo,
    delayed: Set[str],
    evidence: Evidence | None,
) -> Steps[Evidence]:
    """Fetch the evidence unless there is some, and the texts of messages if outputs are cut."""
    job_id, is_job = run.job_id or "", MODES[run.mode].response == "job"
    if evidence is not None:
        pass
    elif is_job and server.capabilities.events:
        evidence = yield from retry(lambda: _read_events(context, job_id), idempotent=False)
    elif run.flow_id and job_id:
        evidence = yield from fetch_build_evidence(run, delayed)
    else:
        evidence = Evidence()
    is_cut = any(is_truncated(output, server.limits) for output in run.outputs.values())
    if is_cut and is_job and not evidence.texts and run.flow_id:
        messages = yield from _fetch_session_messages(run)
        evidence.texts.extend(message_texts(messages, run.job_id))
    return evidence


def _read_events(context: ApiContext, job_id: str) -> Steps[Evidence]:
    """Return the evidence in all events of an ended job."""
    response: Response = yield events_request(job_id, None)
    if response.status != 200:
        raise error_from_response(response, subject=job_id)
    check_event_stream(response.content_type)
    frames, parser = FrameParser(context.redactor), EventParser(durable=False)
    while chunk := (yield ReadChunk(response)):
        for frame in frames.feed(chunk):
            parser.parse(frame)
    return parser.readable_evidence()


def _fetch_builds(run: Run, expected: Set[str]) -> Steps[BuildList]:
    """Return the flow's build records; wait up to a second for the job's of these components.

    Records of an earlier run may still be in their place.
    """
    spec = run_data_request("/api/v1/monitor/builds", flow_id=run.flow_id)
    waits = _LATE_BUILDS.waits()
    while True:
        builds = yield from fetch(spec, BuildList, "list of builds")
        seconds = next(waits, None)
        if seconds is None or expected <= builds_of_job(builds, run.job_id)[0].keys():
            return builds
        yield Pause(seconds)


def _fetch_session_messages(run: Run) -> Steps[list[MessageItem]]:
    session_id = run.session_id or run.flow_id
    return (yield from list_message_items(flow_id=run.flow_id, session_id=session_id))


def _add_reason(run: Run) -> Steps[Run]:
    """Add the reason of a failure, which 1.8 to 1.10 tell only as an error message of the session.

    From 1.10 on a message names its run. Before, in a session that is not the run's own, it may
    be another run's, and a warning says so.
    """
    messages = yield from or_default(_fetch_session_messages(run), [])
    failure = find_error(messages, run.job_id)
    if failure is None:
        return replace(run, errors=(RunError(NO_REASON),))
    error, is_certain = failure
    has_own_session = bool(run.session_id) and run.session_id != run.flow_id
    warnings = () if is_certain or has_own_session else (AMBIGUOUS_REASON,)
    return replace(run, errors=(error,), warnings=(*run.warnings, *warnings))


def _add_traceback(run: Run) -> Steps[Run]:
    """Add what the session's error message, which has the traceback, tells of a broken connection.

    The response to a synchronous run has no traceback, and 1.13 records the failed build of such a
    run only if the flow has a webhook.
    """
    messages = yield from or_default(_fetch_session_messages(run), [])
    error, is_certain = find_error(messages, run.job_id) or (None, False)
    if error is None or not is_certain:
        return run
    errors = (
        replace(each, message=error.message, traceback=error.traceback)
        if is_connection_error(each.message) and each.component in (None, error.component)
        else each
        for each in run.errors
    )
    return replace(run, errors=tuple(errors))

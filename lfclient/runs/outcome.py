"""Decides whether a completed run succeeded, by its response and the evidence. Pure.

Other statuses are read in `responses`, or set where a request was refused, a run was stopped, or a
connection was lost.

A run succeeded if its status is `completed`, no output failed, and each expected terminal component
either delivered or is known not to have run. A terminal component feeds no other. Expected are
those that follow the chat input or feed what does, or all if there is none. The flow has to be that
of the run's mode (`Flow.for_mode`): some runs start at a webhook instead.
"""

from collections.abc import Mapping, Set
from dataclasses import replace

from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.outputs.model import (
    OUTPUT_READERS,
    Output,
    OutputKind,
    is_empty,
    output_type,
    with_content,
)
from lfclient.outputs.truncation import is_truncated, mark_truncation, restore_text
from lfclient.runs.components import NotRun, RunError
from lfclient.runs.evidence import BuildResult, Evidence
from lfclient.runs.model import Run, RunStatus
from lfclient.runs.responses import read_component
from lfclient.wire.modes import MODES
from lfclient.wire.schemas import ComponentOutput
from lfclient.wire.server_info import Limits

# stored with runs, and read again by `not_run_label`: another wording must keep this one readable
BRANCH_NOT_TAKEN = "It is on a branch that was not taken."
DISCONNECTED = "With the chosen values, a component before it has another output, not connected."
DID_NOT_RUN = "It did not run."
ENDED_WITHOUT_OUTPUT = "The run ended without output, and the server gave no reason."
RETURNS_NOTHING = "This flow returns nothing: it has no output component that runs."
EDITED = "The flow was edited during this run. These are the outputs of the flow as it was before."
REPLACED = "No longer available: a later run of this flow replaced it on the server."
UNVERIFIED = "The run's outcome could not be verified, because its records were not available."
NO_VALUE = "The server returned no value."

# Their content is text once they have run, so null means that they have not. The content of other
# components is null either way.
_TEXT_OUTPUTS = frozenset({"ChatOutput", "TextOutput"})

# Declared output types whose content responses omit. Flows created on 1.8 declare other types, and
# their content is there.
_OMITTED_TYPES = frozenset({"message", "json", "table"})


def terminals_without_value(flow: Flow) -> tuple[Component, ...]:
    """Return the terminal components whose content is null in every response."""
    return tuple(
        leaf
        for leaf in flow.terminals
        if leaf.runs
        and leaf.type not in _TEXT_OUTPUTS
        and leaf.outputs
        and output_type(leaf.outputs[0].get("types")) in _OMITTED_TYPES
    )


def find_missing_evidence(run: Run, flow: Flow | None, limits: Limits) -> tuple[bool, Set[str]]:
    """Return whether the outcome needs events or build records, and of which components.

    The build records of these components may appear up to a second after the run's end.
    """
    if not run.ended or run.status is RunStatus.OUTCOME_UNKNOWN:
        return False, set()
    if run.status is not RunStatus.COMPLETED:
        return not run.errors or not run.outputs, set()
    mode = MODES[run.mode]
    expected = {leaf.id for leaf in flow.expected_terminals} if flow else set(run.outputs)
    outputs = {id: output for id, output in run.outputs.items() if not _has_not_run(output)}
    empty = {id for id in expected & outputs.keys() if is_empty(outputs[id])}
    has_failed = any(output.status == "failed" for output in outputs.values())
    absent = expected - run.outputs.keys()
    is_missing = bool(absent) or not outputs
    is_cut = mode.truncates and any(is_truncated(output, limits) for output in outputs.values())
    # from 1.10 on a job's response is made from the build records and omits late ones
    late = absent if mode.response == "job" or not run.outputs else set()
    return bool(empty or has_failed or is_missing or is_cut), empty | late


def in_flow_order(outputs: Mapping[str, Output], flow: Flow | None) -> dict[str, Output]:
    """Return outputs in the order of the flow's terminals, then those that it no longer has.

    Parallel branches end in another order in each run.
    """
    terminals = flow.terminals if flow else ()
    ordered = {leaf.id: outputs[leaf.id] for leaf in terminals if leaf.id in outputs}
    return {**ordered, **outputs}


def _has_not_run(output: Output) -> bool:
    # with a note, it had a value once
    return is_empty(output) and not output.note and output.component_type in _TEXT_OUTPUTS


def evaluate_outcome(run: Run, flow: Flow | None, evidence: Evidence, limits: Limits) -> Run:
    """Return the run with its true status, complete outputs and the components that did not run."""
    if not run.ended or run.status is RunStatus.OUTCOME_UNKNOWN:
        return run
    run = replace(run, session_id=run.session_id or evidence.session_id)
    outputs = _complete_outputs(run, flow, evidence, limits)
    if run.status is not RunStatus.COMPLETED:
        outputs = {id: output for id, output in outputs.items() if not is_empty(output)}
        errors = run.errors
        if run.status is RunStatus.FAILED:
            errors = _enrich_errors(errors, evidence)
        return replace(run, outputs=outputs, errors=errors)
    return _evaluate_completed(replace(run, outputs=outputs), flow, evidence)


def mark_unverified(run: Run, flow: Flow | None, limits: Limits, why: str) -> Run:
    """Return the run with a warning that its evidence could not be fetched, and why.

    Only the response itself counts; what it lacks proves nothing.
    """
    has_failed = any(output.is_error for output in run.outputs.values())
    if run.status is RunStatus.COMPLETED and not has_failed:
        outputs = _complete_outputs(run, flow, Evidence(), limits)
        run = replace(run, outputs={id: _note_if_empty(output) for id, output in outputs.items()})
    else:
        run = evaluate_outcome(run, flow, Evidence(), limits)
    return replace(run, warnings=(*run.warnings, f"{UNVERIFIED} {why}"))


def _evaluate_completed(run: Run, flow: Flow | None, evidence: Evidence) -> Run:
    optional = [leaf for leaf in flow.terminals if not leaf.always_runs] if flow else []
    idle = {leaf.id for leaf in optional if leaf.id not in evidence.builds}
    outputs = {
        id: output for id, output in run.outputs.items() if not (id in idle and is_empty(output))
    }
    expected = flow.expected_terminals if flow else ()
    missing = [leaf for leaf in expected if not _has_delivered(leaf.id, outputs, evidence)]
    has_failed = any(output.is_error for output in outputs.values())
    reasons = evidence.reasons if missing or has_failed or not outputs else []
    inactive = _inactive_components(flow, evidence) if flow else set()
    failed = {error.component_id for error in reasons}
    missing_entries = [
        NotRun(leaf.id, leaf.display_name, BRANCH_NOT_TAKEN if leaf.id in inactive else DID_NOT_RUN)
        for leaf in missing
        if leaf.id not in failed
    ]
    idle_entries = [
        NotRun(leaf.id, leaf.display_name, _idle_reason(leaf, flow))
        for leaf in optional
        if flow and leaf.id in idle and leaf.id not in outputs
    ]
    for leaf in missing:
        outputs.pop(leaf.id, None)
    outputs = {id: _note_if_empty(output) for id, output in outputs.items()}
    run = replace(run, outputs=outputs, not_run=(*missing_entries, *idle_entries))
    if has_failed or reasons:
        errors = tuple(reasons) or run.errors or _output_errors(outputs)
        return replace(run, status=RunStatus.FAILED, errors=errors)
    if flow is None:
        return run
    if not expected:
        return replace(run, warnings=(*run.warnings, RETURNS_NOTHING))
    all_skipped = all(entry.reason == BRANCH_NOT_TAKEN for entry in missing_entries)
    if len(missing) == len(expected) and not all_skipped:
        returned = {id for id, output in outputs.items() if not is_empty(output)}
        if returned - {leaf.id for leaf in flow.terminals}:
            return replace(run, warnings=(*run.warnings, EDITED))
        return replace(run, status=RunStatus.FAILED, errors=(RunError(ENDED_WITHOUT_OUTPUT),))
    return run


def _idle_reason(leaf: Component, flow: Flow) -> str:
    if leaf.runs:
        return DID_NOT_RUN
    stored = flow.refreshed.stored.leaves if flow.refreshed else ()
    was_connected = any(each.id == leaf.id and each.runs for each in stored)
    return DISCONNECTED if was_connected else f"It is {flow.idle_reason}."


def _output_errors(outputs: dict[str, Output]) -> tuple[RunError, ...]:
    return tuple(
        RunError(str(output.value), component_id=name, component=output.display_name)
        for name, output in outputs.items()
        if output.is_error
    )


def _enrich_errors(errors: tuple[RunError, ...], evidence: Evidence) -> tuple[RunError, ...]:
    """Return the response's errors with the component and traceback from the evidence."""
    if not errors:
        return tuple(evidence.reasons)
    by_text = {error.message: error for error in evidence.reasons}
    pairs = [(error, by_text.get(error.message, error)) for error in errors]
    return tuple(
        replace(
            error,
            component_id=error.component_id or same.component_id,
            component=error.component or same.component,
            traceback=error.traceback or same.traceback,
        )
        for error, same in pairs
    )


def _has_delivered(name: str, outputs: dict[str, Output], evidence: Evidence) -> bool:
    built = evidence.builds.get(name)
    if built:
        return not built.error
    output = outputs.get(name)
    if output is None or _has_not_run(output):
        return False
    # without a value or a record, its entry in the response proves nothing if there are records of
    # other components of the run
    return not is_empty(output) or name in evidence.replaced or not evidence.builds


def _inactive_components(flow: Flow, evidence: Evidence) -> set[str]:
    """Return the components on branches not taken, and those fed only by such."""
    off = evidence.inactivated - evidence.builds.keys()
    sources: dict[str, set[str]] = {}
    for edge in flow.edges:
        sources.setdefault(edge.target, set()).add(edge.source)
    while True:
        more = {name for name, before in sources.items() if before <= off}
        more -= off | evidence.builds.keys()
        if not more:
            return off
        off |= more


def _note_if_empty(output: Output) -> Output:
    return output if output.note or not is_empty(output) else replace(output, note=NO_VALUE)


def _complete_outputs(
    run: Run, flow: Flow | None, evidence: Evidence, limits: Limits
) -> dict[str, Output]:
    outputs = dict(run.outputs)
    for leaf in flow.terminals if flow else ():
        if leaf.id not in outputs and leaf.id in evidence.builds:
            outputs[leaf.id] = _output_from_build(leaf, flow, evidence)
    return {
        name: _complete_output(output, run, evidence, limits)
        for name, output in in_flow_order(outputs, flow).items()
    }


def _complete_output(output: Output, run: Run, evidence: Evidence, limits: Limits) -> Output:
    name = output.component_id
    before = output
    built = evidence.builds.get(name)
    if built is not None:
        output = _fill_from_build(output, built)
    elif is_empty(output) and name in evidence.replaced:
        output = replace(output, note=REPLACED)
    if not MODES[run.mode].truncates and output is before and name in run.outputs:
        return output
    restored = restore_text(output, evidence.texts, limits)
    return mark_truncation(output, limits) if restored is output else restored


def _output_from_build(leaf: Component, flow: Flow | None, evidence: Evidence) -> Output:
    """Return an output that the response omits."""
    entry = evidence.outputs.get(leaf.id) or ComponentOutput(
        type=output_type(leaf.declared_types),
        status="failed" if evidence.builds[leaf.id].error else "completed",
    )
    return read_component(leaf.id, entry, flow)


def _fill_from_build(output: Output, built: BuildResult) -> Output:
    reader = OUTPUT_READERS[output.kind]
    if built.error and reader.yields_to_errors:
        return replace(output, kind=OutputKind.ERROR, value=built.error.message)
    if is_empty(output) and not built.error and reader.is_filled_by_builds:
        return with_content(output, built.content)
    return output

"""Labels of the statuses of runs and of the states of components."""

from lfclient.console.store.run_record import RunRecord, RunSummary
from lfclient.runs.components import ComponentState
from lfclient.runs.model import RunStatus
from lfclient.runs.outcome import BRANCH_NOT_TAKEN
from lfclient.wire.modes import MODES

_STATUS_NAMES = {
    RunStatus.QUEUED: "Queued",
    RunStatus.IN_PROGRESS: "Running",
    RunStatus.SUSPENDED: "Waiting for approval",
    RunStatus.COMPLETED: "Completed",
    RunStatus.FAILED: "Failed",
    RunStatus.CANCELLED: "Stopped",
    RunStatus.TIMED_OUT: "Timed out",
    RunStatus.UNKNOWN: "Unknown",
    RunStatus.INTERRUPTED: "Interrupted",
    RunStatus.OUTCOME_UNKNOWN: "Outcome unknown",
}
RUN_STATUS_DESCRIPTIONS = {  # for statuses whose label does not say enough
    RunStatus.TIMED_OUT: (
        "The run reached the server's time limit, which LANGFLOW_WORKFLOW_EXECUTION_TIMEOUT and "
        "LANGFLOW_BACKGROUND_JOB_TIMEOUT set."
    ),
    RunStatus.UNKNOWN: "The server sent an unknown status.",
    RunStatus.INTERRUPTED: (
        "The connection was lost, which usually ends the run. It is not sent again. If it finished "
        "anyway, opening it here shows its result."
    ),
    RunStatus.OUTCOME_UNKNOWN: (
        "The response was lost. Check in Langflow whether the flow ran before you run it again."
    ),
}
_NOT_RUN = "Not run"
DOES_NOT_RUN = "Does not run"  # label of a component that no run includes
_COMPONENT_STATE_LABELS = {
    ComponentState.WAITING: "Waiting",
    ComponentState.RUNNING: "Running",
    ComponentState.SUSPENDED: "Waiting for approval",
    ComponentState.DONE: "Done",
    ComponentState.FAILED: "Failed",
    ComponentState.SKIPPED: "Skipped",
    ComponentState.INTERRUPTED: "Interrupted",
    ComponentState.NOT_CALLED: "Not called",
    ComponentState.UNKNOWN: "Unknown",
}


def not_run_label(reason: str) -> str:
    """Return the label of a component that did not run, for this reason of `NotRun`."""
    skipped = _COMPONENT_STATE_LABELS[ComponentState.SKIPPED]
    return skipped if reason == BRANCH_NOT_TAKEN else _NOT_RUN


def is_only_wait_stopped(run: RunRecord | RunSummary) -> bool:
    """Return whether Stop ended the wait for a run that may go on at the server."""
    is_stopped = run.status is RunStatus.CANCELLED and run.attempts > 0
    return is_stopped and not MODES[run.mode].is_stoppable


def run_status_label(run: RunRecord | RunSummary) -> str:
    """Return the label of a run's status."""
    if is_only_wait_stopped(run):
        return "Stopped waiting"
    return status_name(run.status)


def status_name(status: RunStatus) -> str:
    """Return the name of a status, for runs of all modes."""
    return _STATUS_NAMES[status]


def component_state_label(state: ComponentState, *, ended: bool) -> str:
    """Return the label of a component's state; `ended` is whether its run has ended."""
    if ended and state is ComponentState.WAITING:
        return _NOT_RUN
    return _COMPONENT_STATE_LABELS[state]

"""Label, colour, icon and symbol of each status of runs and components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lfclient.runs.components import ComponentState
from lfclient.runs.model import Mode, RunStatus

Color = Literal["red", "orange", "yellow", "blue", "green", "violet", "gray"]


@dataclass(frozen=True)
class StatusStyle:
    """How a status is drawn. `symbol` is a character for places without icons, like the tab."""

    colour: Color
    icon: str
    symbol: str
    description: str


STATUS_STYLES: dict[RunStatus, StatusStyle] = {
    RunStatus.QUEUED: StatusStyle(
        "gray", ":material/hourglass_top:", "…", "Waiting for the server to start it."
    ),
    RunStatus.IN_PROGRESS: StatusStyle("blue", ":material/progress_activity:", "▶", ""),
    RunStatus.SUSPENDED: StatusStyle(
        "violet",
        ":material/front_hand:",
        "✋",
        "The flow is waiting for a decision.",
    ),
    RunStatus.COMPLETED: StatusStyle("green", ":material/check_circle:", "✓", ""),
    RunStatus.FAILED: StatusStyle("red", ":material/error:", "✕", ""),
    RunStatus.CANCELLED: StatusStyle("orange", ":material/cancel:", "■", ""),
    RunStatus.TIMED_OUT: StatusStyle(
        "orange",
        ":material/timer_off:",
        "⏱",
        "The run reached the server's time limit, which LANGFLOW_WORKFLOW_EXECUTION_TIMEOUT and "
        "LANGFLOW_BACKGROUND_JOB_TIMEOUT set.",
    ),
    RunStatus.INTERRUPTED: StatusStyle(
        "orange",
        ":material/link_off:",
        "⚡",
        "The connection was lost and the run ended with it. It is not retried.",
    ),
    RunStatus.UNKNOWN: StatusStyle(
        "gray", ":material/help:", "?", "The server sent an unknown status."
    ),
    RunStatus.OUTCOME_UNKNOWN: StatusStyle(
        "yellow",
        ":material/question_mark:",
        "?",
        "The response was lost. Check in Langflow whether the flow ran before you run it again.",
    ),
}


def status_label(status: RunStatus, mode: Mode = "background") -> str:
    """Return the label of a status."""
    if mode == "sync" and status is RunStatus.CANCELLED:
        return "no longer waited for"  # a stop of a call ends the wait, not the run
    if status is RunStatus.SUSPENDED:
        return "waiting for approval"
    return status.value.replace("_", " ")


def markdown_badge(status: RunStatus, mode: Mode = "background") -> str:
    """Return the label as a Markdown badge."""
    look = STATUS_STYLES[status]
    return f":{look.colour}-badge[{look.icon} {status_label(status, mode)}]"


COMPONENT_STYLES: dict[ComponentState, StatusStyle] = {
    ComponentState.WAITING: StatusStyle(
        "gray", ":material/schedule:", "…", "Not started, possibly waiting for earlier components"
    ),
    ComponentState.RUNNING: StatusStyle("blue", ":material/progress_activity:", "▶", "Running"),
    ComponentState.SUSPENDED: StatusStyle(
        "violet", ":material/front_hand:", "✋", "Waiting for a decision"
    ),
    ComponentState.DONE: StatusStyle("green", ":material/check_circle:", "✓", "Done"),
    ComponentState.FAILED: StatusStyle("red", ":material/error:", "✕", "Failed"),
    ComponentState.SKIPPED: StatusStyle(
        "gray", ":material/alt_route:", "↷", "On a branch that was not taken"
    ),
    ComponentState.INTERRUPTED: StatusStyle(
        "orange", ":material/link_off:", "⚡", "Running when the run ended"
    ),
    ComponentState.UNKNOWN: StatusStyle(
        "gray", ":material/help:", "?", "The server does not report its state"
    ),
}
# for a component that was still waiting when its run ended
NOT_RUN = StatusStyle("gray", ":material/block:", "–", "Did not run")


def component_style(state: ComponentState, *, ended: bool) -> StatusStyle:
    """Return the style of a component's state; `ended` is whether its run has ended."""
    return NOT_RUN if ended and state is ComponentState.WAITING else COMPONENT_STYLES[state]


def component_label(state: ComponentState, *, ended: bool) -> str:
    """Return the label of a component's state; `ended` is whether its run has ended."""
    if state is ComponentState.WAITING and ended:
        return "did not run"
    if state is ComponentState.SUSPENDED:
        return "waiting for a person"
    return "not known" if state is ComponentState.UNKNOWN else state.value

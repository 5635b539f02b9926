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
        "gray", ":material/hourglass_top:", "…", "The server has it and has not begun."
    ),
    RunStatus.IN_PROGRESS: StatusStyle(
        "blue", ":material/progress_activity:", "▶", "The server works on it."
    ),
    RunStatus.SUSPENDED: StatusStyle(
        "violet",
        ":material/front_hand:",
        "✋",
        "The flow waits for a person to decide.",
    ),
    RunStatus.COMPLETED: StatusStyle("green", ":material/check_circle:", "✓", "It ran to its end."),
    RunStatus.FAILED: StatusStyle("red", ":material/error:", "✕", "It ended with an error."),
    RunStatus.CANCELLED: StatusStyle("orange", ":material/cancel:", "■", "It was stopped."),
    RunStatus.TIMED_OUT: StatusStyle(
        "orange",
        ":material/timer_off:",
        "⏱",
        "The server gave it up after its time limit. "
        "LANGFLOW_WORKFLOW_EXECUTION_TIMEOUT and LANGFLOW_BACKGROUND_JOB_TIMEOUT set it.",
    ),
    RunStatus.INTERRUPTED: StatusStyle(
        "orange",
        ":material/link_off:",
        "⚡",
        "The connection broke, and the run with it. It is not repeated by itself.",
    ),
    RunStatus.UNKNOWN: StatusStyle(
        "gray", ":material/help:", "?", "The server used a word that this console does not know."
    ),
    RunStatus.OUTCOME_UNKNOWN: StatusStyle(
        "yellow",
        ":material/question_mark:",
        "?",
        "The answer was lost, so it may have run or not. Look into Langflow before you repeat it.",
    ),
}


def status_label(status: RunStatus, mode: Mode = "background") -> str:
    """Return the label of a status."""
    if mode == "sync" and status is RunStatus.CANCELLED:
        return "no longer waited for"  # a stop of a call ends the wait, not the run
    if status is RunStatus.SUSPENDED:
        return "suspended: waiting for a person"
    return status.value.replace("_", " ")


def markdown_badge(status: RunStatus, mode: Mode = "background") -> str:
    """Return the label as a Markdown badge."""
    look = STATUS_STYLES[status]
    return f":{look.colour}-badge[{look.icon} {status_label(status, mode)}]"


COMPONENT_STYLES: dict[ComponentState, StatusStyle] = {
    ComponentState.WAITING: StatusStyle(
        "gray", ":material/schedule:", "…", "It has not begun; it may wait for those before it."
    ),
    ComponentState.RUNNING: StatusStyle(
        "blue", ":material/progress_activity:", "▶", "The server works on it."
    ),
    ComponentState.SUSPENDED: StatusStyle(
        "violet", ":material/front_hand:", "✋", "It waits for a person to decide."
    ),
    ComponentState.DONE: StatusStyle("green", ":material/check_circle:", "✓", "It is done."),
    ComponentState.FAILED: StatusStyle("red", ":material/error:", "✕", "It failed."),
    ComponentState.SKIPPED: StatusStyle(
        "gray", ":material/alt_route:", "↷", "It is on a branch that was not taken."
    ),
    ComponentState.INTERRUPTED: StatusStyle(
        "orange", ":material/link_off:", "⚡", "It was at work when the run ended."
    ),
    ComponentState.UNKNOWN: StatusStyle(
        "gray", ":material/help:", "?", "The server does not tell how it stands."
    ),
}
# for a component that was still waiting when its run ended
NOT_RUN = StatusStyle("gray", ":material/block:", "–", "It did not run.")


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

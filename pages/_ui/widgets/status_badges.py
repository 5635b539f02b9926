"""Color, icon and symbol of each status of runs and components."""

from dataclasses import dataclass
from typing import Literal

from lfclient.console.presentation.statuses import run_status_label
from lfclient.runs.components import ComponentState
from lfclient.runs.model import Mode, RunStatus

Color = Literal["red", "orange", "yellow", "blue", "green", "violet", "gray"]


@dataclass(frozen=True)
class StatusStyle:
    """How a status is drawn. `symbol` is a character for places without icons, like the tab."""

    color: Color
    icon: str
    symbol: str

    def badge(self, label: str) -> str:
        """Return the label as a Markdown badge."""
        return f":{self.color}-badge[{self.icon} {label}]"


STATUS_STYLES: dict[RunStatus, StatusStyle] = {
    RunStatus.QUEUED: StatusStyle("gray", ":material/hourglass_top:", "…"),
    RunStatus.IN_PROGRESS: StatusStyle("blue", ":material/progress_activity:", "▶"),
    RunStatus.SUSPENDED: StatusStyle("violet", ":material/front_hand:", "✋"),
    RunStatus.COMPLETED: StatusStyle("green", ":material/check_circle:", "✓"),
    RunStatus.FAILED: StatusStyle("red", ":material/error:", "✕"),
    RunStatus.CANCELLED: StatusStyle("orange", ":material/cancel:", "■"),
    RunStatus.TIMED_OUT: StatusStyle("orange", ":material/timer_off:", "⏱"),
    RunStatus.INTERRUPTED: StatusStyle("orange", ":material/link_off:", "⚡"),
    RunStatus.UNKNOWN: StatusStyle("gray", ":material/help:", "?"),
    RunStatus.OUTCOME_UNKNOWN: StatusStyle("yellow", ":material/question_mark:", "?"),
}


def markdown_badge(status: RunStatus, mode: Mode = "background") -> str:
    """Return the label of a run's status as a Markdown badge."""
    return STATUS_STYLES[status].badge(run_status_label(status, mode))


COMPONENT_STYLES: dict[ComponentState, StatusStyle] = {
    ComponentState.WAITING: StatusStyle("gray", ":material/schedule:", "…"),
    ComponentState.RUNNING: StatusStyle("blue", ":material/progress_activity:", "▶"),
    ComponentState.SUSPENDED: StatusStyle("violet", ":material/front_hand:", "✋"),
    ComponentState.DONE: StatusStyle("green", ":material/check_circle:", "✓"),
    ComponentState.FAILED: StatusStyle("red", ":material/error:", "✕"),
    ComponentState.SKIPPED: StatusStyle("gray", ":material/alt_route:", "↷"),
    ComponentState.INTERRUPTED: StatusStyle("orange", ":material/link_off:", "⚡"),
    ComponentState.UNKNOWN: StatusStyle("gray", ":material/help:", "?"),
}
# for a component that was still waiting when its run ended
NOT_RUN = StatusStyle("gray", ":material/block:", "–")


def component_style(state: ComponentState, *, ended: bool) -> StatusStyle:
    """Return the style of a component's state; `ended` is whether its run has ended."""
    return NOT_RUN if ended and state is ComponentState.WAITING else COMPONENT_STYLES[state]

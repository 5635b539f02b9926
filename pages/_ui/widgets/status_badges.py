"""Color, icon and symbol of each status of runs and components."""

from dataclasses import dataclass
from typing import Literal

from lfclient.console.store.run_record import RunRecord, RunSummary
from lfclient.console.wording.statuses import run_status_label, status_name
from lfclient.runs.components import ComponentState
from lfclient.runs.model import RunStatus

Color = Literal["red", "orange", "yellow", "blue", "green", "violet", "gray"]


@dataclass(frozen=True)
class RunStyle:
    """How the status of a run is drawn. Its symbol is a character, since some places have no icons.

    No emoji: some machines have no font for them.
    """

    color: Color
    symbol: str


STATUS_STYLES: dict[RunStatus, RunStyle] = {
    RunStatus.QUEUED: RunStyle("gray", "…"),
    RunStatus.IN_PROGRESS: RunStyle("blue", "▶"),
    RunStatus.SUSPENDED: RunStyle("violet", "!"),
    RunStatus.COMPLETED: RunStyle("green", "✓"),
    RunStatus.FAILED: RunStyle("red", "✕"),
    RunStatus.CANCELLED: RunStyle("orange", "■"),
    RunStatus.TIMED_OUT: RunStyle("orange", "■"),
    RunStatus.INTERRUPTED: RunStyle("orange", "⚡"),
    RunStatus.UNKNOWN: RunStyle("gray", "?"),
    RunStatus.OUTCOME_UNKNOWN: RunStyle("yellow", "?"),
}


def status_text(run: RunRecord | RunSummary) -> str:
    """Return the symbol and label of a run's status, which every page shows."""
    return f"{STATUS_STYLES[run.status].symbol} {run_status_label(run)}"


def markdown_badge(run: RunRecord | RunSummary) -> str:
    """Return the same as a Markdown badge."""
    return f":{STATUS_STYLES[run.status].color}-badge[{status_text(run)}]"


def filter_text(status: RunStatus) -> str:
    """Return the symbol and name of a status, for runs of all modes."""
    return f"{STATUS_STYLES[status].symbol} {status_name(status)}"


@dataclass(frozen=True)
class ComponentStyle:
    """How the state of a component is drawn. `symbol` is for places without icons."""

    color: Color
    icon: str
    symbol: str

    def badge(self, label: str) -> str:
        """Return the label as a Markdown badge."""
        return f":{self.color}-badge[{self.icon} {label}]"


COMPONENT_STYLES: dict[ComponentState, ComponentStyle] = {
    ComponentState.WAITING: ComponentStyle("gray", ":material/schedule:", "…"),
    ComponentState.RUNNING: ComponentStyle("blue", ":material/progress_activity:", "▶"),
    ComponentState.SUSPENDED: ComponentStyle("violet", ":material/front_hand:", "!"),
    ComponentState.DONE: ComponentStyle("green", ":material/check_circle:", "✓"),
    ComponentState.FAILED: ComponentStyle("red", ":material/error:", "✕"),
    ComponentState.SKIPPED: ComponentStyle("gray", ":material/alt_route:", "↷"),
    ComponentState.INTERRUPTED: ComponentStyle("orange", ":material/link_off:", "⚡"),
    ComponentState.NOT_CALLED: ComponentStyle("gray", ":material/build:", "○"),
    ComponentState.UNKNOWN: ComponentStyle("gray", ":material/help:", "?"),
}
# for a component that was still waiting when its run ended
NOT_RUN = ComponentStyle("gray", ":material/block:", "–")


def component_style(state: ComponentState, *, ended: bool) -> ComponentStyle:
    """Return the style of a component's state; `ended` is whether its run has ended."""
    return NOT_RUN if ended and state is ComponentState.WAITING else COMPONENT_STYLES[state]

"""How each status of a run looks: its word, colour and sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lfclient.run import RunStatus

Colour = Literal["red", "orange", "yellow", "blue", "green", "violet", "gray"]


@dataclass(frozen=True)
class Look:
    """`sign` is a plain character for places that draw no icons, as the browser's tab."""

    colour: Colour
    icon: str
    sign: str
    meaning: str


LOOKS: dict[RunStatus, Look] = {
    RunStatus.QUEUED: Look(
        "gray", ":material/hourglass_top:", "…", "The server has it and has not begun."
    ),
    RunStatus.IN_PROGRESS: Look(
        "blue", ":material/progress_activity:", "▶", "The server works on it."
    ),
    RunStatus.SUSPENDED: Look(
        "violet",
        ":material/front_hand:",
        "✋",
        "The flow is waiting for a person to decide. Decide in Langflow's own screens, where this "
        "server has them, or stop the run.",
    ),
    RunStatus.COMPLETED: Look("green", ":material/check_circle:", "✓", "It ran to its end."),
    RunStatus.FAILED: Look("red", ":material/error:", "✕", "It ended with an error."),
    RunStatus.CANCELLED: Look("orange", ":material/cancel:", "■", "It was stopped."),
    RunStatus.TIMED_OUT: Look(
        "orange",
        ":material/timer_off:",
        "⏱",
        "The server gave it up after its time limit. "
        "LANGFLOW_WORKFLOW_EXECUTION_TIMEOUT and LANGFLOW_BACKGROUND_JOB_TIMEOUT set it.",
    ),
    RunStatus.INTERRUPTED: Look(
        "orange",
        ":material/link_off:",
        "⚡",
        "The connection broke, and the run with it. It is not repeated by itself.",
    ),
    RunStatus.UNKNOWN: Look(
        "gray", ":material/help:", "?", "The server used a word that this console does not know."
    ),
    RunStatus.OUTCOME_UNKNOWN: Look(
        "yellow",
        ":material/question_mark:",
        "?",
        "The answer was lost, so it may have run or not. Look into Langflow before you repeat it.",
    ),
}


def word(status: RunStatus) -> str:
    """The status as a person reads it."""
    if status is RunStatus.SUSPENDED:
        return "suspended: waiting for a person"
    return status.value.replace("_", " ")


def markdown_badge(status: RunStatus) -> str:
    """The same inside Markdown."""
    look = LOOKS[status]
    return f":{look.colour}-badge[{look.icon} {word(status)}]"

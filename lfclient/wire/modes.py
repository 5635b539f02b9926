"""The modes in which Langflow runs a flow. All that differs between them is in one table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Mode(StrEnum):
    """A run mode, by Langflow's name for it."""

    BACKGROUND = "background"
    SYNC = "sync"
    STREAM = "stream"


@dataclass(frozen=True, kw_only=True)
class ModeTraits:
    """How runs of a mode differ from other runs.

    `response` is what the run request returns: the id of a job, whose status is requested then, the
    whole result, or the run's events until its end. `since` is the N of the first Langflow 1.N that
    has the mode.

    `survives_restart`: a client can follow the run again after a restart or a lost connection.
    `is_stoppable`: Stop ends the run; otherwise it only ends the wait for the response.
    `has_events`: the run reports its progress (Langflow 1.11 and later). `truncates`: long texts
    and tables are cut, see `Limits`. `carries_graph`: on Langflow 1.11 and later, the server builds
    the flow's graph before it applies the values, and the request can bring another graph.
    `waits_for_approval`: the run stops at a question until somebody answers it.
    """

    label: str
    response: Literal["job", "result", "events"]
    since: int
    survives_restart: bool
    is_stoppable: bool
    has_events: bool
    truncates: bool
    carries_graph: bool
    waits_for_approval: bool


MODES: Mapping[str, ModeTraits] = {
    Mode.BACKGROUND: ModeTraits(
        label="Background",
        response="job",
        since=8,
        survives_restart=True,
        is_stoppable=True,
        has_events=True,
        truncates=True,
        carries_graph=True,
        waits_for_approval=True,
    ),
    Mode.SYNC: ModeTraits(
        label="Synchronous",
        response="result",
        since=8,
        survives_restart=False,
        is_stoppable=False,
        has_events=False,
        truncates=False,
        carries_graph=False,
        waits_for_approval=False,
    ),
    Mode.STREAM: ModeTraits(
        label="Streamed",
        response="events",
        since=11,
        survives_restart=False,
        is_stoppable=True,
        has_events=True,
        truncates=True,
        carries_graph=True,
        waits_for_approval=False,
    ),
}
